"""The default chain: found where Alibaba's own tools keep their keys, taken up anew without a restart (A75)."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cloud import account, credentials
from cloud.errors import OutcomeUnknown
from tests.cloud.listener import answer
from tests.simulated_cloud import SimulatedCloud

PROGRAM = """
import json, pathlib, sys
from django.conf import settings
settings.configure(API_QPS="*=1000", REDIS_URL="")
from cloud import account
from cloud.connection import Connection
from cloud.errors import CloudError
url = sys.argv[1]
connection = Connection(kind="alibaba", ecs_endpoint=url, oos_endpoint=url, sts_endpoint=url)
for step in sys.argv[2:]:
    if step.startswith("key="):
        file = pathlib.Path.home() / ".alibabacloud" / "credentials.ini"
        file.parent.mkdir(exist_ok=True)
        key_id, secret = step[4:].split(":")
        file.write_text(f"[default]\\ntype = access_key\\naccess_key_id = {key_id}\\naccess_key_secret = {secret}\\n")
        continue
    try:
        identity = account.who_am_i(connection)
        print(json.dumps([identity.account_id, identity.provider]))
    except CloudError as error:
        print(json.dumps([type(error).__name__, error.code]))
"""


@pytest.fixture
def in_a_new_process(simulator: SimulatedCloud, tmp_path: Path, repository: Path) -> Any:
    """Do steps (`ask`, or `key=id:secret` to write the profile file) in a new process; what each `ask` came to."""

    def run(*steps: str, **environment: str) -> list[list[str]]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ALIBABA_")}
        env = {**clean, "HOME": str(tmp_path), "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true", **environment}
        program = [sys.executable, "-c", PROGRAM, simulator.url, *steps]
        done = subprocess.run(program, env=env, cwd=repository, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


def test_keys_of_the_environment_are_found(in_a_new_process, simulator):
    key_id, secret = simulator.access_key

    ((account_id, provider),) = in_a_new_process(
        "ask", ALIBABA_CLOUD_ACCESS_KEY_ID=key_id, ALIBABA_CLOUD_ACCESS_KEY_SECRET=secret
    )

    assert account_id.isdigit()
    assert provider == "default/env"


def test_no_keys_anywhere_is_one_sentence_and_not_the_list_of_all_places(in_a_new_process):
    assert in_a_new_process("ask") == [["BadCredentials", "CredentialsNotFound"]]


def test_keys_of_a_profile_file_are_found_and_a_changed_file_is_taken_up(in_a_new_process, simulator):
    good = "key=" + ":".join(simulator.access_key)

    outcomes = in_a_new_process("ask", "key=LTAI-old:old", "ask", good, "ask")

    assert outcomes[0] == ["BadCredentials", "CredentialsNotFound"]
    assert outcomes[1] == ["BadCredentials", "InvalidAccessKeyId.NotFound"]
    assert outcomes[2][0].isdigit()
    assert outcomes[2][1].startswith("default/profile/")


def test_a_static_key_is_named_by_its_kind_only(connection, simulator):
    key = credentials.current(connection)

    assert (key.access_key_id, key.provider) == (simulator.access_key[0], "static_ak")
    assert simulator.access_key[0] not in repr(key)


def test_an_identity_that_cannot_be_read_is_not_remembered(to_listener, listener):
    listener.script = lambda connection: connection.close()
    with pytest.raises(OutcomeUnknown):
        account.who_am_i(to_listener)

    listener.script = answer(
        {"RequestId": "R", "AccountId": "123", "Arn": "acs:ram::123:root", "IdentityType": "Account"}
    )

    assert account.who_am_i(to_listener).account_id == "123"
