"""People at their browsers: they press Run and Stop, again where nothing comes back, and look at every page."""

from __future__ import annotations

import random
import re
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import requests

from tests.chaos.evidence import Form
from tests.chaos.plans import PlannedRun, PlannedStop
from tests.chaos.world import REGION, World

PATIENCE = 100.0  # seconds
AGAIN = 0.4  # seconds until somebody tries once more
GLANCE = 0.7  # seconds between two looks at all pages
BUSY = (429, 502, 503, 504)


class People:
    """What they do takes its time, so each of it is a thread of its own; `leave` waits for all."""

    def __init__(self, world: World) -> None:
        self.forms: list[Form] = []
        self.runs: dict[str, str] = {}  # form token -> address of its run
        self.broken: list[str] = []  # answers that nobody should get
        self.may_miss_runs = False  # a restored database does not know some of them
        self._world = world
        self._hands: list[threading.Thread] = []
        self._is_over = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)

    def fill_in(self, run: PlannedRun, instance_ids: Sequence[str], dice: random.Random) -> Form:
        form = Form(str(uuid.UUID(int=dice.getrandbits(128))), tuple(instance_ids), run.parameters)
        self.forms.append(form)
        return form

    def watch(self) -> None:
        self._watching.start()

    def press_run(self, form: Form) -> None:
        self._hand(self._press_run, form)

    def press_stop(self, form: Form, stop: PlannedStop) -> None:
        self._hand(self._press_stop, form, stop)

    def leave(self) -> None:
        for hand in self._hands:
            hand.join(PATIENCE)
        self._is_over.set()
        self._watching.join(30)

    def look_at_runs(self) -> None:
        for path in self.runs.values():
            self._world.get(path)

    def _hand(self, act: Callable[..., None], *arguments: Any) -> None:
        self._hands.append(threading.Thread(target=act, args=arguments, daemon=True))
        self._hands[-1].start()

    def _press_run(self, form: Form) -> None:
        """Until an answer comes; the same form each time (A01, A02)."""
        fields = {"form_token": form.token, "action": "run", "instance_ids": ",".join(form.instance_ids)}
        fields |= {f"param-{name}": value for name, value in form.parameters.items()}
        answer = self._until_answered(f"/r/{REGION}/commands/{self._world.command_id}/run/", fields)
        if answer is not None and answer.status_code == 303:
            self.runs[form.token] = answer.headers["Location"]
        elif answer is None or answer.status_code != 422 or self._world.ever_touched.isdisjoint(form.instance_ids):
            self.broken.append(f"Run was answered with {_told(answer)}")
        elif form in self.forms:
            self.forms.remove(form)  # one of its machines had been stopped, and the form said so

    def _press_stop(self, form: Form, stop: PlannedStop) -> None:
        """As soon as the run has a page."""
        until = time.monotonic() + PATIENCE
        while form.token not in self.runs and form in self.forms and time.monotonic() < until:
            time.sleep(AGAIN / 4)
        if form.token not in self.runs:
            return
        chosen = {"run": {}, "batch": {"batch": "1"}, "targets": {"ids": ",".join(form.instance_ids[::2])}}
        answer = self._until_answered(f"{self.runs[form.token]}stop/", {"scope": stop.scope, **chosen[stop.scope]})
        if answer is None or answer.status_code not in (303, *self._missing()):
            self.broken.append(f"Stop was answered with {_told(answer)}")

    def _until_answered(self, path: str, fields: dict[str, str]) -> requests.Response | None:
        """As a patient person does: the same form again while nothing comes, or that it is busy."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                answer = self._world.post(path, fields)
            except requests.RequestException:
                answer = None
            if answer is not None and answer.status_code not in BUSY:
                return answer
            time.sleep(AGAIN)
        return None

    def _watch(self) -> None:
        while not self._is_over.wait(GLANCE):
            for path in [f"/r/{REGION}/runs/", *list(self.runs.values())]:
                try:
                    answer = self._world.get(path)
                except requests.RequestException:
                    continue
                if answer.status_code not in (200, 503, *self._missing()):
                    self.broken.append(f"{path} was answered with {_told(answer)}")

    def _missing(self) -> tuple[int, ...]:
        return (404,) if self.may_miss_runs else ()


def _told(answer: requests.Response | None) -> str:
    """What a person reads of it."""
    if answer is None:
        return "nothing"
    found = re.search(r'(?s)data-testid="error-summary".*?</section>|<h1.*?</p>', answer.text)
    return f"{answer.status_code}: {' '.join(re.sub('<[^>]*>?', ' ', found[0] if found else '').split())[:300]}"
