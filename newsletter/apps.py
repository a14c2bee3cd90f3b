"""Django's entry for the newsletter app."""

from django.apps import AppConfig


class NewsletterConfig(AppConfig):
    name = "newsletter"

    def ready(self) -> None:
        from newsletter import wiring
        from newsletter.webhooks import checks  # noqa: F401

        wiring.connect()
