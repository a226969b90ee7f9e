"""S25: after a restore. An admin looks at what is unfinished, and says what this database is."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts import address
from accounts.access import admins_only
from accounts.answers import see_other
from accounts.http import PersonRequest
from invocations.models import Deployment
from invocations.unfinished import Answer, Progress, Question, is_looking, settle


@admins_only
@require_http_methods(["GET", "HEAD", "POST"])
def unfinished(request: PersonRequest) -> HttpResponse:
    row = Deployment.objects.first()
    if row is None or row.paused_at is None:
        return _settled(request, row)
    question = Question.now(row)
    if request.method != "POST":
        return render(request, "invocations/unfinished.html", {"question": question, "answer": Answer()})
    answer = Answer.of(request.POST, question)
    if answer.errors:
        return render(request, "invocations/unfinished.html", {"question": question, "answer": answer}, status=422)
    settle(answer, request.user, address.of(request))
    return see_other(reverse("invocations:unfinished"))


def _settled(request: PersonRequest, row: Deployment | None) -> HttpResponse:
    """Nothing is paused, or no longer: what came of it. An answer that comes twice changes nothing."""
    if request.method == "POST":
        return see_other(reverse("invocations:unfinished"))
    context = {"progress": Progress.now(row), "is_looking": is_looking()}
    return render(request, "invocations/unfinished.html", context)
