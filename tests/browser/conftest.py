"""Pages of runs in a real browser: runs that only the test moves, and runs that really run."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page

import cloud.commands as gateway
from cloud import connection
from instances.models import Instance
from invocations.models import Batch, Invocation
from invocations.submitting import RunPlan, submit
from tests.factories import CommandFactory, InstanceFactory, MirrorFactory, RegionFactory, now
from tests.invocations.runs import a_run
from tests.running_console import RunningConsole
from tests.simulated_cloud import SimulatedCloud


@pytest.fixture
def show_to(page: Page, console: RunningConsole) -> Callable[[str], Callable[[str], Page]]:
    """`show_to("admin")` opens pages as the admin of the cast, of a region whose lists are as of now."""

    def show(name: str) -> Callable[[str], Page]:
        console.person(name)
        RegionFactory()
        for kind in ("regions", "instances", "managed", "commands", "public", "quota"):
            MirrorFactory(kind=kind, region="" if kind == "regions" else "cn-hangzhou")

        def goto(path: str) -> Page:
            console.sign_in(page.context, name)
            page.goto(console.url + path)
            page.wait_for_selector("html[data-ready]", state="attached")
            return page

        return goto

    return show


@pytest.fixture
def show(show_to: Callable[[str], Callable[[str], Page]]) -> Callable[[str], Page]:
    """Open a page as the operator of the cast."""
    return show_to("operator")


@pytest.fixture
def standing() -> Callable[..., Invocation]:
    """A run that nobody sends, polls or looks up, so that a test alone moves it."""

    def make(states: dict[str, int], **fields: object) -> Invocation:
        later = now() + timedelta(hours=1)
        run = a_run(states, command=CommandFactory(name="restart-service"), **fields)
        Batch.objects.filter(invocation=run).update(next_attempt_at=later)
        Batch.objects.filter(invocation=run, next_poll_at__isnull=False).update(next_poll_at=later)
        return run

    return make


@pytest.fixture
def submitted_run(simulator: SimulatedCloud, console: RunningConsole) -> Callable[..., Invocation]:
    """A run that really runs, on machines of the simulated cloud."""

    def make(count: int, content: str) -> Invocation:
        cloud_id = gateway.create_command(
            connection.current(),
            "cn-hangzhou",
            name="a-command",
            type="RunShellScript",
            content=content,
            client_token=uuid.uuid4().hex,
        )
        ids = simulator.running_instances("cn-hangzhou", count)
        plan = RunPlan(
            command=CommandFactory(cloud_id=cloud_id, name="a-command", content=content),
            person=console.person("operator"),
            address="127.0.0.1",
            form_token=uuid.uuid4(),
            timeout=600,
            ecs=[Instance.objects.filter(instance_id=i).first() or InstanceFactory(instance_id=i) for i in ids],
        )
        return submit(plan)[0]

    return make
