"""Django's entry for the leads app: what can be asked of a lead."""

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self) -> None:
        from leads.segments import conditions

        conditions.register()
