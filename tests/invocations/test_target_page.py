"""One target: its output as text and nothing else, why it failed, the raw bytes to download."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from cloud.explain import explain
from invocations.models import Batch, OtherInvocation, Output, Target
from tests.factories import InstanceFactory, RegionFactory, now
from tests.invocations.hostile import HOSTILE
from tests.invocations.pages import read
from tests.invocations.runs import a_run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _region():
    RegionFactory()


@pytest.fixture
def target():
    """The one target of a run in this state, with what it printed."""

    def make(state="success", content=None, *, dropped=0, is_complete=True, **columns):
        target = a_run({state: 1}, username="deploy", working_dir="/srv", timeout=60).targets.get()
        Target.objects.filter(pk=target.pk).update(**columns)
        if content is not None:
            Output.objects.create(target=target, content=content, dropped=dropped, is_complete=is_complete)
        return target

    return make


def url(target, name="target"):
    return reverse(f"invocations:{name}", args=["cn-hangzhou", target.invocation_id, target.instance_id])


def output_of(client, target):
    return read(client.get(url(target))).one(data_testid="output")


def box(client, target):
    return read(client.get(url(target))).all("div", class_="why-box") + read(client.get(url(target))).all(
        "div", class_="why-box w"
    )


def test_each_line_has_a_number_that_is_a_link(viewer, target):
    output = output_of(viewer, target(content=b"one\n\n\x1b[31mthree\x1b[0m\n"))

    lines = output.all("span", id="")
    assert [line["id"] for line in lines] == ["L1", "L2", "L3"]
    assert [line.all("a")[0]["href"] for line in lines] == ["#L1", "#L2", "#L3"]
    assert "".join(output.texts) == "one\n\nthree\n"
    assert output.one("span", class_="a-r").text == "three"


@pytest.mark.parametrize("text", HOSTILE)
def test_C46_a_hostile_output_makes_no_element_but_lines_and_coloured_pieces(viewer, target, text):
    output = output_of(viewer, target(content=text.encode()))

    assert {element.tag for element in output.all()} <= {"span", "a"}
    for element in output.all():
        assert set(element.attrs) <= {"class", "id", "href", "title", "tabindex", "aria-hidden", "data-n"}
        assert re.fullmatch(r"#L\d+", element.attrs.get("href", "#L1"))  # C48: nothing else can be clicked


@pytest.mark.parametrize(
    ("state", "content", "columns", "sentence"),
    [
        ("success", b"", {}, "No output."),
        ("running", None, {}, "No output yet."),
        ("waiting", None, {}, "No output yet."),
        ("skipped", None, {}, "No output."),
        ("aborted", None, {"started_at": None}, "No output."),
        ("success", None, {}, "The output is no longer available."),
        ("success", bytes(range(256)), {}, "256 bytes that aren’t text. Download"),
    ],
)
def test_where_there_is_no_text_a_sentence_says_why(viewer, target, state, content, columns, sentence):
    assert output_of(viewer, target(state, content, **columns)).text == sentence


def test_A70_what_the_cloud_dropped_is_said(viewer, target):
    page = read(viewer.get(url(target(content=b"the end\n", dropped=1234))))

    assert "The cloud keeps 24 KB of output, mainly its end; 1,234 bytes were dropped." in page.text
    assert "Write long output to a file or OSS." in page.text


def test_output_of_a_running_target_says_that_more_may_come(viewer, target):
    page = read(viewer.get(url(target("running", b"so far\n", is_complete=False))))

    assert "Output so far; the cloud shows about the first 6 KB" in page.text


def test_gb18030_is_named_in_the_header(viewer, target):
    page = read(viewer.get(url(target(content="服务已启动\n".encode("gb18030")))))

    assert page.one(data_testid="output").text == "服务已启动"
    assert "GB18030" in page.one("section", class_="term out").all("header")[0].text


def test_A95_a_great_many_lines_are_shown_from_the_end(viewer, target):
    response = viewer.get(url(target(content=b"x\n" * 12_000)))

    output = read(response).one(data_testid="output")
    assert (output.all("span")[0]["id"], output.all("span")[-1]["id"]) == ("L7001", "L12000")
    assert "Only the last 5,000 lines are shown; the download has all of it." in read(response).text
    assert len(response.content) < 1_000_000


def test_C47_invisible_characters_in_names_do_not_turn_the_page_around(viewer, target):
    page = read(viewer.get(url(target(content=b"x", name="web\u202e1"))))

    assert page.one("h1").all("bdi")[0].text == "webU+202E1"


def test_exit_codes_are_said_in_words(viewer, target):
    assert "exit code 5" in read(viewer.get(url(target("failed", b"x", exit_code=5)))).text
    assert "no exit code" in read(viewer.get(url(target("timeout", b"x")))).text


@pytest.mark.parametrize(
    ("state", "columns", "what", "code"),
    [
        ("failed", {"exit_code": 5}, "The command ended with exit code 5.", "ExitCodeNonzero"),
        ("timeout", {"error_code": "ExecutionTimeout"}, "The command ran longer than 60 s.", "ExecutionTimeout"),
        ("invalid", {"error_code": "AccountNotExists"}, "The execution user does not exist", "AccountNotExists"),
        ("aborted", {"error_code": "DeliveryTimeout"}, "did not reach the instance within a minute", "DeliveryTimeout"),
        ("error", {"error_code": "BrandNew", "error_info": "odd"}, "The cloud reported BrandNew.", "BrandNew"),
        ("skipped", {"reason": "no-agent"}, "Not sent: Cloud Assistant Agent is not installed.", ""),
        ("skipped", {"reason": "stopped"}, "Not sent: The instance is stopped.", ""),
        ("skipped", {"reason": "os-linux"}, "commands run on Windows only.", ""),
        ("skipped", {"reason": "not-permitted"}, "may no longer run commands.", ""),
        ("cancelled", {"reason": "stopped"}, "Not sent: the run was stopped.", ""),
        ("cancelled", {"reason": "never-sent"}, "This batch was never sent; its instances were not touched.", ""),
        ("cancelled", {"reason": "not-in-time"}, "Not sent within 24 h, so the rest is cancelled.", ""),
        ("unknown", {"reason": "unknown"}, "The outcome is not known.", ""),
        ("unknown", {"reason": "no-record"}, "The cloud has no record of this instance.", ""),
        ("unfollowed", {}, "The console no longer follows this instance.", ""),
    ],
)
def test_why_it_ended_so_stands_above_the_output(viewer, target, state, columns, what, code):
    (why,) = box(viewer, target(state, **columns))

    assert what in why.text
    assert code in why.text
    assert (why["class"] == "why-box w") == (state in ("cancelled", "unknown", "unfollowed"))


@pytest.mark.parametrize("state", ["success", "running", "waiting", "pending", "stopped", "frobnicating"])
def test_where_nothing_went_wrong_there_is_no_box(viewer, target, state):
    assert box(viewer, target(state)) == []


def test_a_refused_call_is_quoted_with_its_request_id(viewer, target):
    skipped = target("skipped", reason="rejected", error_code="InvalidCmdId.NotFound", error_info="no such thing")
    Batch.objects.filter(pk=skipped.batch_id).update(request_id="REQ-77")

    page = read(viewer.get(url(skipped)))

    assert "Not sent: The cloud rejected this call: no such thing (InvalidCmdId.NotFound)." in page.text
    assert str(explain("InvalidCmdId.NotFound").meaning) in page.text
    assert "REQ-77" in page.one("details", id="why-details").text


def test_A62_a_silent_agent_is_told_and_never_called_failed(viewer, target):
    silent = target("running")
    Batch.objects.filter(pk=silent.batch_id).update(accepted_at=now() - timedelta(minutes=12))

    (why,) = box(viewer, silent)

    assert "No answer from the agent for 12 min." in why.text
    assert why["class"] == "why-box w"


def test_A64_a_vanished_invocation_is_named(viewer, target):
    gone = target("unknown", reason="vanished")
    Batch.objects.filter(pk=gone.batch_id).update(state="accepted", invoke_id="t-hzgone", accepted_at=now())

    (why,) = box(viewer, gone)

    assert "The cloud no longer lists t-hzgone." in why.text


def test_a_second_task_is_shown_beside_the_first(viewer, target):
    twice = target("success", b"x")
    results = {twice.instance_id: {"state": "failed", "exit_code": 3}}
    OtherInvocation.objects.create(batch=twice.batch, invoke_id="t-hzsecond", found_at=now(), results=results)

    facts = read(viewer.get(url(twice))).one("div", class_="card pad").text

    assert "t-hzsecond" in facts
    assert "Failed exit code 3" in facts


def test_C49_the_download_has_the_raw_bytes_and_no_browser_takes_it_for_a_page(viewer, target):
    content = b"<script>alert(1)</script>\x1b[31m\x00\xff\r\n"
    printed = target(content=content)

    response = viewer.get(url(printed, "output"))

    assert response.content == content
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    name = f"run-{printed.invocation_id}-{printed.instance_id}.txt"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'


def test_the_download_of_no_output_is_empty(viewer, target):
    assert viewer.get(url(target("running"), "output")).content == b""


def test_previous_and_next_walk_the_run_worst_first(viewer):
    run = a_run({"success": 1, "failed": 1, "timeout": 1})
    failed, late, fine = (run.targets.get(state=state) for state in ("failed", "timeout", "success"))

    page = read(viewer.get(url(late)))

    assert page.one("a", data_key="[")["href"] == url(failed)
    assert page.one("a", data_key="]")["href"] == url(fine)


def test_its_instance_is_one_click_away(viewer, target):
    printed = target(content=b"x")
    InstanceFactory(instance_id=printed.instance_id)

    link = reverse("invocations:instance", args=["cn-hangzhou", printed.instance_id])
    assert read(viewer.get(url(printed))).one("a", href=link).text == "All runs on this instance"


@pytest.mark.parametrize(
    "instance_id", ["i-", "x-abc", "i-abc%00", "i-abc'", "..%2f..", "1%20OR%201=1", "i-" + "a" * 300]
)
def test_B18_odd_instance_ids_are_404(viewer, target, instance_id):
    run_id = target().invocation_id

    assert viewer.get(f"/r/cn-hangzhou/runs/{run_id}/targets/{instance_id}/").status_code == 404
    assert viewer.get(f"/r/cn-hangzhou/runs/{run_id}/targets/{instance_id}/output.txt").status_code == 404
