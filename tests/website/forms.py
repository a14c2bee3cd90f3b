"""Forms as a browser sends them that showed them a moment ago."""

from datetime import timedelta

from clinic import clock
from clinic import queries as clinic
from leads.consent import wording
from website.forms import stamp
from website.forms.stamp import Stamp


def stamped(form, *, seconds_ago=10, words=None, page="/sciatica", referrer="search.example/find"):
    words = wording.marketing(clinic.profile()).digest if words is None else words
    shown_at = clock.database_now() - timedelta(seconds=seconds_ago)
    return stamp.sign(Stamp(shown_at, page, referrer, words), form=form)


def sign_up(**changes):
    return {"email": "ada@mail.example", "website": "", "stamp": stamped("sign-up"), **changes}


def ask(**changes):
    fields = {"email": "ada@mail.example", "question": "Does it hurt?", "stamp": stamped("ask")}
    return {**fields, **changes}
