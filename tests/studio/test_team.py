from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Invitation, Role, User
from clinic.clock import database_now
from tests.factories import stock
from tests.factories.people import PASSWORD, staff
from tests.studio.post_office import leaving, path_in

WANTED = {"name": "Noor Haddad", "email": "Noor@harbour.example", "role": "practitioner"}


@pytest.fixture
def installed(owner: User) -> None:
    stock.mails(database_now())


def invite(studio: Client) -> str:
    """The link in the invitation's mail."""
    studio.post(reverse("studio:invite"), WANTED)
    [(_, mail)] = leaving()
    return path_in(mail, "/studio/welcome/")


def test_an_invited_colleague_chooses_a_password_and_is_in(studio: Client, installed: None) -> None:
    studio.post(reverse("studio:invite"), WANTED)
    [(address, mail)] = leaving()
    browser = Client()

    answer = browser.post(path_in(mail, "/studio/welcome/"), {"name": "Noor Haddad", "password": PASSWORD})

    noor = User.objects.get(email="noor@harbour.example")
    assert address == "noor@harbour.example"
    assert answer.headers["Location"] == reverse("studio:dashboard")
    assert browser.get(reverse("studio:dashboard")).status_code == 200
    assert (noor.role, noor.check_password(PASSWORD)) == (Role.PRACTITIONER, True)


def test_only_a_hash_of_the_link_rests_in_the_database(studio: Client, installed: None) -> None:
    token = invite(studio).rsplit("/", 1)[1]

    stored = bytes(Invitation.objects.get().token_hash or b"")

    assert len(stored) == 32
    assert token.encode() not in stored


def test_an_invitation_works_once(studio: Client, installed: None) -> None:
    link = invite(studio)
    Client().post(link, {"name": "Noor", "password": PASSWORD})

    again = Client().post(link, {"name": "Mallory", "password": "another long password"})

    assert again.status_code == 404
    assert User.objects.get(email="noor@harbour.example").name == "Noor"


def test_an_old_or_withdrawn_invitation_is_over(studio: Client, installed: None) -> None:
    link = invite(studio)
    assert Client().get(link).status_code == 200

    Invitation.objects.update(expires_at=database_now() - timedelta(seconds=1))

    assert Client().get(link).status_code == 404
    assert "This invitation is over" in Client().get(link).text


def test_a_withdrawn_invitation_is_not_mailed_any_more(studio: Client, installed: None) -> None:
    studio.post(reverse("studio:invite"), WANTED)
    studio.post(reverse("studio:invitation_withdraw", args=[Invitation.objects.get().pk]))

    assert leaving() == []


def test_inviting_somebody_again_makes_the_first_link_useless(studio: Client, installed: None) -> None:
    first = invite(studio)
    second = invite(studio)

    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200


def test_nobody_is_invited_who_works_here_already(studio: Client, installed: None) -> None:
    staff(email="noor@harbour.example")

    page = studio.post(reverse("studio:invite"), WANTED)

    assert page.context["form"].errors == {"email": ["Somebody signs in with this address already."]}
    assert Invitation.objects.count() == 0


def test_a_weak_password_is_refused_with_the_reason(studio: Client, installed: None) -> None:
    link = invite(studio)

    page = Client().post(link, {"name": "Noor", "password": "short"})

    assert "password" in page.context["form"].errors
    assert not User.objects.filter(email="noor@harbour.example").exists()


def test_a_role_can_be_changed(studio: Client, owner: User) -> None:
    sam = staff(Role.FRONT_DESK)

    studio.post(reverse("studio:member", args=[sam.pk]), {"role": Role.MANAGER})

    assert User.objects.get(pk=sam.pk).role == Role.MANAGER
    event = AuditEvent.objects.get(act="staff.role_changed")
    assert (event.by, event.detail) == (owner, {"before": "front_desk", "after": "manager"})


def test_the_last_owner_can_neither_step_down_nor_leave(studio: Client, owner: User) -> None:
    page = studio.post(reverse("studio:member", args=[owner.pk]), {"role": Role.MANAGER})
    studio.post(reverse("studio:member_deactivate", args=[owner.pk]))

    assert page.context["form"].errors == {"role": ["Make somebody else an owner first."]}
    assert User.objects.get(pk=owner.pk).role == Role.OWNER
    assert User.objects.get(pk=owner.pk).is_active


def test_ending_somebodys_access_asks_first_and_can_be_taken_back(studio: Client) -> None:
    sam = staff(Role.FRONT_DESK)
    url = reverse("studio:member_deactivate", args=[sam.pk])

    asked = studio.get(url)
    studio.post(url)
    gone = User.objects.get(pk=sam.pk).is_active
    studio.post(reverse("studio:member_reactivate", args=[sam.pk]))

    assert "They are signed out at once" in asked.text
    assert gone is False
    assert User.objects.get(pk=sam.pk).is_active
