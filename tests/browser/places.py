"""Every address of the site with something real behind it, found by walking the address books.

A new page is looked at by itself. One that needs something in its address must find it here: OBJECTS and WORDS
for the studio, `letters` for the links that only mails carry.
"""

import re
from collections.abc import Mapping
from typing import Any

import psycopg
from django.urls import URLPattern, reverse
from playwright.sync_api import Page

from accounts import access
from studio.urls import urlpatterns as studio_patterns
from website.urls import urlpatterns as website_patterns

OBJECTS = {
    "appointments": "SELECT id FROM booking_appointment WHERE state = 'booked' ORDER BY starts_at DESC LIMIT 1",
    "calls": "SELECT id FROM leads_inquiry ORDER BY id LIMIT 1",
    "campaigns": "SELECT id FROM newsletter_campaign WHERE status = 'draft' ORDER BY id LIMIT 1",
    "emails": "SELECT email_id FROM newsletter_campaign WHERE status = 'draft' ORDER BY id LIMIT 1",
    "leads": "SELECT lead_id FROM newsletter_click GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
    "presets": "SELECT 1",
    "revisions": "SELECT id FROM newsletter_emailrevision ORDER BY id LIMIT 1",
    "saved-blocks": "SELECT 1",
    "segments": "SELECT id FROM leads_segment ORDER BY id LIMIT 1",
    "sequence": "SELECT id FROM newsletter_step ORDER BY id LIMIT 1",
    "sequences": "SELECT id FROM newsletter_sequence WHERE published_id IS NOT NULL ORDER BY id LIMIT 1",
    "setup": "SELECT variant_id FROM newsletter_step ORDER BY id LIMIT 1",
    "team": "SELECT id FROM accounts_user ORDER BY id DESC LIMIT 1",
    "uncertain": "SELECT delivery_id FROM newsletter_uncertain ORDER BY since LIMIT 1",
}
"""By the first part of the address: what `pk` and `lead_pk` stand for in the seeded demo."""

FINISHED = "SELECT id FROM newsletter_campaign WHERE status = 'finished' ORDER BY id LIMIT 1"
"""A page that looks quite different once it is over."""

PAUSED = "SELECT id FROM newsletter_campaign WHERE status = 'paused' ORDER BY id LIMIT 1"
"""And again while somebody has to look at what came back."""

EDITION = """
    SELECT revision.id FROM newsletter_campaign campaign
    JOIN newsletter_variant variant ON variant.email_id = campaign.email_id AND variant.label = 'A'
    JOIN newsletter_compiledemail revision ON revision.variant_id = variant.id
    WHERE campaign.status = 'finished' ORDER BY campaign.id, revision.id LIMIT 1
"""
"""What the finished campaign said."""

STEP_MAIL = """
    SELECT variant.email_id FROM newsletter_step step JOIN newsletter_variant variant ON variant.id = step.variant_id
    ORDER BY step.id LIMIT 1
"""

ANOTHER = "SELECT max(id) FROM leads_lead WHERE erased_at IS NULL"
"""Somebody who could be the same person."""

WORDS = {
    "choice": "again",
    "rest": "no/such/room",
    "kind": "phone",
    "outcome": "answered",
    "state": "attended",
    "side": "b",
    "key": "nothing-of-the-kind",
    "delivery": "1",
    "name": "0123456789abcdef01234567.png",
}
MAY_BE_ABSENT = {"finding_allow", "logo", "picture", "program_revoke"}
SAYS_THAT_THERE_IS_NOTHING = {"missing"}


def studio(demo: Mapping[str, str], letters: Mapping[str, str]) -> dict[str, str]:
    """The address of every view behind the sign-in."""
    with psycopg.connect(demo["database_url"]) as connection:
        wanted = {**OBJECTS, "finished": FINISHED, "paused": PAUSED, "edition": EDITION, "step mail": STEP_MAIL}
        wanted["gone"] = ANOTHER
        found = {room: connection.execute(statement).fetchone() for room, statement in wanted.items()}
    objects = {room: row[0] for room, row in found.items() if row}
    states = {
        f"campaign_{state}": reverse("studio:campaign", args=[objects[state]]) for state in ("finished", "paused")
    }
    return states | {
        name: reverse(f"studio:{name}", kwargs=_filled(pattern, objects, letters))
        for name, pattern in _patterns(studio_patterns)
        if getattr(pattern.callback, "act", "") != access.EVERYONE
    }


def gate(letters: Mapping[str, str]) -> dict[str, str]:
    """The address of every view before the sign-in."""
    return {
        name: letters.get(name) or reverse(f"studio:{name}", kwargs=_words(pattern))
        for name, pattern in _patterns(studio_patterns)
        if getattr(pattern.callback, "act", "") == access.EVERYONE
    }


def website(letters: Mapping[str, str]) -> dict[str, str]:
    """The address of every view for visitors; links that mails carry come from mails."""
    return {
        name: letters.get(name) or reverse(f"website:{name}", kwargs=_words(pattern))
        for name, pattern in _patterns(website_patterns)
    }


def pages(window: Page, web: str, places: Mapping[str, str], *, redirects: int = 0) -> dict[str, str]:
    """Those of these addresses that answer with a page of their own; an address that leads nowhere is an error."""
    found: dict[str, str] = {}
    for name, path in places.items():
        answer = window.request.get(web.rstrip("/") + path, max_redirects=redirects)
        is_page = answer.headers.get("content-type", "").startswith("text/html")
        if answer.status == 200 or (answer.status == 404 and name in SAYS_THAT_THERE_IS_NOTHING):
            found |= {name: path} if is_page else {}
        else:
            fine = answer.status in {301, 302, 303, 405} or (answer.status == 404 and name in MAY_BE_ABSENT)
            assert fine, f"{name} ({path}) answers {answer.status}"
    return found


def _patterns(book: list[Any]) -> list[tuple[str, URLPattern]]:
    return [(pattern.name or "", pattern) for pattern in book if isinstance(pattern, URLPattern)]


def _words(pattern: URLPattern) -> dict[str, str]:
    return {part: WORDS[part] for part in pattern.pattern.converters}


def _filled(pattern: URLPattern, objects: Mapping[str, int], letters: Mapping[str, str]) -> dict[str, object]:
    room = "finished" if "/results" in str(pattern.pattern) else re.split(r"[/<]", str(pattern.pattern))[0]
    known = {**WORDS, "pk": objects.get(room), "lead_pk": objects["leads"], "name": letters["mail"]}
    known |= {"revision": objects.get("edition"), "mail": objects.get("step mail"), "gone": objects["gone"]}
    return {part: known[part] for part in pattern.pattern.converters}
