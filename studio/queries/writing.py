"""What the composer's page is told: the email, what may stand in it, where to ask, and where to go from here."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.segments import queries as segments
from newsletter.campaigns.models import Campaign
from newsletter.content import art, documents, fields, labels, targets
from newsletter.content.blocks import schema
from newsletter.content.models import EmailKind, EmailTemplate
from newsletter.models import Step
from studio import words
from studio.queries import mailed, sequences

FALLBACKS = documents.FALLBACKS | {"first_name": gettext_lazy("there")}
TARGETS = {
    "call": gettext_lazy("Book a free call"),
    "direct": gettext_lazy("The clinic's own online booking"),
    "ask": gettext_lazy("Ask a question"),
    "article": gettext_lazy("The article"),
    "nerve-map": gettext_lazy("The nerve map"),
    "booked": gettext_lazy("“I have booked already”"),
    "preferences": gettext_lazy("The reader's preferences"),
    "unsubscribe": gettext_lazy("Unsubscribing"),
    "confirm": gettext_lazy("Confirming the address"),
    "reset": gettext_lazy("Choosing a new password"),
    "invite": gettext_lazy("Accepting the invitation"),
    "appointment": gettext_lazy("The reader's appointment"),
}
DRAWINGS = {
    "nerve-map": gettext_lazy("The path of the nerve"),
    "trigger-points": gettext_lazy("Trigger points and where they are felt"),
}
BEGUN_WITH = {
    ("button", "target"): "call",
    ("article", "target"): "article",
    ("article", "label"): gettext_lazy("Read the article"),
    ("free_times", "fallback"): gettext_lazy("Answer this email with two times that suit you, and we find one."),
}
"""What a field of a new block says before anybody has written anything; the others are empty."""


@dataclass(frozen=True, slots=True)
class Page:
    """What stands around the words. `onward` is where a campaign goes next; other mails are used from here."""

    back: str
    back_label: str
    lede: str
    onward: str = ""
    can_publish: bool = False


def page(email: EmailTemplate) -> Page:
    """Where this email belongs, by its kind."""
    campaign = mailed.campaign(email)
    if campaign is not None:
        return _of_a_campaign(campaign) if campaign.email_id == email.pk else _of_a_test(campaign)
    mails = reverse("studio:mails")
    if email.kind == EmailKind.PRESET:
        lede = _("Campaigns begin with these words, as they are saved here. What was begun already does not change.")
        return Page(f"{mails}#presets", _("Mails and presets"), lede)
    step = Step.objects.select_related("version__sequence").filter(variant__email=email).first()
    if step is not None:
        lede = _(
            "Saving changes nothing for readers. “Use from now on” does. Who has had this mail does not get it again."
        )
        sequence = step.version.sequence
        return Page(reverse("studio:sequence", args=[sequence.pk]), sequence.name, lede, can_publish=True)
    lede = _("Saving changes nothing for readers. “Use from now on” does.")
    drafted = sequences.drafted_with(email) if email.kind == EmailKind.STEP else None
    if drafted is not None:
        sequence, key = drafted
        url = f"{reverse('studio:sequence_edit', args=[sequence.pk])}?open={key}#step-{key}"
        return Page(url, _("The plan of “%(name)s”") % {"name": sequence.name}, lede, can_publish=True)
    return Page(mails, _("Mails and presets"), lede, can_publish=True)


def _of_a_campaign(campaign: Campaign) -> Page:
    url = reverse("studio:campaign", args=[campaign.pk])
    if campaign.fixing_since is not None:
        lede = _("It is paused. What you write goes to those who have not got it yet, once you say so on its page.")
        return Page(url, _("Back to the campaign"), lede, onward=url)
    lede = _("Nothing leaves from this page. Your address and the links to leave are added to every mail.")
    return Page(url, _("Back to the campaign"), lede, onward=reverse("studio:campaign_schedule", args=[campaign.pk]))


def _of_a_test(campaign: Campaign) -> Page:
    url = reverse("studio:campaign_ab", args=[campaign.pk])
    if campaign.fixing_since is not None:
        campaigns = reverse("studio:campaign", args=[campaign.pk])
        lede = _("It is paused. What you write goes to those of B who have not got it, once you say so on its page.")
        return Page(campaigns, _("Back to the campaign"), lede, onward=campaigns)
    lede = _("These are the words of B in the A/B test of “%(name)s”. Nothing leaves from this page.")
    onward = reverse("studio:campaign_schedule", args=[campaign.pk])
    return Page(url, _("Back to the A/B test"), lede % {"name": campaign.name}, onward=onward)


def state(email: EmailTemplate) -> dict[str, Any]:
    """All that the page's script begins with, as JSON."""
    local = timezone.localtime(email.updated_at)
    may = schema.allowed(email.kind, email.key)
    return {
        "version": email.version,
        "subject": email.subject,
        "preheader": email.preheader,
        "document": documents.upgrade(email.body) if email.body else schema.empty(),
        "saved": f"{local:%H:%M} {local.tzname()}" if email.updated_by_id else "",
        "kinds": {name: _fresh(name, kind) for name, kind in schema.KINDS.items()},
        "most": schema.MOST_BLOCKS,
        "fields": merge_fields(may.fields),
        "conditions": segments.choices(),
        "drawings": _drawings(),
        "urls": {**_urls(email), "back": page(email).back},
        "ways": _ways(),
        "errands": _errands(email),
    }


def kinds(email: EmailTemplate) -> list[str]:
    """The kinds of blocks that the editor offers; mails about one's own appointment offer no other times."""
    return [name for name in schema.KINDS if name != "free_times" or email.kind != EmailKind.TRANSACTIONAL]


def choices(email: EmailTemplate) -> list[tuple[str, str]]:
    """Where links and buttons of this email may lead, by name."""
    may = schema.allowed(email.kind, email.key).targets
    return [(name, str(label)) for name, label in TARGETS.items() if targets.problem(name, may) is None]


def merge_fields(may: frozenset[str]) -> list[dict[str, Any]]:
    """The menu of merge fields: only `free_times` is no field of the menu, for it has a block of its own."""
    known = [*labels.LABELS, *sorted((fields.CLINIC | may) - labels.LABELS.keys())]
    return [
        {
            "name": name,
            "label": labels.label(name),
            "short": words.field(name),
            "mayBeEmpty": name in fields.MAY_BE_EMPTY,
            "fallback": str(FALLBACKS.get(name, "")),
        }
        for name in known
        if name in fields.CLINIC | may and name != "free_times"
    ]


def _fresh(name: str, kind: schema.Kind) -> dict[str, Any]:
    """A new block of this kind, without an id."""
    return {
        field: False if one.form is schema.Form.FLAG else str(BEGUN_WITH.get((name, field), ""))
        for field, one in kind.fields.items()
    }


def _drawings() -> list[dict[str, Any]]:
    return [
        {"name": name, "url": settings.STATIC_URL + path, "label": str(DRAWINGS.get(name, name)), "alt": ""}
        for name, path in art.PICTURES.items()
    ]


def _urls(email: EmailTemplate) -> dict[str, str]:
    own = ("save", "preview", "here", "publish")
    return {name: reverse(f"studio:email_{name}", args=[email.pk]) for name in own} | {
        "revisions": reverse("studio:email_revisions", args=[email.pk]),
        "readers": reverse("studio:email_readers"),
        "savedBlocks": reverse("studio:saved_blocks"),
        "pictures": reverse("studio:pictures"),
        "upload": reverse("studio:picture_upload"),
        "frame": reverse("studio:preview_frame"),
        "signIn": reverse("studio:sign_in"),
    }


def _ways() -> dict[str, str]:
    """Fixes that are made on another page, and where."""
    return {"open_profile": reverse("studio:setup_profile"), "open_brand": reverse("studio:brand")}


def _errands(email: EmailTemplate) -> dict[str, str]:
    """What is done elsewhere without leaving the page, and where to ask for it."""
    allow = reverse("studio:email_allow", args=[email.pk, "-key-"])
    links, test = (reverse(f"studio:{name}", args=[email.pk]) for name in ("email_links", "email_test"))
    return {"override": allow, "check_links": links, "send_test": test}
