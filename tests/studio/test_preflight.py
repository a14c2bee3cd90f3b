"""The rules on a page, words allowed for a reason, and links looked at again."""

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from clinic.models import Clinic
from newsletter.campaigns import preflight
from newsletter.campaigns.experiments import services as experiments
from newsletter.campaigns.experiments.models import What
from newsletter.content.findings import FIXES, Finding
from newsletter.liveness.models import LinkCheck
from newsletter.models import Campaign, EmailTemplate, Outcome, Override
from studio.queries.ways import ways
from tests.factories import mail
from tests.newsletter.campaigns.experiments.tested import SETUP
from tests.studio.campaigns import MINUTE, campaign, fresh, said, url

pytestmark = pytest.mark.usefixtures("readers")
REASON = "The word is the name of a street here."


@pytest.fixture
def daring(owner: User) -> Campaign:
    """A campaign whose words one rule forbids."""
    made = fresh(campaign(owner))
    made.email.body["blocks"][0]["text"] = "<p>Meet us at the Cure Street corner.</p>"
    made.email.save()
    mail.tried(made, owner)
    return made


def finding(of: Campaign) -> Finding:
    (found,) = preflight.of_campaign(of, of.created_at).blocking
    return found


def allow_url(of: Campaign, key: str) -> str:
    return reverse("studio:finding_allow", args=[of.email_id, key])


@pytest.mark.parametrize(
    ("jurisdiction", "said_here", "not_here", "blocking"),
    [
        ("CA", "the rules for: Canada", "CAP Code", False),
        ("UK", "the rules for: United Kingdom", "Canadian Code", True),
    ],
)
def test_the_rules_in_force_are_on_a_page(
    studio: Client, jurisdiction: str, said_here: str, not_here: str, blocking: bool
) -> None:
    Clinic.objects.update(jurisdiction=jurisdiction, practitioner_title="Pain specialist")

    page = studio.get(reverse("studio:claims"))

    rules = page.context["rules"]
    assert (said_here in page.text, not_here in page.text) == (True, False)
    assert "Treatments and clinics are not compared." in page.text
    assert "specialist" not in {rule.key for rule in rules.blocking}
    assert ("acupuncture-for" in {rule.key for rule in rules.blocking}) == blocking
    assert ("acupuncture-for" in {rule.key for rule in rules.advising}) != blocking


def test_forbidden_words_are_allowed_from_their_finding_and_taken_back(studio: Client, daring: Campaign) -> None:
    where = allow_url(daring, finding(daring).key)
    assert where in studio.get(url("campaign_schedule", daring)).text
    asked = studio.get(where)
    assert "Meet us at the Cure Street corner</blockquote>" in asked.text
    assert Override.objects.count() == 0

    answer = studio.post(where, {"reason": REASON})
    page = studio.get(answer["Location"])

    assert answer["Location"] == url("campaign_schedule", daring)
    assert said(page) == ["Allowed, in this sentence of this email, as long as it stands there."]
    assert (REASON in page.text, "Send to 3 people" in page.text) == (True, True)
    assert REASON in studio.get(reverse("studio:claims")).text

    override = Override.objects.get()
    back = studio.post(reverse("studio:override_take_back", args=[override.pk]))
    page = studio.get(back["Location"])
    assert said(page) == ["Taken back. The rule holds again."]
    assert ("Send to 3 people" in page.text, len(preflight.of_campaign(daring, daring.created_at).blocking)) == (
        False,
        1,
    )
    assert [event.act for event in AuditEvent.objects.filter(act__startswith="claim.").order_by("pk")] == [
        "claim.allowed",
        "claim.taken_back",
    ]


@pytest.mark.parametrize("reason", ["", "because"])
def test_without_a_reason_nothing_is_allowed(studio: Client, daring: Campaign, reason: str) -> None:
    page = studio.post(allow_url(daring, finding(daring).key), {"reason": reason})

    assert list(page.context["form"].errors) == ["reason"]
    assert Override.objects.count() == 0


def test_words_that_do_not_stand_there_any_more_cannot_be_allowed(studio: Client, daring: Campaign) -> None:
    answer = studio.post(allow_url(daring, "0" * 32), {"reason": REASON})

    assert said(studio.get(answer["Location"])) == ["These words do not stand there any more, or were allowed already."]
    assert Override.objects.count() == 0


def test_what_other_websites_are_told_is_chosen_for_a_draft(studio: Client, draft: Campaign) -> None:
    page = studio.get(url("campaign_tags", draft))
    wrong = studio.post(url("campaign_tags", draft), {"utm_source": "newsletter", "utm_campaign": "sciatica"})
    answer = studio.post(url("campaign_tags", draft), {"utm_source": "newsletter", "utm_campaign": "winter"})
    draft.refresh_from_db()

    assert (page.status_code, list(wrong.context["form"].errors)) == (200, ["utm_campaign"])
    assert answer["Location"] == url("campaign_schedule", draft)
    assert (draft.utm_source, draft.utm_medium, draft.utm_campaign) == ("newsletter", "", "winter")


def test_links_are_looked_at_again_when_somebody_asks(studio: Client, draft: Campaign, settings) -> None:
    settings.LINK_CHECKS = True
    Clinic.objects.update(booking_url="https://booking.good.test/")
    LinkCheck.objects.create(
        url="https://booking.good.test/", verdict="dead", reason="gone", checked_at=draft.created_at - MINUTE
    )
    page = studio.get(url("campaign_schedule", draft))
    assert "The link https://booking.good.test/ is dead. The page does not exist any more, or never did." in page.text

    answer = studio.post(url("links_check", draft))

    assert said(studio.get(answer["Location"])) == ["1 link is looked at again."]
    assert LinkCheck.objects.get().due_at is not None
    again = studio.post(url("links_check", draft))
    assert said(studio.get(again["Location"])) == ["They were looked at a moment ago, or are being looked at."]


def with_a_test(of: Campaign, by: User, **other: object) -> Campaign:
    """With a test beside it."""
    experiments.set_up(of, replace(SETUP, **other), by=by, now=of.created_at)
    return of


def offered(of: Campaign) -> list[tuple[str, str]]:
    """Each thing that blocks, with the address of every way from it."""
    return [
        (finding.code, way.url)
        for finding in preflight.of_campaign(of, of.created_at).blocking
        for way in ways(finding, of)
    ]


def test_what_is_wrong_with_b_leads_to_b(studio: Client, owner: User, draft: Campaign) -> None:
    with_a_test(draft, owner, what=What.BODY)
    other = EmailTemplate.objects.get(experiment__campaign=draft)
    other.body = {"version": 2, "blocks": [{"id": "bbbbbbbb", "type": "text", "text": "<p>We heal.</p>"}]}
    other.save()
    (key,) = [one.key for one in preflight.of_campaign(draft, draft.created_at).blocking if one.rule]
    allow = reverse("studio:finding_allow", args=[other.pk, key])

    assert offered(draft) == [
        ("claim", reverse("studio:email_edit", args=[other.pk]) + "#bbbbbbbb"),
        ("claim", allow),
        ("experiment_test_missing", url("campaign_ab_test", draft)),
    ]
    for page in ("campaign_schedule", "campaign_ab", "campaign"):
        assert allow in studio.get(url(page, draft)).text

    answer = studio.post(allow, {"reason": REASON})
    assert answer["Location"] == url("campaign_schedule", draft)
    assert [one.code for one in preflight.of_campaign(draft, draft.created_at).blocking] == ["experiment_test_missing"]


def test_a_subject_that_only_b_has_is_mended_on_the_tests_page_or_allowed(
    studio: Client, owner: User, draft: Campaign
) -> None:
    Clinic.objects.update(jurisdiction="US")
    with_a_test(draft, owner, what=What.SUBJECT, words="Pain in the neck, the musical")
    (finding,) = [one for one in preflight.of_campaign(draft, draft.created_at).blocking if one.rule]
    allow = allow_url(draft, finding.key)

    assert (finding.where, finding.code) == ("B, Subject", "condition_in_inbox")
    assert offered(draft)[:2] == [
        ("condition_in_inbox", url("campaign_ab", draft)),
        ("condition_in_inbox", allow),
    ]
    assert "Pain in the neck, the musical" in studio.get(allow).text
    studio.post(allow, {"reason": REASON})
    assert [one.code for one in preflight.of_campaign(draft, draft.created_at).blocking] == ["experiment_test_missing"]


def test_every_fix_leads_somewhere(draft: Campaign) -> None:
    for fix in ["", *FIXES]:
        found = ways(Finding("Somewhere", "Something", blocking=True, fix=fix, rule="cure"), draft)
        assert [way for way in found if not (way.url.startswith("/studio/") and way.label)] == []
        assert found


def test_a_test_mail_on_its_way_is_waited_for_on_the_page(studio: Client, owner: User, draft: Campaign) -> None:
    Outcome.objects.all().delete()
    page = studio.get(url("campaign_schedule", draft))

    assert "The test mail is on its way." in page.text
    assert 'hx-trigger="every 2s"' in page.text
    assert "Send to 3 people" not in page.text
