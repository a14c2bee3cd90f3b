"""What can be asked of a lead's own row, and of its tags."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from leads.people.models import LeadSource, LeadStatus
from leads.segments import registry
from leads.segments.registry import Condition
from leads.tags.models import Tag

TAGGED = """
    EXISTS (SELECT 1 FROM leads_tagging tagging JOIN leads_tag tag ON tag.id = tagging.tag_id
            WHERE tagging.lead_id = {lead} AND tag.name = %s)
"""


def _tags() -> list[tuple[str, str]]:
    return [(name, name) for name in Tag.objects.order_by("name").values_list("name", flat=True)]


def _languages() -> list[tuple[str, str]]:
    return [(code, str(name)) for code, name in settings.LANGUAGES]


def _sources() -> list[tuple[str, str]]:
    return [(value, str(label)) for value, label in LeadSource.choices]


def _statuses() -> list[tuple[str, str]]:
    return [(value, str(label)) for value, label in LeadStatus.choices]


CONDITIONS = (
    Condition(
        name="tagged",
        label=_("have the tag"),
        denial=_("do not have the tag"),
        phrase=_("tagged “%(value)s”"),
        opposite=_("not tagged “%(value)s”"),
        sql=lambda value: (TAGGED, [value]),
        values=_tags,
    ),
    Condition(
        name="source",
        label=_("first came by"),
        denial=_("did not first come by"),
        phrase=_("whose way to us was: %(value)s"),
        opposite=_("whose way to us was not: %(value)s"),
        sql=lambda value: ("lead.source = %s", [value]),
        values=_sources,
    ),
    Condition(
        name="status",
        label=_("have the status"),
        denial=_("do not have the status"),
        phrase=_("with the status “%(value)s”"),
        opposite=_("without the status “%(value)s”"),
        sql=lambda value: ("lead.status = %s", [value]),
        values=_statuses,
    ),
    Condition(
        name="language",
        label=_("read"),
        denial=_("do not read"),
        phrase=_("who read %(value)s"),
        opposite=_("who do not read %(value)s"),
        sql=lambda value: ("lead.language = %s", [value]),
        values=_languages,
    ),
    Condition(
        name="signed_up_within",
        label=pgettext_lazy("followed by a number of days", "signed up in the last"),
        denial=pgettext_lazy("followed by a number of days", "did not sign up in the last"),
        phrase=_("who signed up in the last %(value)s days"),
        opposite=_("who did not sign up in the last %(value)s days"),
        sql=lambda value: ("lead.created_at > {now} - make_interval(days => %s)", [int(value)]),
        in_days=True,
    ),
    Condition(
        name="signed_up_before",
        label=pgettext_lazy("followed by a number of days", "signed up longer ago than"),
        denial=pgettext_lazy("followed by a number of days", "did not sign up longer ago than"),
        phrase=_("who signed up more than %(value)s days ago"),
        opposite=_("who did not sign up more than %(value)s days ago"),
        sql=lambda value: ("lead.created_at <= {now} - make_interval(days => %s)", [int(value)]),
        in_days=True,
    ),
    Condition(
        name="has_phone",
        label=_("gave a phone number"),
        denial=_("gave no phone number"),
        phrase=_("who gave a phone number"),
        opposite=_("who gave no phone number"),
        sql=lambda _value: ("lead.phone <> ''", []),
    ),
)


def register() -> None:
    registry.register(*CONDITIONS)
