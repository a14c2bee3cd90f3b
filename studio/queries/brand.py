"""A mail in a brand that is not saved yet, made by the code that makes the real ones; and whom a change passes by."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from clinic.clock import database_now
from clinic.models import Clinic
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.content import letterhead
from newsletter.content.compile import compile_email
from newsletter.content.compose import Draft
from newsletter.content.models import EmailKind, EmailTemplate, Topic
from newsletter.content.queries import draft
from newsletter.rendering import preview
from studio.queries.look import in_scheme

FIRST_MAIL = "course-0"


def scheduled() -> int:
    """How many campaigns are scheduled or under way: they leave as they were seen."""
    standing = [CampaignStatus.SCHEDULED, CampaignStatus.SENDING, CampaignStatus.PAUSED]
    return Campaign.objects.filter(status__in=standing).count()


def sample(profile: Clinic, *, which: str = "", is_dark: bool = False) -> str:
    """The HTML of a mail on this profile's letterhead: one of everything, or the first mail of the course."""
    real = EmailTemplate.objects.filter(key=FIRST_MAIL).first() if which == FIRST_MAIL else None
    compiled = compile_email(draft(real) if real else _everything(), letterhead.of(profile))
    reader = preview.sample(settings.PUBLIC_URL, sent_at=database_now())
    return in_scheme(preview.preview(compiled, reader).html, is_dark=is_dark)


def _everything() -> Draft:
    """A letter in which everything stands that the brand changes."""
    hello = _("Hello {{ first_name|there }}, this is how a mail of yours looks, with %(link)s in its text.")
    link = '<a href="article">{}</a>'.format(_("a link"))
    blocks = [
        _block(1, "heading", text=_("A quiet hour for your back")),
        _block(2, "text", text=f"<p>{hello % {'link': link}}</p>"),
        _block(3, "button", label=_("Ask a question"), target="ask"),
        _block(4, "quote", text=_("Readers see words like these set apart."), who=_("A sample")),
        _block(5, "heading", text=_("A second heading")),
        _block(6, "text", text="<p>{}</p>".format(_("The signature below and the foot are from this page."))),
        _block(7, "signature", closing=_("Warmly,")),
    ]
    body = {"version": 2, "blocks": blocks}
    return Draft(EmailKind.CAMPAIGN, _("A sample"), "", body, topic=Topic.NEWSLETTER)


def _block(number: int, kind: str, **fields: str) -> dict[str, Any]:
    return {"id": f"sample{number:02}", "type": kind, **fields}
