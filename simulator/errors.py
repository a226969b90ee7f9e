"""
What the API answers when it refuses: one exception, and one table of status and wording.

Operations raise `ApiError("InvalidCmdId.NotFound")` and know no HTTP. Codes, statuses and sentences follow the error
tables of the API reference (the newest page wins where pages disagree). As in the real API, no sentence names the
instance at fault.
"""

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """The call is refused and had no effect. `detail` holds further fields of the body (`AccessDeniedDetail`)."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        status: int | None = None,
        detail: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        known_status, known_message = CODES.get(code, (400, "The request was refused."))
        super().__init__(code)
        self.code = code
        self.message = message or known_message
        self.status = status or known_status
        self.detail = dict(detail or {})
        self.headers = dict(headers or {})


def missing(name: str) -> ApiError:
    """A parameter that the operation cannot do without."""
    return ApiError("MissingParameter", f'The input parameter "{name}" that is mandatory for processing is missing.')


CODES: dict[str, tuple[int, str]] = {
    # The gateway: signature, permission, rate
    "InvalidAccessKeyId.NotFound": (404, "Specified access key is not found."),
    "InvalidAccessKeyId.Inactive": (403, "Specified access key is disabled."),
    "InvalidSecurityToken.Expired": (400, "Specified SecurityToken is expired."),
    "SignatureDoesNotMatch": (400, "Specified signature is not matched with our calculation."),
    "IncompleteSignature": (400, "The request signature does not conform to Aliyun standards."),
    "InvalidTimeStamp.Expired": (400, "Specified time stamp or date value is expired."),
    "IllegalTimestamp": (400, "The input parameter Timestamp that is mandatory is not supplied or malformed."),
    "SignatureNonceUsed": (400, "Specified signature nonce was used already."),
    "InvalidAction.NotFound": (404, "Specified api is not found, please check your url and method."),
    "InvalidVersion": (400, "Specified parameter Version is not valid."),
    "Forbidden.RAM": (403, "User not authorized to operate on the specified resource."),
    "Operation.Forbidden": (403, "The operation is not permitted."),
    "Throttling": (400, "Request was denied due to request throttling."),
    "Throttling.User": (400, "Request was denied due to user flow control."),
    "Throttling.Api": (400, "Request was denied due to api flow control."),
    "Rejected.Throttling": (429, "Request was denied due to request throttling."),
    "ServiceUnavailable": (503, "The request has failed due to a temporary failure of the server."),
    "InternalError": (500, "The request processing has failed due to some unknown error."),
    "OperationConflict": (409, "Request was denied due to conflict with a previous request."),
    # Requests in general
    "MissingParameter": (400, "A mandatory parameter is missing."),
    "InvalidParameter": (400, "The specified parameter is not valid."),
    "InvalidRegionId.NotFound": (404, "The specified RegionId does not exist."),
    "RegionId.ApiNotSupported": (400, "The api is not supported in this region."),
    "InvalidParam.PageNumber": (400, "The specified parameter PageNumber is invalid."),
    "InvalidParam.PageSize": (400, "The specified parameter PageSize is invalid."),
    "InvalidParameter.MaxResults": (400, "The specified parameter MaxResults is invalid."),
    "InvalidParameter.NextToken": (400, "The specified parameter NextToken is invalid."),
    "NumberExceed.Tags": (400, "The number of tags exceeds 20."),
    "MissingParameter.TagKey": (400, "You must specify Tag.N.Key."),
    "Duplicate.TagKey": (400, "The Tag.N.Key contains duplicate keys."),
    "InvalidTagKey.Malformed": (400, "The specified Tag.N.Key is not valid."),
    "InvalidTagValue.Malformed": (400, "The specified Tag.N.Value is not valid."),
    "DryRunOperation": (400, "Request validation has been passed with DryRun flag set."),
    # ClientToken
    "InvalidClientToken.Malformed": (400, "The specified parameter ClientToken is not valid."),
    "IdempotentProcessing": (403, "The previous idempotent request(s) is still processing."),
    "IdempotentParameterMismatch": (403, "The client token was used by a previous, but non-identical request."),
    # Instances
    "InvalidInstance.NotFound": (404, "The specified instance does not exist."),
    "InvalidInstanceId.NotFound": (404, "The specified InstanceId does not exist."),
    "InvalidInstance.NotMatch": (
        400,
        "The specified instances do not match the type of command, please check the state of the instance.",
    ),
    "InvalidInstanceId.OSTypeUnsupported": (403, "The OS of the instance does not support this operation."),
    "InstanceIds.ExceedLimit": (403, "The number of instance IDs exceeds the upper limit."),
    "MissingParam.InstanceId": (400, "The parameter instanceId is missing or empty."),
    "InvalidStatus.NotFound": (404, "The specified Status is not found."),
    "InvalidNetworkType.NotFound": (404, "The specified InstanceNetworkType is not found."),
    "InvalidTag.Mismatch": (400, "The specified Tag.n.Key and Tag.n.Value are not match."),
    "InvalidTagCount": (400, "The specified tags are beyond the permitted range."),
    "IncorrectInstanceStatus": (403, "The current status of the resource does not support this operation."),
    # Instances chosen by tag
    "InvalidResourceTag.InstanceNotFound": (400, "No instance has the specified resource tags."),
    "InvalidResourceTag.ConflictWithInstanceIds": (400, "ResourceTag and InstanceId cannot both be specified."),
    "NumberExceed.ResourceTags": (400, "The number of resource tags exceeds 10."),
    "MissingParameter.ResourceTagKey": (400, "You must specify ResourceTag.N.Key."),
    "InvalidResourceTagKey.Malformed": (400, "The specified ResourceTag.N.Key is not valid."),
    "InvalidResourceTagValue.Malformed": (400, "The specified ResourceTag.N.Value is not valid."),
    "Duplicate.ResourceTagKey": (400, "The ResourceTag.N.Key contains duplicate keys."),
    # Commands
    "InvalidCmdId.NotFound": (404, "The specified command ID does not exist."),
    "InvalidCmdType.NotFound": (404, "The specified command type does not exist."),
    "CmdContent.ExceedLimit": (403, "The length of the command content exceeds the upper limit."),
    "CmdContent.DecodeError": (400, "The CommandContent can not be base64 decoded."),
    "CmdName.ExceedLimit": (403, "The length of the command name exceeds the upper limit."),
    "CmdDesc.ExceedLimit": (403, "The length of the command description exceeds the upper limit."),
    "CmdCount.ExceedQuota": (403, "The total number of commands in the current region exceeds the quota."),
    "CmdName.Readonly": (403, "The name of a published command cannot be changed."),
    "InvalidParameterCharacter.CommandName": (403, "The command name contains illegal characters."),
    "InvalidParameterCharacter.CommandDescription": (403, "The command description contains illegal characters."),
    "InvalidParameterCharacter.CommandWorkingDir": (403, "The command working dir contains illegal characters."),
    "InvalidParameter.WorkingDir": (400, "The specified parameter WorkingDir is invalid."),
    "InvalidLauncher.LengthLimitExceeded": (403, "The length of the launcher exceeds 1 KB."),
    "InvalidTimeout.ExceedLimit": (403, "The timeout of the command exceeds the upper limit."),
    # Parameters of a command
    "CmdParam.EmptyKey": (400, "You must specify the parameter names."),
    "CmdParam.InvalidParamName": (
        400,
        "Invalid parameter name. The name can contain only letters, digits, underscores (_) and hyphens (-).",
    ),
    "CmdParamCount.ExceedLimit": (403, "The number of parameters exceeds the maximum limit of 20."),
    "CmdParamName.ExceedLimit": (403, "The length of a parameter name exceeds the maximum limit of 64 bytes."),
    "Parameter.Disabled": (400, "Parameters should not be passed in when parameter customization is disabled."),
    "Parameter.MissingValue": (400, "The value of a parameter is missing."),
    "Parameter.NotMatched": (403, "The specified parameters do not match the parameters of the command."),
    "ParameterCount.ExceedLimit": (403, "The number of parameters exceeds the upper limit of 10."),
    "ParameterKey.ExceedLimit": (403, "The length of a parameter name exceeds the upper limit."),
    "ParameterKey.Duplicate": (403, "A parameter name is given twice; names are case-insensitive."),
    "ParameterType.NotSupported": (403, "The type of a parameter value is not supported."),
    "InvalidParameterCharset.Parameters": (403, "The parameters contain illegal characters."),
    "InvalidParameter.Parameters": (400, "The specified parameter Parameters is not valid."),
    # Who runs it, how, and when
    "Username.ExceedLimit": (403, "The length of the username exceeds the upper limit."),
    "WindowsPasswordName.ExceedLimit": (403, "The length of the windows password name exceeds the upper limit."),
    "WindowsPasswordName.Missed": (403, "The windows password name must be specified when a username is given."),
    "ParameterStore.InvalidParameters": (403, "The parameter does not exist in the parameter store."),
    "MissingParam.Frequency": (400, "The frequency must be specified when a periodic task is executed."),
    "InvalidParam.Frequency": (400, "The specified frequency is invalid."),
    "InvalidRepeatMode.NotFound": (404, "The specified repeat mode does not exist."),
    "InvalidTerminationMode.NotFound": (404, "The specified termination mode does not exist."),
    "InvalidContainerId.Malformed": (400, "The specified container ID is malformed."),
    "InvalidContainerName.Malformed": (400, "The specified container name is malformed."),
    # Invocations
    "InvalidInvokeId.NotFound": (404, "The specified invoke ID does not exist."),
    "Invocation.ExceedQuota": (403, "The invocation quota in the current region has been reached for today."),
    # ModifyInvocationAttribute has names of its own for what the operations above refuse too
    "InvalidOperation.RepeatModeUnsupported": (403, "The repeat mode of the task does not support this operation."),
    "InvalidOperation.InvokeAlreadyFinished": (403, "The task has already finished."),
    "InvalidOperation.ModifyPublicCommandUnsupported": (403, "The content of a public command cannot be changed."),
    "InvalidCommandContent.DecodeError": (400, "The CommandContent can not be base64 decoded."),
    "InvalidCommandContent.LengthLimitExceeded": (403, "The length of the command content exceeds the upper limit."),
    "InvalidInstanceId.CountLimitExceeded": (403, "The number of instance IDs exceeds the upper limit."),
    "InvalidParameters.CountLimitExceeded": (403, "The number of parameters exceeds the upper limit of 10."),
    "InvalidParameters.KeyNotMatch": (400, "The specified parameters do not match the parameters of the command."),
    "InvalidParameters.KeyDuplicate": (400, "A parameter name is given twice; names are case-insensitive."),
    "InvalidParameters.KeyLengthLimitExceeded": (403, "The length of a parameter name exceeds the upper limit."),
    "InvalidParameters.ValueTypeUnsupported": (403, "The type of a parameter value is not supported."),
    "InvalidParameter.Frequency": (400, "The specified frequency is invalid."),
    # OOS
    "EntityNotExists.Parameter": (404, "The specified parameter does not exist."),
}
