"""Whether mailboxes and relays would take the finished mail: what is known only of its bytes."""

from collections.abc import Collection, Iterator

from django.utils.translation import gettext as _

from newsletter.content.compile import Compiled
from newsletter.content.findings import Finding
from newsletter.rendering import letter
from newsletter.rendering.letter import NotMailable


def findings(compiled: Compiled | None, known: Collection[Finding]) -> Iterator[Finding]:
    """What a sender would trip over for every reader; nothing where what is `known` blocks already, and may say why."""
    if compiled is None or any(finding.blocking for finding in known):
        return
    try:
        letter.prepare(compiled)
    except NotMailable as error:
        yield Finding(_("The finished mail"), " ".join(error.problems), blocking=True, code="not_mailable")
