"""What an answer means for the delivery: one pure function.

    submitted          it was taken
    retry              not now; costs an attempt
    relay_down         nothing to do with this mail: the relay is away or wants peace; costs no attempt
    refused_recipient  this address does not exist: suppress it
    refused_policy     the relay does not want this mail or us: do not suppress the address
    uncertain          it may have left; nobody knows

A refusal is the recipient's only where an enhanced status names them (OF_THE_RECIPIENT) in the reply to RCPT. A
bare 550 is not enough, nor is 5.1.0: relays also say these, at RCPT, of a sender whom they do not know, and one
wrong setting would suppress everybody.
"""

from enum import StrEnum

from newsletter.deliveries.transport.answers import Answer, Phase


class Verdict(StrEnum):
    SUBMITTED = "submitted"
    RETRY = "retry"
    RELAY_DOWN = "relay_down"
    REFUSED_RECIPIENT = "refused_recipient"
    REFUSED_POLICY = "refused_policy"
    UNCERTAIN = "uncertain"


OPENING = frozenset({Phase.CONNECT, Phase.GREETING, Phase.TLS, Phase.AUTH})
ENVELOPE = frozenset({Phase.MAIL, Phase.RCPT, Phase.DATA})
OF_THE_RECIPIENT = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
"""No such mailbox, host or form of address; moved away; a domain without mail; a mailbox closed (RFC 3463, 7505)."""
CLOSING = 421
HTTP_SLOW_DOWN = 429
HTTP_LATER = frozenset({408, 425, 503})


def classify(answer: Answer) -> Verdict:
    if answer.accepted:
        return Verdict.SUBMITTED
    if answer.accepted is None:
        return Verdict.UNCERTAIN
    if answer.phase in OPENING:
        return Verdict.RELAY_DOWN
    if answer.phase is Phase.REQUEST:
        return _refused_by_provider(answer)
    return _refused_by_relay(answer)


def _refused_by_relay(answer: Answer) -> Verdict:
    if answer.code == CLOSING and answer.phase in ENVELOPE:
        return Verdict.RELAY_DOWN
    if not _is_permanent(answer):
        return Verdict.RETRY
    if answer.phase is Phase.RCPT and _names_the_recipient(answer):
        return Verdict.REFUSED_RECIPIENT
    return Verdict.REFUSED_POLICY


def _refused_by_provider(answer: Answer) -> Verdict:
    if _names_the_recipient(answer):
        return Verdict.REFUSED_RECIPIENT
    if answer.code == HTTP_SLOW_DOWN:
        return Verdict.RELAY_DOWN
    if answer.code in HTTP_LATER:
        return Verdict.RETRY
    return Verdict.REFUSED_POLICY


def _is_permanent(answer: Answer) -> bool:
    if answer.code is not None:
        return answer.code // 100 == 5  # noqa: PLR2004
    return (answer.enhanced or "").startswith("5.")


def _names_the_recipient(answer: Answer) -> bool:
    return answer.enhanced in OF_THE_RECIPIENT
