"""The one question about an audience: everybody who is asked for, each with the first reason that leaves them out.

Asked for are those in one of the included segments (everybody, where none is included), and for a campaign that goes
once more those who got the first one and did not click. The reasons are looked at in the order of `REASONS`; whoever
has none gets the mail. So everybody who is asked for is counted once: in the total, or under one reason.

Where nobody can tell any more who is in one of the segments, nobody gets it.
"""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from leads.people.models import LeadStatus
from leads.segments import queries as segments
from leads.segments.models import Match, Segment
from leads.segments.registry import Fragment, Unanswerable
from newsletter.campaigns.models import Campaign
from newsletter.deliveries import lately
from newsletter.deliveries.lately import Cap

REASONS = {
    "untold": _("a segment above cannot be told any more: take it out, or describe it anew"),
    "left_out": _("in a segment that you leave out"),
    "language": _("read another language"),
    "patient": _("patients"),
    "suppressed": _("cannot be mailed: the address bounced, complained or was blocked"),
    "unsubscribed": _("unsubscribed"),
    "no_consent": _("have not agreed, or their consent has run out"),
    "declined": _("do not want this topic"),
    "paused": _("asked for a pause"),
    "capped": _("got enough mail lately, or are about to"),
}
"""Why people are left out, in the order in which it is looked at."""

QUESTION = """
    SELECT lead.id AS lead_id, lead.time_zone AS zone,
           CASE WHEN left_out.id IS NOT NULL THEN 'left_out'
                WHEN lead.language <> %s THEN 'language'
                WHEN lead.status = %s AND NOT %s THEN 'patient'
                WHEN suppressed.whole THEN 'suppressed'
                WHEN suppressed.address_hash IS NOT NULL THEN 'unsubscribed'
                WHEN consent.lead_id IS NULL THEN 'no_consent'
                WHEN %s = ANY (lead.declined_topics) THEN 'declined'
                WHEN lead.paused_until > %s THEN 'paused'
                WHEN capped.lead_id IS NOT NULL THEN 'capped'
                ELSE '' END AS reason
    FROM leads_lead lead
    LEFT JOIN ({left_out}) left_out ON left_out.id = lead.id
    LEFT JOIN (
        SELECT address_hash, bool_or(scope = 'all') AS whole FROM newsletter_suppression
        WHERE lifted_at IS NULL GROUP BY address_hash
    ) suppressed ON suppressed.address_hash = lead.address_hash
    LEFT JOIN (
        SELECT lead_id FROM leads_consent
        WHERE purpose = 'marketing' AND withdrawn_at IS NULL AND (expires_at IS NULL OR expires_at > %s)
        GROUP BY lead_id
    ) consent ON consent.lead_id = lead.id
    LEFT JOIN ({capped}) capped ON capped.lead_id = lead.id
    WHERE lead.erased_at IS NULL{asked_for}
"""

UNTOLD = """
    SELECT lead.id AS lead_id, lead.time_zone AS zone, 'untold' AS reason FROM leads_lead lead
    WHERE lead.erased_at IS NULL
"""
NOBODY = "SELECT NULL::bigint AS id WHERE false"


def everybody(campaign: Campaign, now: datetime, cap: Cap | None = None) -> Fragment:
    """The query of `lead_id`, `zone` and `reason`, for all who are asked for."""
    try:
        left_out = _members(campaign.excluded.all(), now)
        asked_for = _asked_for(campaign, now)
    except Unanswerable:
        return Fragment(UNTOLD, [])
    full = lately.full(cap or lately.cap(), now)
    sql = QUESTION.replace("{left_out}", left_out.sql).replace("{capped}", full.sql)
    params = [
        *[campaign.email.language, LeadStatus.PATIENT.value, campaign.includes_patients, campaign.topic, now],
        *left_out.params,
        now,
        *full.params,
        *asked_for.params,
    ]
    return Fragment(sql.replace("{asked_for}", asked_for.sql), params)


def audience(campaign: Campaign, now: datetime, cap: Cap | None = None) -> Fragment:
    """The query of one column, `lead_id`, and its parameters: those who get it."""
    sql, params = everybody(campaign, now, cap)
    return Fragment(f"SELECT lead_id FROM ({sql}) everybody WHERE reason = ''", params)  # noqa: S608


def _asked_for(campaign: Campaign, now: datetime) -> Fragment:
    included = list(campaign.included.all())
    members = _members(included, now)
    sql, params = ("", [])
    if included:
        sql, params = f" AND lead.id IN ({members.sql})", members.params
    if campaign.resend_of_id is not None:
        once_more = {"name": "ignored_campaign", "value": str(campaign.resend_of_id)}
        fits = segments.where([once_more], Match.ALL, now)
        sql, params = f"{sql} AND {fits.sql}", [*params, *fits.params]
    return Fragment(sql, params)


def _members(of: Iterable[Segment], now: datetime) -> Fragment:
    """The ids of whoever is in one of these segments, each once."""
    parts = [segments.where(one.conditions, one.match, now) for one in of]
    selects = [f"SELECT lead.id FROM leads_lead lead WHERE {part.sql}" for part in parts]  # noqa: S608
    return Fragment(" UNION ".join(selects) or NOBODY, [param for part in parts for param in part.params])
