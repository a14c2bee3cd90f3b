from datetime import timedelta

from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from clinic.clock import database_now
from newsletter.deliveries.standing import holds
from newsletter.deliveries.standing.models import HoldCause, HoldScope
from newsletter.models import Hold, Outcome
from tests.newsletter.deliveries import world


def seen() -> list[int]:
    return [hold.pk for hold in holds.unreleased()]


def test_a_hold_says_who_and_why_until_it_is_released(studio: Client, owner: User) -> None:
    studio.post(reverse("studio:hold_set"), {"reason": "A wrong date in the letter", "scope": "marketing"})
    held = studio.get(reverse("studio:hold"))
    studio.post(reverse("studio:hold_release"), {"skip": "never", "over": "7200", "seen": seen()})
    flowing = studio.get(reverse("studio:hold"))

    assert "Marketing mail is on hold" in held.text
    assert "A wrong date in the letter" in held.text
    assert "Marketing mail is flowing" in flowing.text
    hold = Hold.objects.get()
    assert (hold.by, hold.released_by) == (owner, owner)
    assert flowing.context["past"] == [hold]
    assert set(AuditEvent.objects.values_list("act", flat=True)) == {"sending.held", "sending.released"}


def test_a_hold_needs_a_reason(studio: Client) -> None:
    page = studio.post(reverse("studio:hold_set"), {"reason": " ", "scope": "marketing"})

    assert page.context["form"].errors == {"reason": ["Say in one sentence why."]}
    assert Hold.objects.count() == 0


def test_looking_changes_nothing(studio: Client) -> None:
    assert studio.get(reverse("studio:hold_set")).status_code == 405
    assert studio.get(reverse("studio:hold_release")).status_code == 405


def test_a_hold_of_everything_says_so_on_every_page(studio: Client) -> None:
    studio.post(reverse("studio:hold_set"), {"reason": "A copy for trying things out", "scope": "all"})

    assert "All mail is on hold." in studio.get(reverse("studio:dashboard")).text
    assert Hold.objects.get().scope == HoldScope.ALL


def test_who_releases_sees_what_is_overdue_and_decides(studio: Client) -> None:
    world.plan(world.leads(3), due_at=database_now() - timedelta(hours=3))
    studio.post(reverse("studio:hold_set"), {"reason": "A wrong date", "scope": "marketing"})

    page = studio.get(reverse("studio:hold"))
    decided = {"skip": "3600", "over": "7200", "seen": seen()}
    answer = studio.post(reverse("studio:hold_release"), decided, follow=True)

    assert [(str(line.what), line.count) for line in page.context["overdue"]] == [("Campaign 7", 3)]
    assert page.context["releasing"].initial == {"skip": "never", "over": "7200"}
    assert "3 mails were skipped." in answer.text
    assert Outcome.objects.count() == 3


def test_a_restored_copy_says_what_it_is_and_offers_to_skip_everything(studio: Client) -> None:
    holds.hold_by_itself("A copy.", cause=HoldCause.MOVED, scope=HoldScope.ALL, now=database_now())

    page = studio.get(reverse("studio:hold"))

    assert "Automatic: a restored or copied database" in page.text
    assert page.context["releasing"].initial["skip"] == "0"


def test_a_release_without_a_choice_releases_nothing(studio: Client) -> None:
    studio.post(reverse("studio:hold_set"), {"reason": "A wrong date", "scope": "marketing"})

    page = studio.post(reverse("studio:hold_release"))

    assert page.context["releasing"].errors.keys() == {"skip", "over"}
    assert Hold.objects.filter(released_at__isnull=True).count() == 1


def test_a_hold_that_the_page_has_not_shown_is_shown_and_not_released(studio: Client) -> None:
    studio.post(reverse("studio:hold_set"), {"reason": "A wrong date", "scope": "marketing"})
    (shown,) = seen()
    page = studio.get(reverse("studio:hold"))
    holds.hold_by_itself("A copy.", cause=HoldCause.MOVED, scope=HoldScope.ALL, now=database_now())

    answer = studio.post(
        reverse("studio:hold_release"), {"skip": "never", "over": "7200", "seen": [shown]}, follow=True
    )

    assert f'<input type="hidden" name="seen" value="{shown}">' in page.text
    assert "Nothing was released: there is a hold that you have not seen yet." in answer.text
    assert [hold.reason for hold in answer.context["held"]] == ["A copy.", "A wrong date"]
    assert answer.context["releasing"].initial["skip"] == "0"
    assert len(seen()) == 2
