"""The execute panel's page: what it shows, and how links and drafts fill it in."""

import re
import uuid
from datetime import timedelta

import pytest

from instances.models import Instance
from invocations.models import Draft, Invocation
from tests.factories import (
    CommandFactory,
    DraftFactory,
    InstanceFactory,
    InvocationFactory,
    PersonFactory,
    RegionFactory,
    define,
    now,
)
from tests.invocations.panels import Shown, fresh_region, panel_url

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def command():
    fresh_region()
    command = CommandFactory(
        name="restart-service",
        content="systemctl restart {{service}}\nsleep {{ wait_seconds }}\n",
        parameter_names=["service", "wait_seconds", "token"],
        timeout=90,
        working_dir="/srv",
    )
    define(command, name="service", is_required=True, description="A unit")
    define(command, name="wait_seconds", default="30", allowed=["5", "30"])
    define(command, name="token", is_secret=True)
    return command


def test_a_viewer_finds_no_panel(viewer, command):
    assert viewer.get(panel_url(command)).status_code == 404
    assert viewer.post(panel_url(command), {"action": "run"}).status_code == 404


def test_a_stranger_is_asked_to_sign_in(stranger, command):
    response = stranger.get(panel_url(command))

    assert response.status_code == 302
    assert "/signin/" in response.url


def test_it_opens_with_what_the_command_and_its_definitions_say(operator, command):
    shown = Shown(operator.get(panel_url(command)))

    assert shown.value("timeout") == "90"
    assert shown.value("working_dir") == "/srv"
    assert shown.value("version") == "0"  # of a command that was only copied
    assert "A unit" in shown.text
    assert '<option value="30" selected>' in shown.html
    assert shown.part("id_param-token")["type"] == "password"


def test_nobody_is_told_off_before_anything_was_typed(operator, command):
    shown = Shown(operator.get(panel_url(command)))

    assert "error-summary" not in shown.parts
    assert "aria-invalid" not in shown.html
    assert shown.part("preflight")["data-ready"] == "no"


def test_opening_it_stores_nothing(operator, command):
    instance = InstanceFactory()

    operator.get(panel_url(command, ids=instance.instance_id, username="deploy"))

    assert not Draft.objects.exists()
    assert not Invocation.objects.exists()


def test_no_copy_of_it_stays_in_the_browser(operator, command):
    response = operator.get(panel_url(command))

    assert "no-store" in response["Cache-Control"]
    assert "HX-Request" in response["Vary"]


def test_the_drawer_gets_the_form_alone(operator, command):
    fragment = operator.get(panel_url(command), headers=FRAGMENT).content.decode()

    assert fragment.lstrip().startswith('<form class="sheet"')
    assert "<html" not in fragment


def test_B98_the_browsers_history_gets_the_whole_page(operator, command):
    headers = FRAGMENT | {"HX-History-Restore-Request": "true"}

    assert "<html" in operator.get(panel_url(command), headers=headers).content.decode()


def test_a_command_that_is_gone_is_not_found(operator, command):
    command.deleted_at = now()
    command.save()

    assert operator.get(panel_url(command)).status_code == 404


# Links


def test_a_link_fills_in_the_form(operator, command):
    first, second = InstanceFactory(), InstanceFactory()
    query = {
        "param-service": "nginx",
        "username": "deploy",
        "timeout": "120",
        "reason": "a test",
        "ids": f"{first.instance_id},{second.instance_id}",
    }

    shown = Shown(operator.get(panel_url(command, **query), follow=True))

    assert shown.value("param-service") == "nginx"
    assert (shown.value("username"), shown.value("timeout"), shown.value("reason")) == ("deploy", "120", "a test")
    assert shown.part("preflight")["data-targets"] == "2"
    assert shown.part("preflight")["data-ready"] == "yes"
    assert shown.part("selection-count")["data-count"] == "2"


def test_B43_a_secret_is_never_taken_from_a_link(operator, command):
    command.content = "login {{token}}"
    command.save()

    shown = Shown(operator.get(panel_url(command, **{"param-token": "hunter2-canary"}), headers=FRAGMENT))

    assert "hunter2-canary" not in shown.html
    assert _content(shown.html) == "login \n"  # nor is a mask filled in for it


def test_an_unknown_parameter_in_a_link_becomes_a_note(operator, command):
    shown = Shown(operator.get(panel_url(command, **{"param-colour": "red"})))

    assert "This command has no parameter colour." in shown.text
    assert "param-colour" not in shown.fields


def test_ids_of_a_link_that_are_not_here_become_a_note(operator, command):
    here = InstanceFactory()
    RegionFactory(region_id="cn-beijing")
    elsewhere = InstanceFactory(region="cn-beijing")

    shown = Shown(
        operator.get(panel_url(command, ids=f"{here.instance_id},{elsewhere.instance_id},i-bp1nowhere"), follow=True)
    )

    assert "2 of the linked instances are not here or not in your scope." in shown.text
    assert shown.part("selection-count")["data-count"] == "1"


def test_a_link_with_a_search_shows_todays_matches_and_chooses_none(operator, command):
    InstanceFactory(tags={"env": "prod"})
    InstanceFactory(tags={"env": "test"})

    shown = Shown(operator.get(panel_url(command, q="tag:env=prod")))

    assert shown.html.count("data-instance-id") == 1
    assert shown.part("selection-count")["data-count"] == "0"


def test_what_a_link_says_is_escaped(operator, command):
    response = operator.get(panel_url(command, q="<script>alert(1)</script>", **{"param-service": "<b>x</b>"}))

    assert b"<script>alert(1)" not in response.content
    assert b"<b>x</b>" not in response.content


def test_the_link_to_this_form_opens_the_same_form(operator, command):
    instance = InstanceFactory()
    url = panel_url(command, username="deploy", ids=instance.instance_id, **{"param-service": "nginx"})
    first = Shown(operator.get(url, follow=True))

    again = Shown(operator.get(_link_in(first), follow=True))

    assert again.value("param-service") == "nginx"
    assert again.value("username") == "deploy"
    assert again.part("preflight")["data-targets"] == "1"


def test_the_link_names_the_search_when_the_selection_is_all_it_finds(operator, command):
    for _n in range(3):
        InstanceFactory(tags={"env": "prod"})
    ids = ",".join(Instance.objects.values_list("instance_id", flat=True))

    shown = Shown(operator.get(panel_url(command, q="tag:env=prod", ids=ids), follow=True))

    assert "q=tag%3Aenv%3Dprod" in _link_in(shown)
    assert "ids=" not in _link_in(shown)


def test_the_link_names_ids_where_the_search_means_this_panel_alone(operator, command):
    ids = [InstanceFactory().instance_id for _n in range(3)]

    shown = Shown(operator.get(panel_url(command, q="selected:yes", ids=",".join(ids[:2])), follow=True))

    assert "selected" not in _link_in(shown)
    assert sorted(re.findall("i-bp[0-9a-z]+", _link_in(shown))) == sorted(ids[:2])


def test_a_link_of_more_than_two_thousand_characters_is_not_offered(operator, command):
    ids = ",".join(InstanceFactory().instance_id for _n in range(120))

    assert _link_in(Shown(operator.get(panel_url(command, ids=ids), follow=True))) == ""


def _link_in(shown):
    from html import unescape

    return unescape(shown.html.split('data-copy-link="')[1].split('"')[0])


# The content


def _content(shown_html):
    from html.parser import HTMLParser

    class Text(HTMLParser):
        text, inside = "", False

        def handle_starttag(self, tag, attrs):
            self.inside = self.inside or dict(attrs).get("data-testid") == "command-content"

        def handle_endtag(self, tag):
            self.inside = self.inside and tag != "pre"

        def handle_data(self, data):
            self.text += data if self.inside else ""

    parser = Text()
    parser.feed(shown_html)
    return parser.text


def test_the_content_is_shown_with_its_values(operator, command):
    shown = Shown(operator.get(panel_url(command, **{"param-service": "nginx"})))

    assert _content(shown.html) == "systemctl restart nginx\nsleep 30\n"
    assert "3 parameters filled in" in shown.text


def test_what_is_missing_stands_in_the_content_by_its_name(operator, command):
    shown = Shown(operator.get(panel_url(command)))

    assert _content(shown.html) == "systemctl restart {{service}}\nsleep 30\n"
    assert "1 parameter missing" in shown.text


def test_B38_a_value_that_looks_like_a_parameter_is_not_filled_in_again(operator, command):
    shown = Shown(operator.get(panel_url(command, **{"param-service": "{{wait_seconds}}"})))

    assert _content(shown.html) == "systemctl restart {{wait_seconds}}\nsleep 30\n"


def test_C41_a_secret_is_masked_in_the_content(operator):
    fresh_region()
    command = CommandFactory(content="login {{token}}", parameter_names=["token"])
    define(command, name="token", is_secret=True)

    response = operator.post(panel_url(command), {"action": "check", "param-token": "hunter2-canary"})

    assert _content(response.content.decode()) == "login ••••••\n"
    assert b"hunter2-canary" not in response.content


def test_more_than_ten_parameters_are_warned_of_and_not_refused(operator):
    fresh_region()
    names = [f"p{n}" for n in range(11)]
    command = CommandFactory(content=" ".join(f"{{{{{name}}}}}" for name in names), parameter_names=names)
    instance = InstanceFactory()

    shown = Shown(operator.get(panel_url(command, ids=instance.instance_id), follow=True))

    assert "this one has 11. The cloud may reject it." in shown.text
    assert shown.part("preflight")["data-ready"] == "yes"


# Drafts


def test_a_draft_restores_what_was_typed_and_chosen(operator, command):
    chosen = InstanceFactory()
    fields = {"username": "deploy", "param-service": "nginx", "q": "web"}
    draft = DraftFactory(person=operator.person, command=command, fields=fields, chosen=[chosen.instance_id])

    shown = Shown(operator.get(panel_url(command, draft=draft.pk)))

    assert shown.value("username") == "deploy"
    assert shown.value("param-service") == "nginx"
    assert shown.value("q") == "web"
    assert shown.part("selection-count")["data-count"] == "1"
    assert shown.value("draft") == str(draft.pk)


def test_B17_another_persons_draft_is_as_good_as_none(operator, command):
    draft = DraftFactory(person=PersonFactory(), command=command, fields={"username": "somebody-elses"})

    shown = Shown(operator.get(panel_url(command, draft=draft.pk)))

    assert "somebody-elses" not in shown.html
    assert "That draft is no longer there; a draft is kept for 24 hours." in shown.text
    assert shown.value("draft") != str(draft.pk)


def test_a_draft_lives_for_a_day(operator, command):
    draft = DraftFactory(person=operator.person, command=command, fields={"username": "deploy"})
    Draft.objects.update(updated_at=now() - timedelta(hours=24, minutes=1))

    shown = Shown(operator.get(panel_url(command, draft=draft.pk)))

    assert shown.value("username") == ""
    assert "That draft is no longer there" in shown.text


def test_B93_the_form_of_a_run_says_that_it_has_run(operator, command):
    token = uuid.uuid4()
    run = InvocationFactory(person=operator.person, command=command, form_token=token)
    draft = DraftFactory(person=operator.person, command=command, fields={"form_token": str(token)})

    shown = Shown(operator.get(panel_url(command, draft=draft.pk)))

    assert f"This form has already been run as #{run.pk}." in shown.text
    assert shown.value("form_token") == str(token)


@pytest.mark.parametrize("draft", ["nonsense", "1 OR 1=1", "../x", "3f2b8c1e-5d64-4a7e-9b0a-7c1d2e3f4a5b"])
def test_B18_a_draft_id_that_is_none_opens_an_empty_form(operator, command, draft):
    assert operator.get(panel_url(command, draft=draft)).status_code == 200


# Beside the form


def test_users_this_command_ran_as_are_suggested(operator, command):
    for user in ("deploy", "www-data", "deploy", ""):
        InvocationFactory(command=command, username=user)

    shown = Shown(operator.get(panel_url(command)))

    assert shown.html.count('data-fills="id_username">deploy</button>') == 1
    assert 'data-fills="id_username">www-data</button>' in shown.html


def test_the_quota_is_what_this_console_has_not_used_today(operator, command):
    from tests.factories import BatchFactory

    BatchFactory(accepted=True)
    BatchFactory(accepted=True)
    BatchFactory(accepted=True, accepted_at=now() - timedelta(days=2))

    shown = Shown(operator.get(panel_url(command)))

    assert (shown.part("quota-left")["data-left"], shown.part("quota-left")["data-max"]) == ("4998", "5000")


def test_a_quota_that_the_cloud_does_not_tell_is_unknown(operator):
    fresh_region(daily_quota=None)
    command = CommandFactory()

    assert "Quota unknown" in Shown(operator.get(panel_url(command))).text


def test_too_little_quota_is_a_warning_and_no_obstacle(operator):
    fresh_region(daily_quota=1)
    ids = ",".join(InstanceFactory().instance_id for _n in range(60))

    shown = Shown(operator.get(panel_url(CommandFactory(), ids=ids), follow=True))

    assert "This run makes 2 calls; about 1 are left today. The rest would be held." in shown.text
    assert shown.part("preflight")["data-ready"] == "yes"


def test_managed_instances_go_in_batches_of_their_own(operator, command):
    ids = ",".join(InstanceFactory(managed=n < 3).instance_id for n in range(55))

    shown = Shown(operator.get(panel_url(command, ids=ids, **{"param-service": "nginx"}), follow=True))

    assert shown.part("preflight")["data-batches"] == "50,2,3"


def test_many_batches_are_told_in_words(operator, command, settings):
    settings.BATCH_SIZE = 2
    ids = ",".join(InstanceFactory().instance_id for _n in range(15))

    assert "8 batches: 7 × 2 + 1" in Shown(operator.get(panel_url(command, ids=ids), follow=True)).text


def test_a_region_without_managed_instances_says_so(operator):
    fresh_region(has_managed=False)

    shown = Shown(operator.get(panel_url(CommandFactory())))

    assert "Managed instances are not available in China (Hangzhou)." in shown.text


def test_the_page_speaks_chinese(operator, command):
    html = operator.get(panel_url(command), headers={"Accept-Language": "zh-CN"}).content.decode()

    assert '<html lang="zh-CN"' in html
