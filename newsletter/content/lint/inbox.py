"""What an inbox shows, and others may see over the reader's shoulder: the subject and the preheader."""

import re
from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from clinic.models import Clinic
from newsletter.content import compose
from newsletter.content.compose import Draft
from newsletter.content.findings import Finding
from newsletter.content.lint import claims, said
from newsletter.content.lint.folding import fold, letters_in
from newsletter.content.lint.said import Said

LONG_SUBJECT = 60
CONDITION = "condition_in_inbox"
SHOUTED = 2
"""So many words in capitals are shouting; one may be an abbreviation."""

ANSWERS = re.compile(
    r"(?:\[[^\]]*\] ?)*(?:re|fwd?|aw|wg|tr|sv|vs|rv|antw|doorst) ?(?:[\[(]\d+[\])])? ?:|(?:回复|答复|转发) ?:"
)
"""How mail programs begin the subject of an answer or of something passed on, in the languages around us."""
CAPITALS = re.compile(r"[^\W\d_]{4,}")
MARKS = re.compile(r"[!?]{2,}|!.*!")


def findings(draft: Draft, profile: Clinic) -> Iterator[Finding]:
    subject, preheader = said.lines(draft)
    if not fold(draft.subject).text.strip():
        yield _finding(subject, "subject_missing", _("Write a subject."), blocking=True)
    if draft.is_marketing and not fold(draft.preheader).text.strip():
        why = _("Write a preheader: inboxes show it beside the subject, and the letter's first words otherwise.")
        yield _finding(preheader, "preheader_missing", why)
    yield from _subject(subject)
    for line in (subject, preheader):
        yield from _line(line, profile)


def _subject(line: Said) -> Iterator[Finding]:
    if any(ANSWERS.match(fold(reading).text.strip()) for reading in line.readings):
        why = _("It looks like an answer to a mail that the reader never wrote. That deceives, and is against the law.")
        yield _finding(line, "subject_deceptive", why, blocking=True, fix="strip_re")
    length = letters_in(line.usual)
    if length > LONG_SUBJECT:
        why = _("%(length)s characters: phones cut a subject off after about 40.") % {"length": length}
        yield _finding(line, "subject_long", why)


def _line(line: Said, profile: Clinic) -> Iterator[Finding]:
    yield from _condition(line, profile)
    if compose.speaks_of_free(line.usual):
        why = _("The terms of the free call cannot stand beside this line; speak of the call without “free”.")
        yield _finding(line, "free_without_terms", why)
    shouted = [word for word in CAPITALS.findall(line.usual) if word.isupper()]
    if len(shouted) >= SHOUTED or MARKS.search(line.usual):
        why = _("Capitals and exclamation marks look like advertising, to readers and to spam filters.")
        yield _finding(line, "shouting", why, fix="calm_down")


def _condition(line: Said, profile: Clinic) -> Iterator[Finding]:
    """As a rule of the claims file: where it keeps a mail from going, somebody can say why it need not."""
    named = next((found for reading in line.readings if (found := claims.naming("condition", reading))), None)
    if named is None:
        return
    why = _("“%(word)s” tells everybody who sees the inbox what the reader has. Leave it out here.")
    blocks = claims.profile(profile.jurisdiction).condition_in_subject == claims.BLOCKS
    told = _finding(line, CONDITION, why % {"word": named.words}, blocking=blocks, fix="override" if blocks else "")
    yield replace(told, rule=CONDITION, words=named.words, sentence=named.sentence, quote=named.quote)


def _finding(line: Said, code: str, why: str, *, blocking: bool = False, fix: str = "") -> Finding:
    return Finding(line.where, why, blocking, code=code, field=line.field, fix=fix)
