"""What other websites are told on a click: frozen with the links, kept by the redirect, nowhere in the mail itself."""

import pytest
from django.test import Client

from accounts.models import User
from newsletter import tokens
from newsletter.campaigns import mailing, services
from newsletter.campaigns.models import CampaignStatus
from newsletter.content.services import Wording
from newsletter.deliveries.models import Kind
from newsletter.models import Campaign, Delivery, Variant
from newsletter.rendering.letter import prepare
from tests.factories import clinics, people
from tests.newsletter.campaigns.letters import NOW, campaign, reader, started
from tests.newsletter.rendering.revisions import recipient

TOLD = {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "new hours"}
TARGET = "https://good.test/page?a=1#part"
TAGGED = "https://good.test/page?a=1&utm_source=newsletter&utm_medium=email&utm_campaign=new+hours#part"
WORDS = Wording(
    "New opening hours",
    "From Monday on",
    {
        "version": 2,
        "blocks": [
            {"id": "aaaaaaaa", "type": "text", "text": f'<p>New hours: <a href="{TARGET}">look</a></p>'},
            {"id": "bbbbbbbb", "type": "button", "label": "Book the free call", "target": "call"},
        ],
    },
)


@pytest.fixture
def owner(db) -> User:
    clinics.clinic(booking_url="")
    return people.staff()


def test_what_was_chosen_is_frozen_with_the_links_and_told_on_the_click(owner, client: Client):
    reader()
    made = campaign(owner, WORDS)
    mailing.tell(made, TOLD, by=owner)
    letter = started(made, owner)

    revision = Variant.objects.get(email=letter.email, label="A").current
    delivery = Delivery.objects.get(kind=Kind.CAMPAIGN)
    urls = [link["url"] for link in revision.links]
    content = prepare(revision).fill(recipient())
    answer = client.get(f"/c/{tokens.sign(delivery.pk)}/{urls.index(TAGGED)}", headers={"User-Agent": "Mozilla/5.0"})

    assert [url for url in urls if "utm_" in url] == [TAGGED]
    assert (b"utm_" in content, b"good.test" in content) == (False, False)
    assert (answer.status_code, answer["Location"]) == (302, TAGGED)


def test_a_test_mail_leads_where_the_real_one_does(owner):
    made = campaign(owner, WORDS)
    mailing.tell(made, TOLD, by=owner)

    services.send_test(made.email, to=owner, now=NOW)

    revision = Variant.objects.get(email=made.email, label="test").current
    assert TAGGED in [link["url"] for link in revision.links]


def test_a_condition_is_not_told_whatever_was_stored(owner):
    made = campaign(owner, WORDS)
    Campaign.objects.update(utm_source="newsletter", utm_campaign="sciatica")
    made.refresh_from_db()

    assert mailing.as_mailed(made).tags == (("utm_source", "newsletter"),)


def test_what_is_told_is_chosen_for_a_draft_only(owner):
    made = campaign(owner, WORDS)
    Campaign.objects.update(status=CampaignStatus.SENDING)

    with pytest.raises(mailing.NotEditable):
        mailing.tell(made, TOLD, by=owner)
