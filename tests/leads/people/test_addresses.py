import random
import threading

import pytest
from django.db import connection, transaction

from leads.people import addresses
from leads.people.addresses import BadAddress
from tests.factories import people


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Ada@Mail.Example", "ada@mail.example"),
        ("  ada@mail.example\n", "ada@mail.example"),
        ("Ada.Lovelace+clinic@Mail.Example", "ada.lovelace+clinic@mail.example"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ("ada@bu\u0308cher.example", "ada@xn--bcher-kva.example"),
        ("JOSÉ@mail.example", "josé@mail.example"),
    ],
)
def test_an_address_is_compared_by_its_key_however_it_is_written(written, key):
    assert addresses.key(addresses.parse(written)) == key


def test_dots_and_plus_signs_are_the_owners_choice():
    keys = {addresses.key(text) for text in ("a.b@mail.example", "ab@mail.example", "ab+c@mail.example")}

    assert len(keys) == 3


@pytest.mark.parametrize(
    "written",
    [
        "", "ada", "ada@", "@mail.example", "ada@mail", "ada@mail..example", "ada mail@mail.example",
        "ada@mail.example, bob@mail.example", "Ada <ada@mail.example>", "ada@mail.example\r\nBcc: bob@mail.example",
        "ada\x00@mail.example", "ada@mail\u2028.example", "ada@[127.0.0.1]", '"a b"@mail.example', "ada@localhost",
        "a" * 250 + "@mail.example", "İ" * 80 + "@" + ".".join(["ü" * 20] * 4) + ".example",
    ],
)  # fmt: skip
def test_what_is_not_one_address_is_refused(written):
    with pytest.raises(BadAddress):
        addresses.parse(written)


def test_whatever_parses_has_a_key_that_fits_its_column_and_parses_to_itself():
    chance = random.Random(7)
    alphabet = 'aZ.+-_@İßüñ字😀xn--\u202e\x00 \t"(),:;<>[]\\1'
    for _ in range(3000):
        text = "".join(chance.choices(alphabet, k=chance.randrange(1, 40))) + chance.choice(["", "@mail.example"])
        try:
            parsed = addresses.parse(text)
        except BadAddress:
            continue
        assert addresses.parse(parsed) == parsed
        assert len(addresses.key(parsed)) <= 254


def test_a_masked_address_shows_its_first_letter_and_its_domain():
    assert addresses.masked("ada@mail.example") == "a•••@mail.example"
    assert addresses.masked("") == ""


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 5.1.1 <ada.l+x@mail.example>: no such user", "550 5.1.1 <a•••@mail.example>: no such user"),
        ("Key (address_key)=(ada@mail.example) already exists", "Key (address_key)=(a•••@mail.example) already exists"),
        ("ädä@mail.example, 'bob@b.example'", "ä•••@mail.example, 'b•••@b.example'"),
        ("queued as 4F2 @ 12:00", "queued as 4F2 @ 12:00"),
        ("a" * 100_000, "a" * 100_000),
    ],
)
def test_what_others_say_is_kept_without_whole_addresses(said, kept):
    assert addresses.masked_in(said) == kept


@pytest.mark.django_db(transaction=True)
def test_the_lock_of_an_address_keeps_others_waiting_until_the_commit():
    digest = addresses.digest("ada@mail.example")
    order = []
    has_lock = threading.Event()

    def second():
        try:
            has_lock.wait(timeout=60)
            with transaction.atomic():
                addresses.lock([digest])
                order.append("second")
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    thread.start()
    with transaction.atomic():
        addresses.lock([digest, None])
        has_lock.set()
        _wait_until_somebody_waits()
        order.append("first")
    thread.join(timeout=60)

    assert order == ["first", "second"]


@pytest.mark.django_db(transaction=True)
def test_a_statement_behind_the_lock_sees_what_was_committed_while_it_waited():
    digest = addresses.digest("ada@mail.example")
    renamed = []
    has_lock = threading.Event()

    def rename():
        try:
            has_lock.wait(timeout=60)
            change = "UPDATE leads_lead SET first_name = %(name)s WHERE email = 'ada@mail.example'"
            renamed.append(addresses.lock_and(digest, change, {"name": "Ada"}))
        finally:
            connection.close()

    thread = threading.Thread(target=rename)
    thread.start()
    with transaction.atomic():
        addresses.lock([digest])
        has_lock.set()
        _wait_until_somebody_waits()
        people.lead("ada@mail.example")
    thread.join(timeout=60)

    assert renamed == [1]


def _wait_until_somebody_waits():
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            if cursor.fetchone() == (1,):
                return
    pytest.fail("nobody waited for the lock")


@pytest.mark.django_db
def test_the_locks_of_people_are_those_of_their_addresses():
    crowd = [people.lead() for _ in range(5)]

    with transaction.atomic():
        addresses.lock_leads([lead.pk for lead in crowd])
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND pid = pg_backend_pid()",
                [addresses.LOCK_CLASS],
            )
            held = {bucket for (bucket,) in cursor.fetchall()}

    assert held == {addresses.bucket(people.hash_of(lead)) for lead in crowd}
