from django.urls import URLPattern

app_name = "commands"
urlpatterns: list[URLPattern] = []
