"""The API's codes, sorted by what they say about a call (the error lists of each operation, and the common one).

A name stands for itself and for what follows it after a dot. HTTP numbers changed over the years: the code decides.
"""

DRY_RUN_PASSED = "DryRunOperation"  # comes as an error, but is the good answer

BAD_CREDENTIALS = (
    "InvalidAccessKeyId",
    "Forbidden.AccessKeyDisabled",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "InvalidTimeStamp",
    "IllegalTimestamp",
    "InvalidSecurityToken",
    "MissingSecurityToken",
    "InvalidCredentials",
)
# Of these a RAM policy mends only the ones in LACKS_RAM_ACTION.
NOT_PERMITTED = (
    "Forbidden",
    "NoPermission",
    "Operation.Forbidden",
    "RealNameAuthenticationError",
    "InvalidAccountStatus",
    "Account.Arrearage",
    "InsufficientBalance",
    "ParameterStore.NoPermission",
    "TemporaryAccessKey.Error",
)
LACKS_RAM_ACTION = ("Forbidden.RAM", "Forbidden.SubUser", "Forbidden.Unauthorized", "NoPermission")
LACKS_PASSWORD_ACCESS = ("ParameterStore.NoPermission", "TemporaryAccessKey.Error")
QUOTA_EXCEEDED = ("Invocation.ExceedQuota", "CmdCount.ExceedQuota", "CommandLimitExceeded")
REGION_UNAVAILABLE = ("InvalidRegionId", "InvalidAction", "InvalidVersion")
UNFIT_TARGET = (
    "InvalidInstance.NotFound",
    "InvalidInstanceId.NotFound",
    "InvalidInstance.NotMatch",
    "InvalidInstanceId.OSTypeUnsupported",
)
TOO_MANY_TARGETS = ("InstanceIds.ExceedLimit", "InvalidInstanceId.CountLimitExceeded")
GONE = ("InvalidCmdId.NotFound", "InvalidCommandId.NotFound", "InvalidInvokeId.NotFound")

# A 4xx that does not say that nothing happened: a copy or a twin of this very request is or was in the cloud's hands.
DOUBTFUL = (
    "SignatureNonceUsed",
    "IdempotentProcessing",
    "LastTokenProcessing",
    "OperationConflict",
    "ServiceUnavailable",
    "InternalError",
    "UnknownError",
)
TOKEN_MISMATCH = ("IdempotentParameterMismatch", "InvalidIdempotenceParameter.Mismatch")


def is_throttling(code: str) -> bool:
    """Seen with 400, 403 and 429 (page "API call throttling")."""
    return code.startswith("Throttling") or is_among(code, ("Rejected.Throttling",))


def is_among(code: str, names: tuple[str, ...]) -> bool:
    return any(code == name or code.startswith(f"{name}.") for name in names)
