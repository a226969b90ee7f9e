"""What the tags of every template print."""

import re
from datetime import UTC, datetime
from itertools import chain

import pytest
from django.core.paginator import Paginator
from django.template import Context, RequestContext, Template
from django.utils import timezone, translation

from consoleapp import states
from instances.models import Agent
from invocations.models import BatchState, RunState, TargetState
from tests.factories import InstanceFactory


def render(text, **context):
    return Template("{% load console %}" + text).render(Context(context))


@pytest.fixture
def symbols(repository):
    return set(re.findall(r'<symbol id="([\w-]+)"', (repository / "static/icons.svg").read_text()))


@pytest.mark.parametrize("state", sorted({*RunState.values, *BatchState.values, *TargetState.values}))
def test_every_state_has_a_word_an_icon_and_a_family(state, symbols):
    shown = states.of(state)

    assert str(shown.word) != state
    assert shown.icon in symbols
    assert shown.family in {"ok", "run", "bad", "warn", "neu", "sch"}


def test_a_word_the_api_adds_later_is_shown_as_it_came():
    assert "Hibernating" in render("{% state_badge state %}", state="Hibernating")


def test_a_state_can_not_smuggle_markup_into_the_page():
    assert "<script>" not in render("{% state_badge state %}", state="<script>alert(1)</script>")


@pytest.mark.parametrize("agent", Agent.values)
def test_every_agent_status_has_a_word(agent):
    assert str(states.of_agent(agent).word) != agent


def test_running_means_another_thing_for_a_run_than_for_an_instance():
    with translation.override("zh-hans"):
        assert "执行中" in render("{% state_badge 'running' %}")
        assert "运行中" in render("{% instance_status instance %}", instance=InstanceFactory.build())


def test_a_managed_instance_that_does_not_run_is_offline():
    assert "Offline" in render("{% instance_status it %}", it=InstanceFactory.build(managed=True, status="stopped"))


def test_a_moment_carries_its_absolute_time():
    now = timezone.now()

    html = render("{% ago now %}", now=now)

    assert f'datetime="{now.isoformat(timespec="seconds")}"' in html
    assert "just now" in html
    assert render("{% ago nothing %}", nothing=None) == "–"


def test_an_exact_moment_can_be_put_into_the_browser_s_zone():
    moment = datetime(2026, 11, 12, 6, 2, 31, 500_000, tzinfo=UTC)

    html = render("{% at moment %}", moment=moment)

    assert html == '<time datetime="2026-11-12T06:02:31.500000+00:00" data-at>2026-11-12 06:02:31 UTC</time>'
    assert render("{% at nothing %}", nothing=None) == "–"


def test_the_copy_button_carries_the_whole_text_and_a_name():
    html = render("{% copy_button copied name %}", copied='c-1"><b>', name="Copy command ID")

    assert 'data-copy="c-1&quot;&gt;&lt;b&gt;"' in html
    assert 'aria-label="Copy command ID"' in html


@pytest.mark.parametrize(("name", "letters"), [("li.wei", "LW"), ("ada", "A"), ("陈 宇", "陈宇"), ("", "")])
def test_initials(name, letters):
    assert render("{{ name|initials }}", name=name) == letters


def test_numbers_have_a_separator_for_thousands_in_both_languages():
    with translation.override("zh-hans"):
        assert render("{{ n|thousands }}", n=1234567) == "1,234,567"


def test_every_icon_that_a_template_names_is_in_the_sprite(repository, symbols):
    templates = [*repository.glob("templates/**/*.html")]
    named = set(chain.from_iterable(re.findall(r'{% icon "([\w-]+)"', page.read_text()) for page in templates))

    assert named - symbols == set()


def test_the_newest_three_messages_come_first():
    assert render("{{ all|newest:3 }}", all=[1, 2, 3, 4, 5]) == "[5, 4, 3]"
    assert render("{{ all|newest:3 }}", all=[1]) == "[1]"


def test_the_pager_keeps_the_rest_of_the_address(rf):
    page = Paginator(range(5000), 20).page(2)
    request = rf.get("/r/cn-hangzhou/commands/?q=a%26b&page=2")

    html = Template("{% load console %}{% pager page %}").render(RequestContext(request, {"page": page}))

    assert "21–40 of 5,000" in html
    assert 'href="?q=a%26b&amp;page=3"' in html
    assert 'href="?q=a%26b&amp;per=50"' in html  # another size begins at the first page
    assert 'aria-current="page">2<' in html
