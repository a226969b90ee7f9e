from django.urls import include, path

from consoleapp import health, metrics, views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("system/", views.system, name="system"),
    path("system/live/", views.system_live, name="system_live"),
    path("system/alarms/<int:alarm>/seen/", views.alarm_seen, name="alarm_seen"),
    path("", include("accounts.urls")),
    path("", include("regions.urls")),
    path("", include("invocations.urls")),  # before the rooms whose addresses it extends
    path("", include("instances.urls")),
    path("", include("commands.urls")),
]

handler400 = "consoleapp.errors.bad_request"
handler403 = "consoleapp.errors.forbidden"
handler404 = "consoleapp.errors.not_found"
handler500 = "consoleapp.errors.broken"
