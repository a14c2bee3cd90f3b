"""What others ask about people."""

from django.db.models import F, Q, QuerySet

from leads.people import addresses
from leads.people.models import Lead, Note

MASKED_DIGITS = str.maketrans("", "", " -().+/")


def by_address(address: str) -> Lead | None:
    """The lead with this address, however it is written; None for an unknown or a broken one."""
    key = _key(address)
    return None if key is None else Lead.objects.filter(address_key=key).first()


def by_any_address(address: str) -> Lead | None:
    """The same; whom nobody has, but somebody had before they were merged with another, is who they are now."""
    key = _key(address)
    if key is None:
        return None
    had = Q(merged_into__isnull=False, former_hash=addresses.digest(key))
    found = Lead.objects.filter(Q(address_key=key) | had).select_related("merged_into")
    lead = found.order_by(F("address_key").asc(nulls_last=True), "-pk").first()
    return None if lead is None else lead.merged_into or lead


def formers(lead: Lead) -> list[int]:
    """The rows that were merged into this one."""
    return list(Lead.objects.filter(merged_into=lead).order_by("pk").values_list("pk", flat=True))


def search(text: str) -> QuerySet[Lead]:
    """Leads in whose name, address or phone number every word occurs, newest first; all for no words."""
    found = Lead.objects.filter(erased_at=None)
    for word in _words(text):
        found = found.filter(search_text__contains=word)
    return found.order_by("-created_at", "-pk")


def notes(lead: Lead) -> QuerySet[Note]:
    """What staff wrote down about this lead, newest first."""
    return Note.objects.filter(lead=lead).select_related("by").order_by("-at", "-pk")


def _key(address: str) -> str | None:
    try:
        return addresses.key(addresses.parse(address))
    except addresses.BadAddress:
        return None


def _words(text: str) -> list[str]:
    """Lower-case words; a phone number, however it is grouped, is one word of digits."""
    text = text.replace("\x00", "").lower()
    digits = text.translate(MASKED_DIGITS)
    return [digits] if digits.isascii() and digits.isdigit() else text.split()
