from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("signin/", views.signin, name="signin"),
    path("signin/link/<str:token>/", views.signin_link, name="signin_link"),
    path("signout/", views.signout, name="signout"),
    path("language/", views.language, name="language"),
    path("theme/", views.theme, name="theme"),
    path("profile/", views.profile, name="profile"),
    path("profile/security/", views.security, name="security"),
]
