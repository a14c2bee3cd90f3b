"""Django's entry for the studio."""

from django.apps import AppConfig


class StudioConfig(AppConfig):
    name = "studio"
