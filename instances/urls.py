from django.urls import path

from instances import views

app_name = "instances"
urlpatterns = [
    path("r/<region>/instances/", views.ecs, name="list"),
    path("r/<region>/instances/refresh/", views.refresh, name="refresh"),
    path("r/<region>/instances/start/", views.start, name="start"),
    path("r/<region>/instances/install-agent/", views.install_agent, name="install_agent"),
    path("r/<region>/managed-instances/", views.managed, name="managed"),
]
