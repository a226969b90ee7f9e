"""Numbers of the API, each as its reference page has it (`InvokeCommand`, `CreateCommand`, `StopInvocation`, …)."""

INSTANCES_PER_INVOCATION = 100  # InstanceId.N of InvokeCommand and RunCommand; an account's quota in truth
INSTANCES_PER_STATUS_CALL = 100  # DescribeCloudAssistantStatus
INSTANCES_PER_START = 100
INSTANCES_PER_STOP = 50  # StopInvocation, InstallCloudAssistant
RESOURCE_TAGS = 10
TAGS = 20
TAG_RESULTS = 1000  # resources that a filter by tag finds at most

CONTENT_BYTES = 24 * 1024  # of the script with its parameter values, after Base64
NAME = 128
DESCRIPTION = 512
WORKING_DIR = 200
LAUNCHER_BYTES = 1024
USERNAME = 255

PARAMETER_NAMES = 20  # different {{names}} in a command
PARAMETER_NAME_BYTES = 64
PARAMETERS_PASSED = 10

TIMEOUT_DEFAULT = 60
TIMEOUT_LEAST = 10  # a smaller one is raised to this
TIMEOUT_MOST = 86_400  # a maximum exists, its number is not published

RETENTION_SECONDS = 28 * 86_400  # how long an invocation can be asked for
COMMANDS_PER_REGION = 500
TASKS_AT_ONCE = 10  # on one agent
TASKS_QUEUED = 50
DELIVERY_SECONDS = 60  # an instance must be reachable within a minute

CLIENT_TOKEN = 64  # characters
TOKEN_WINDOW_SECONDS = 24 * 3600
REQUEST_LIFE_SECONDS = 15 * 60  # a signed date may be this far off
