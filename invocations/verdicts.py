"""What the panel shows of the cloud's own check: how far it is, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cloud.explain import explain, explain_target, sentence
from invocations.models import Check


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of the cloud, on one instance."""

    code: str = ""  # "": it can run
    message: str = ""

    @property
    def can_run(self) -> bool:
        return not self.code

    @property
    def sentence(self) -> str:
        return str(explain_target(self.code, message=self.message).meaning) or self.message or self.code


Verdicts = Mapping[str, Verdict]  # by instance id


class CloudCheck:
    """The newest check of a draft beside what the form holds now. `check` is None where there was none."""

    def __init__(self, check: Check | None, chosen: Collection[str], *, is_same: bool) -> None:
        self.check = check
        self._chosen = chosen
        self._is_same = is_same

    @property
    def state(self) -> str:
        """none, running, stale, unsupported, failed or done."""
        if self.check is None or not self._chosen:
            return "none"
        if self._is_changed:
            return "stale"
        if self.check.ended_at is None:
            return "running"
        if "RepeatMode" in self.check.code:
            return "unsupported"
        return "done" if self._known else "failed"

    @property
    def _is_changed(self) -> bool:
        """What was left out since changes nothing for the others."""
        assert self.check is not None
        return not self._is_same or not self.check.verdicts.keys() >= set(self._chosen)

    @cached_property
    def _known(self) -> dict[str, Verdict]:
        """Of the chosen."""
        told = {one: self.check.verdicts.get(one) for one in self._chosen} if self.check else {}
        return {one: Verdict(**verdict) for one, verdict in told.items() if verdict is not None}

    @property
    def verdicts(self) -> Verdicts:
        """None of them counts after a change."""
        return {} if self.state in ("none", "stale") else self._known

    @property
    def refused(self) -> list[str]:
        return [one for one, verdict in self.verdicts.items() if not verdict.can_run]

    @property
    def bad(self) -> int:
        return len(self.refused)

    @property
    def ok(self) -> int:
        return len(self.verdicts) - self.bad

    @property
    def done(self) -> int:
        return len(self._known)

    @property
    def total(self) -> int:
        return len(self._chosen)

    @property
    def sentence(self) -> str:
        """How it stands; "" before there is a check, and after a change, which names a time."""
        match self.state:
            case "running":
                return _("The cloud is checking: %(n)s of %(m)s") % {"n": f"{self.done:,}", "m": f"{self.total:,}"}
            case "done" if not self.bad:
                return _("The cloud’s own check: all %(n)s can run") % {"n": f"{self.ok:,}"}
            case "done":
                return _("The cloud’s own check: %(ok)s can run, %(bad)s can’t") % {
                    "ok": f"{self.ok:,}",
                    "bad": f"{self.bad:,}",
                }
            case "unsupported":
                return _("This cloud doesn’t do its own check (%(code)s). The checks above stand.") % {
                    "code": self._code
                }
            case "failed" if self._code:
                return " ".join(filter(None, [self._why, _("The checks above stand.")]))
        return ""

    @property
    def silence(self) -> str:
        """How many instances have no verdict, and why."""
        if self.state not in ("done", "failed") or not (n := self.total - self.done):
            return ""
        if self._code:
            return self._why if self.state == "done" else ""
        text = ngettext(
            "The cloud gave no verdict on %(n)s instance within 60 s.",
            "The cloud gave no verdict on %(n)s instances within 60 s.",
            n,
        )
        return text % {"n": f"{n:,}"}

    @property
    def _code(self) -> str:
        return self.check.code if self.check else ""

    @property
    def _why(self) -> str:
        meaning = str(explain(self._code).meaning)
        return meaning or sentence("rejected", message=self.check.message if self.check else "", code=self._code)
