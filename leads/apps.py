"""Django's entry for the leads app."""

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"
