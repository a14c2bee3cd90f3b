"""Whatever is posted to the addresses of the composer, the library, the brand and the checks: a refusal at worst."""

from collections.abc import Iterator
from http import HTTPStatus
from itertools import cycle, islice
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from clinic.clock import database_now
from newsletter.content.models import EmailRevision, Override, SavedBlock
from newsletter.content.pictures import services as pictures
from newsletter.models import Campaign
from tests.factories import mail
from tests.factories.people import staff
from tests.newsletter.content.pictures.files import drawing, saved

IN_JSON = "application/json"
BLOCKS: list[dict[str, Any]] = [
    {"id": "aaaaaaaa", "type": "text", "text": "<p>Hello</p>", "only": {"name": "tag", "value": "x", "not": True}},
    {"id": "bbbbbbbb", "type": "image", "picture": "nerve-map", "alt": "", "decorative": True, "target": ""},
]
WORDS = {"version": 1, "subject": "A", "preheader": "", "document": {"version": 2, "blocks": BLOCKS}, "lead": None}
JSON: dict[str, dict[str, Any]] = {
    "email_save": WORDS,
    "email_preview": {**WORDS, "dark": True},
    "email_here": {"version": 1},
    "email_publish": {"version": 1, "signature": "Dana"},
    "email_test": {},
    "email_links": {},
    "email_allow": {"reason": "It is the title of a book, and no promise of ours."},
    "saved_blocks": {"name": "Kept", "block": BLOCKS[0]},
    "saved_block_delete": {},
}
BRAND = {
    "logo": "",
    "signature_picture": "",
    "brand_colour": "#17505A",
    "button_colour": "",
    "font": "sans",
    "footer_text": "Open daily.",
    "postal_address": "1 Quay",
    "signature_name": "Dana",
    "signature_title": "R.Ac",
    "social_0_name": "Instagram",
    "social_0_url": "https://social.example/us",
    "seen": "{}",
}
FORMS: dict[str, dict[str, Any]] = {
    "brand": BRAND,
    "brand_sample": {**BRAND, "sample": "course-0", "dark": "on"},
    "revision_restore": {"version": "1"},
    "preset_change": {},
    "preset_keep": {"campaign": "1", "name": "Kept"},
    "preset_delete": {},
    "picture_describe": {"label": "A", "alt": "A", "is_decorative": "on", "q": "a", "page": "1"},
    "picture_delete": {"q": "a", "page": "1"},
    "finding_allow": {"reason": "It is the title of a book, and no promise of ours."},
    "override_take_back": {},
    "campaign_tags": {"utm_source": "a", "utm_medium": "b", "utm_campaign": "c"},
    "links_check": {},
}
TEXTS = ["", "\0", "a\0b", "-1", "²", "9" * 30, "9" * 5000, "null", "[]", "{}", '{"logo": 1}', "💥" * 500, "{{ x }}"]
VALUES: list[Any] = [*TEXTS, "\ud800", None, True, -1, 2**31, 2**63, 10**300, 1.5, [], [[]], {}, {"name": []}, ["\0"]]
NUMBERS = [0, 2**31, 2**63, 10**30]
NAMES = ["x", "a\0b", "..", "💥", "0" * 300]
A_PLACE = 1
"""So many values are tried at each place; the next place gets the next one."""


def bent(whole: Any, values: Iterator[Any]) -> Iterator[Any]:
    """The same with one value in it missing, or another, at whatever depth."""
    if isinstance(whole, dict):
        for key, value in whole.items():
            yield {name: kept for name, kept in whole.items() if name != key}
            yield from ({**whole, key: other} for other in [*islice(values, A_PLACE), *bent(value, values)])
        yield {**whole, "\0": "\0"}
    elif isinstance(whole, list):
        for place, value in enumerate(whole):
            others = [*islice(values, A_PLACE), *bent(value, values)]
            yield from ([*whole[:place], other, *whole[place + 1 :]] for other in others)


@pytest.fixture
def ids(draft: Campaign) -> dict[str, list[Any]]:
    """What there is of each kind, by how the names of the addresses begin that take it."""
    now, dana = database_now(), draft.created_by or staff()
    step = mail.email(kind="step", key="course-2", topic="course", body={"version": 2, "blocks": BLOCKS})
    emails = [draft.email_id, step.pk, mail.email(kind="preset").pk]
    block = SavedBlock.objects.create(name="One", block=BLOCKS[0], saved_at=now, saved_by=dana)
    override = Override.objects.create(email=draft.email, key="k" * 16, reason="Because", by=dana, at=now)
    then = {"version": 9, "subject": "A", "body": draft.email.body, "began_at": now, "saved_at": now}
    revision = EmailRevision.objects.create(email=draft.email, **then)
    picture = pictures.add(saved(drawing(), "PNG"), filename="a.png", by=dana, now=now).picture
    rows = {"saved": block, "override": override, "revision": revision, "campaign": draft, "links": draft}
    return {name: [row.pk] for name, row in rows.items()} | {
        **dict.fromkeys(("email", "finding"), emails),
        "preset": [emails[2], *emails[:2]],
        "picture": [picture.name],
    }


def addresses(name: str, ids: dict[str, list[Any]]) -> Iterator[str]:
    """Of everything there is that the address takes, and of some that is not there."""
    more = {"finding_allow": ["k" * 16], "email_allow": ["-"]}.get(name, [])
    kind, found = name.split("_", maxsplit=1)[0], NAMES if name.startswith("picture") else NUMBERS
    if name == "preset_change":
        yield from (reverse(f"studio:{name}", args=[key]) for key in ("newsletter", "x", "-"))
    elif name in {"brand", "brand_sample", "saved_blocks", "preset_keep"}:
        yield reverse(f"studio:{name}")
    else:
        yield from (reverse(f"studio:{name}", args=[one, *more]) for one in [*ids[kind], *found])


def asked(client: Client, url: str, body: Any, **how: Any) -> int:
    """The status of the answer; what it did is undone."""
    with transaction.atomic():
        status = client.post(url, body, **how).status_code
        transaction.set_rollback(True)
    return status


@pytest.mark.parametrize("name", JSON)
def test_no_json_breaks_anything(name: str, studio: Client, ids: dict[str, list[Any]]) -> None:
    first, *others = addresses(name, ids)
    said = [(first, body) for body in [*bent(JSON[name], cycle(VALUES)), [], None, "x"]]
    said += [(url, body) for url in others for body in (JSON[name], {})]

    studio.raise_request_exception = False
    answered = {(url, str(body)): asked(studio, url, body, content_type=IN_JSON) for url, body in said}

    assert [asking for asking, status in answered.items() if status >= HTTPStatus.INTERNAL_SERVER_ERROR] == []


@pytest.mark.parametrize("name", FORMS)
def test_no_form_breaks_anything(name: str, studio: Client, ids: dict[str, list[Any]]) -> None:
    first, *others = addresses(name, ids)
    said = [(first, body) for body in [*bent(FORMS[name], cycle(TEXTS)), {}]]
    said += [(url, body) for url in others for body in (FORMS[name], {})]

    studio.raise_request_exception = False
    answered = {(url, str(body)): asked(studio, url, body) for url, body in said}

    assert [asking for asking, status in answered.items() if status >= HTTPStatus.INTERNAL_SERVER_ERROR] == []
