"""A thousand mails over four connections to a relay that errs everywhere, by a seeded chance.

What the client says of each mail is held against the sink's own log. The control sends again whatever was not
accepted, as most senders do, and must mail people twice.
"""

from collections import Counter

import pytest

from newsletter.deliveries.transport.classify import Verdict, classify
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries.transport.world import ListJournal, accepted_keys, client_for, mail

COUNT = 1000
AGAIN = {Verdict.RETRY, Verdict.RELAY_DOWN}
PATIENCE = {"timeout": 0.8, "dot_timeout": 0.8}


def rules(seed, *, pipelining):
    faults = [
        {"at": "rcpt", "reply": "550 5.1.1 nobody", "times": 1},  # what is counted at the end happens at least once
        {"at": "dot", "reply": "554 5.7.1 spam", "times": 1},
        {"at": "banner", "reply": "421 4.3.2 closing", "share": 0.05},
        {"at": "mail", "reply": "451 4.3.0 later", "share": 0.005},
        {"at": "mail", "do": "drop", "share": 0.005},
        {"at": "rcpt", "reply": "550 5.1.1 nobody", "share": 0.01},
        {"at": "rcpt", "reply": "450 4.2.0 later", "share": 0.02},
        {"at": "rcpt", "do": "grant", "reply": "450 4.2.0 later", "share": 0.01},
        {"at": "rcpt", "reply": "421 4.7.0 too many", "share": 0.01},
        {"at": "rcpt", "do": "drop", "share": 0.005},
        {"at": "data", "reply": "451 4.3.0 later", "share": 0.01},
        {"at": "data", "reply": "421 4.3.2 closing", "share": 0.005},
        {"at": "data", "do": "hang", "share": 0.002},
        {"at": "body", "do": "drop", "share": 0.005},
        {"at": "dot", "reply": "451 4.7.0 later", "share": 0.02},
        {"at": "dot", "reply": "421 4.3.2 closing", "share": 0.005},
        {"at": "dot", "reply": "554 5.7.1 spam", "share": 0.005},
        {"at": "dot", "do": "accept_drop", "share": 0.02},
        {"at": "dot", "do": "accept_hang", "share": 0.002},
        {"at": "dot", "do": "drop", "share": 0.005},
        {"at": "dot", "do": "slow", "share": 0.005},
    ]
    return {"seed": seed, "pipelining": pipelining, "faults": faults}


def rounds(sink, resend):
    """Send until nothing is left to send again; yield each round's answers."""
    client = client_for(sink, connections=4, mails_per_connection=50, **PATIENCE)
    left = list(range(1, COUNT + 1))
    while left:
        journal = ListJournal()
        answers = list(client.send([mail(key) for key in left], journal=journal))
        assert sorted(answer.key for answer in answers) == sorted(left)
        assert len(journal.begun) == len(set(journal.begun))
        yield answers
        left = [answer.key for answer in answers if classify(answer) in resend]
    client.close()


@pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "lock-step"])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_answer_agrees_with_what_the_relay_took(seed, pipelining):
    ends = {}
    with SmtpSink(rules(seed, pipelining=pipelining)) as sink:
        for answers in rounds(sink, AGAIN):
            log = Counter(accepted_keys(sink))
            for answer in answers:
                ends[answer.key] = classify(answer)
                if answer.accepted is not None:
                    assert log[answer.key] == int(answer.accepted), answer
        log = Counter(accepted_keys(sink))
        refused = [f"lead{key}@reader.example" for key, end in ends.items() if end is Verdict.REFUSED_RECIPIENT]

        assert set(ends) == set(range(1, COUNT + 1))
        assert max(log.values()) == 1
        assert {key for key, end in ends.items() if end is Verdict.SUBMITTED} <= set(log)
        assert {ends[key] for key in log} <= {Verdict.SUBMITTED, Verdict.UNCERTAIN}
        assert set(Counter(ends.values())) == set(Verdict) - AGAIN
        assert all(sink.offered[recipient] >= 1 for recipient in refused)
        assert sink.spoke_early == 0


def test_every_permanent_refusal_is_offered_once():
    faults = [{"at": "rcpt", "reply": "550 5.1.1 nobody", "share": 0.2}]
    with SmtpSink({"seed": 5, "faults": faults}) as sink:
        answers = [answer for batch in rounds(sink, AGAIN) for answer in batch]

        refused = {classify(answer) for answer in answers if not answer.accepted}
        assert refused == {Verdict.REFUSED_RECIPIENT}
        assert set(sink.offered.values()) == {1}


def test_sending_again_whatever_was_not_accepted_mails_people_twice():
    naive = AGAIN | {Verdict.UNCERTAIN}
    with SmtpSink(rules(1, pipelining=True)) as sink:
        for _ in rounds(sink, naive):
            pass

        assert max(Counter(accepted_keys(sink)).values()) > 1
