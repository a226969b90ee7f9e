from django.urls import path

from commands import views

app_name = "commands"
urlpatterns = [
    path("r/<region>/commands/", views.own, name="list"),
    path("r/<region>/commands/public/", views.public, name="public"),
    path("r/<region>/commands/sync/", views.synchronize, name="sync"),
    path("r/<region>/commands/<cloud_id>/", views.detail, name="detail"),
    path("r/<region>/commands/<cloud_id>/content/", views.content, name="content"),
]
