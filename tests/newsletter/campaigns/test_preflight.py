"""Every check that blocks: it keeps a campaign from being scheduled and from starting, and once mended it does not."""

from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from clinic.models import Clinic
from newsletter.campaigns import preflight, services
from newsletter.campaigns.models import CampaignStatus
from newsletter.campaigns.services import NotSendable
from newsletter.content import overrides
from newsletter.deliveries.models import Kind, State
from newsletter.liveness.models import LinkCheck, Verdict
from newsletter.models import Campaign, Delivery, EmailTemplate, Outcome
from tests.factories import clinics, mail, people
from tests.newsletter.campaigns.letters import MINUTE, NOW, campaign, reader

BUTTON = {"id": "bbbbbbbb", "type": "button", "label": "Book the free call", "target": "call"}
LINK = "https://good.test/page"


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
IMAGE = {"id": "cccccccc", "type": "image", "picture": "nerve-map", "alt": "", "decorative": False}
WRONG = {
    "subject_missing": replace(FIT, subject=" "),
    "subject_deceptive": replace(FIT, subject="Re: your call"),
    "unknown_field": replace(FIT, html="<p>Hello {{ frist_name|there }}</p>"),
    "missing_fallback": replace(FIT, html="<p>Hello {{ first_name }}</p>"),
    "unclosed_field": replace(FIT, html="<p>Hello {{ first_name|there</p>"),
    "missing_alt": replace(FIT, more=(IMAGE,)),
    "claim": replace(FIT, html="<p>We cure it.</p>"),
    "left_over": replace(FIT, html="<p>[Say why you write.]</p>"),
    "red_flags_missing": replace(FIT, html="<p>Sciatica is common.</p>"),
    "missing": replace(FIT, html="<p> </p>"),
}


@pytest.fixture
def owner(db) -> User:
    clinics.clinic()
    reader()
    return people.staff()


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


def test_a_fit_campaign_is_clear_and_goes(owner):
    letter = campaign(owner)

    found = preflight.of_campaign(letter, NOW)

    assert (found.is_clear, found.warnings, found.allowed, found.links_pending, found.checked_at) == (
        *(True, [], []),
        *(0, NOW),
    )
    assert schedule(letter, owner)


@pytest.mark.parametrize("code", WRONG)
def test_words_that_block_keep_it_from_being_scheduled_until_they_are_mended(owner, code):
    letter = campaign(owner)
    write(letter, WRONG[code])

    assert code in codes(letter)
    assert refused(letter, owner) == [str(one) for one in preflight.of_campaign(letter, NOW).blocking]

    write(letter, FIT)
    mail.tried(letter, owner)
    assert codes(letter) == []
    assert schedule(letter, owner)


def test_an_insecure_link_blocks_until_it_is_mended(owner):
    letter = campaign(owner)
    write(letter, replace(FIT, html='<p><a href="http://good.test/">Read on</a></p>'))

    (finding,) = preflight.of_campaign(letter, NOW).blocking
    assert (finding.code, finding.block, finding.fix) == ("insecure_target", "aaaaaaaa", "use_https")
    assert len(refused(letter, owner)) == 1

    write(letter, replace(FIT, html='<p><a href="https://good.test/">Read on</a></p>'))
    mail.tried(letter, owner)
    assert schedule(letter, owner)


def test_no_postal_address_blocks_until_there_is_one(owner):
    letter = campaign(owner)
    Clinic.objects.update(postal_address="")
    assert codes(letter) == ["postal_address_missing"]
    assert len(refused(letter, owner)) == 1

    Clinic.objects.update(postal_address="12 Quay Street")
    assert schedule(letter, owner)


def test_a_mail_that_mailboxes_would_cut_off_blocks_until_it_is_shorter(owner):
    letter = campaign(owner)
    long = {"type": "text", "text": "".join(f"<p>{'Calm words. ' * 55}</p>" for _ in range(12))}
    write(letter, replace(FIT, more=tuple({**long, "id": f"dddddd{n:02}"} for n in range(12))))
    mail.tried(letter, owner)

    assert codes(letter) == ["too_large"]
    assert len(refused(letter, owner)) == 1

    write(letter, FIT)
    mail.tried(letter, owner)
    assert schedule(letter, owner)


def test_a_test_mail_of_these_very_words_is_asked_for(owner):
    letter = campaign(owner)
    Delivery.objects.filter(kind=Kind.TEST).delete()
    assert codes(letter) == ["test_missing"]
    assert len(refused(letter, owner)) == 1

    mail.tried(letter, owner)
    assert codes(letter) == []
    write(letter, replace(FIT, subject="Other hours"))
    assert codes(letter) == ["test_missing"]
    mail.tried(letter, owner)
    assert schedule(letter, owner)


def test_a_test_mail_on_its_way_is_told_and_one_that_failed_blocks(owner):
    letter = campaign(owner)
    write(letter, replace(FIT, subject="Other hours"))
    services.send_test(letter.email, to=owner, now=NOW)
    found = preflight.of_campaign(letter, NOW)
    assert ([one.code for one in found.blocking], [one.code for one in found.warnings]) == ([], ["test_under_way"])

    sent = Delivery.objects.filter(kind=Kind.TEST).order_by("pk").first()
    revision = letter.email.variants.get(label="test").current_id
    Outcome.objects.create(delivery_id=sent.pk, at=NOW, state=State.FAILED, revision_id=revision)
    assert codes(letter) == ["test_failed"]


def test_a_change_of_the_clinics_profile_asks_for_no_new_test_mail(owner):
    letter = campaign(owner)
    Clinic.objects.update(phone="+1 416 555 0199")

    assert codes(letter) == []


def test_a_dead_link_blocks_and_one_that_could_not_be_checked_does_not(owner, settings):
    settings.LINK_CHECKS = True
    Clinic.objects.update(booking_url="")
    letter = campaign(owner)
    write(letter, replace(FIT, html=f'<p><a href="{LINK}?a=1&amp;b=2">Read on</a></p>'))
    mail.tried(letter, owner)
    assert preflight.of_campaign(letter, NOW).links_pending == 1
    check = LinkCheck.objects.create(url=f"{LINK}?a=1&b=2", verdict=Verdict.DEAD, reason="gone", checked_at=NOW)

    (finding,) = preflight.of_campaign(letter, NOW).blocking
    assert (finding.code, finding.block, finding.fix) == ("link_dead", "aaaaaaaa", "check_links")
    assert len(refused(letter, owner)) == 1

    LinkCheck.objects.filter(pk=check.pk).update(verdict=Verdict.UNCLEAR, reason="robots")
    found = preflight.of_campaign(letter, NOW)
    assert ([one.code for one in found.warnings], found.links_pending) == (["link_unchecked"], 0)
    assert schedule(letter, owner)


def test_what_dies_between_scheduling_and_the_start_keeps_it_from_starting(owner, settings):
    settings.LINK_CHECKS = True
    Clinic.objects.update(booking_url="https://booking.good.test/")
    letter = campaign(owner)
    schedule(letter, owner)
    LinkCheck.objects.create(url="https://booking.good.test/", verdict=Verdict.DEAD, reason="gone", checked_at=NOW)

    assert services.start_due(NOW + MINUTE) == 0
    letter.refresh_from_db()
    assert (letter.status, Delivery.objects.filter(kind=Kind.CAMPAIGN).count()) == (CampaignStatus.DRAFT, 0)


def test_links_of_what_was_just_written_and_of_what_leaves_soon_are_asked_for(owner, settings):
    settings.LINK_CHECKS = True
    Clinic.objects.update(booking_url="")
    letter = campaign(owner)
    write(letter, replace(FIT, html=f'<p><a href="{LINK}">Read on</a></p>'))
    EmailTemplate.objects.update(updated_at=NOW)

    assert preflight.ask_links(NOW + timedelta(hours=1)) == 0
    assert preflight.ask_links(NOW) == 1
    assert preflight.ask_links(NOW) == 0
    assert [(one.url, one.verdict) for one in LinkCheck.objects.all()] == [(LINK, Verdict.PENDING)]
    LinkCheck.objects.update(verdict=Verdict.ALIVE, checked_at=NOW, due_at=None)
    assert preflight.ask_again(letter, NOW) == 1


def test_an_override_lets_exactly_these_words_go(owner):
    letter = campaign(owner)
    write(letter, replace(FIT, html="<p>The dentist has a cure for that. Ask us.</p>"))
    mail.tried(letter, owner)
    (finding,) = preflight.of_campaign(letter, NOW).blocking

    override = overrides.allow(letter.email, finding, reason="It is about hams, not people.", by=owner, now=NOW)

    found = preflight.of_campaign(letter, NOW)
    assert (found.blocking, [one.override for one in found.allowed]) == ([], [override])
    overrides.take_back(override, by=owner, now=NOW)
    assert codes(letter) == ["claim"]
    overrides.allow(letter.email, finding, reason="It is about hams, not people.", by=owner, now=NOW)
    assert schedule(letter, owner)


def test_a_condition_in_what_other_websites_are_told_blocks(owner):
    letter = campaign(owner)
    Campaign.objects.update(utm_campaign="sciatica-january")
    letter.refresh_from_db()
    assert codes(letter) == ["utm"]
    assert len(refused(letter, owner)) == 1

    Campaign.objects.update(utm_campaign="january")
    letter.refresh_from_db()
    assert schedule(letter, owner)
