"""Words that a rule forbids and somebody allows: one sentence of one email, with a reason, and back again."""

from datetime import UTC, datetime

import pytest

from accounts.models import AuditEvent, User
from newsletter.content import overrides, queries
from newsletter.content.findings import Finding
from newsletter.models import EmailTemplate, Override
from tests.factories import clinics, mail, people

NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)
REASON = "The word is the name of a street here."


@pytest.fixture
def owner(db) -> User:
    clinics.clinic()
    return people.staff()


def email(html: str = "<p>Meet us at the Cure Street corner. Then ask.</p>", **fields: str) -> EmailTemplate:
    text = {"id": "aaaaaaaa", "type": "text", "text": html}
    button = {"id": "bbbbbbbb", "type": "button", "label": "Ask", "target": "ask"}
    body = {"version": 2, "blocks": [text, button]}
    return mail.email(**{"subject": "Hello", "preheader": "Hello", "body": body, **fields})


def forbidden(of: EmailTemplate) -> list[Finding]:
    return [finding for finding in queries.findings(of) if finding.rule]


def rewrite(of: EmailTemplate, html: str, *, block: str = "aaaaaaaa") -> None:
    of.body["blocks"][0] |= {"text": html, "id": block}
    of.save()


def test_an_override_is_for_its_finding_only_and_is_written_down(owner):
    one, other = email(), email()
    (finding,) = forbidden(one)

    override = overrides.allow(one, finding, reason=f"  {REASON} ", by=owner, now=NOW)

    assert (forbidden(one), len(forbidden(other))) == ([], 1)
    assert (override.rule, override.words, override.reason, override.by) == ("cure", "Cure", REASON, owner)
    event = AuditEvent.objects.get(act="claim.allowed")
    assert (event.subject, event.by) == (f"email:{one.pk}", owner)
    assert event.detail == {
        "rule": "cure",
        "words": "Cure",
        "sentence": "meet us at the cure street corner",
        "where": "Block 1 (text)",
        "reason": REASON,
    }


@pytest.mark.parametrize(
    ("html", "block", "count"),
    [
        ("<p>Meet us at the Cure Street corner. Then write.</p>", "aaaaaaaa", 0),
        ("<p>Hello! Meet us at the <strong>CURE</strong> Street corner.</p>", "aaaaaaaa", 0),
        ("<p>Meet us at the Cure Street corner, our cure.</p>", "aaaaaaaa", 1),
        ("<p>Meet us at the Cure Street corner. We cure.</p>", "aaaaaaaa", 1),
        ("<p>Meet us at the Cure Street corner.</p>", "cccccccc", 1),
        ("<p>Meet us at the Heal Street corner.</p>", "aaaaaaaa", 1),
    ],
)
def test_it_stands_as_long_as_the_sentence_does(owner, html, block, count):
    one = email()
    overrides.allow(one, forbidden(one)[0], reason=REASON, by=owner, now=NOW)

    rewrite(one, html, block=block)

    assert len(forbidden(one)) == count


def test_it_can_be_taken_back_and_given_again(owner):
    one = email()
    (finding,) = forbidden(one)
    override = overrides.allow(one, finding, reason=REASON, by=owner, now=NOW)

    assert overrides.take_back(override, by=owner, now=NOW)
    assert not overrides.take_back(override, by=owner, now=NOW)
    assert forbidden(one) == [finding]
    overrides.allow(one, finding, reason=REASON, by=owner, now=NOW)
    overrides.allow(one, finding, reason=REASON, by=owner, now=NOW)

    assert forbidden(one) == []
    acts = AuditEvent.objects.filter(act__startswith="claim.").order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["claim.allowed", "claim.taken_back", "claim.allowed"]


@pytest.mark.parametrize("reason", ["", "because", " " * 20, "ok.      "])
def test_it_wants_a_reason(owner, reason):
    one = email()

    with pytest.raises(overrides.NoReason):
        overrides.allow(one, forbidden(one)[0], reason=reason, by=owner, now=NOW)
    assert Override.objects.count() == 0


def test_only_what_a_rule_has_found_can_be_allowed(owner):
    one = email(subject="Re: hello")
    deceptive = next(finding for finding in queries.findings(one) if finding.code == "subject_deceptive")

    with pytest.raises(overrides.NoSuchFinding):
        overrides.allow(one, deceptive, reason=REASON, by=owner, now=NOW)
