"""One set-up, measured: `python -m tests.benchmarks.measuring embedded 5000 10000` prints a line of JSON.

The simulated cloud, the console and whoever measures are processes of this one machine and share its cores.
"""

import json
import math
import os
import sys
import tempfile
import time
import uuid
from fnmatch import fnmatchcase
from fractions import Fraction
from pathlib import Path
from typing import Any

import django

from tests.benchmarks import visitors
from tests.benchmarks.bare_loop import BareLoop
from tests.benchmarks.consoles import SETUPS, Setup
from tests.simulated_cloud import SimulatedCloud

FLEET = 14_000  # machines, of which more than 10,000 of one region can run a command
BATCH_SIZE = 50
RATES = "Describe*=20,*=4"  # calls a second, for both sides; the console keeps to 5 and 2 by default
SCRIPT = "hostname; uptime"
OPERATIONS = ("InvokeCommand", "DescribeInvocations", "DescribeInvocationResults")
SMALL = 1000  # targets, which the growth is measured from


def measure(name: str, targets: int, most: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="bench") as folder, _in_memory() as clouds:
        scratch = Path(folder)
        cloud = SimulatedCloud.start(Path(clouds), fleet=FLEET, daily_quota=1_000_000)
        try:
            with SETUPS[name](cloud, scratch / "var", RATES) as setup:
                os.environ.update(setup.environment, DJANGO_SETTINGS_MODULE="consoleapp.settings")
                django.setup()
                return Bench(setup, cloud, targets, most).measure()
        finally:
            cloud.close()


def _in_memory() -> tempfile.TemporaryDirectory[str]:
    """For the simulated cloud, which would otherwise be as slow as this machine's disk: three flushes a script."""
    return tempfile.TemporaryDirectory(prefix="cloud", dir="/dev/shm" if Path("/dev/shm").is_dir() else None)


def note(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)


class Bench:
    """What is found stands in `found`, by names that `table.py` knows; times are in seconds, those of pages in ms."""

    def __init__(self, setup: Setup, cloud: SimulatedCloud, targets: int, most: int) -> None:
        from tests.benchmarks import driving

        self.driving = driving
        self.setup, self.cloud, self.targets, self.most = setup, cloud, targets, most
        self.ids = cloud.running_instances(driving.REGION, most)
        self.operator = driving.Visitor(setup.url, "olga")
        self.command = driving.a_command(SCRIPT)
        self.found: dict[str, Any] = {"setup": setup.name, "targets": targets, "most": most}

    def measure(self) -> dict[str, Any]:
        note(f"{self.setup.name}: the console copies {FLEET:,} instances")
        self.driving.copy_instances(self.operator)
        self.driving.ran(self.operator, self.cloud, self.command, self.ids[:100])  # imports, connections, plans
        for step in (self.against_the_bare_loop, self.watched, self.growth):
            step()
            note(json.dumps(self.found))
        self.found["memory"] = self.setup.most_memory()
        self.setup.stop()
        self.ingestion()
        return self.found

    def against_the_bare_loop(self) -> None:
        ids = self.ids[: self.targets]
        note(f"a bare loop over {len(ids):,}, then a run")
        before = self.driving.calls(self.cloud)
        loop = BareLoop(self.cloud.url, self.cloud.access_key, self.driving.REGION, _rates(RATES))
        done = loop.run(self.command.cloud_id, ids, BATCH_SIZE)
        assert done.outputs == len(ids)
        after = self.driving.calls(self.cloud)
        ran = self.driving.ran(self.operator, self.cloud, self.command, ids)
        batches = math.ceil(len(ids) / BATCH_SIZE)
        self.found |= {
            "bare_seconds": done.seconds,
            "bare_calls": {name: after[name] - before[name] for name in OPERATIONS},
            "run_seconds": ran.seconds,
            "run_calls": ran.calls,
            "least_calls": 2 * batches + math.ceil(batches / 50),
        }

    def watched(self) -> None:
        """So many pages open on a run from its beginning to its end: 40 people, of two roles and two languages."""
        people = [
            self.driving.Visitor(
                self.setup.url, f"p{n}", "operator" if n % 2 else "viewer", "zh-hans" if n % 4 > 1 else "en"
            )
            for n in range(40)
        ]
        for pages in (50, 200):
            note(f"{pages} pages on a run on {self.targets:,}")
            run, _seconds = self.driving.press_run(self.operator, self.command, self.ids[: self.targets])
            cookies = [people[n % len(people)].cookies for n in range(pages)]
            answers = visitors.watch(f"{self.setup.url}{run.get_absolute_url()}live/", cookies, 240)
            self.driving.wait_for_outputs(run)
            self.found[f"live_{pages}"] = {
                "p50": answers.percentile(0.5),
                "p95": answers.percentile(0.95),
                "statuses": {str(status): n for status, n in sorted(answers.statuses.items())},
            }

    def growth(self) -> None:
        """From 1,000 targets to 10,000: pressing Run, the run's first page, the whole run."""
        for size in (SMALL, self.most):
            note(f"a run on {size:,}")
            self.driving.copy_instances(self.operator)  # so that Run needs no new copy
            began = time.time()
            run, submitted = self.driving.press_run(self.operator, self.command, self.ids[:size])
            opened = time.monotonic()
            page = self.operator.get(run.get_absolute_url())
            opened = time.monotonic() - opened
            self.found[f"size_{size}"] = {
                "submit": submitted,
                "page": 1000 * opened,
                "page_bytes": len(page.content),
                "seconds": self.driving.wait_for_outputs(run) - began,
            }

    def ingestion(self) -> None:
        """Reading what the cloud has, by one thread of this process, when everything has been executed."""
        from instances.models import Instance
        from invocations import dispatch, polling, submitting
        from invocations.models import Batch, BatchState

        for size in (SMALL, self.targets):
            note(f"reading {size:,} results")
            instances = list(Instance.objects.filter(instance_id__in=self.ids[:size]))
            plan = submitting.RunPlan(
                command=self.command, person=self.operator.person, address="", form_token=uuid.uuid4(), ecs=instances
            )
            began = time.monotonic()
            run, _is_new = submitting.submit(plan)
            planned = time.monotonic() - began
            waiting = run.batches.filter(state=BatchState.QUEUED)
            while left := list(waiting.values_list("pk", flat=True)):
                for batch in left:
                    dispatch.dispatch(batch)
            self.driving.wait_for(self._is_executed(size), "the executions")
            began, processor = time.monotonic(), time.process_time()
            while Batch.objects.filter(invocation=run, state=BatchState.ACCEPTED).exists():
                run.batches.filter(state=BatchState.ACCEPTED).update(next_poll_at=self.driving.A_BEAT)
                polling.poll_region(self.driving.REGION)
            self.found[f"ingest_{size}"] = {
                "plan": planned,
                "per_second": size / (time.monotonic() - began),
                "processor": size / (time.process_time() - processor),
            }

    def _is_executed(self, more: int) -> Any:
        """Nothing is being executed any more."""
        return lambda: all(each.finished for each in self.cloud.journal.executions()[-more:])


def _rates(text: str) -> dict[str, Fraction]:
    from cloud.limiter import rates

    pairs = rates(text)
    return {name: next(rate for pattern, rate in pairs if fnmatchcase(name, pattern)) for name in OPERATIONS}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
