"""Standing words that layouts and blocks share between their HTML and text twins."""

from django.utils.translation import gettext as _

from newsletter.content.models import EmailKind, Topic


def red_flags() -> list[str]:
    """The signs that cannot wait for a consultation."""
    return [
        _("Weakness or numbness in both legs, or pain down both legs"),
        _("Numbness around the genitals, groin or inner thighs"),
        _("Trouble starting or controlling your bladder or bowels"),
        _("Weakness that gets worse"),
        _("Fever or unexplained weight loss along with back pain"),
        _("Pain after a serious fall or accident"),
    ]


def reason(kind: str, topic: str, key: str | None, clinic: str) -> str:
    """Why the reader gets this email."""
    if kind == EmailKind.TRANSACTIONAL:
        return _transactional_reason(key or "") % {"clinic": clinic}
    if topic == Topic.COURSE:
        return _("You get this letter because you agreed to receive the course by email from %(clinic)s.") % {
            "clinic": clinic,
        }
    return _("You get this because you agreed to receive email from %(clinic)s.") % {"clinic": clinic}


def booked(topic: str) -> str:
    """What a reader who has booked is asked to do."""
    return _("Tell us, and these letters stop") if topic == Topic.COURSE else _("Tell us")


def _transactional_reason(key: str) -> str:
    if key == "confirmation":
        return _(
            "You get this one email because this address was entered on the website of %(clinic)s. "
            "Without your confirmation no other follows."
        )
    if key == "inquiry-answer":
        return _("You get this email because a question was sent with this address to %(clinic)s.")
    if key.startswith("appointment-"):
        return _("You get this email because a call with %(clinic)s was booked with this address.")
    return _("You get this email because you work, or are invited to work, with %(clinic)s.")
