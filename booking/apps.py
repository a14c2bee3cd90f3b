"""Django's entry for the booking app."""

from django.apps import AppConfig


class BookingConfig(AppConfig):
    name = "booking"

    def ready(self) -> None:
        """Listen to leads, and say what mails about calls need to know."""
        from booking import conditions, fillers, receivers, ways
        from leads import signals
        from newsletter.deliveries import returned
        from newsletter.deliveries.admission import slots
        from newsletter.deliveries.models import Kind
        from newsletter.sequences import merging

        conditions.register()
        ways.register()
        signals.consent_granted.connect(receivers.stay_out, dispatch_uid="booking.stay_out")
        signals.leads_merged.connect(receivers.merge, dispatch_uid="booking.merge")
        signals.lead_erased.connect(receivers.forget, dispatch_uid="booking.forget")
        returned.register(Kind.APPOINTMENT, reason=merging.MERGED, plan=receivers.tell_again)
        slots.register(Kind.APPOINTMENT, fillers.appointments)
        slots.register(Kind.TEST, fillers.specimens)
        for kind in (Kind.STEP, Kind.CAMPAIGN):
            slots.register(kind, fillers.free_times, name="free_times")
