"""The few facts that leads announce to the apps above.

Receivers run inside the caller's transaction and only write rows of their own app. Every signal is
sent with the class as sender, the row as its named argument, and `now` (aware, the database's clock).
"""

from django.dispatch import Signal

consent_requested = Signal()  # request: ConsentRequest, now
consent_granted = Signal()  # consent: Consent, now
consent_withdrawn = Signal()  # lead: Lead, how: str, delivery_id: int | None, now
question_asked = Signal()  # inquiry: Inquiry, now
inquiry_received = Signal()  # inquiry: Inquiry that a mail may answer (see intake), now
tag_added = Signal()  # tag: Tag, lead_ids: those who did not have it, now
topics_chosen = Signal()  # lead: Lead, declined: topics not wanted from now on, wanted: those wanted again, now
patient_known = Signal()  # lead: Lead (a patient from now on), now
leads_merging = Signal()  # kept: Lead, gone: Lead (both held, nothing done yet): hold what you need, or raise Unclear
leads_merged = Signal()  # kept: Lead, gone: Lead (already empty), address_hash: bytes (the gone one's), now
lead_erased = Signal()  # lead: Lead (already anonymised), address_hash: bytes, now
