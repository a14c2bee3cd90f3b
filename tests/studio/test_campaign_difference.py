from datetime import timedelta

from django.test import Client
from django.urls import reverse

from clinic.clock import database_now
from newsletter.campaigns import audience
from newsletter.campaigns.audience import Share
from newsletter.campaigns.models import Campaign
from tests.factories import mail, people
from tests.factories.people import consent


def planned(joined: int) -> Campaign:
    """Looked at when two would have got it, of whom one left, and planned when so many had joined."""
    now = database_now()
    variant = mail.variant()
    campaign = mail.campaign(email=variant.email)
    leaver = consent().lead
    consent()
    audience.remember(campaign, now)
    leaver.paused_until = now + timedelta(days=9)
    leaver.save()
    for _ in range(joined):
        consent(people.lead())
    audience.plan(campaign, now, [Share(variant.pk)])
    Campaign.objects.filter(pk=campaign.pk).update(status="sending", planned_at=now, planned_count=1 + joined)
    return campaign


def test_the_page_explains_why_it_is_not_the_number_that_was_looked_at(studio: Client) -> None:
    page = studio.get(reverse("studio:campaign", args=[planned(3).pk])).content.decode()

    assert "Why it is not the number that was looked at" in page
    for figure in (">2<", ">+3<", ">-1<", "<strong>4</strong>"):
        assert figure in page
    assert "asked for a pause" in page


def test_where_nothing_differs_nothing_is_explained(studio: Client) -> None:
    now = database_now()
    variant = mail.variant()
    campaign = mail.campaign(email=variant.email, status="sending", planned_at=now)
    consent()
    audience.remember(campaign, now)
    audience.plan(campaign, now, [Share(variant.pk)])

    assert "looked at" not in studio.get(reverse("studio:campaign", args=[campaign.pk])).content.decode()
