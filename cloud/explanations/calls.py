"""Codes of whole calls."""

from django.utils.translation import gettext_lazy as _

from cloud.explanations import Entry

# Credentials, permission, throttling, and what else every operation may answer
COMMON: tuple[Entry, ...] = (
    Entry(
        ("InvalidAccessKeyId.NotFound",), _("The AccessKey ID does not exist."), _("Check the configured AccessKey.")
    ),
    Entry(
        ("InvalidAccessKeyId.Inactive", "Forbidden.AccessKeyDisabled"),
        _("The AccessKey is disabled."),
        _("Enable it or use another."),
    ),
    Entry(
        ("SignatureDoesNotMatch", "IncompleteSignature"),
        _("Wrong secret, or a proxy changed the request."),
        _("Check the secret and any proxy in between."),
    ),
    Entry(
        ("InvalidTimeStamp.Expired", "IllegalTimestamp"),
        _("This server’s clock is off by more than 15 minutes."),
        _("Synchronise the clock."),
    ),
    Entry(
        ("SignatureNonceUsed",),
        _("The same signed request arrived twice (network replay)."),
        _("Retried automatically with the same token."),
    ),
    Entry(
        (
            "InvalidSecurityToken.Expired",
            "InvalidSecurityToken.Malformed",
            "InvalidSecurityToken.MismatchWithAccessKey",
            "MissingSecurityToken",
        ),
        _("Temporary credentials expired or do not match."),
        _("Renew the STS credentials / RAM role."),
    ),
    Entry(("InvalidCredentials",), _("No credentials found."), _("Configure credentials.")),
    Entry(
        ("Forbidden.RAM", "Forbidden.SubUser", "Forbidden.Unauthorized", "NoPermission"),
        _("The identity may not do this on this resource (perhaps because of the run user)."),
        _("Ask the account admin for the RAM action named in the detail, or choose an allowed run user."),
    ),
    Entry(("Forbidden.RiskControl",), _("Blocked by Alibaba Cloud risk control."), _("Contact Alibaba Cloud.")),
    Entry(
        ("Operation.Forbidden",),
        _("The service refuses the operation for this object or account."),
        _("Check permission and state; then contact support."),
    ),
    Entry(
        ("RealNameAuthenticationError", "InvalidAccountStatus.*", "Account.Arrearage", "InsufficientBalance"),
        _("The account is not verified or in arrears."),
        _("Settle it in the Alibaba Cloud console."),
    ),
    Entry(
        ("Throttling", "Throttling.User", "Throttling.Api", "Throttling.*", "Rejected.Throttling"),
        _("Too many calls of this operation from the whole account."),
        _("Nothing: retried automatically; raise the API rate in Quota Center if frequent."),
    ),
    Entry(
        ("ServiceUnavailable", "ServiceUnavailable.RegionMaintaining"),
        _("The service is temporarily down in this region."),
        _("Retried automatically; of a run it is first looked up whether it was taken."),
    ),
    Entry(
        ("InternalError", "InternalError.Dispatch", "UnknownError"),
        _("Fault inside the service; the command may or may not have been accepted."),
        _("Retried automatically with the same token."),
    ),
    Entry(("OperationConflict",), _("Clashes with an operation in progress."), _("Try again shortly.")),
    Entry(
        ("InvalidRegionId.NotFound",), _("Unknown region, or wrong endpoint for it."), _("Check region and endpoint.")
    ),
    Entry(("RegionId.ApiNotSupported",), _("This function does not exist in this region."), _("Use another region.")),
    Entry(
        ("InvalidAction", "InvalidAction.NotFound", "InvalidVersion"),
        _("Operation or version unknown to this endpoint."),
        _("Check the endpoint setting."),
    ),
    Entry(
        ("MissingParameter", "MissingParameter.*", "InvalidParameter", "InvalidParameter.*", "UnsupportedParameter"),
        _("A parameter is missing or malformed."),
        _("Correct the input; if it came from the console, report a bug."),
    ),
    Entry(
        ("InvalidResourceGroup.NotFound", "InvalidStatus.ResourceGroup"),
        _("Resource group missing or changing."),
        _("Choose another resource group."),
    ),
    Entry(("DryRunOperation",), _("Not a fault: the dry run passed."), _("Nothing to do.")),
)

# Of the operations of Cloud Assistant, and of starting instances
ASSISTANT: tuple[Entry, ...] = (
    Entry(
        ("InvalidInstance.NotFound", "InvalidInstanceId.NotFound"),
        _("One of the instances does not exist here or was released."),
        _("Refresh the list, take it out, run again."),
    ),
    Entry(
        ("InvalidInstance.NotMatch",),
        _("The command type does not suit an instance’s OS, or its state does not allow it."),
        _("Choose instances of the right OS that are running."),
    ),
    Entry(
        ("InvalidInstanceId.OSTypeUnsupported",), _("The OS of an instance does not support this."), _("Take it out.")
    ),
    Entry(
        ("InstanceIds.ExceedLimit", "InvalidInstanceId.CountLimitExceeded"),
        _("More instances in one call than the account allows."),
        _("Lower the batch size or raise the quota."),
    ),
    Entry(("MissingParam.InstanceId",), _("No instance given."), _("Choose at least one.")),
    Entry(
        (
            "InvalidResourceTag.InstanceNotFound",
            "InvalidResourceTag.ConflictWithInstanceIds",
            "NumberExceed.ResourceTags",
            "MissingParameter.ResourceTagKey",
            "InvalidResourceTagKey.Malformed",
            "InvalidResourceTagValue.Malformed",
            "Duplicate.ResourceTagKey",
        ),
        _("Selecting instances by tag failed (none, too many, or badly formed tags)."),
        _("Choose instances directly or correct the tags."),
    ),
    Entry(
        ("InvalidCmdId.NotFound", "InvalidCommandId.NotFound"),
        _("The saved command no longer exists in this region."),
        _("Synchronise commands and choose again."),
    ),
    Entry(
        ("InvalidInvokeId.NotFound",),
        _("The invocation is unknown or older than the retention."),
        _("Use the console’s own record."),
    ),
    Entry(
        ("InvalidCmdType.NotFound", "InvalidCommandType.NotFound"),
        _("Unknown command type."),
        _("Choose Shell, PowerShell or Bat."),
    ),
    Entry(
        ("CmdContent.ExceedLimit", "InvalidCommandContent.LengthLimitExceeded"),
        _("Script (with parameters) too long after Base64."),
        _("Shorten it or fetch the script from elsewhere."),
    ),
    Entry(
        ("CmdContent.DecodeError", "InvalidCommandContent.DecodeError"),
        _("The content is not valid Base64."),
        _("Report a bug."),
    ),
    Entry(
        (
            "CmdName.ExceedLimit",
            "CmdDesc.ExceedLimit",
            "InvalidName.LengthLimitExceeded",
            "InvalidDescription.LengthLimitExceeded",
        ),
        _("Name (128) or description (512) too long."),
        _("Shorten it."),
    ),
    Entry(
        (
            "InvalidParameterCharacter.CommandName",
            "InvalidParameterCharacter.CommandDescription",
            "InvalidParameterCharacter.CommandWorkingDir",
        ),
        _("Illegal characters."),
        _("Remove them."),
    ),
    Entry(("CmdName.Readonly",), _("A published command’s name cannot change."), _("Clone it under a new name.")),
    Entry(
        ("CmdCount.ExceedQuota", "CommandLimitExceeded"),
        _("The region holds as many saved commands as allowed."),
        _("Delete unused ones or raise the quota."),
    ),
    Entry(("InvalidParameter.WorkingDir",), _("Working directory malformed or too long (200)."), _("Correct it.")),
    Entry(("InvalidLauncher.LengthLimitExceeded",), _("Launcher longer than 1 KB."), _("Shorten it.")),
    Entry(("InvalidTimeout.ExceedLimit",), _("Timeout too large."), _("Lower it.")),
    Entry(
        ("CmdParam.EmptyKey", "CmdParam.InvalidParamName"),
        _("A `{{ }}` in the script is empty or holds illegal characters."),
        _("Use letters, digits, `-`, `_`."),
    ),
    Entry(
        ("CmdParamCount.ExceedLimit", "CmdParamName.ExceedLimit"),
        _("More than 20 parameters, or a name over 64 bytes."),
        _("Reduce."),
    ),
    Entry(("Parameter.Disabled",), _("The command does not use parameters but some were sent."), _("Send none.")),
    Entry(("Parameter.MissingValue",), _("A required parameter has no value."), _("Fill it in.")),
    Entry(
        ("Parameter.NotMatched", "InvalidParameters.KeyNotMatch"),
        _("Parameters differ from those in the command (it changed meanwhile?)."),
        _("Reload the command and fill the form again."),
    ),
    Entry(
        ("ParameterCount.ExceedLimit", "InvalidParameters.CountLimitExceeded"),
        _("Too many parameters passed (10)."),
        _("Pass fewer."),
    ),
    Entry(
        ("ParameterKey.ExceedLimit", "ParameterKey.Duplicate", "InvalidParameters.Key*"),
        _("Parameter name too long, empty, malformed or given twice (case is ignored)."),
        _("Correct the names."),
    ),
    Entry(
        ("ParameterType.NotSupported", "InvalidParameters.ValueTypeUnsupported"),
        _("A value is not text."),
        _("Report a bug."),
    ),
    Entry(
        ("InvalidParameterCharset.Parameters", "InvalidParameter.Parameters"),
        _("Illegal characters in a value, or malformed parameters."),
        _("Remove unusual characters."),
    ),
    Entry(("Username.ExceedLimit", "WindowsPasswordName.ExceedLimit"), _("Name longer than 255."), _("Shorten it.")),
    Entry(
        ("WindowsPasswordName.Missed",),
        _("Windows run user without a password name."),
        _("Choose the password stored in OOS."),
    ),
    Entry(("ParameterStore.NotSupported",), _("No parameter store in this region."), _("Run as System.")),
    Entry(
        ("ParameterStore.InvalidParameters",),
        _("The password name does not exist in the parameter store."),
        _("Create the secret parameter in this region."),
    ),
    Entry(
        ("ParameterStore.NoPermission", "TemporaryAccessKey.Error"),
        _("No access to the parameter store."),
        _("Grant `oos:GetSecretParameter` (and KMS)."),
    ),
    Entry(
        ("MissingParam.Frequency", "MissingParameter.Frequency"),
        _("A scheduled run needs a schedule."),
        _("Enter one."),
    ),
    Entry(
        ("InvalidParam.Frequency", "InvalidParameter.Frequency"),
        _("The schedule expression is wrong."),
        _("Correct it."),
    ),
    Entry(
        ("InvalidRepeatMode.NotFound", "InvalidTerminationMode.NotFound"),
        _("Unknown run or stop mode."),
        _("Report a bug."),
    ),
    Entry(
        ("InvalidContainerId.Malformed", "InvalidContainerName.Malformed"),
        _("Container ID or name malformed."),
        _("Correct it."),
    ),
    Entry(
        ("Invocation.ExceedQuota",),
        _("Today’s number of runs in this region is used up."),
        _("Wait for tomorrow or raise the quota; held batches continue by themselves."),
    ),
    Entry(("InvalidClientToken.Malformed",), _("Bad token."), _("Report a bug.")),
    Entry(
        ("IdempotentProcessing", "LastTokenProcessing"),
        _("The first attempt is still being handled."),
        _("Nothing: asked again shortly."),
    ),
    Entry(
        ("IdempotentParameterMismatch", "InvalidIdempotenceParameter.Mismatch"),
        _("The token was used with other parameters."),
        _("Never resend; look the run up by tag; report a bug."),
    ),
    Entry(
        (
            "InvalidOperation.RepeatModeUnsupported",
            "InvalidOperation.InvokeAlreadyFinished",
            "InvalidOperation.CloudAssistantVersionUnsupported",
            "InvalidOperation.ModifyPublicCommandUnsupported",
        ),
        _("This task cannot be changed (mode, finished, agent too old, public command)."),
        _("Read the code: start a new run instead, or upgrade the agent."),
    ),
    Entry(
        (
            "NumberExceed.Tags",
            "MissingParameter.TagKey",
            "Duplicate.TagKey",
            "InvalidTagKey.Malformed",
            "InvalidTagValue.Malformed",
        ),
        _("Tags malformed or too many (20)."),
        _("Correct the tags."),
    ),
    Entry(
        (
            "InvalidParam.PageNumber",
            "InvalidParam.PageSize",
            "InvalidParameter.NextToken",
            "InvalidParameter.MaxResults",
        ),
        _("Bad paging value."),
        _("Report a bug."),
    ),
    Entry(
        (
            "FileSize.*",
            "FileName.*",
            "FileDesc.*",
            "FileTargetDir.*",
            "FileMode.*",
            "FileContentType.*",
            "FileContent.*",
        ),
        _("SendFile: file too big (32 KB Base64) or wrong attributes."),
        _("Correct it."),
    ),
    Entry(
        ("IncorrectInstanceStatus", "InstanceNotReady"),
        _("StartInstance: the instance is not stopped."),
        _("Refresh and look again."),
    ),
    Entry(
        ("InstanceLockedForSecurity", "InstanceExpired", "DiskInArrears"),
        _("StartInstance: locked, expired or in arrears."),
        _("Resolve it in the Alibaba Cloud console."),
    ),
    Entry(
        ("OperationDenied.NoStock", "LackResource", "QuotaExceed.ElasticQuota"),
        _("StartInstance: no capacity or vCPU quota."),
        _("Try later or change the type."),
    ),
)

# Our own, where there is no code of the API (cloud.classify)
GATEWAY: tuple[Entry, ...] = (
    Entry(
        ("NameNotResolved",),
        _("The name of the cloud’s endpoint is not known."),
        _("Check the endpoint setting and this server’s name service (DNS)."),
    ),
    Entry(
        ("ConnectionFailed",),
        _("The cloud’s endpoint refused the connection."),
        _("Check network, firewall and the endpoint setting."),
    ),
    Entry(
        ("ConnectTimedOut",),
        _("The cloud’s endpoint did not take the connection in time."),
        _("Check network, firewall and routes."),
    ),
    Entry(
        ("CertificateInvalid",),
        _("The certificate of the cloud’s endpoint isn’t valid. Nothing was sent."),
        _(
            "Check this server’s clock, its trusted certificates, and whether something in between decrypts the "
            "traffic."
        ),
    ),
    Entry(
        ("TlsFailed",),
        _("No secure connection could be agreed on. Nothing was sent."),
        _("Check the endpoint setting and whatever stands in between."),
    ),
    Entry(
        ("ProxyFailed",),
        _("The proxy can’t be reached or refused the connection. Nothing was sent."),
        _("Check HTTPS_PROXY and the proxy itself."),
    ),
    Entry(("NotSent",), _("The call could not be sent."), _("Check the network and the endpoint setting.")),
    Entry(
        ("InvalidCharacters",),
        _("The request holds characters that can’t be sent."),
        _("Remove unusual characters and try again."),
    ),
    Entry(
        ("RateLimitOfConsole",),
        _("The console’s own limit of calls a second is used up."),
        _("Nothing to do: the call is repeated. If it lasts, raise CONSOLE_API_QPS as far as the account allows."),
    ),
    Entry(("CredentialsNotFound",), _("No credentials found."), _("Configure credentials.")),
    Entry(
        ("ReadTimedOut",),
        _("The cloud did not answer in time; it may have taken the call."),
        _("Nothing to do: it is looked up, and nothing is sent twice."),
    ),
    Entry(
        ("ConnectionBroken",),
        _("The connection broke before the answer was complete; the cloud may have taken the call."),
        _("Nothing to do: it is looked up, and nothing is sent twice."),
    ),
    Entry(("AnswerTooLarge",), _("The answer is larger than 16 MB and was not read to its end."), _("Report a bug.")),
    Entry(
        ("Redirected",),
        _("The endpoint sent the call elsewhere. Redirects are not followed."),
        _("Check the endpoint setting and any proxy in between."),
    ),
    Entry(
        ("NotTheApi",),
        _("Something between this console and the cloud answers in its place."),
        _("Check proxies and firewalls in between; the details show the first 200 characters."),
    ),
    Entry(
        ("UnreadableAnswer",),
        _("The answer can’t be read; the cloud may have taken the call."),
        _("Check the endpoint setting and any proxy in between."),
    ),
    Entry(
        ("PagingWithoutEnd",), _("The pages of a list lead in a circle."), _("Nothing to do: it is read again later.")
    ),
)
