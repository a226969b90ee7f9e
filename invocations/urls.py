"""The addresses of runs. They come before those of the rooms they extend: an instance's page tells what ran on it."""

from django.urls import path, register_converter

from invocations.views import (
    delete,
    found,
    history,
    instance,
    panel,
    picker,
    rollout,
    run,
    schedules,
    selections,
    settling,
    target,
    unfinished,
)


class InstanceId:
    """`i-…` or `mi-…`, so that the rooms' own words (`instances/start/`) stay theirs."""

    regex = "m?i-[0-9A-Za-z-]{1,60}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(InstanceId, "instance")

app_name = "invocations"
urlpatterns = [
    path("system/unfinished/", unfinished.unfinished, name="unfinished"),
    path("runs/", history.history_all, name="history_all"),
    path("r/<region>/runs/", history.history, name="history"),
    path("r/<region>/runs/<int:run>/", run.run, name="run"),
    path("r/<region>/runs/<int:run>/live/", run.live, name="live"),
    path("r/<region>/runs/<int:run>/stop/", run.stop_run, name="stop"),
    path("r/<region>/runs/<int:run>/again/", run.again, name="again"),
    path("r/<region>/runs/<int:run>/resume/", rollout.resume, name="resume"),
    path("r/<region>/runs/<int:run>/mark/", settling.mark, name="mark"),
    path("r/<region>/runs/<int:run>/ask/", settling.ask, name="ask"),
    path("r/<region>/found/<slug:invoke_id>/", found.found, name="found"),
    path("r/<region>/found/<slug:invoke_id>/ask/", found.ask, name="found_ask"),
    path("r/<region>/found/<slug:invoke_id>/stop/", found.stop, name="found_stop"),
    path("r/<region>/found/<slug:invoke_id>/again/", found.run_again, name="found_again"),
    path("r/<region>/runs/<int:run>/targets/<instance:instance_id>/", target.target, name="target"),
    path("r/<region>/runs/<int:run>/targets/<instance:instance_id>/output.txt", target.download, name="output"),
    path("r/<region>/commands/<cloud_id>/runs/", history.command_runs, name="command_runs"),
    path("r/<region>/commands/<cloud_id>/delete/", delete.delete, name="delete_command"),
    path("r/<region>/instances/<instance:instance_id>/", instance.instance, name="instance"),
    path("r/<region>/commands/<cloud_id>/run/", panel.panel, name="panel"),
    path("r/<region>/run/", panel.unsaved, name="unsaved"),
    path("r/<region>/picker/<kind>/", picker.picker, name="picker"),
    path("r/<region>/picker/<kind>/suggestions/", picker.suggestions, name="suggestions"),
    path("r/<region>/schedules/", schedules.schedules, name="schedules"),
    path("r/<region>/schedules/<int:schedule>/", schedules.schedule, name="schedule"),
    path("r/<region>/schedules/<int:schedule>/stop/", schedules.stop, name="schedule_stop"),
    path("r/<region>/schedules/<int:schedule>/replace/", schedules.replace, name="schedule_replace"),
    path(
        "r/<region>/schedules/<int:schedule>/executions/<int:execution>/output.txt",
        schedules.execution_output,
        name="execution_output",
    ),
    path("r/<region>/schedules/elsewhere/<task_id>/", schedules.made_elsewhere, name="schedule_elsewhere"),
    path("r/<region>/schedules/elsewhere/<task_id>/stop/", schedules.stop_elsewhere, name="schedule_elsewhere_stop"),
    path("r/<region>/selections/", selections.listing, name="selections"),
    path("r/<region>/selections/new/", selections.new, name="selection_new"),
    path("r/<region>/selections/<int:selection>/", selections.edit, name="selection_edit"),
    path("r/<region>/selections/<int:selection>/delete/", selections.delete, name="selection_delete"),
    path("r/<region>/drafts/<uuid:draft>/selection/", picker.selection, name="selection"),
    path("r/<region>/drafts/<uuid:draft>/check/", picker.cloud_check, name="cloud_check"),
    path("r/<region>/drafts/<uuid:draft>/review/", picker.review, name="review"),
    path("r/<region>/drafts/<uuid:draft>/paste/", picker.paste, name="paste"),
]
