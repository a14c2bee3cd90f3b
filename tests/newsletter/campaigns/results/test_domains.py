import pytest

from newsletter.campaigns.results.domains import Mailboxes, grouped, provider


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("gmail.com", "Gmail"),
        ("googlemail.com", "Gmail"),
        ("outlook.com", "Outlook"),
        ("hotmail.co.uk", "Outlook"),
        ("live.ca", "Outlook"),
        ("yahoo.com.au", "Yahoo"),
        ("me.com", "iCloud"),
        ("me.example", "me.example"),
        ("gmail.harbour.example", "gmail.harbour.example"),
        ("harbour.example", "harbour.example"),
        ("", ""),
    ],
)
def test_one_provider_has_many_domains(domain, expected):
    assert provider(domain) == expected


def names(*found: tuple[str, int]) -> list[tuple[str, int]]:
    return [(one.name, one.people) for one in grouped(Mailboxes(name, people) for name, people in found)]


def test_the_most_people_come_first_and_a_providers_domains_are_one_line():
    found = names(("gmail.com", 7), ("harbour.example", 9), ("googlemail.com", 3))

    assert found == [("Gmail", 10), ("harbour.example", 9)]


def test_fewer_than_five_are_among_the_others_and_five_are_not():
    assert names(("a.example", 5), ("b.example", 4), ("c.example", 3)) == [("a.example", 5), ("", 7)]


def test_others_who_would_be_too_few_themselves_take_the_smallest_line_with_them():
    assert names(("gmail.com", 9), ("a.example", 6), ("b.example", 2)) == [("Gmail", 9), ("", 8)]
    assert names(("b.example", 2)) == [("", 2)]


def test_people_without_an_address_are_always_among_the_others():
    assert names(("gmail.com", 9), ("", 12)) == [("Gmail", 9), ("", 12)]


def test_every_column_adds_up():
    (gmail,) = grouped([Mailboxes("gmail.com", 5, 4, 3, 2, 1), Mailboxes("googlemail.com", 50, 40, 30, 20, 10)])

    assert gmail == Mailboxes("Gmail", 55, 44, 33, 22, 11)


def test_nobody_is_no_line():
    assert grouped([]) == []
