"""Django's entry for the studio; at start it names what only the studio can fill into a mail."""

from django.apps import AppConfig


class StudioConfig(AppConfig):
    name = "studio"

    def ready(self) -> None:
        from newsletter.deliveries.admission import slots
        from newsletter.deliveries.models import Kind
        from studio import staff_mail

        slots.register(Kind.STAFF, staff_mail.fill_password_links)
        slots.register(Kind.INVITATION, staff_mail.fill_invitations)
