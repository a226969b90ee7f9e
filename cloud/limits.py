"""Every limit of the API that the console counts on, with its source. The sources disagree and the limits move.

API pages are named by operation; "guide" is the user guide of Cloud Assistant.
"""

from django.conf import settings

INVOKE_INSTANCES_MAX = 100  # InvokeCommand, RunCommand: instance IDs a call; an account quota, 50 until 2022
STOP_SLICE = 50  # StopInvocation
INSTALL_SLICE = 50  # InstallCloudAssistant
START_SLICE = 100  # StartInstances
AGENT_SLICE = 100  # DescribeCloudAssistantStatus
INSTANCE_SLICE = 100  # DescribeInstances: InstanceIds

PAGE = 50  # MaxResults of the Cloud Assistant operations
INSTANCE_PAGE = 100  # MaxResults of DescribeInstances
PARAMETER_PAGE = 100  # MaxResults of the OOS lists

NAME_CHARACTERS = 128  # CreateCommand
DESCRIPTION_CHARACTERS = 512  # CreateCommand
PARAMETERS = 20  # different names in one script: guide, "Custom parameters"
PARAMETERS_PASSED = 10  # InvokeCommand, RunCommand; the guide says 20
PARAMETER_NAME_BYTES = 64  # CreateCommand
WORKING_DIR_CHARACTERS = 200  # CreateCommand, InvokeCommand
LAUNCHER_BYTES = 1024  # CreateCommand, InvokeCommand
USERNAME_CHARACTERS = 255  # InvokeCommand: Username
TAGS = 20  # InvokeCommand, CreateCommand: Tag.N
TAG_KEY_CHARACTERS = 64  # CreateCommand: Tag.N.Key, not beginning with aliyun or acs:, without http:// and https://
TAG_VALUE_CHARACTERS = 128  # CreateCommand: Tag.N.Value
TAGGED_RESULTS = 1000  # a tag filter of DescribeInvocations yields no more

TIMEOUT_MIN = 10  # seconds, InvokeCommand
TIMEOUT_DEFAULT = 60  # seconds, CreateCommand

DELIVERY_SECONDS = 60  # a task that has not reached its agent by then is Aborted


def batch_size() -> int:
    """Instances put into one InvokeCommand (CONSOLE_BATCH_SIZE)."""
    return int(settings.BATCH_SIZE)


def content_bytes() -> int:
    """Longest script with its parameters after Base64 (CONSOLE_CONTENT_LIMIT; 24 KB now, 18 and 16 KB before)."""
    return int(settings.CONTENT_LIMIT)


def timeout_max() -> int:
    """Seconds. One exists (`InvalidTimeout.ExceedLimit`), its value is not published (CONSOLE_MAX_TIMEOUT)."""
    return int(settings.MAX_TIMEOUT)
