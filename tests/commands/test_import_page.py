"""Importing a file: what it would do is shown first, and done for what was chosen."""

import re
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import AuditEntry
from commands import sync
from commands.definitions import Definition
from commands.exporting import written
from commands.models import Command, Version
from commands.saving import Edition
from regions.models import Mirror, MirrorKind, Region
from tests.factories import HANGZHOU, MirrorFactory, RegionFactory, now

pytestmark = pytest.mark.django_db

URL = "/r/cn-hangzhou/commands/import/"
HIDDEN = re.compile(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"')


@pytest.fixture
def region(simulator) -> Region:
    """Its commands are those of the simulated cloud."""
    region = RegionFactory(command_quota=500)
    MirrorFactory(kind=MirrorKind.QUOTA)
    sync.refresh_own(HANGZHOU)
    return region


def edition(name: str, **columns) -> Edition:
    return Edition(**{"name": name, "type": "RunShellScript", "content": f"echo {name}\n"} | columns)


def there(name: str) -> Command:
    return Command.objects.own(HANGZHOU).get(name=name)


def file_of(*editions: Edition, file_format: str = "json") -> SimpleUploadedFile:
    return SimpleUploadedFile(f"x.{file_format}", written(editions, file_format))


def cases(response) -> dict[str, str]:
    rows = re.findall(r'data-index="(\d+)" data-(?:case|outcome)="([\w-]+)"', response.content.decode())
    return dict(rows)


def look(person, *editions: Edition, file_format: str = "json"):
    return person.post(URL, {"file": file_of(*editions, file_format=file_format)})


def fields(response) -> dict[str, list[str]]:
    """What the page would send."""
    page = response.content.decode()
    found: dict[str, list[str]] = {"action": ["import"], "pick": []}
    for name, value in HIDDEN.findall(page):
        found.setdefault(name, []).append(value)
    found["pick"] += re.findall(r'name="pick" value="(\d+)"[^>]* checked', page)
    return found


def press(person, response, **changed):
    return person.post(URL, fields(response) | changed)


def saved_in_the_cloud(simulator) -> int:
    return len(simulator.journal.calls("CreateCommand")) + len(simulator.journal.calls("ModifyCommand"))


def text(response) -> str:
    return " ".join(re.sub("<[^>]+>", " ", response.content.decode()).split())


def test_the_page_asks_for_a_file_or_its_text(admin, region):
    page = admin.get(URL).content.decode()

    assert 'type="file"' in page
    assert "<textarea" in page
    assert "Look at it" in page


def test_B80_a_look_says_what_each_command_would_do_and_changes_nothing(admin, region, simulator):
    known = there("restart-service")
    same, changed = Edition.of(there("nginx-reload")), Edition.of(known)
    changed = Edition(**{**vars(changed), "content": changed.content + "echo done\n", "timeout": 120})

    response = look(admin, edition("brand-new"), same, changed, edition("x" * 200))

    assert response.status_code == 200
    assert cases(response) == {"0": "new", "1": "same", "2": "changed", "3": "invalid"}
    assert "Becomes version 2: content, Timeout" in text(response)
    assert "commands[3].name: Enter a name of 1 to 128 characters (line" in text(response)
    assert fields(response)["pick"] == ["0"]
    assert saved_in_the_cloud(simulator) == 0


def test_B80_a_missing_format_hides_no_other_mistake(admin, region):
    yaml = "version: 1\ncommands:\n  - name: a\n    type: RunShellScript\n    timeout: soon\n    content: uptime\n"

    response = admin.post(URL, {"text": yaml})

    assert response.status_code == 422
    assert "format: it is missing (line 1)" in text(response)
    assert "commands[0].timeout: a whole number is expected (line 5)" in text(response)


@pytest.mark.parametrize("file_format", ["json", "yaml"])
def test_what_is_chosen_is_imported_and_the_rest_is_not(admin, region, simulator, file_format):
    changed = Edition(**{**vars(Edition.of(there("restart-service"))), "timeout": 120})
    looked = look(admin, edition("one", content="#!/bin/sh\r\nx\r"), edition("two"), changed, file_format=file_format)

    response = press(admin, looked, pick=["0", "2"])

    assert cases(response) == {"0": "created", "2": "updated"}
    assert there("one").content == "#!/bin/sh\r\nx\r"
    assert there("restart-service").timeout == 120
    assert there("restart-service").version_number == 2
    assert not Command.objects.filter(name="two").exists()
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == ["command.created", "command.saved"]


def test_text_that_was_pasted_is_as_good_as_a_file(admin, region):
    looked = admin.post(URL, {"text": written([edition("pasted")], "yaml").decode()})

    assert cases(press(admin, looked)) == {"0": "created"}
    assert there("pasted").content == "echo pasted\n"


def test_an_export_imported_again_changes_nothing(admin, region, simulator):
    exported = admin.get("/r/cn-hangzhou/commands/export/?format=yaml").content

    response = admin.post(URL, {"file": SimpleUploadedFile("commands.yaml", exported)})

    assert set(cases(response).values()) == {"same"}
    assert "All of it is here already; there is nothing to import." in text(response)


def test_what_was_deleted_comes_back_from_its_export(admin, region, simulator):
    command = there("restart-service")
    before = Edition.of(command)
    exported = admin.get("/r/cn-hangzhou/commands/export/", {"ids": command.cloud_id}).content
    simulator.delete_command(command.cloud_id)
    sync.refresh_own(HANGZHOU)

    looked = admin.post(URL, {"file": SimpleUploadedFile("commands.json", exported)})

    assert cases(looked) == {"0": "new"}
    assert cases(press(admin, looked)) == {"0": "created"}
    assert Edition.of(there("restart-service")) == before


def test_B80_pressed_twice_nothing_is_there_twice(admin, region, simulator):
    looked = look(admin, edition("once"), Edition(**{**vars(Edition.of(there("restart-service"))), "timeout": 99}))

    first = press(admin, looked, pick=["0", "1"])
    again = press(admin, looked, pick=["0", "1"])

    assert cases(first) == {"0": "created", "1": "updated"}
    assert cases(again) == {"0": "same", "1": "same"}
    assert Command.objects.filter(name="once").count() == 1
    assert saved_in_the_cloud(simulator) == 2


def test_B80_a_reply_that_was_lost_makes_no_second_command(admin, region, simulator):
    simulator.fault("CreateCommand", "lose_after", times=1)
    known = [Definition("x", description="which the cloud does not keep")]
    first = edition("first", content="{{x}}", enable_parameter=True, definitions=known)
    looked = look(admin, first, edition("second"))

    lost = press(admin, looked)
    assert cases(lost) == {"0": "failed", "1": "not-done"}
    sync.refresh_own(HANGZHOU)  # the list finds what nobody was told of
    again = press(admin, lost)

    assert cases(again) == {"0": "created", "1": "created"}
    assert Edition.of(there("first")).definitions == tuple(known)
    sync.refresh_own(HANGZHOU)
    assert Command.objects.own(HANGZHOU).filter(name__in=["first", "second"]).count() == 2


def test_B80_what_the_cloud_refuses_is_told_and_the_rest_can_be_imported_later(admin, region, simulator):
    simulator.fault("CreateCommand", "throttle", times=20)
    looked = look(admin, edition("first"), edition("second"))

    refused = press(admin, looked)
    simulator.clear_faults()
    again = press(admin, refused)

    assert cases(refused) == {"0": "failed", "1": "not-done"}
    assert "0 of 2 commands are imported." in text(refused)
    assert "The cloud is slowing us down; nothing was changed." in text(refused)
    assert cases(again) == {"0": "created", "1": "created"}


def test_B80_the_quota_is_named_before_and_kept(admin, region, simulator):
    quota = Command.objects.own(HANGZHOU).count() + 1
    Region.objects.update(command_quota=quota)
    changed = Edition(**{**vars(Edition.of(there("restart-service"))), "timeout": 99})
    looked = look(admin, edition("fits"), edition("too-many"), changed)

    response = press(admin, looked, pick=["0", "1", "2"])

    assert f"keeps {quota - 1} of {quota} commands: 1 of the new ones has no room." in text(looked)
    assert cases(response) == {"0": "created", "1": "failed", "2": "updated"}
    assert f"keeps {quota} of {quota} commands" in text(response)


def test_a_version_saved_since_the_look_is_not_overwritten(admin, region):
    mine = Edition(**{**vars(Edition.of(there("restart-service"))), "timeout": 99})
    looked = look(admin, mine)
    theirs = Edition(**{**vars(mine), "timeout": 77})
    press(admin, look(admin, theirs), pick=["0"])

    response = press(admin, looked, pick=["0"], token=str(uuid.uuid4()))

    assert cases(response) == {"0": "failed"}
    assert "ada saved version 2 meanwhile." in text(response)
    assert there("restart-service").timeout == 77


def test_a_command_of_that_name_made_since_the_look_is_left_alone(admin, region):
    looked = look(admin, edition("new", content="a"))
    press(admin, look(admin, edition("new", content="b")))

    response = press(admin, looked)

    assert cases(response) == {"0": "failed"}
    assert "There is a command of this name by now." in text(response)
    assert there("new").content == "b"


def test_B52_a_type_never_changes_not_by_a_file_either(admin, region):
    response = look(admin, edition("restart-service", type="RunBatScript"))

    assert response.status_code == 422
    assert "It is a Shell command here, and a type never changes. Rename one of them." in text(response)


def test_what_was_changed_elsewhere_is_settled_before(admin, region, simulator):
    command = there("restart-service")
    simulator.modify_command(HANGZHOU, command.cloud_id, timeout=300)
    sync.refresh_own(HANGZHOU)

    response = look(admin, edition("restart-service"))

    assert "It was changed outside this console. Settle that first." in text(response)


def test_a_name_that_two_commands_have_is_told(admin, region):
    press(admin, look(admin, edition("twin")))
    twin = there("twin")
    Command.objects.create(
        **{
            field.attname: getattr(twin, field.attname)
            for field in Command._meta.concrete_fields
            if field.attname != "id"
        }
        | {"cloud_id": "c-twin"}
    )

    response = look(admin, edition("twin", content="other"))

    assert "2 commands have this name here, and it is not known which is meant. Rename all but one." in text(response)


def test_a_press_without_a_choice_asks_for_one(admin, region):
    response = press(admin, look(admin, edition("new")), pick=[])

    assert response.status_code == 422
    assert "Choose at least one command." in text(response)
    assert cases(response) == {"0": "new"}


def test_the_press_stands_on_what_came_along_not_on_what_it_says(admin, region):
    looked = fields(look(admin, edition("new")))

    assert admin.post(URL, looked | {"carried": "!!"}).status_code == 422
    assert admin.post(URL, looked | {"pick": ["7", "x", "-1"]}).status_code == 422
    assert admin.post(URL, looked | {"seen": "0:99999999999,x", "token": "x"}).status_code == 422
    assert not Command.objects.filter(name="new").exists()


def test_five_hundred_commands_are_looked_at_in_few_queries(admin, region, django_assert_max_num_queries):
    editions = [edition(f"c-{n}") for n in range(500)]
    look(admin, *editions[:1])

    with django_assert_max_num_queries(25):
        assert len(cases(look(admin, *editions))) == 500


def test_the_page_speaks_chinese(admin, region):
    response = admin.post(URL, {"file": file_of(edition("x" * 200))}, headers={"Accept-Language": "zh-CN"})

    assert "请输入 1–128 个字符的命令名称" in response.content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_operators_and_viewers_import_nothing(operator, viewer, region, method):
    for person in (operator, viewer):
        assert getattr(person, method)(URL).status_code == 404


def test_what_was_imported_has_the_versions_of_any_saved_command(admin, region):
    press(admin, look(admin, edition("new")))

    (version,) = Version.objects.filter(command=there("new"))
    assert (version.number, version.person, version.content) == (1, admin.person, "echo new\n")


def test_a_region_that_was_never_listed_is_no_place_to_import_into(simulator, admin):
    RegionFactory()
    simulator.fault("DescribeCommands", "close_before", times=50)

    response = look(admin, edition("new"))

    assert response.status_code == 503
    assert "The commands of China (Hangzhou) could not be listed" in text(response)


def test_a_list_that_cannot_be_read_anew_is_said_to_be_old(simulator, admin, region):
    Mirror.objects.filter(kind=MirrorKind.COMMANDS).update(refreshed_at=now() - timedelta(hours=1))
    simulator.fault("DescribeCommands", "close_before", times=50)

    response = look(admin, edition("new"))

    assert cases(response) == {"0": "new"}
    assert "Shown as of" in text(response)
