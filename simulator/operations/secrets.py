"""Names of secrets in the parameter store of OOS; their values are never told."""

from simulator.cloud import Cloud
from simulator.errors import ApiError
from simulator.fleet import secret_names
from simulator.paging import Page
from simulator.wire import Body, Call, utc

_DEFAULT_REGION = "cn-hangzhou"
_CREATED = 1_767_225_600.0  # 2026-01-01


def list_secret_parameters(cloud: Cloud, call: Call) -> Body:
    page = Page.asked(call, largest=100, default=50, least=10)
    names = [name for name in sorted(secret_names(_region(call))) if call.text("Name") in name]
    if call.text("SortOrder").lower() == "descending":
        names.reverse()
    fields = page.fields(len(names))
    return {
        "Parameters": [_row(name, cloud.account_id) for name in page.cut(names)],
        "MaxResults": page.size,
        "NextToken": fields["NextToken"],
        "TotalCount": len(names),
    }


def get_secret_parameter(cloud: Cloud, call: Call) -> Body:
    name = call.required("Name")
    if name not in secret_names(_region(call)):
        raise ApiError("EntityNotExists.Parameter")
    if call.flag("WithDecryption"):
        raise ApiError("Forbidden.RAM")
    return {"Parameter": _row(name, cloud.account_id)}


def _region(call: Call) -> str:
    return call.region or _DEFAULT_REGION


def _row(name: str, account: str) -> Body:
    return {
        "Name": name,
        "Id": f"p-{name}",
        "Description": "Password of a Windows account",
        "Type": "Secret",
        "ParameterVersion": 1,
        "CreatedBy": account,
        "CreatedDate": utc(_CREATED),
        "UpdatedBy": account,
        "UpdatedDate": utc(_CREATED),
        "KeyId": "",
        "ShareType": "Private",
        "Tags": {},
        "ResourceGroupId": "",
    }
