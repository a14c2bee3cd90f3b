"""The shapes of the links in a delivered mail: a letter for what it does, and the delivery's one token.

A click also says which link it was: /c/<token>/<n>. Unsubscribing is /u/<token>, the mail as a page /v/<token>.
"""

LETTERS = {"click": "c", "unsubscribe": "u", "preferences": "p", "booked": "b", "appointment": "a", "view": "v"}


def prefix(name: str) -> str:
    """What stands before the token in the path of this link."""
    return f"/{LETTERS[name]}/"


def path(name: str, token: str, number: int | None = None) -> str:
    """The path of one link of one delivery."""
    return prefix(name) + token + ("" if number is None else f"/{number}")
