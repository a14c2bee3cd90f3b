"""From an admitted row to finished bytes: the frozen revision, made ready once, and the row's own slots."""

import logging
from collections.abc import Iterable

from django.db import InterfaceError, OperationalError

from newsletter import tokens
from newsletter.deliveries.admission import revisions
from newsletter.deliveries.admission.blocks import Holds, Untold
from newsletter.deliveries.admission.candidates import Candidate
from newsletter.deliveries.admission.gate import BEGUN, Admitted
from newsletter.deliveries.admission.slots import Filled
from newsletter.deliveries.transport.answers import FinishedMail
from newsletter.rendering.copies import Copy
from newsletter.rendering.headers import Unfillable
from newsletter.rendering.letter import Letter, NotMailable, Recipient

NOTHING = Filled()

log = logging.getLogger(__name__)


class Unfit(Exception):
    """One mail cannot be rendered; says why. The others of its window go on."""


def of(rows: Iterable[Candidate]) -> dict[int | None, Letter | Exception]:
    """What these mails are made of, or what is wrong with it, by revision: all that needs the database."""
    return {revision_id: _letter(revision_id) for revision_id in {row.revision_id for row in rows}}


def finished(row: Candidate, admitted: Admitted) -> FinishedMail:
    """The mail as it leaves; raises Unfit. Asks the database nothing when `admitted.letters` are there."""
    filled = admitted.filled.get(row.id, NOTHING)
    if row.revision_id not in admitted.letters:
        admitted.letters |= of([row])
    try:
        letter = admitted.letters[row.revision_id]
        if isinstance(letter, Exception):
            raise letter  # noqa: TRY301 - told like whatever else is wrong with a mail
        holds = _holds(row, admitted, letter)
        letter = letter.shown_to(holds)
        recipient = Recipient(
            delivery_id=row.id,
            token=tokens.sign(row.id),
            page=tokens.sign_page(row.id),
            message_id=tokens.name(row.id),
            address=row.address,
            sent_at=admitted.at,
            first_name=row.first_name,
            slots=filled.slots,
            attachment=filled.attachment,
            holds=holds,
        )
        content = letter.fill(recipient)
    except (NotMailable, Unfillable, Untold) as problem:
        raise Unfit(str(problem)) from problem
    except Exception as error:
        log.exception("Delivery %d cannot be rendered", row.id)
        raise Unfit(f"It cannot be rendered: {type(error).__name__}") from error
    return FinishedMail(
        row.id,
        letter.sender,
        row.address,
        content,
        Copy(letter, recipient),
        has_dots=False,
        begin_by=admitted.let_go + BEGUN,
    )


def _holds(row: Candidate, admitted: Admitted, letter: Letter) -> Holds:
    """Which conditions hold for this reader; of a letter that has some it must be known."""
    if not letter.conditions:
        return frozenset()
    found = admitted.shown.get(row.id, Untold("Nobody has asked who sees its blocks."))
    if isinstance(found, Untold):
        raise found
    return found


def _letter(revision_id: int | None) -> Letter | Exception:
    if revision_id is None:
        return NotMailable(["There is no content."])
    try:
        return revisions.letter(revision_id)
    except (OperationalError, InterfaceError):
        raise  # nothing is wrong with the mails
    except Exception as problem:  # noqa: BLE001 - raised again for each mail made of it
        return problem
