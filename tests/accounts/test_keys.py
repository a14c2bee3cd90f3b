from datetime import timedelta

import pytest
from django.test import override_settings

from accounts import keys
from accounts.models import ApiKey, AuditEvent, Role
from clinic.clock import database_now
from tests.factories import people


@pytest.fixture
def made(db) -> tuple[ApiKey, str]:
    return keys.make("The booking system", by=people.staff(Role.OWNER), now=database_now())


def test_only_a_hash_of_the_key_rests_in_the_database(made: tuple[ApiKey, str]) -> None:
    secret = made[1]

    stored = ApiKey.objects.values().get()

    assert len(bytes(stored["secret_hash"])) == 32
    assert secret.encode() not in bytes(stored["secret_hash"])
    assert [value for value in stored.values() if isinstance(value, str) and value in secret] == [secret[-4:]]
    assert secret not in str(AuditEvent.objects.values_list("detail"))


def test_the_hash_is_a_keyed_one(made: tuple[ApiKey, str]) -> None:
    with override_settings(ADDRESS_PEPPER=b"another pepper, as long as it has to be"):
        assert keys.holder(made[1]) is None

    assert keys.holder(made[1]) == made[0]


def test_two_keys_are_never_alike(made: tuple[ApiKey, str]) -> None:
    _key, other = keys.make("The booking system", by=made[0].created_by, now=database_now())

    assert other != made[1]
    assert keys.holder(other) != keys.holder(made[1])


def test_a_revoked_key_has_no_holder_and_is_revoked_once(made: tuple[ApiKey, str]) -> None:
    key, secret = made
    by, now = key.created_by, database_now()

    assert [keys.revoke(key, by=by, now=now), keys.revoke(key, by=by, now=now + timedelta(hours=1))] == [True, False]
    assert keys.holder(secret) is None
    assert ApiKey.objects.get().revoked_at == now
    trail = AuditEvent.objects.order_by("pk").values_list("act", "subject", "by", "detail")
    assert list(trail) == [
        (act, f"key:{key.pk}", by.pk, {"name": "The booking system"}) for act in ("key.made", "key.revoked")
    ]


def test_those_that_work_are_named_first_then_the_newest(made: tuple[ApiKey, str]) -> None:
    by, now = made[0].created_by, database_now()
    keys.make("Newer", by=by, now=now)
    gone, _secret = keys.make("Gone", by=by, now=now)
    keys.revoke(gone, by=by, now=now)

    assert [key.name for key in keys.every()] == ["Newer", "The booking system", "Gone"]


@pytest.mark.parametrize("secret", ["", "meridian_", "\x00", "\ud800", "é" * 1000])
def test_whatever_is_no_key_has_no_holder(made: tuple[ApiKey, str], secret: str) -> None:
    assert keys.holder(secret) is None
