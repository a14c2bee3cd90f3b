"""How long a consent holds, counted in calendar months as laws count them."""

import calendar
from datetime import datetime


def months_later(moment: datetime, months: int) -> datetime:
    """The same day so many months on; the last of the month where that day does not exist."""
    year, month = divmod(moment.month - 1 + months, 12)
    year, month = moment.year + year, month + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return moment.replace(year=year, month=month, day=day)
