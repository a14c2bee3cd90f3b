"""Django's entry for the clinic app."""

from django.apps import AppConfig


class ClinicConfig(AppConfig):
    name = "clinic"
