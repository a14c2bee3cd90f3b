"""The content linter: what an email should not say, in words that help whoever wrote it.

A blocking finding keeps the email from being sent; the others are advice. What cannot be compiled at all is
a problem, not a finding: see `blocks`. The rules are those of health advertising and of shared inboxes.
"""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from clinic.models import Clinic, Jurisdiction
from newsletter.content import blocks, compose, fields
from newsletter.content.compile import Compiled
from newsletter.content.compose import Draft
from newsletter.content.findings import Finding

LARGE_HTML, LARGEST_HTML = 80 * 1024, 95 * 1024
NEVER = {
    r"cures?|cured|curing": "cure",
    r"heals?|healed|healing": "heal",
    r"guarantee[ds]?|guaranteed": "guaranteed",
    r"permanent(?:ly)? (?:relief|relieves?)": "permanent relief",
    r"miracles?|miraculous(?:ly)?": "miracle",
    r"risk[- ]?free": "risk-free",
    r"pain[- ]?free": "pain-free",
    r"instead of (?:your|a|the) doctor": "instead of your doctor",
    r"no side[- ]effects?|without side[- ]effects?": "no side effects",
    r"better than|safer than": "better than",
    r"before[ -]and[ -]after": "before and after",
    r"testimonials?": "testimonial",
}
TITLES = ("specialist", "expert")
CONDITION = re.compile(
    r"\b(?:sciatic\w*|piriformis|herniat\w*|slipped dis[ck]|(?:back|leg|hip|buttock|nerve)[ -]?ache|\w*pain)\b",
    re.IGNORECASE,
)
SYMPTOM = re.compile(
    r"\b(?:sciatic\w*|piriformis|herniat\w*|numb\w*|tingl\w+|trigger points?|(?:leg|back|nerve|shooting) pain|pain)\b",
    re.IGNORECASE,
)
TREATS = re.compile(r"\bacupuncture (?:for|against|treats?|relieves?|fixes)\b", re.IGNORECASE)
NUMBER = re.compile(
    r"\d[\d.,]{0,15}\s?%|\bper ?cent\b|\b\d+ (?:in|out of) \d+\b|\b\d[\d.,]{0,15} (?:people|patients|mm|weeks)\b",
    re.IGNORECASE,
)
SOURCE = re.compile(r"\bsources?:|\([^()]*\b(?:19|20)\d\d\b[^()]*\)|\bNHS\b|\bNICE\b", re.IGNORECASE)
LEFT_OVER = re.compile(r"\[[^\[\]]+\](?!\()")


def findings(draft: Draft, compiled: Compiled, profile: Clinic) -> list[Finding]:
    """Everything there is to say about an email that compiles, what blocks it first."""
    found = [
        *_inbox(draft),
        *_wording(draft, profile),
        *_red_flags(draft),
        *_numbers(draft),
        *_buttons(draft, profile),
        *_owed(draft, profile),
        *_size(compiled),
    ]
    return sorted(found, key=lambda finding: not finding.blocking)


def _lines(draft: Draft) -> Iterator[tuple[str, str]]:
    yield _("Subject"), fields.without(draft.subject)
    yield _("Preheader"), fields.without(draft.preheader)


def _everything(draft: Draft) -> Iterator[tuple[str, str]]:
    yield from _lines(draft)
    yield from blocks.texts(draft.body)


def _inbox(draft: Draft) -> Iterator[Finding]:
    """What others may see over the reader's shoulder."""
    if not draft.subject.strip():
        yield Finding(_("Subject"), _("Write a subject."), blocking=True)
    for where, words in _lines(draft):
        named = CONDITION.search(words)
        if named:
            why = _("“%(word)s” tells everybody who sees the inbox what the reader has. Leave it out here.")
            yield Finding(where, why % {"word": named[0]}, blocking=True)
        if compose.speaks_of_free(words):
            why = _("The terms of the free call cannot stand beside this line; speak of the call without “free”.")
            yield Finding(where, why, blocking=False)


def _wording(draft: Draft, profile: Clinic) -> Iterator[Finding]:
    """Words that a clinic must not use, and what a starter left behind."""
    granted = profile.practitioner_title.lower()
    titles = {rf"{title}s?": title for title in TITLES if title not in granted}
    for where, words in _everything(draft):
        for pattern, shown in (NEVER | titles).items():
            if re.search(rf"\b(?:{pattern})\b", words, re.IGNORECASE):
                yield Finding(where, _("“%(word)s” is a word no clinic can use.") % {"word": shown}, blocking=True)
        if TREATS.search(words):
            why = _("Regulators read this as a promise of effect. Say “may help” or “find out whether”.")
            yield Finding(where, why, blocking=profile.jurisdiction == Jurisdiction.UNITED_KINGDOM)
        if LEFT_OVER.search(words):
            yield Finding(where, _("Replace the words in square brackets with your own."), blocking=True)


def _red_flags(draft: Draft) -> Iterator[Finding]:
    kinds = {block["type"] for block in draft.body["blocks"]}
    if "red_flags" in kinds or not draft.is_marketing:
        return
    for where, words in blocks.texts(draft.body):
        named = SYMPTOM.search(words)
        if named:
            why = _("It speaks of symptoms (“%(word)s”). Add the red-flag box, for those who must not wait.")
            yield Finding(where, why % {"word": named[0]}, blocking=True)
            return


def _numbers(draft: Draft) -> Iterator[Finding]:
    for where, words in blocks.texts(draft.body):
        number = NUMBER.search(words)
        if number and not SOURCE.search(words):
            why = _("Name the source beside the number (“%(number)s”), in a line that begins with “Source:”.")
            yield Finding(where, why % {"number": number[0]}, blocking=False)


def _buttons(draft: Draft, profile: Clinic) -> Iterator[Finding]:
    buttons = [block for block in draft.body["blocks"] if block["type"] == "button"]
    if draft.is_marketing and len(buttons) != 1:
        why = _("One button is best: the reader sees one clear next step. The other ways out are below it anyway.")
        yield Finding("", why, blocking=False)
    if not profile.booking_url and any(block["target"] == "direct" for block in buttons):
        why = _("The clinic's profile has no address for online booking, so the button leads to the question form.")
        yield Finding("", why, blocking=False)


def _owed(draft: Draft, profile: Clinic) -> Iterator[Finding]:
    if draft.is_marketing and not profile.postal_address.strip():
        yield Finding("", _("The law wants a postal address in it. Enter it in the clinic's profile."), blocking=True)


def _size(compiled: Compiled) -> Iterator[Finding]:
    size = len(compiled.html.encode())
    if size > LARGE_HTML:
        why = _("It is %(size)s KB large. Mailboxes cut off what is over 100 KB, the way to unsubscribe included.")
        yield Finding("", why % {"size": size // 1024}, blocking=size > LARGEST_HTML)
