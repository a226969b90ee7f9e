from django.urls import include, path

from consoleapp import views

urlpatterns = [
    path("", views.home, name="home"),
    path("", include("accounts.urls")),
    path("", include("regions.urls")),
    path("", include("invocations.urls")),  # before the rooms whose addresses it extends
    path("", include("instances.urls")),
    path("", include("commands.urls")),
]
