"""A campaign's words, fit to go or wrong in one thing, and what the pre-flight says of them."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest

from accounts.models import User
from newsletter.campaigns import preflight, services
from newsletter.campaigns.services import NotSendable
from newsletter.models import Campaign
from tests.newsletter.campaigns.letters import NOW

BUTTON = {"id": "bbbbbbbb", "type": "button", "label": "Book the free call", "target": "call"}


@dataclass(frozen=True)
class Words:
    """A draft that can go: a subject, a preheader, one text and a button."""

    subject: str = "New opening hours"
    preheader: str = "From Monday on"
    html: str = "<p>The clinic has new opening hours from Monday on.</p>"
    more: tuple[dict[str, Any], ...] = ()

    @property
    def body(self) -> dict[str, Any]:
        text = {"id": "aaaaaaaa", "type": "text", "text": self.html}
        return {"version": 2, "blocks": [text, BUTTON, *deepcopy(list(self.more))]}


FIT = Words()


def write(of: Campaign, words: Words) -> None:
    of.email.subject, of.email.preheader, of.email.body = words.subject, words.preheader, words.body
    of.email.version += 1
    of.email.save()


def codes(of: Campaign) -> list[str]:
    """What blocks, by code; every finding that names a field or block names one that is there."""
    fresh = Campaign.objects.select_related("email").get(pk=of.pk)
    found = preflight.of_campaign(fresh, NOW)
    places = {"", *(block.get("id", "") for block in fresh.email.body["blocks"])}
    assert {finding.block for finding in found.blocking + found.warnings} <= places
    assert all(finding.why for finding in found.blocking + found.warnings)
    return [finding.code for finding in found.blocking]


def schedule(of: Campaign, by: User) -> bool:
    return services.schedule(of, at=None, by=by, now=NOW)


def refused(of: Campaign, by: User) -> list[str]:
    with pytest.raises(NotSendable) as caught:
        schedule(of, by)
    return caught.value.reasons
