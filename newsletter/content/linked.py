"""Where an email leads to outside, and what is known of it, each where it stands. Nothing is asked for here.

Links are looked at as they are written, without the parameters that a campaign puts on them: see `liveness`.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _

from clinic.models import Clinic
from newsletter.content import blocks, letterhead, richtext, targets
from newsletter.content.blocks import Block, Form
from newsletter.content.compose import Draft, offers_ways
from newsletter.content.findings import Finding
from newsletter.liveness import queries as liveness
from newsletter.liveness.models import LinkCheck, Verdict
from newsletter.liveness.wording import WHY


class Place(NamedTuple):
    """One address outside and where it stands; `fix` where it is not mended in the document."""

    url: str
    where: str
    block: str = ""
    field: str = ""
    fix: str = ""


def findings(draft: Draft, profile: Clinic) -> list[Finding]:
    """A dead link blocks; one that could not be checked is to be followed by somebody. Each address once."""
    places = {place.url: place for place in reversed(list(_places(draft, profile)))}
    known = liveness.known(liveness.checkable(list(places)))
    told = [check for check in known.values() if check.verdict in {Verdict.DEAD, Verdict.UNCLEAR}]
    return [_finding(places[check.url], check) for check in told]


def urls(draft: Draft, profile: Clinic) -> list[str]:
    """The addresses outside that it leads to, each once; the document has to have the right shape."""
    return liveness.checkable([place.url for place in _places(draft, profile)])


def leads_to(draft: Draft, profile: Clinic) -> list[str]:
    """Every address in its blocks, our own pages too; the document has to have the right shape."""
    return [_address(url, profile) for block in draft.body["blocks"] for _field, url in _of_a_block(block)]


def _places(draft: Draft, profile: Clinic) -> Iterator[Place]:
    for number, block in enumerate(draft.body["blocks"], start=1):
        where, key = blocks.place(number, block), str(block.get("id", ""))
        yield from (Place(_address(url, profile), where, key, field) for field, url in _of_a_block(block))
    if profile.booking_url and offers_ways(draft):
        yield Place(profile.booking_url, _("The ways out below the text"), fix="open_profile")
    for _name, url in letterhead.social(profile.social_links):
        yield Place(url, _("The foot of the mail"), fix="open_brand")


def _of_a_block(block: Block) -> Iterator[tuple[str, str]]:
    """Its fields that lead somewhere, and where to."""
    for name, field in blocks.KINDS[block["type"]].fields.items():
        value = block.get(name, "")
        if field.form is Form.TARGET:
            yield name, value
        elif field.form is Form.RICH:
            yield from ((name, target) for target in richtext.links(richtext.parse(value)))


def _address(target: str, profile: Clinic) -> str:
    return targets.resolve(target, booking_url=profile.booking_url).url


def _finding(place: Place, check: LinkCheck) -> Finding:
    words = {"url": check.url, "why": WHY.get(check.reason, "")}
    is_dead = check.verdict == Verdict.DEAD
    sentence = _("The link %(url)s is dead. %(why)s") if is_dead else _("The link %(url)s: %(why)s")
    return Finding(
        place.where,
        sentence % words,
        blocking=is_dead,
        code="link_dead" if is_dead else "link_unchecked",
        block=place.block,
        field=place.field,
        fix=place.fix or "check_links",
    )
