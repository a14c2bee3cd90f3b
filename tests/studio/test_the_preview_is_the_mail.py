"""The preview as a lead is, byte for byte, the mail that is handed over for them, but for the tokens in its links."""

from email import message_from_bytes
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from clinic.clock import database_now
from leads.models import Lead
from leads.tags import services as tags
from newsletter import tokens
from newsletter.campaigns import mailing, services
from newsletter.campaigns.services import Draft
from newsletter.content import queries as content
from newsletter.content.services import Wording
from newsletter.deliveries import claim
from newsletter.deliveries.journal import FileJournal
from newsletter.deliveries.models import Kind, Lane
from newsletter.deliveries.sending.dispatch import Sender, send_lease
from newsletter.deliveries.sending.windows import Stride
from newsletter.deliveries.transport.answers import FinishedMail
from newsletter.models import Campaign, Chunk, Delivery
from newsletter.rendering import preview
from studio.queries import look, reader
from tests.email import every_block
from tests.factories import clinics, mail, people
from tests.newsletter.deliveries.sending.test_dispatch import Wire
from tests.studio.campaigns import MINUTE

TAGGED = {"name": "tagged", "value": "leg pain"}
BLOCKS = [
    *every_block.SAMPLES.values(),
    {"type": "text", "text": "<p>Only for some, {{ first_name|you }}.</p>", "only": TAGGED},
    {"type": "quote", "text": "Only for the others.", "only": {**TAGGED, "not": True}},
]
WORDS = Wording(
    "{{ first_name|Hello }}, a quiet hour",
    "On Thursdays, {{ first_name|reader }}.",
    every_block.draft(*BLOCKS).body,
)


@pytest.fixture
def leads(owner: User) -> list[Lead]:
    """One with a name and the tag, one with neither."""
    zoe, kim = (people.consent(people.lead(first_name=name)).lead for name in ("Zoë <b>", ""))
    tags.add(zoe, name="leg pain", by=None, now=database_now())
    return [zoe, kim]


@pytest.fixture
def campaign(owner: User, leads: list[Lead]) -> Campaign:
    """One that names a sender of its own and tells other websites where a click comes from."""
    for weekday in range(7):
        clinics.hours(weekday)
    made = services.create(Draft("Quiet hours", WORDS), by=owner, now=database_now())
    Campaign.objects.filter(pk=made.pk).update(sender_name="Zoë at the desk", utm_source="letter")
    made.refresh_from_db()
    mail.tried(made, owner)
    return made


@pytest.fixture
def handed_over(campaign: Campaign, owner: User, settings: Any, tmp_path: Path) -> dict[int | None, FinishedMail]:
    """What leaves, by lead."""
    settings.JOURNAL_DIR = tmp_path
    services.schedule(campaign, at=None, by=owner, now=database_now())
    services.start_due(database_now() + MINUTE)
    Chunk.objects.update(due_at=database_now())
    wire = Wire()
    with FileJournal() as journal:
        while (lease := claim.next_lease(Lane.MARKETING, owner=journal.owner, window=4)) is not None:
            send_lease(lease, sender=Sender(wire, journal, Stride(4), lambda: False))
    readers = dict(Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=campaign.pk).values_list("pk", "lead_id"))
    return {readers[int(left.key)]: left for left in wire.mails}


def test_the_preview_as_a_lead_is_the_mail_that_is_handed_over(
    campaign: Campaign, leads: list[Lead], handed_over: dict[int | None, FinishedMail]
) -> None:
    said = set()
    for lead in leads:
        left = handed_over[lead.pk]
        at = parsedate_to_datetime(message_from_bytes(left.content)["Date"])
        compiled = content.compiled(campaign.email, mailing.as_mailed(campaign))
        somebody = reader.recipient(campaign.email.kind, lead, now=at, conditions=compiled.conditions)

        assert preview.preview(compiled, somebody).source.encode() == _of_nobody(left)
        seen = look.look(campaign.email, WORDS, look.Reading(lead, is_dark=False, now=at))
        really = preview.read(_of_nobody(left))
        assert seen.html == look.in_scheme(really.html, is_dark=False)
        assert (seen.text, seen.subject) == (really.text, really.subject)
        assert seen.sender == "Zoë at the desk <dana@harbour.example>"
        said.add(("Only for some, Zoë <b>." in really.text, "Only for the others." in really.text))
    assert said == {(True, False), (False, True)}


def _of_nobody(left: FinishedMail) -> bytes:
    """The mail with the preview's own token where this reader's stand."""
    content = left.content
    for token in (name(int(left.key)) for name in (tokens.sign, tokens.sign_page, tokens.name)):
        assert token.encode() in content
        content = content.replace(token.encode(), preview.NOBODY.encode())
    return content
