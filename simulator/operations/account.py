"""DescribeAccountAttributes, and GetCallerIdentity of STS."""

from simulator.cloud import Cloud
from simulator.limits import COMMANDS_PER_REGION
from simulator.wire import Body, Call


def describe_account_attributes(cloud: Cloud, call: Call) -> Body:
    """Limits only; nothing tells how much of today is used."""
    limits = {
        "max-axt-invocation-daily": cloud.quota.limit,
        "max-axt-command-count": COMMANDS_PER_REGION,
        "max-cloud-assistant-activation-count": 100,
    }
    wanted = call.listed("AttributeName") or list(limits)
    items = [
        {"AttributeName": name, "AttributeValues": {"ValueItem": [{"Value": str(limits[name])}]}}
        for name in wanted
        if name in limits
    ]
    return {"AccountAttributeItems": {"AccountAttributeItem": items}}


def get_caller_identity(cloud: Cloud, call: Call) -> Body:
    account = cloud.account_id
    return {
        "IdentityType": "RAMUser",
        "AccountId": account,
        "UserId": "2" + account[1:],
        "RoleId": "",
        "PrincipalId": "2" + account[1:],
        "Arn": f"acs:ram::{account}:user/cloud-assistant-console",
    }
