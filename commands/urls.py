from django.urls import path

from commands.views import copy, detail, edit, interchange, lists, settle, versions

app_name = "commands"
urlpatterns = [
    path("r/<region>/commands/", lists.own, name="list"),
    path("r/<region>/commands/public/", lists.public, name="public"),
    path("r/<region>/commands/sync/", lists.synchronize, name="sync"),
    path("r/<region>/commands/new/", edit.new, name="new"),
    path("r/<region>/commands/import/", interchange.import_commands, name="import"),
    path("r/<region>/commands/export/", interchange.export_commands, name="export"),
    path("r/<region>/commands/<cloud_id>/", detail.detail, name="detail"),
    path("r/<region>/commands/<cloud_id>/edit/", edit.edit, name="edit"),
    path("r/<region>/commands/<cloud_id>/content/", detail.content, name="content"),
    path("r/<region>/commands/<cloud_id>/versions/", versions.versions, name="versions"),
    path("r/<region>/commands/<cloud_id>/settle/", settle.settle, name="settle"),
    path("r/<region>/commands/<cloud_id>/copy/", copy.copy, name="copy"),
]
