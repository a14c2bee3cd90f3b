"""Every number of a campaign's results as the lines of a file: one number a line, with the names of its place."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsletter.campaigns.results.queries import Edition
from studio.queries.results import Report

COUNT, MAILED, CLICKED = gettext_lazy("Count"), gettext_lazy("Mailed"), gettext_lazy("Clicked")
BOOKED, UNSUBSCRIBED = gettext_lazy("Booked"), gettext_lazy("Unsubscribed")

Line = tuple[object, Mapping[str | Promise, int], object]
"""What a line is about, its numbers by their column, and what it means."""


def rows(found: Report) -> Iterator[Sequence[object]]:
    """The page's tables, one after the other."""
    yield [_("Table"), _("Line"), _("Column"), _("Number"), _("What it is")]
    yield from _table(_("Mails"), _mails(found))
    yield from _table(_("What came back"), ((one.label, {COUNT: one.count}, one.meaning) for one in found.came_back))
    yield from _table(_("Why mails did not leave"), ((why, {COUNT: n}, "") for why, n in found.numbers.reasons))
    yield from _table(_("By hour"), _hours(found))
    yield from _table(_("By wording under test"), _parts(found))
    for edition in found.editions:
        yield from _table(_("Links of “%(subject)s”") % {"subject": edition.revision.subject}, _links(edition))
    yield from _table(_("Mailboxes"), _mailboxes(found))
    yield from _table(_("Beside the campaigns before it"), _compared(found))


def _table(title: str, lines: Iterable[Line]) -> Iterator[Sequence[object]]:
    for line, numbers, meaning in lines:
        yield from ([title, line, column, number, meaning] for column, number in numbers.items())


def _mails(found: Report) -> Iterator[Line]:
    yield _("Planned"), {COUNT: found.numbers.progress.planned}, ""
    yield from ((one.label, {COUNT: one.count}, one.meaning) for one in found.ends)


def _hours(found: Report) -> Iterator[Line]:
    for hour in found.hours:
        numbers = {MAILED: hour.left, CLICKED: hour.clicked, BOOKED: hour.booked, UNSUBSCRIBED: hour.unsubscribed}
        yield _("after that") if hour.is_rest else hour.at, numbers, ""


def _parts(found: Report) -> Iterator[Line]:
    for named in found.parts:
        part = named.part
        numbers = {_("Planned"): part.planned, MAILED: part.mailed, CLICKED: part.clicked}
        yield named.name, {**numbers, BOOKED: part.booked, UNSUBSCRIBED: part.unsubscribed}, ""


def _links(edition: Edition) -> Iterator[Line]:
    yield _("All of it"), {MAILED: edition.left}, ""
    for link in edition.links:
        numbers = {_("People"): link.people, _("Clicks"): link.clicks, _("Clicks of scanners"): link.scanner_clicks}
        yield link.label or link.url, {**numbers, _("Unknown"): link.unknown_clicks}, link.url


def _mailboxes(found: Report) -> Iterator[Line]:
    for box in found.mailboxes:
        numbers = {_("Planned"): box.people, MAILED: box.mailed, _("Delivered"): box.delivered, CLICKED: box.clicked}
        yield box.name or _("Others"), {**numbers, _("Failed or bounced"): box.not_reached}, ""


def _compared(found: Report) -> Iterator[Line]:
    for one in found.compared:
        numbers = {MAILED: one.sums.mailed, CLICKED: one.sums.clicked}
        yield one.campaign.name, {**numbers, BOOKED: one.sums.booked, UNSUBSCRIBED: one.sums.unsubscribed}, ""
