"""A script must read as it runs: what turns text around, or hides in it, is named (C47)."""

import re
from html import unescape

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from commands.highlighting import INVISIBLE
from invocations.models import Target
from tests.factories import CommandFactory, InstanceFactory
from tests.invocations.panels import fresh_region, panel_url
from tests.invocations.runs import a_run

SCRIPT = "# \u202e } \u2066if admin\u2069 \u2066 begin\necho a\u200bb\ufeff\x1b[31m \u00a0 привет é 中文\n"


@pytest.fixture
def command(db):
    fresh_region()
    return CommandFactory(content=SCRIPT)


def script_in(page: str) -> str:
    return re.search(r'data-testid="command-content".*?</pre>', page, re.DOTALL)[0]


@pytest.mark.parametrize("where", ["panel", "detail"])
def test_C47_every_hidden_character_of_a_script_is_named_and_kept_apart(operator, command, where) -> None:
    url = panel_url(command) if where == "panel" else panel_url(command).removesuffix("run/")
    shown = script_in(operator.get(url).content.decode())
    hidden = [sign for sign in SCRIPT if re.match(f"[\x1b\xa0{INVISIBLE}]", sign)]

    named = re.findall(r'<span class="odd" data-code="(U\+[0-9A-F]+)">(.)</span>', shown)
    assert named == [(f"U+{ord(sign):04X}", sign) for sign in hidden]
    rest = re.sub(r'<span class="odd"[^>]*>.</span>', "", shown)
    assert not re.search(f"[\x1b\xa0{INVISIBLE}]", rest)
    assert "привет é 中文" in unescape(re.sub("<[^>]+>", "", rest))


def test_C47_a_browser_does_not_turn_the_script_around(console, page) -> None:
    fresh_region()
    command = CommandFactory(content="echo \u202egnp.exe && rm -rf /\necho end")
    page.goto(console.sign_in_link("operator"))
    page.get_by_role("button", name="Sign in").click()
    page.goto(console.url + panel_url(command).removesuffix("run/"))

    lines = page.get_by_test_id("command-content")
    expect(lines).to_contain_text("gnp.exe && rm -rf /")
    place = """code => {
        const range = document.createRange();
        const node = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
        while (node.nextNode()) {
            const at = node.currentNode.data.indexOf('gnp');
            if (at < 0) continue;
            const left = n => { range.setStart(node.currentNode, n); range.setEnd(node.currentNode, n + 1);
                                return range.getBoundingClientRect().left; };
            return [left(at), left(at + 1), left(at + 2)];
        }
    }"""
    lefts = lines.evaluate(place)
    assert lefts == sorted(lefts)
    assert lefts[0] < lefts[2]


NAME = "restart\u202egpj.\u200bsh"
SAFE = "restartU+202Egpj.U+200Bsh"


def test_C47_B07_a_name_hides_nothing_wherever_it_stands(operator) -> None:
    fresh_region()
    command = CommandFactory(name=NAME, description=NAME)
    instance = InstanceFactory(name=NAME)
    run = a_run({"success": 1}, command=command)
    Target.objects.update(name=NAME)
    pages = [
        panel_url(command).removesuffix("run/"),
        panel_url(command),
        reverse("commands:list", args=["cn-hangzhou"]),
        reverse("instances:list", args=["cn-hangzhou"]),
        reverse("invocations:instance", args=["cn-hangzhou", instance.instance_id]),
        reverse("invocations:history", args=["cn-hangzhou"]),
        run.get_absolute_url(),
    ]

    for page in pages:
        text = re.sub(r'\s(title|value|data-copy|aria-label|alt)="[^"]*"', "", operator.get(page).content.decode())
        assert "\u202e" not in text, page
        assert SAFE in unescape(re.sub("<[^>]+>", "", text)), page
