"""From an admitted row to finished bytes: the frozen revision, made ready once, and the row's own slots."""

import logging

from django.db import InterfaceError, OperationalError

from newsletter import tokens
from newsletter.deliveries import revisions
from newsletter.deliveries.candidates import Candidate
from newsletter.deliveries.gate import Admitted
from newsletter.deliveries.slots import Filled
from newsletter.deliveries.transport.answers import FinishedMail
from newsletter.rendering.copies import Copy
from newsletter.rendering.headers import Unfillable
from newsletter.rendering.letter import NotMailable, Recipient

NOTHING = Filled()

log = logging.getLogger(__name__)


class Unfit(Exception):
    """One mail cannot be rendered; says why. The others of its window go on."""


def finished(row: Candidate, admitted: Admitted) -> FinishedMail:
    """The mail as it leaves; raises Unfit."""
    filled = admitted.filled.get(row.id, NOTHING)
    try:
        letter = revisions.letter(row.revision_id)
        recipient = Recipient(
            delivery_id=row.id,
            token=tokens.sign(row.id),
            message_id=tokens.name(row.id),
            address=row.address,
            sent_at=admitted.at,
            first_name=row.first_name,
            slots=filled.slots,
            attachment=filled.attachment,
        )
        content = letter.fill(recipient)
    except (NotMailable, Unfillable) as problem:
        raise Unfit(str(problem)) from problem
    except (OperationalError, InterfaceError):
        raise  # nothing is wrong with the mail
    except Exception as error:
        log.exception("Delivery %d cannot be rendered", row.id)
        raise Unfit(f"It cannot be rendered: {type(error).__name__}") from error
    return FinishedMail(row.id, letter.sender, row.address, content, Copy(letter, recipient), has_dots=False)
