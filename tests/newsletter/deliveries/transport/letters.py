"""Mails that are made of a letter, for the provider lanes: each knows its recipient's words as well as its bytes."""

from functools import lru_cache

from newsletter.content import marks
from newsletter.deliveries.transport.answers import FinishedMail
from newsletter.rendering.copies import Copy
from newsletter.rendering.letter import Letter, prepare
from tests.newsletter.rendering.revisions import NAME, UNSUBSCRIBE, frozen, recipient

SUBJECT = f"{NAME}, a quiet hour"
CLICKS = "".join(f'<p><a href="{marks.link("click", number)}">Grüezi {number}</a></p>\n' for number in range(4))


@lru_cache(maxsize=8)
def letter(subject: str = SUBJECT, extra: str = "") -> Letter:
    foot = f'<a href="{UNSUBSCRIBE}">leave</a> 12 Quay Street'
    return prepare(
        frozen(
            subject=subject,
            html=f"<p>Hello {NAME}, 50 % off &amp; more {extra}</p>\n{CLICKS}{foot}\n",
            text=f"Hello {NAME},\n50 % off & more {extra}\n.a dot\nleave: {UNSUBSCRIBE}\n12 Quay Street\n",
        )
    )


def mail(key: int, name: str = "", *, address: str = "", of: Letter | None = None, **fields: object) -> FinishedMail:
    """The mail to one reader of the letter."""
    of = of or letter()
    address = address or f"lead{key}@reader.example"
    who = recipient(
        delivery_id=key,
        token=f"t{key:021d}",
        message_id=f"m{key:021d}",
        address=address,
        first_name=name or f"Lead {key}",
        **fields,
    )
    return FinishedMail(key, of.sender, address, of.fill(who), Copy(of, who))


def mails(count: int, **fields: object) -> list[FinishedMail]:
    return [mail(key, **fields) for key in range(1, count + 1)]
