"""Django's entry for the newsletter app."""

from django.apps import AppConfig


class NewsletterConfig(AppConfig):
    name = "newsletter"
