from datetime import timedelta

import pytest

from newsletter.tracking.labels import IN_A_BURST, Seen, judge
from newsletter.tracking.models import ClickLabel

SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile Safari/604.1"
MINUTE = timedelta(minutes=1)


def label(method: str = "GET", agent: str = SAFARI, since: timedelta | None = MINUTE, links: int = 1) -> ClickLabel:
    return judge(Seen(method, agent), since_submitted=since, links_in_burst=links).label


def test_a_browser_some_time_after_the_mail_left_is_a_person():
    assert label() == ClickLabel.PERSON


def test_asking_for_the_headers_only_is_a_scanner():
    assert label(method="HEAD") == ClickLabel.SCANNER


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 BarracudaSentinel (EE)",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0",
        "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
        "python-requests/2.32",
        "curl/8.5.0",
        "Go-http-client/2.0",
    ],
)
def test_what_names_itself_a_program_is_a_scanner(agent: str):
    assert label(agent=agent) == ClickLabel.SCANNER


def test_a_phone_whose_maker_ends_in_bot_is_a_person():
    assert (
        label(agent="Mozilla/5.0 (Linux; Android 14; CUBOT P80) AppleWebKit/537.36 Chrome/120.0") == ClickLabel.PERSON
    )


def test_two_seconds_after_the_mail_left_is_the_border():
    assert label(since=timedelta(seconds=1.99)) == ClickLabel.SCANNER
    assert label(since=timedelta(seconds=2)) == ClickLabel.PERSON


def test_three_links_at_once_are_the_border():
    assert label(links=2) == ClickLabel.PERSON
    assert judge(Seen("GET", SAFARI), since_submitted=MINUTE, links_in_burst=3) == IN_A_BURST


def test_no_agent_or_no_word_of_the_mails_leaving_is_unknown():
    assert label(agent="") == ClickLabel.UNKNOWN
    assert label(since=None) == ClickLabel.UNKNOWN
