"""What somebody is writing, kept as they write.

A draft that is half written can be kept: only what is no document at all is refused. What is kept goes out only when
it is published or frozen. Whoever saves says which version they had before them; when somebody else has saved since,
nothing is written and they are told, so that neither loses a word.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from newsletter.content import blocks, documents, revisions, richtext
from newsletter.content.models import LONGEST_DRAFTED_LINE, EmailRevision, EmailTemplate
from newsletter.content.pictures import holding
from newsletter.content.problems import Problem
from newsletter.content.services import Wording


class Conflict(Exception):
    """Somebody else has saved the email since; `theirs` is the email as it is now."""

    def __init__(self, theirs: EmailTemplate) -> None:
        super().__init__(f"Version {theirs.version} is there already.")
        self.theirs = theirs


class NotStorable(ValueError):
    """It cannot be kept at all; `problems` say why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(" ".join(str(problem) for problem in problems))
        self.problems = problems


@transaction.atomic
def save(email: EmailTemplate, draft: Wording, *, version: int, by: User, now: datetime) -> EmailTemplate:
    """Keep what is written; words that are there already make no new version. Raises NotStorable and Conflict."""
    body = storable(draft)
    found = locked(email)
    words = (_line(draft.subject), _line(draft.preheader), body)
    if words == (found.subject, found.preheader, found.body):
        return found
    if version != found.version:
        raise Conflict(found)
    _write(found, words, by=by, now=now)
    revisions.note(found)
    return found


@transaction.atomic
def restore(revision: EmailRevision, *, version: int, by: User, now: datetime) -> EmailTemplate:
    """Let the email say again what it said then, as a new version; what it says now stays among the revisions.

    Raises Conflict.
    """
    found = locked(revision.email)
    if version != found.version:
        raise Conflict(found)
    words = (revision.subject, revision.preheader, documents.upgrade(revision.body))
    if words == (found.subject, found.preheader, found.body):
        return found
    _write(found, words, by=by, now=now)
    revisions.note(found, restored_from=revision.version)
    audit.record("email.restored", subject=f"email:{found.pk}", by=by, version=found.version, of=revision.version)
    return found


def storable(draft: Wording) -> dict[str, Any]:
    """The document as it is kept, its rich text cleaned; raises NotStorable."""
    body = _current(draft.body)
    problems = [*_lines(draft), *blocks.shape_problems(body)]
    if not problems:
        cleaned = blocks.clean(body)
        if all(_is_text(words) for words in _strings(cleaned)):
            return cleaned
        problems = [Problem("", _("It contains characters that cannot be kept."), "unreadable")]
    raise NotStorable(problems)


def locked(email: EmailTemplate) -> EmailTemplate:
    """The email, ours alone until commit."""
    return EmailTemplate.objects.select_for_update(of=["self"]).select_related("updated_by").get(pk=email.pk)


def _write(email: EmailTemplate, words: tuple[str, str, dict[str, Any]], *, by: User, now: datetime) -> None:
    holding.hold(words[2])
    revisions.begin(email)
    email.subject, email.preheader, email.body = words
    email.version += 1
    email.updated_at, email.updated_by = now, by
    email.save(update_fields=["subject", "preheader", "body", "version", "updated_at", "updated_by"])


def _current(body: Any) -> Any:
    """What an editor of an older version sends is understood all the same."""
    has_version = isinstance(body, dict) and type(body.get("version")) is int
    return documents.upgrade(body) if has_version else body


def _line(text: str) -> str:
    return richtext.one_line(text)


def _lines(draft: Wording) -> Iterator[Problem]:
    for field, name, line in (
        ("subject", _("Subject"), draft.subject),
        ("preheader", _("Preheader"), draft.preheader),
    ):
        if len(line) > LONGEST_DRAFTED_LINE:
            why = _("It is longer than %(most)s characters.") % {"most": LONGEST_DRAFTED_LINE}
            yield Problem(name, why, "too_long", field=field)


def _strings(value: object) -> Iterator[str]:
    """Every string in a document, however it is nested."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one


def _is_text(words: str) -> bool:
    try:
        words.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in words
