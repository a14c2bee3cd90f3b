"""The shapes of the links in a delivered mail: a letter for what it does, and the delivery's one token.

A click also says which link it was: /c/<token>/<n>. Unsubscribing is /u/<token>; the mail as a page is /v/<token>,
with a token of its own. Two pages are nobody's: where the page of a mail leads instead of doing what only its reader
may, and where a test mail leads instead of confirming, inviting or setting a password.
"""

LETTERS = {"click": "c", "unsubscribe": "u", "preferences": "p", "booked": "b", "appointment": "a", "view": "v"}


ONLY_IN_THE_MAIL = "/only-in-the-email"
FROM_A_TEST = "/from-a-test"


def prefix(name: str) -> str:
    """What stands before the token in the path of this link."""
    return f"/{LETTERS[name]}/"


def path(name: str, token: str, number: int | None = None) -> str:
    """The path of one link of one delivery."""
    return prefix(name) + token + ("" if number is None else f"/{number}")
