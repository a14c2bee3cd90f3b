import pytest

from newsletter.deliveries.transport.answers import Answer, Phase
from newsletter.deliveries.transport.classify import Verdict, classify

OPENING = [Phase.CONNECT, Phase.GREETING, Phase.TLS, Phase.AUTH]
BEFORE_THE_BODY = [Phase.MAIL, Phase.RCPT, Phase.DATA]

RELAY = [
    # phase, accepted, code, enhanced, error, verdict
    (Phase.DOT, True, 250, "2.0.0", None, Verdict.SUBMITTED),
    (Phase.DOT, None, None, None, "EOFError", Verdict.UNCERTAIN),
    (Phase.DOT, None, None, None, "TimeoutError", Verdict.UNCERTAIN),
    (Phase.DOT, None, 354, None, None, Verdict.UNCERTAIN),
    (Phase.BODY, None, 250, None, None, Verdict.UNCERTAIN),
    (Phase.BODY, False, None, None, "ConnectionResetError", Verdict.RETRY),
    (Phase.MAIL, False, None, None, "EOFError", Verdict.RETRY),
    (Phase.RCPT, False, None, None, "EOFError", Verdict.RETRY),
    (Phase.DATA, False, None, None, "TimeoutError", Verdict.RETRY),
    (Phase.MAIL, False, 451, "4.3.0", None, Verdict.RETRY),
    (Phase.RCPT, False, 450, "4.2.0", None, Verdict.RETRY),
    (Phase.RCPT, False, 450, "4.1.1", None, Verdict.RETRY),
    (Phase.DATA, False, 452, None, None, Verdict.RETRY),
    (Phase.DATA, False, 250, None, None, Verdict.RETRY),
    (Phase.DOT, False, 451, "4.7.0", None, Verdict.RETRY),
    (Phase.DOT, False, 421, "4.4.2", None, Verdict.RETRY),
    (Phase.BODY, False, 421, None, None, Verdict.RETRY),
    (Phase.RCPT, False, 550, "5.1.1", None, Verdict.REFUSED_RECIPIENT),
    (Phase.RCPT, False, 553, "5.1.2", None, Verdict.REFUSED_RECIPIENT),
    (Phase.RCPT, False, 501, "5.1.3", None, Verdict.REFUSED_RECIPIENT),
    (Phase.RCPT, False, 550, "5.1.10", None, Verdict.REFUSED_RECIPIENT),
    (Phase.RCPT, False, 550, "5.2.1", None, Verdict.REFUSED_RECIPIENT),
    (Phase.RCPT, False, None, "5.1.3", "Unsendable", Verdict.REFUSED_RECIPIENT),
    (Phase.RCPT, False, 550, "5.1.8", None, Verdict.REFUSED_POLICY),
    (Phase.RCPT, False, 550, "5.1.0", None, Verdict.REFUSED_POLICY),  # Postfix, of a sender that it does not know
    (Phase.RCPT, False, 550, None, None, Verdict.REFUSED_POLICY),
    (Phase.RCPT, False, 554, "5.7.1", None, Verdict.REFUSED_POLICY),
    (Phase.RCPT, False, 550, "5.3.0", None, Verdict.REFUSED_POLICY),
    (Phase.RCPT, False, 552, "5.2.2", None, Verdict.REFUSED_POLICY),
    (Phase.RCPT, False, None, "5.6.7", "Unsendable", Verdict.REFUSED_POLICY),
    (Phase.MAIL, False, None, "5.3.4", "Unsendable", Verdict.REFUSED_POLICY),
    (Phase.MAIL, False, 550, "5.1.1", None, Verdict.REFUSED_POLICY),
    (Phase.DATA, False, 554, "5.7.1", None, Verdict.REFUSED_POLICY),
    (Phase.BODY, False, 552, None, None, Verdict.REFUSED_POLICY),
    (Phase.DOT, False, 550, "5.7.1", None, Verdict.REFUSED_POLICY),
    (Phase.DOT, False, 554, None, None, Verdict.REFUSED_POLICY),
    *[(phase, False, 421, "4.3.2", None, Verdict.RELAY_DOWN) for phase in OPENING + BEFORE_THE_BODY],
    *[(phase, False, 554, "5.7.1", None, Verdict.RELAY_DOWN) for phase in OPENING],
    *[(phase, False, None, None, "OSError", Verdict.RELAY_DOWN) for phase in OPENING],
]

PROVIDER = [
    # accepted, code, enhanced, error, verdict
    (True, 200, None, None, Verdict.SUBMITTED),
    (None, 500, None, "BadResponse", Verdict.UNCERTAIN),
    (None, 502, None, "BadResponse", Verdict.UNCERTAIN),
    (None, 200, None, "BadResponse", Verdict.UNCERTAIN),
    (None, None, None, "ReadTimeout", Verdict.UNCERTAIN),
    (False, 422, "5.1.1", None, Verdict.REFUSED_RECIPIENT),
    (False, 200, "5.7.0", None, Verdict.REFUSED_POLICY),
    (False, 400, None, None, Verdict.REFUSED_POLICY),
    (False, 401, None, None, Verdict.REFUSED_POLICY),
    (False, 402, None, None, Verdict.REFUSED_POLICY),
    (False, 403, None, None, Verdict.REFUSED_POLICY),
    (False, 413, None, None, Verdict.REFUSED_POLICY),
    (False, 422, None, None, Verdict.REFUSED_POLICY),
    (False, None, None, "AnymailUnsupportedFeature", Verdict.REFUSED_POLICY),
    (False, 408, None, None, Verdict.RETRY),
    (False, 503, None, None, Verdict.RETRY),
    (False, 429, None, None, Verdict.RELAY_DOWN),
]


@pytest.mark.parametrize("row", RELAY, ids=str)
def test_a_relays_answer_means_what_the_table_says(row):
    phase, accepted, code, enhanced, error, verdict = row

    assert classify(Answer(1, phase, accepted, code, enhanced, "words", error)) is verdict


@pytest.mark.parametrize("row", PROVIDER, ids=str)
def test_a_providers_answer_means_what_the_table_says(row):
    accepted, code, enhanced, error, verdict = row

    assert classify(Answer(1, Phase.REQUEST, accepted, code, enhanced, "words", error)) is verdict


@pytest.mark.parametrize("phase", Phase)
def test_what_was_not_answered_is_uncertain_in_every_phase(phase):
    assert classify(Answer(1, phase, accepted=None)) is Verdict.UNCERTAIN


@pytest.mark.parametrize("phase", Phase)
def test_a_no_is_never_submitted_or_uncertain(phase):
    verdicts = {classify(Answer(1, phase, accepted=False, code=code)) for code in [None, *range(400, 600)]}

    assert verdicts & {Verdict.SUBMITTED, Verdict.UNCERTAIN} == set()
