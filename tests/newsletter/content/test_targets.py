import pytest
from django.urls import Resolver404, resolve

from newsletter.content import targets
from newsletter.content.targets import Target

BOOKING_URL = "https://booking.harbour.example/visits"
NOTHING: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    "target", ["call", "direct", "ask", "article", "nerve-map", "https://www.nice.org.uk/guidance/ng59?a=b#c"]
)
def test_goals_pages_and_web_addresses_are_fine(target: str) -> None:
    assert targets.problem(target, NOTHING) is None


def test_an_apostrophe_is_part_of_an_address() -> None:
    assert targets.problem("https://en.example.org/wiki/Alzheimer's_disease", NOTHING) is None


def test_the_sites_own_address_needs_no_https_while_somebody_develops(settings) -> None:
    settings.DEBUG, settings.PUBLIC_URL = True, "http://127.0.0.1:8100"

    assert targets.problem("http://127.0.0.1:8100", NOTHING) is None
    assert targets.problem("http://127.0.0.1:8100/sciatica", NOTHING) is None
    assert targets.problem("http://127.0.0.1:81000/", NOTHING) is not None
    assert targets.problem('http://127.0.0.1:8100/"onclick="', NOTHING) is not None
    settings.DEBUG = False
    assert targets.problem("http://127.0.0.1:8100/sciatica", NOTHING) is not None


@pytest.mark.parametrize(
    "target",
    [
        "",
        "unsubscribe",
        "http://harbour.example",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "mailto:desk@harbour.example",
        "//harbour.example",
        "/book",
        "https://",
        "https://localhost",
        "https://user:secret@harbour.example",
        "https://slot.invalid/unsubscribe",
        "https://harbour.example/ a",
        'https://harbour.example/"onclick="alert(1)',
        "https://harbour.example/{{ first_name|x }}",
        "https://harbour.example/\u202e",
        "https://[bad",
        "https://harbour.example/" + "x" * 500,
    ],
)
def test_everything_else_leads_nowhere(target: str) -> None:
    assert targets.problem(target, NOTHING) is not None


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("", "has no address"),
        ("http://harbour.example", "is not safe"),
        ("mailto:desk@harbour.example", "Write the number or address as words"),
        ("tel:+14165550134", "Write the number or address as words"),
        ("www.harbour.example", "“www.harbour.example” leads nowhere. Choose a page from the menu"),
    ],
)
def test_why_a_link_cannot_lead_there_is_said_in_words(target: str, said: str) -> None:
    assert said in (targets.problem(target, NOTHING) or "")


def test_the_recipients_own_links_are_fine_where_they_mean_something() -> None:
    marketing = frozenset(targets.own("step", "course-21"))

    assert targets.problem("unsubscribe", marketing) is None
    assert targets.problem("confirm", marketing) is not None
    assert targets.problem("confirm", frozenset(targets.own("transactional", "confirmation"))) is None


@pytest.mark.parametrize(
    ("target", "booking_url", "resolved"),
    [
        ("call", BOOKING_URL, Target("/book", "call")),
        ("ask", BOOKING_URL, Target("/ask", "ask")),
        ("direct", BOOKING_URL, Target(BOOKING_URL, "direct")),
        ("direct", "", Target("/ask", "ask")),
        ("nerve-map", "", Target("/sciatica#nerve-map", "page")),
        ("https://x.example/", "", Target("https://x.example/", "page")),
    ],
)
def test_a_target_is_where_the_click_leads(target: str, booking_url: str, resolved: Target) -> None:
    assert targets.resolve(target, booking_url=booking_url) == resolved


@pytest.mark.parametrize("page", targets.PAGES.values())
def test_the_site_has_every_page_that_a_mail_leads_to(page: str) -> None:
    path = page.partition("#")[0]

    try:
        resolve(path)
    except Resolver404:
        pytest.fail(f"no page at {path}")
