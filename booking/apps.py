"""Django's entry for the booking app."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    name = "booking"
