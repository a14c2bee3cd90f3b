from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from newsletter.models import Hold


def test_a_hold_says_who_and_why_until_it_is_released(studio: Client, owner: User) -> None:
    studio.post(reverse("studio:hold_set"), {"reason": "A wrong date in the letter"})
    held = studio.get(reverse("studio:hold"))
    studio.post(reverse("studio:hold_release"))
    flowing = studio.get(reverse("studio:hold"))

    assert "Marketing mail is on hold" in held.text
    assert "A wrong date in the letter" in held.text
    assert "Marketing mail is flowing" in flowing.text
    hold = Hold.objects.get()
    assert (hold.by, hold.released_by) == (owner, owner)
    assert flowing.context["past"] == [hold]
    assert set(AuditEvent.objects.values_list("act", flat=True)) == {"sending.held", "sending.released"}


def test_a_hold_needs_a_reason(studio: Client) -> None:
    page = studio.post(reverse("studio:hold_set"), {"reason": " "})

    assert page.context["form"].errors == {"reason": ["Say in one sentence why."]}
    assert Hold.objects.count() == 0


def test_looking_changes_nothing(studio: Client) -> None:
    assert studio.get(reverse("studio:hold_set")).status_code == 405
    assert studio.get(reverse("studio:hold_release")).status_code == 405
