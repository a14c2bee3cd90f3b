"""What the words claim, and what a preset left behind in them."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from clinic.models import Clinic
from newsletter.content import marks
from newsletter.content.compile import Compiled
from newsletter.content.compose import Draft
from newsletter.content.findings import Finding
from newsletter.content.lint import claims, said
from newsletter.content.lint.claims import Breach, Rule
from newsletter.content.lint.said import Said

LEFT_OVER = re.compile(r"\[[^\[\]]+\]")


def findings(draft: Draft, profile: Clinic) -> Iterator[Finding]:
    """Words that a clinic must not use, each where it stands; and places left to be filled in."""
    rules = claims.in_force(profile)
    for piece in said.everything(draft):
        for rule in rules:
            yield from (_broken(rule, breach, piece, profile) for breach in _breaches(rule, piece))
        if any(LEFT_OVER.search(reading) for reading in piece.readings):
            why = _("Replace the words in square brackets with your own.")
            yield Finding(piece.where, why, blocking=True, code="left_over", block=piece.block, field=piece.field)


def slipped(draft: Draft, compiled: Compiled, profile: Clinic) -> Iterator[Finding]:
    """What is read only in the finished mail: words of the clinic's own fields, or that blocks make together."""
    known = [words for piece in said.everything(draft) for words in piece.readings]
    finished = Said(_("The finished mail"), _read(compiled))
    for rule in claims.in_force(profile):
        if any(True for words in known for _breach in claims.broken(rule, words)):
            continue
        yield from (_broken(rule, breach, finished, profile) for breach in claims.broken(rule, finished.words))


def _breaches(rule: Rule, piece: Said) -> Iterator[Breach]:
    """Where a piece breaks the rule: as it usually reads, else as it reads with fields that say nothing."""
    for reading in piece.readings:
        found = list(claims.broken(rule, reading))
        if found:
            yield from found
            return


def _broken(rule: Rule, breach: Breach, piece: Said, profile: Clinic) -> Finding:
    is_blocking = rule.is_blocking(profile.jurisdiction)
    sentence = _("“%(word)s” is a word no clinic can use.") if is_blocking else _("Think about “%(word)s” again.")
    return Finding(
        piece.where,
        sentence % {"word": rule.name} + " " + _(rule.why),
        blocking=is_blocking,
        code="claim",
        block=piece.block,
        field=piece.field,
        fix="override" if is_blocking else "",
        rule=rule.key,
        words=breach.words,
        sentence=breach.sentence,
    )


def _read(compiled: Compiled) -> str:
    """The text part and the inbox line as somebody reads them whose fields are all empty."""
    whole = f"{compiled.subject}\n{compiled.preheader}\n{compiled.text}"
    return "".join(part if isinstance(part, str) else part.fallback for part in marks.split(whole))
