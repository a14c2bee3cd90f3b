import pytest
from django.db import connection
from django.utils import timezone

from leads.models import Lead
from leads.people import addresses, queries
from tests.factories import people

pytestmark = pytest.mark.django_db


def test_a_lead_is_found_by_address_and_a_broken_address_finds_nobody():
    lead = people.lead("ada@mail.example")

    assert queries.by_address(" ADA@mail.example") == lead
    assert queries.by_address("bob@mail.example") is None
    assert queries.by_address("ada@@") is None


@pytest.fixture
def three():
    return {
        "ada": people.lead("ada@mail.example", first_name="Ada", last_name="King", phone="+14165550123"),
        "jose": people.lead("jc@post.example", first_name="José", last_name="Carreño"),
        "ben": people.lead("ben_100%@mail.example", first_name="Ben", last_name="O'Neill"),
    }


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("king", ["ada"]),
        ("KING ada", ["ada"]),
        ("ada ben", []),
        ("JOSÉ", ["jose"]),
        ("carre", ["jose"]),
        ("416 555-0123", ["ada"]),
        ("(416) 555", ["ada"]),
        ("+1 416", ["ada"]),
        ("mail.example", ["ada", "ben"]),
        ("100%", ["ben"]),
        ("n_1", ["ben"]),
        ("o'neill", ["ben"]),
        ("\x00", ["ada", "ben", "jose"]),
        ("", ["ada", "ben", "jose"]),
    ],
)
def test_every_word_must_occur_in_name_address_or_phone(three, text, names):
    found = set(queries.search(text))

    assert found == {three[name] for name in names}


def test_the_newest_come_first():
    first, second = people.lead(created_at=timezone.now()), people.lead(created_at=timezone.now())

    assert list(queries.search("")) == [second, first]


def test_erased_people_are_not_found():
    people.lead()
    Lead.objects.update(erased_at=timezone.now(), address_key=None, address_hash=None, email="")

    assert list(queries.search("")) == []


def test_searching_reads_the_index_and_not_everybody():
    rows = [
        Lead(
            email=f"p{n}@mail.example",
            address_key=f"p{n}@mail.example",
            address_hash=addresses.digest(f"p{n}"),
            source="sign_up",
        )
        for n in range(3000)
    ]
    Lead.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE leads_lead")
        cursor.execute("SET LOCAL enable_seqscan = off")

    assert "leads_lead_search" in queries.search("p2999@mail").order_by().explain()


def test_notes_come_newest_first_without_a_query_each(django_assert_num_queries):
    lead, staff = people.lead(), people.staff()
    notes = [people.note(lead, staff, text) for text in ("one", "two", "three")]

    with django_assert_num_queries(1):
        found = [(note.text, note.by.name) for note in queries.notes(lead)]

    assert found == [(note.text, staff.name) for note in reversed(notes)]
