"""django-newsletter writes its own address into every mail."""

from django.urls import include, path

urlpatterns = [path("newsletter/", include("newsletter.urls"))]
