"""Every number of a campaign's results as the lines of a file: one number a line, with the names of its place."""

from collections.abc import Iterable, Iterator, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsletter.campaigns.results.queries import Edition
from studio import words
from studio.queries.results import Report

Word = str | Promise
Columns = dict[Word, int]
Line = tuple[object, Columns, object]
"""What a line is about, its numbers by their column, and what it means."""

COUNT: Word = gettext_lazy("Count")
MAILED: Word = gettext_lazy("Mailed")
CLICKED: Word = gettext_lazy("Clicked")
BOOKED: Word = gettext_lazy("Booked")
UNSUBSCRIBED: Word = gettext_lazy("Unsubscribed")


def rows(found: Report) -> Iterator[Sequence[object]]:
    """The page's tables, one after the other."""
    yield [_("Table"), _("Line"), _("Column"), _("Number"), _("What it is")]
    yield from _table(_("Mails"), _mails(found))
    yield from _table(_("What came back"), ((one.label, {COUNT: one.count}, one.meaning) for one in found.came_back))
    yield from _table(_("Why mails were not submitted"), _reasons(found))
    yield from _table(_("By hour"), _hours(found))
    yield from _table(_("By wording under test"), _parts(found))
    for edition in found.editions:
        yield from _table(_title(found, edition), _links(edition))
    yield from _table(_("Mailboxes"), _mailboxes(found))
    yield from _table(_("Beside the campaigns before it"), _compared(found))


def _table(title: str, lines: Iterable[Line]) -> Iterator[Sequence[object]]:
    for line, numbers, meaning in lines:
        yield from ([title, line, column, number, meaning] for column, number in numbers.items())


def _mails(found: Report) -> Iterator[Line]:
    yield _("Planned"), {COUNT: found.numbers.progress.planned}, ""
    yield from ((one.label, {COUNT: one.count}, one.meaning) for one in found.ends)


def _reasons(found: Report) -> Iterator[Line]:
    yield from ((words.why(stored), {COUNT: count}, "") for stored, count in found.numbers.reasons)


def _hours(found: Report) -> Iterator[Line]:
    for hour in found.hours:
        numbers: Columns = {
            MAILED: hour.left,
            CLICKED: hour.clicked,
            BOOKED: hour.booked,
            UNSUBSCRIBED: hour.unsubscribed,
        }
        yield _("after that") if hour.is_rest else hour.at, numbers, ""


def _parts(found: Report) -> Iterator[Line]:
    for named in found.parts:
        part = named.part
        numbers: Columns = {_("Planned"): part.planned, MAILED: part.mailed, CLICKED: part.clicked}
        yield named.name, {**numbers, BOOKED: part.booked, UNSUBSCRIBED: part.unsubscribed}, ""


def _title(found: Report, edition: Edition) -> str:
    title = _("Links of “%(subject)s”") % {"subject": edition.revision.subject}
    wording = found.wordings[edition.revision.pk]
    return f"{title} ({wording})" if wording else title


def _links(edition: Edition) -> Iterator[Line]:
    yield _("All of it"), {MAILED: edition.left}, ""
    for link in edition.links:
        numbers: Columns = {_("People"): link.people, _("Clicks"): link.clicks}
        further: Columns = {_("Clicks of scanners"): link.scanner_clicks, _("Unknown"): link.unknown_clicks}
        yield link.label or link.url, {**numbers, **further}, link.url


def _mailboxes(found: Report) -> Iterator[Line]:
    for box in found.mailboxes:
        numbers: Columns = {_("Planned"): box.people, MAILED: box.mailed, _("Delivered"): box.delivered}
        yield box.name or _("Others"), {**numbers, CLICKED: box.clicked, _("Failed or bounced"): box.not_reached}, ""


def _compared(found: Report) -> Iterator[Line]:
    for one in found.compared:
        numbers: Columns = {MAILED: one.sums.mailed, CLICKED: one.sums.clicked}
        yield one.campaign.name, {**numbers, BOOKED: one.sums.booked, UNSUBSCRIBED: one.sums.unsubscribed}, ""
