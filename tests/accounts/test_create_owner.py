from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent, Role, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch):
    """Standard input with this password on its first line."""
    return lambda password: monkeypatch.setattr("sys.stdin", StringIO(f"{password}\n"))


def test_the_first_owner_can_sign_in_afterwards(typed) -> None:
    typed("three slow herons wade")

    call_command("create_owner", "Dana@Harbour.example", "Dana Reyes", stdout=StringIO())

    owner = User.objects.get()
    assert (owner.email, owner.role, owner.name) == ("dana@harbour.example", Role.OWNER, "Dana Reyes")
    assert owner.check_password("three slow herons wade")
    event = AuditEvent.objects.get()
    assert (event.act, event.by) == ("staff.created", None)


def test_a_weak_password_creates_nobody(typed) -> None:
    typed("short")

    with pytest.raises(CommandError, match="at least 12 characters"):
        call_command("create_owner", "dana@harbour.example", "Dana")
    assert User.objects.count() == 0


def test_a_broken_address_creates_nobody(typed) -> None:
    typed("three slow herons wade")

    with pytest.raises(CommandError, match="valid email"):
        call_command("create_owner", "dana", "Dana")
    assert User.objects.count() == 0


def test_an_address_that_signs_in_already_is_named(typed) -> None:
    User.objects.create_user("dana@harbour.example", "three slow herons wade", name="G")
    typed("three slow herons wade")

    with pytest.raises(CommandError, match="signs in here already"):
        call_command("create_owner", "DANA@harbour.example", "Dana")
