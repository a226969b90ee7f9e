"""Codes of single targets (ErrorCode). Of ErrorInfo, an English sentence, two generations exist: never parse it."""

from django.utils.translation import gettext_lazy as _

from cloud.explanations import Entry

TARGETS: tuple[Entry, ...] = (
    Entry(
        ("ExitCodeNonzero",),
        _("The command ended with exit code {n}."),
        _("Fix the script or the instance, then run again on the failed ones."),
        cause=_(
            "The script itself reported an error; read its last lines. 126: not executable; 127: a program "
            "was not found; 130/143: interrupted; 137: killed, often out of memory."
        ),
    ),
    Entry(
        ("ExecutionTimeout",),
        _("The command ran longer than {n} s."),
        _("Raise the timeout, or make the script finish sooner; check what it had already done."),
        cause=_("The agent killed it at the timeout."),
    ),
    Entry(
        ("ExecutionException",),
        _("The command could not go on."),
        _("Look at the agent’s log, then run again."),
        cause=_("The agent hit an error while running it."),
    ),
    Entry(
        ("ExecutionInterrupted",),
        _("The command was interrupted."),
        _("Check the instance, then run again."),
        cause=_("The instance restarted, or the agent or process was killed."),
    ),
    Entry(
        ("DeliveryTimeout",),
        _("The command did not reach the instance within a minute."),
        _("Check outbound access, then run again."),
        cause=_("The instance is busy, or its network to Cloud Assistant is blocked."),
    ),
    Entry(
        ("InstanceNotRunning",),
        _("The instance was not running."),
        _("Start it, then run again."),
        cause=_("It stopped between choosing and sending."),
    ),
    Entry(
        ("InstanceNotExists",),
        _("The instance does not exist."),
        _("Remove it from the targets."),
        cause=_("It was released or is in another region."),
    ),
    Entry(("InstanceReleased",), _("The instance was released during the run."), _("Nothing to fix.")),
    Entry(
        ("ClientNotRunning",),
        _("The agent is not running."),
        _(
            "Start it: `systemctl start aliyun.service`, or the service Aliyun Assist Service on Windows. Then "
            "run again."
        ),
    ),
    Entry(
        ("ClientNotResponse",),
        _("The agent does not respond."),
        _("Restart the agent; check CPU, memory and network of the instance."),
    ),
    Entry(("ClientIsUpgrading",), _("The agent is being upgraded."), _("Run again in a few minutes.")),
    Entry(
        ("ClientNeedUpgrade",),
        _("The agent needs to be upgraded."),
        _("Upgrade it, then run again."),
        cause=_("This kind of run needs a newer agent."),
    ),
    Entry(
        ("AccountNotExists",),
        _("The execution user does not exist on the instance."),
        _("Create the user {user}, or choose another one."),
    ),
    Entry(
        ("DirectoryNotExists",),
        _("The execution path does not exist on the instance."),
        _("Create {path}, or clear the execution path."),
    ),
    Entry(
        ("CommandNotApplicable",),
        _("The command does not fit this instance."),
        _("Choose a matching command."),
        cause=_("Shell runs on Linux; PowerShell and Bat on Windows."),
    ),
    Entry(
        ("BadCronExpression",), _("The schedule’s expression is invalid."), _("Replace the schedule with a valid one.")
    ),
    Entry(
        ("UserOrPasswordInvalid",),
        _("Windows refused the user or the password."),
        _("Check the user and the OOS secret {name}; the instance’s RAM role must be allowed to read it."),
    ),
    Entry(
        ("InstanceRoleInvalid", "QueryParameterStoreFailed"),
        _("The instance could not read the password {name}."),
        _("Attach a RAM role that may read OOS secrets and KMS; the secret must be in {region}."),
    ),
    Entry(
        ("SecurityGroupRuleDenied", "ClientNetworkBlocked"),
        _("The instance can’t reach Cloud Assistant."),
        _("Allow outbound TCP 443 and 80 and UDP 53; the details name the rule."),
    ),
    Entry(("TaskConcurrencyLimit",), _("Too many commands were running on the instance."), _("Run again later.")),
    Entry(
        ("InstanceRestarted",),
        _("Restarted during the run."),
        _("Check what was done, run again; do not reboot meanwhile."),
    ),
    Entry(("InstanceDeregistered",), _("The managed instance was unregistered."), _("Register it again.")),
    Entry(("ClientNotOnline",), _("Agent not connected to the service."), _("Restart the agent.")),
    Entry(("ClientRestarted",), _("Agent restarted during the run."), _("Check, then run again.")),
    Entry(("TerminationException",), _("Stopping failed."), _("Stop again.")),
    Entry(
        ("InvalidCommandText", "CommandContentDecodeError"),
        _("Content unusable or not Base64."),
        _("Save the command again."),
    ),
    Entry(("InvalidSystemBuiltInParameter",), _("Unknown `{{ACS::…}}`."), _("Use a supported one.")),
    Entry(
        ("DefaultWorkingDirectoryNotAvailable",), _("The default directory is missing."), _("Give a working directory.")
    ),
    Entry(("InvalidRateExpression", "InvalidAtExpression"), _("Schedule expression wrong."), _("Correct it.")),
    Entry(
        ("CronExpressionExpired", "AtExpressionExpired"), _("The schedule lies in the past."), _("Choose a later time.")
    ),
    Entry(("RateFrequencyTooLarge",), _("Interval over 7 days."), _("Shorten it.")),
    Entry(
        ("InvalidGMTOffsetForTimezone", "InvalidGMTOffsetHourForTimezone", "InvalidGMTOffsetMinuteForTimezone"),
        _("GMT offset malformed."),
        _("Use e.g. GMT+8:00."),
    ),
    Entry(
        ("TimezoneInformationCorrupt",),
        _("The instance lacks that time zone’s data."),
        _("Install tzdata or use GMT±h:mm."),
    ),
    Entry(
        (
            "InvalidContainerName",
            "InvalidContainerId",
            "UnsupportedContainerRuntime",
            "ContainerNotFound",
            "ContainerNameDuplicated",
            "ContainerNameAndIdNotMatch",
        ),
        _("The container is not identifiable."),
        _("Check ID and name."),
    ),
    Entry(
        ("ContainerConnectFailed", "ContainerStateAbnormal"),
        _("The container is not running or unreachable."),
        _("Start it."),
    ),
    Entry(
        (
            "FileCreateFail",
            "FileAlreadyExists",
            "FileContentInvalid",
            "FileNameInvalid",
            "FilePathInvalid",
            "FileAuthorityInvalid",
            "UserGroupNotExists",
        ),
        _("SendFile only: the file could not be written."),
        _("Change name, path, mode, owner or allow overwriting."),
    ),
)

# What the console itself found out about a target
CONSOLE: tuple[Entry, ...] = (
    Entry(
        ("skipped",),
        _("Not sent: {reason}"),
        _("Fix it, then run again on the skipped ones."),
        cause=_("It became unfit before its batch was sent; the others ran."),
    ),
    Entry(
        ("unknown",),
        _("The outcome is not known."),
        _("Look on the instance, then run again if needed."),
        cause=_("The call may have taken effect. The console won’t repeat it by itself."),
    ),
    Entry(
        ("unfollowed",),
        _("The console no longer follows this instance."),
        _("Look on the instance, ask the cloud once more, or mark the result."),
        cause=_("The cloud gave no final word within 24 h after the timeout."),
    ),
    Entry(
        ("no-record",),
        _("The cloud has no record of this instance."),
        _("Look on the instance."),
        cause=_("It took the batch, but lists nothing for this instance; it may not have run."),
    ),
    Entry(
        ("two-task-ids",),
        _("The cloud has two tasks for this instance."),
        _("Look at what ran on the instance."),
        cause=_("Its batch has two task IDs; both outputs are shown."),
    ),
)

# The list grows, and none is ever hidden
ANY_OTHER = Entry((), _("The cloud reported {code}."), "", cause="{message}")
