"""One person in a hundred is written into the database past every form: broken names, endless local parts, control
characters. Only the mails to what is no address fail, each with its own reason; everybody else's leave, and every mail
that leaves has the headers and the parts of the mails beside it and no other.

A local part of 300 characters gets past neither our forms nor the column. The column's limit is lifted for this run,
so that such a person stands in the queue nevertheless.
"""

import email
import email.policy
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from itertools import cycle

from django.db import DataError, connection, transaction

from clinic.clock import database_now
from leads.models import Consent, Lead
from leads.people import addresses
from newsletter.deliveries.models import State
from newsletter.models import Delivery, Outcome
from tests.chaos import naive_runs, world
from tests.chaos.ground import Ground
from tests.chaos.stage import Stage, planned, stage
from tests.chaos.verdict import Verdict, conclude, delivery_of, for_these

NAME = "hostile_people"
ABOUT = "broken names and addresses, written past the forms"
FULL, QUICK = 3000, 300
SHARE = 100
NAMES = {
    "Ada\r\nBcc: everybody@example.org": "Ada Bcc: everybody@example.org",
    "Ada\x01\x02\x1b[31m": "Ada[31m",
    "\u202eadA\u2028\u2029\u0085": "adA",
    "{{ first_name|there }}{% debug %}": "{{ first_name|there }}{% debug %}",
    "<script>alert(1)</script>": "<script>alert(1)</script>",
    "\ufffe\U000e0001": "\U000e0001",
}
"""Each of them gets the mail; how the name stands in its subject."""
ENDLESS = "a" * 300 + "{n}@example.org"
NO_ADDRESS = "This is not one email address: "
ADDRESSES = {
    "a" * 240 + "{n}@e.org": "rcpt: 5.1.3 the address is longer than SMTP allows",
    ENDLESS: f"{NO_ADDRESS}The email address is too long (62 characters too many).",
    "two{n}@example.org,three{n}@example.org": (
        f"{NO_ADDRESS}The part after the @-sign contains invalid characters: ',', '@'."
    ),
    "cr{n}@example.org\r\nRCPT TO:<everybody@example.org>": (
        f"{NO_ADDRESS}The part after the @-sign contains invalid characters: ':', '<', '>', '@', SPACE, U+000A, U+000D."
    ),
    "bell{n}\x07@example.org": (
        f"{NO_ADDRESS}The email address contains invalid characters before the @-sign: U+0007."
    ),
    "space {n}@example.org": f"{NO_ADDRESS}The email address contains invalid characters before the @-sign: SPACE.",
    "angle{n}>@example.org": f"{NO_ADDRESS}The email address contains invalid characters before the @-sign: '>'.",
    "no-at-sign{n}": f"{NO_ADDRESS}An email address must have an @-sign.",
    "n{n}@": f"{NO_ADDRESS}There must be something after the @-sign.",
}
"""None of them gets any mail; why, in the words that are kept."""
KINDS = (
    *((name, "h{n}@example.org", shown, "") for name, shown in NAMES.items()),
    *(("Ada", address, "", reason) for address, reason in ADDRESSES.items()),
)
SUBJECT = "For "


@dataclass(frozen=True)
class Stranger:
    """Somebody whom no form lets in: how their name is to be shown, or the reason why they get nothing."""

    lead: Lead
    shown: str
    reason: str

    @property
    def ending(self) -> tuple[int, str]:
        return (State.FAILED, self.reason) if self.reason else (State.SUBMITTED, "")


def hostile(count: int) -> list[Stranger]:
    """So many people, each kind in turn; all of them agreed."""
    made = []
    for number, (name, written, shown, reason) in zip(range(count), cycle(KINDS), strict=False):
        address = written.replace("{n}", f"{number:04}")
        lead = Lead(email=address, address_key=address, address_hash=addresses.digest(address), first_name=name)
        made.append(Stranger(lead, shown, reason))
    Lead.objects.bulk_create(one.lead for one in made)
    Consent.objects.bulk_create(
        Consent(lead=one.lead, purpose="marketing", basis="express", granted_at=database_now()) for one in made
    )
    return made


def is_kept_out(address: str) -> bool:
    """Whether neither a form nor the column of a person's address takes this one."""
    try:
        addresses.parse(address)
    except addresses.BadAddress:
        pass
    else:
        return False
    try:
        with transaction.atomic():
            Lead.objects.create(email=address, address_key=address, address_hash=b"x" * 32)
    except DataError:
        return True
    return False


@contextmanager
def endless_columns() -> Iterator[None]:
    """Inside, the columns of addresses hold whatever they are given."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, atttypmod FROM pg_attribute"
            " WHERE attrelid = 'leads_lead'::regclass AND attname IN ('email', 'address_key')"
        )
        limits = dict(cursor.fetchall())
    limit_columns(dict.fromkeys(limits, -1))
    try:
        yield
    finally:
        world.empty()
        limit_columns(limits)


def limit_columns(limits: dict[str, int]) -> None:
    """In the catalogue: the column that is computed from these two would not let ALTER TABLE change them."""
    with connection.cursor() as cursor:
        for column, limit in limits.items():
            cursor.execute(
                "UPDATE pg_attribute SET atttypmod = %s WHERE attrelid = 'leads_lead'::regclass AND attname = %s",
                [limit, column],
            )


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    mails = QUICK if quick else FULL
    strangers = max(mails // SHARE, len(KINDS))
    is_out = is_kept_out(ENDLESS.replace("{n}", ""))
    with endless_columns(), stage(ground, NAME, seed, {"latency": (0.0, 0.01)}) as made:
        made.sink.keeps_contents = True
        world.leads((mails - strangers) // 2, name="before")
        strange = hostile(strangers)
        world.leads(mails - Lead.objects.count(), name="after")
        verdict = Verdict({"hostile": len(strange), "kinds": len(KINDS)})
        verdict.must(is_out, "300 characters before the @ were let in")
        made.start_senders()
        world.campaign(made.owner, subject=SUBJECT + "{{ first_name|you }}")
        planned(mails)
        theirs = for_these(Lead.objects.filter(pk__in=[one.lead.pk for one in strange]), State.FAILED, State.REFUSED)
        conclude(made, verdict, doubts_at_most=lambda: 0, may_end=theirs)
        endings(made, verdict, strange)
        return letters(made, verdict, strange)


def endings(made: Stage, verdict: Verdict, strange: list[Stranger]) -> None:
    """Each of them ended as the tables say, and everybody else, before and behind them, got the mail."""
    of = dict(Delivery.objects.filter(lead_id__in=[one.lead.pk for one in strange]).values_list("id", "lead_id"))
    outcomes = Outcome.objects.filter(delivery_id__in=of).values_list("delivery_id", "state", "reason")
    ended = {of[one]: (state, reason) for one, state, reason in outcomes}
    wrong = [(one.lead.email, ended.get(one.lead.pk)) for one in strange if ended.get(one.lead.pk) != one.ending]
    verdict.must(not wrong, f"{len(wrong)} ended otherwise than they must, such as {wrong[:3]}")
    others = Outcome.objects.exclude(delivery_id__in=of).exclude(state=State.SUBMITTED).count()
    verdict.must(others == 0, f"{others} ordinary people got nothing")


def letters(made: Stage, verdict: Verdict, strange: list[Stranger]) -> Verdict:
    """What the relay was told, and what it took: whom it was for, its headers, its parts, and where the name stands."""
    names = {one.lead.pk: one.shown for one in strange if not one.reason}
    mailable = Lead.objects.exclude(pk__in=[one.lead.pk for one in strange if one.reason])
    verdict.must(
        made.sink.offered.keys() == set(mailable.values_list("email", flat=True)), "a recipient was smuggled in"
    )
    mails = dict(zip((delivery_of(entry["message_id"]) for entry in made.accepted), read(made), strict=True))
    shapes = Counter((*mail.keys(), *(part.get_content_type() for part in mail.walk())) for mail in mails.values())
    verdict.must(len(shapes) == 1, f"a header or a part was smuggled in: {shapes.most_common()[1:3]}")
    addressed = [str(mail["To"]) for mail in mails.values()]
    verdict.must(addressed == [entry["recipient"] for entry in made.accepted], "a mail names somebody else in To")
    leads = dict(world.letters().filter(lead_id__in=names).values_list("id", "lead_id"))
    shown = {lead: str(mails[one]["Subject"]) for one, lead in leads.items() if one in mails}
    wrong = [subject for lead, subject in shown.items() if subject != SUBJECT + names[lead or 0]]
    verdict.must(not wrong, f"names stand otherwise in subjects: {wrong[:3]}")
    live = [one for one in leads if one in mails and "<script" in html(mails[one])]
    verdict.must(not live, "a name is read as markup")
    verdict.figures |= {"mails read": len(mails), "strange names read": len(shown)}
    return verdict


def read(made: Stage) -> Iterator[EmailMessage]:
    """Every mail that the relay took, in the order in which it did."""
    return (email.message_from_bytes(content, policy=email.policy.default) for content in made.sink.contents)


def html(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    """A sender that stops at the first person who cannot be written to."""
    with endless_columns(), stage(ground, "naive", seed, {"latency": (0.0, 0.002)}) as made:
        hostile(20)
        world.leads(100)
        world.campaign(made.owner)
        naive_runs.plan()
        (name,) = naive_runs.start(made, "fragile", count=1)
        made.crew.processes[name].wait(60)
        return naive_runs.judged(made)
