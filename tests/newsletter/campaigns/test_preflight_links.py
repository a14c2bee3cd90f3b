"""Links before a campaign goes: asked for by the tick, dead ones block, and each leads to where it is mended."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.models import User
from clinic.models import Clinic
from newsletter.campaigns import mailing, preflight, services
from newsletter.campaigns.experiments import services as experiments
from newsletter.campaigns.experiments.models import What
from newsletter.campaigns.models import CampaignStatus
from newsletter.deliveries.models import Kind
from newsletter.liveness.models import LinkCheck, Verdict
from newsletter.models import Campaign, Delivery, EmailTemplate, Experiment
from tests.factories import clinics, mail, people
from tests.newsletter.campaigns.experiments.tested import SETUP
from tests.newsletter.campaigns.letters import MINUTE, NOW, campaign, reader
from tests.newsletter.campaigns.words import FIT, codes, refused, schedule, write

LINK = "https://good.test/page"


@pytest.fixture(autouse=True)
def looked_at(settings) -> None:
    settings.LINK_CHECKS = True


@pytest.fixture
def owner(db) -> User:
    clinics.clinic()
    reader()
    return people.staff()


def test_a_dead_link_blocks_and_one_that_could_not_be_checked_does_not(owner):
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


def test_what_dies_between_scheduling_and_the_start_keeps_it_from_starting(owner):
    Clinic.objects.update(booking_url="https://booking.good.test/")
    letter = campaign(owner)
    schedule(letter, owner)
    LinkCheck.objects.create(url="https://booking.good.test/", verdict=Verdict.DEAD, reason="gone", checked_at=NOW)

    assert services.start_due(NOW + MINUTE) == 0
    letter.refresh_from_db()
    assert (letter.status, Delivery.objects.filter(kind=Kind.CAMPAIGN).count()) == (CampaignStatus.DRAFT, 0)


def test_a_dead_link_is_found_whatever_other_websites_are_told(owner):
    Clinic.objects.update(booking_url="")
    letter = campaign(owner)
    write(letter, replace(FIT, html=f'<p><a href="{LINK}">Read on</a></p>'))
    mailing.tell(letter, {"utm_source": "newsletter"}, by=owner)
    EmailTemplate.objects.update(updated_at=NOW)
    letter = Campaign.objects.select_related("email").get()
    mail.tried(letter, owner)

    assert preflight.ask_links(NOW) == 1
    assert preflight.of_campaign(letter, NOW).links_pending == 1
    LinkCheck.objects.update(verdict=Verdict.DEAD, reason="gone", checked_at=NOW, due_at=None)
    assert (codes(letter), preflight.of_campaign(letter, NOW).links_pending) == (["link_dead"], 0)


def test_links_of_the_clinics_own_are_mended_where_they_were_written(owner):
    dead = {"verdict": Verdict.DEAD, "reason": "gone", "checked_at": NOW}
    social = [{"name": "Elsewhere", "url": "https://elsewhere.good.test/us"}]
    Clinic.objects.update(booking_url="https://booking.good.test/", social_links=social)
    for url in ("https://booking.good.test/", "https://elsewhere.good.test/us"):
        LinkCheck.objects.create(url=url, **dead)

    found = preflight.of_campaign(campaign(owner), NOW).blocking

    assert [(one.where, one.fix) for one in found] == [
        ("The ways out below the text", "open_profile"),
        ("The foot of the mail", "open_brand"),
    ]


def test_links_that_nobody_has_asked_about_are_told_and_not_waited_for(owner):
    letter = campaign(owner)
    Clinic.objects.update(booking_url="https://booking.good.test/")
    assert preflight.of_campaign(letter, NOW).links_pending == 1

    found = preflight.of_campaign(letter, NOW + timedelta(days=40))

    assert ([one.code for one in found.warnings], found.links_pending) == (["links_unasked"], 0)
    assert (preflight.ask_again(letter, NOW), preflight.of_campaign(letter, NOW).links_pending) == (1, 1)


def test_links_of_every_kind_of_email_are_asked_for(owner):
    Clinic.objects.update(booking_url="")
    body = {"version": 2, "blocks": [{"type": "text", "text": f'<p><a href="{LINK}">Read on</a></p>'}]}

    mail.email(kind="step", topic="course", body=body, updated_at=NOW)
    old = {"version": 1, "blocks": [{"type": "text", "text": "[Read on](https://old.test/)"}]}
    mail.email(kind="transactional", body=old, updated_at=NOW)
    mail.email(body={"version": 2, "blocks": "none"}, updated_at=NOW)

    assert preflight.ask_links(NOW) == 2
    assert set(LinkCheck.objects.values_list("url", flat=True)) == {LINK, "https://old.test/"}


def test_links_of_what_was_just_written_and_of_what_leaves_soon_are_asked_for(owner):
    Clinic.objects.update(booking_url="")
    letter = campaign(owner)
    write(letter, replace(FIT, html=f'<p><a href="{LINK}">Read on</a></p>'))
    EmailTemplate.objects.update(updated_at=NOW)

    assert preflight.ask_links(NOW + timedelta(hours=1)) == 0
    assert preflight.ask_links(NOW) == 1
    assert preflight.ask_links(NOW) == 0
    assert [(one.url, one.verdict) for one in LinkCheck.objects.all()] == [(LINK, Verdict.PENDING)]
    LinkCheck.objects.update(verdict=Verdict.ALIVE, checked_at=NOW, due_at=None)
    assert preflight.ask_again(letter, NOW + MINUTE) == 1


def test_the_links_of_b_are_looked_at_too(owner):
    Clinic.objects.update(booking_url="")
    letter = campaign(owner)
    experiments.set_up(letter, replace(SETUP, what=What.BODY), by=owner, now=NOW)
    b = Experiment.objects.get().other_email
    b.body = replace(FIT, html=f'<p><a href="{LINK}">Read on</a></p>').body
    b.save()
    EmailTemplate.objects.update(updated_at=NOW - timedelta(days=1))
    assert preflight.ask_links(NOW) == 0

    Campaign.objects.update(status=CampaignStatus.SCHEDULED, start_at=NOW)
    assert preflight.ask_links(NOW) == 1
    Campaign.objects.update(status=CampaignStatus.DRAFT)
    LinkCheck.objects.update(verdict=Verdict.DEAD, reason="gone", checked_at=NOW, due_at=None)
    dead = [one for one in preflight.of_campaign(letter, NOW).blocking if one.code == "link_dead"]
    assert [(one.where, one.block, one.email) for one in dead] == [("B, Block 1 (text)", "aaaaaaaa", b.pk)]
    assert preflight.ask_again(letter, NOW + MINUTE) == 1
