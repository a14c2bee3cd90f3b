"""From an admitted row to finished bytes: the frozen revision, made ready once, and the row's own slots."""

from newsletter.deliveries.candidates import Candidate
from newsletter.deliveries.gate import Admitted
from newsletter.deliveries.transport.answers import FinishedMail


class Unfit(Exception):
    """One mail cannot be rendered; says why. The others of its window go on."""


def finished(row: Candidate, admitted: Admitted, *, lane: str) -> FinishedMail:
    raise Unfit("no letter yet")
