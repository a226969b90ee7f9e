from django.urls import path

from commands.views import detail, lists

app_name = "commands"
urlpatterns = [
    path("r/<region>/commands/", lists.own, name="list"),
    path("r/<region>/commands/public/", lists.public, name="public"),
    path("r/<region>/commands/sync/", lists.synchronize, name="sync"),
    path("r/<region>/commands/<cloud_id>/", detail.detail, name="detail"),
    path("r/<region>/commands/<cloud_id>/content/", detail.content, name="content"),
]
