"""What only some readers see, on the lanes of providers: nobody's request has another's block."""

import json
from urllib.parse import parse_qs

import pytest
from django.core.mail import mailers

from newsletter.content import marks
from newsletter.deliveries.transport import providers
from newsletter.deliveries.transport.clerk import Clerk, form_for
from newsletter.rendering.letter import prepare
from tests.newsletter.deliveries.transport import letters
from tests.newsletter.deliveries.transport.test_forms import MAILERS, built
from tests.newsletter.rendering.revisions import NAME, UNSUBSCRIBE, frozen

CONDITIONS = [{"name": "has_phone", "value": "", "not": False}, {"name": "booked", "value": "", "not": True}]
BLOCKS = ("FirstBlock", "SecondBlock")
FOOT = f'<a href="{UNSUBSCRIBE}">leave</a> 12 Quay Street'
SETS = [frozenset(), frozenset({0}), frozenset({1}), frozenset({0, 1})]


def letter():
    blocks = [f"{marks.opening(n)}<p>{word} for {NAME}</p>{marks.closing(n)}" for n, word in enumerate(BLOCKS)]
    texts = [f"{marks.opening(n)}{word} for {NAME}\n\n{marks.closing(n)}" for n, word in enumerate(BLOCKS)]
    return prepare(
        frozen(
            html=f"<p>Hello</p>{''.join(blocks)}{FOOT}\n",
            text=f"Hello\n\n{''.join(texts)}leave: {UNSUBSCRIBE}\n12 Quay Street\n",
            conditions=CONDITIONS,
        )
    )


def mails(count: int):
    """Readers for whom this and that holds, in turn."""
    of = letter()
    return [letters.mail(n + 1, of=of.shown_to(SETS[n % 4]), holds=SETS[n % 4]) for n in range(count)]


def expected(mail) -> set[str]:
    return {BLOCKS[number] for number in mail.made_of.recipient.holds}


def said(words: str) -> set[str]:
    return {word for word in BLOCKS if word in words}


@pytest.fixture
def desk(settings):
    settings.MAILERS = MAILERS

    def at(name):
        mailer = mailers[name]
        return mailer, form_for(mailer, providers.of(mailer))

    return at


@pytest.mark.parametrize("name", ["postmark", "resend", "brevo"])
def test_each_whole_message_has_its_readers_blocks_and_no_others(desk, name):
    mailer, form = desk(name)

    for mail in mails(8):
        item = form.item(mail)
        assert said(item) == expected(mail)
        assert said(json.dumps(built(mailer, mail))) == expected(mail)


@pytest.mark.parametrize("name", list(MAILERS))
def test_whoever_shares_a_request_is_told_only_what_holds_for_them(desk, name):
    _mailer, form = desk(name)
    clerk = Clerk(mails(40), form, at_once=20)
    seen = []

    while (call := clerk.next()) is not None:
        body = call.request.payload.serialize_data().decode()
        if name == "mailgun":
            assert len({mail.made_of.recipient.holds for mail in call.mails}) == 1
            assert said(json.dumps(parse_qs(body))) == expected(call.mails[0])
        for item, mail in zip(_items(body), call.mails, strict=True) if name in {"postmark", "resend"} else ():
            assert said(json.dumps(item)) == expected(mail)
        seen += call.keys

    assert sorted(seen) == list(range(1, 41))


def _items(body: str) -> list:
    found = json.loads(body)
    return found if isinstance(found, list) else [found]
