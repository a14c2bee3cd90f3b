import pytest

from newsletter.webhooks import wording

SITE = "https://harbour.example"


def own(text: str) -> str:
    return wording.own_words(text, site=SITE)


@pytest.mark.parametrize(
    "text",
    [
        "Thursday suits me.\n\nOn Tue, 5 Jan 2027 at 10:00, Dana <dana@harbour.example> wrote:\n\n> Dear Ada\n> Hi",
        "Thursday suits me.\n\nOn Tue, 5 Jan 2027 at 10:00, Dana Reyes\n<dana@harbour.example> wrote:\n> Dear Ada",
        "Thursday suits me.\r\n\r\n-----Original Message-----\r\nFrom: Dana\r\nSubject: Hello\r\n\r\nDear Ada",
        "Thursday suits me.\n________________________________\nFrom: Dana Reyes\nSent: Tuesday\n\nDear Ada",
        "Am 05.01.27 um 10:00 schrieb Dana Reyes:\n> Dear Ada\n> When?\nThursday suits me.\n",
        "> Dear Ada\n> When?\n\nThursday suits me.",
    ],
)
def test_what_is_quoted_goes(text: str) -> None:
    assert own(text) == "Thursday suits me."


def test_what_only_looks_quoted_stays() -> None:
    text = "On Monday it hurt.\nFrom Tuesday on it did not.\nOn the left: nothing."

    assert own(text) == text


def test_links_to_our_site_are_not_kept() -> None:
    text = "I pressed https://harbour.example/u/AQAAAAAB-token and HTTPS://HARBOUR.EXAMPLE/p/x, not https://mail.example/x."

    assert own(text) == "I pressed … and … not https://mail.example/x."


def test_html_becomes_words_without_what_it_quotes_or_runs() -> None:
    html = (
        "<style>p{color:red}</style><script>alert(1)</script><p>Thursday &amp; Friday<br>suit me.</p>"
        "<blockquote type=cite>Dear Ada</blockquote>"
    )

    assert own(wording.from_html(html)) == "Thursday & Friday\nsuit me."


def test_a_huge_mail_is_read_in_no_time() -> None:
    for text in ("On " * 200_000, ">" * 400_000, "a\n" * 200_000, "On x\n" * 80_000, "<blockquote" * 50_000):
        assert len(own(text)) <= wording.LONGEST_READ
        assert len(wording.from_html(text)) <= wording.LONGEST_READ
