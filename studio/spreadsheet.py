"""Tables as files that spreadsheets open: CSV in UTF-8 with the mark by which Excel knows it.

A cell that begins like a formula is one to a spreadsheet, whoever typed it into a form of ours; so it gets an
apostrophe in front, which makes it text. Where people write a comma before decimals, spreadsheets cut lines at
semicolons, so what begins behind one is treated alike.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo

from django.http import StreamingHttpResponse
from django.utils import timezone

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - wide signs count too
PARTED = re.compile(r"(;\s*)(?=[=+@＝＋－＠-])")  # noqa: RUF001 - wide signs count too
MARK = "\ufeff"

Cell = object


class _Line:
    """Where a row is written to: it is handed back."""

    def write(self, row: str) -> str:
        return row


def safe(cell: Cell, zone: tzinfo | None = None) -> str | int | float:
    """The cell as it may stand in a file: moments by this zone's clock, no formulas."""
    if isinstance(cell, bool | int | float):
        return cell
    if isinstance(cell, datetime):
        return timezone.localtime(cell, zone).strftime("%Y-%m-%d %H:%M")
    text = "" if cell is None else PARTED.sub(r"\1'", str(cell))
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def lines(rows: Iterable[Iterable[Cell]], zone: tzinfo) -> Iterator[str]:
    """The file, a line at a time. The zone is given: lines are asked for when the request is over."""
    writer = csv.writer(_Line())
    yield MARK
    for row in rows:
        yield writer.writerow([safe(cell, zone) for cell in row])


def answer(name: str, rows: Iterable[Iterable[Cell]]) -> StreamingHttpResponse:
    """The file as a download that begins at once, however long it is."""
    zone = timezone.get_current_timezone()
    found = StreamingHttpResponse(lines(rows, zone), content_type="text/csv; charset=utf-8")
    found.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    found.headers["Cache-Control"] = "no-store"
    return found
