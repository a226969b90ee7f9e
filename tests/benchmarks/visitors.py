"""People with the page of one run open, asking for its live fragment every two seconds, as the page's script does."""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp

EVERY = 2.0  # seconds: templates/invocations/run.html
_VERSION = re.compile(rb'hx-get="[^"]*live/\?[^"]*v=([^"&]+)')


@dataclass
class Answers:
    """Seconds of each answer, by its status."""

    seconds: list[float] = field(default_factory=list)
    changed: list[float] = field(default_factory=list)  # of those that brought a fragment
    statuses: Counter[int] = field(default_factory=Counter)

    def percentile(self, part: float) -> float:
        """In milliseconds."""
        times = sorted(self.seconds)
        return 1000 * times[min(len(times) - 1, int(part * len(times)))] if times else 0.0


def watch(live_url: str, cookies: Sequence[dict[str, str]], seconds: float) -> Answers:
    """One page for each cookie, for so long, or until the run has ended."""
    return asyncio.run(_watch(live_url, cookies, seconds))


async def _watch(live_url: str, cookies: Sequence[dict[str, str]], seconds: float) -> Answers:
    answers, until = Answers(), time.monotonic() + seconds
    pages = [_page(live_url, cookie, until, answers) for cookie in cookies]
    await asyncio.gather(*pages)
    return answers


async def _page(live_url: str, cookie: dict[str, str], until: float, answers: Answers) -> None:
    version = "0"
    await asyncio.sleep(random.uniform(0, EVERY))
    async with aiohttp.ClientSession(cookies=cookie, headers={"HX-Request": "true"}) as session:
        while time.monotonic() < until:
            began = time.monotonic()
            async with session.get(live_url, params={"v": version}) as answer:
                body = await answer.read()
            took = time.monotonic() - began
            answers.seconds.append(took)
            answers.statuses[answer.status] += 1
            if answer.status == 200:
                answers.changed.append(took)
                found = _VERSION.search(body)
                version = found[1].decode() if found else version
            elif answer.status != 204:
                return
            await asyncio.sleep(max(0.0, EVERY - took))
