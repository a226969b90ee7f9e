from django.urls import URLPattern

app_name = "invocations"
urlpatterns: list[URLPattern] = []
