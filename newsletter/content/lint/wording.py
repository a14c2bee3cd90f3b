"""What the words claim, and what a preset left behind in them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from clinic.models import Clinic
from newsletter.content import marks
from newsletter.content.compile import Compiled
from newsletter.content.compose import Draft
from newsletter.content.findings import Finding
from newsletter.content.lint import claims, said
from newsletter.content.lint.claims import Breach, Rule
from newsletter.content.lint.said import Said
from newsletter.content.models import EmailKind

LEFT_OVER = re.compile(r"\[(?!\d+\])[^\[\]]+\]")
"""A number in brackets is a footnote's."""
TESTIMONIAL = "testimonial"


def findings(draft: Draft, profile: Clinic) -> Iterator[Finding]:
    """Words that a clinic must not use, each where it stands; and places left to be filled in, but in a preset."""
    rules, names = claims.in_force(profile), claims.names_of(profile)
    for piece in said.everything(draft):
        for rule in rules:
            yield from (_broken(rule, breach, piece, profile) for breach in _breaches(rule, piece, names))
        if draft.kind != EmailKind.PRESET and any(LEFT_OVER.search(reading) for reading in piece.readings):
            why = _("Replace the words in square brackets with your own.")
            yield Finding(piece.where, why, blocking=True, code="left_over", block=piece.block, field=piece.field)
    yield from _patients(draft, rules, profile)


def slipped(draft: Draft, compiled: Compiled, profile: Clinic) -> Iterator[Finding]:
    """What is read only in the finished mail: words of the clinic's own fields, or that fields make together.

    A sentence that stands in the document is known by its words. Where a link stands in it, the finished one differs:
    so of those that are not known again only so many count as are more than the document has.
    """
    names, pieces = claims.names_of(profile), list(said.everything(draft))
    finished = Said(_("The finished mail"), _read(compiled))
    for rule in claims.in_force(profile):
        known = {breach.sentence for piece in pieces for breach in _breaches(rule, piece, names)}
        found = list(claims.broken(rule, finished.words, names))
        missing = len(known - {breach.sentence for breach in found})
        new = [breach for breach in found if breach.sentence not in known]
        for breach in new[missing:]:
            yield _told_by(rule, breach, finished, profile)


def _told_by(rule: Rule, breach: Breach, finished: Said, profile: Clinic) -> Finding:
    """Where the clinic's own words say it, they are what to mend."""
    for where, words, fix in _of_the_clinic(profile):
        if any(True for _breach in claims.broken(rule, words)):
            return replace(_broken(rule, breach, replace(finished, where=where), profile), fix=fix)
    return _broken(rule, breach, finished, profile)


def _of_the_clinic(profile: Clinic) -> Iterator[tuple[str, str, str]]:
    own = (profile.insurance_note, profile.first_visit_price, profile.free_call_terms, profile.practitioner_title)
    yield _("The clinic's profile"), "\n\n".join((*own, profile.sender_name)), "open_profile"
    branded = (profile.footer_text, profile.signature_title, profile.signature_name)
    yield _("The brand page"), "\n\n".join(branded), "open_brand"


def _patients(draft: Draft, rules: Iterable[Rule], profile: Clinic) -> Iterator[Finding]:
    """A quote that a patient has signed is a patient's story, whatever it says."""
    rule = next((rule for rule in rules if rule.key == TESTIMONIAL), None)
    for piece in said.body(draft) if rule else ():
        signed = claims.naming("patients", piece.usual) if piece.field == "who" else None
        if rule and signed:
            yield _broken(rule, signed, piece, profile)


def _breaches(rule: Rule, piece: Said, names: tuple[str, ...]) -> Iterator[Breach]:
    """Where a piece breaks the rule: as it usually reads, else as it reads with fields that say nothing."""
    for reading in piece.readings:
        found = list(claims.broken(rule, reading, names))
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
        quote=breach.quote,
    )


def _read(compiled: Compiled) -> str:
    """The text part and the inbox line as somebody reads them whose fields are all empty; each line by itself."""
    whole = "\n\n".join((compiled.sender.get("name", ""), compiled.subject, compiled.preheader, compiled.text))
    return "".join(part if isinstance(part, str) else part.fallback for part in marks.split(whole)).replace(" ()", "")
