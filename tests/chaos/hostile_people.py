"""One person in a hundred is written into the database past every form: broken names, endless local parts, control
characters. Only their mails may fail, each with its reason; everybody else's leave, and no header is smuggled in.
"""

from django.db import DataError, transaction

from clinic.clock import database_now
from leads.models import Consent, Lead
from leads.people import addresses
from newsletter.deliveries.models import State
from newsletter.models import Delivery, Outcome
from tests.chaos import naive_runs, world
from tests.chaos.ground import Ground
from tests.chaos.stage import Stage, planned, stage
from tests.chaos.verdict import Verdict, conclude, taken

NAME = "hostile_people"
ABOUT = "broken names and addresses, written past the forms"
FULL, QUICK = 3000, 300
SHARE = 100
NAMES = (
    "Ada\r\nBcc: everybody@example.org",
    "Ada\x01\x02\x1b[31m",
    "\u202eadA\u2028\u2029\u0085",
    "{{ first_name|there }}{% debug %}",
    "<script>alert(1)</script>",
    "\ufffe\U000e0001",
)
ADDRESSES = (
    "a" * 240 + "{n}@e.org",
    "two{n}@example.org,three{n}@example.org",
    "cr{n}@example.org\r\nRCPT TO:<everybody@example.org>",
    "bell{n}\x07@example.org",
    "space {n}@example.org",
    "angle{n}>@example.org",
    "no-at-sign{n}",
    "n{n}@",
)


def hostile(count: int) -> list[Lead]:
    """So many people, half with a broken name, half with a broken address; all of them agreed."""
    made = []
    for number in range(count):
        name, address = "Ada", f"h{number}@example.org"
        if number % 2:
            name = NAMES[number // 2 % len(NAMES)]
        else:
            address = ADDRESSES[number // 2 % len(ADDRESSES)].replace("{n}", str(number))
        made.append(Lead(email=address, address_key=address, address_hash=addresses.digest(address), first_name=name))
    Lead.objects.bulk_create(made)
    Consent.objects.bulk_create(
        Consent(lead=lead, purpose="marketing", basis="express", granted_at=database_now()) for lead in made
    )
    return made


def is_too_long_for_the_database() -> bool:
    """A local part of 300 characters does not even get in."""
    address = "a" * 300 + "@example.org"
    try:
        with transaction.atomic():
            Lead.objects.create(email=address, address_key=address, address_hash=b"x" * 32)
    except DataError:
        return True
    return False


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    mails = QUICK if quick else FULL
    with stage(ground, NAME, seed, {"latency": (0.0, 0.01)}) as made:
        world.leads(mails - mails // SHARE)
        strange = hostile(mails // SHARE)
        verdict = Verdict({"hostile": len(strange)})
        verdict.must(is_too_long_for_the_database(), "300 characters before the @ were stored")
        made.start_senders()
        world.campaign(made.owner, subject="For {{ first_name|you }}")
        planned(mails)
        conclude(made, verdict, doubts_at_most=lambda: 0)
        return compare(made, verdict, {lead.pk: lead for lead in strange})


def compare(made: Stage, verdict: Verdict, strange: dict[int, Lead]) -> Verdict:
    theirs = dict(Delivery.objects.filter(lead_id__in=strange).values_list("id", "lead_id"))
    others = Outcome.objects.exclude(delivery_id__in=theirs).exclude(state=State.SUBMITTED).count()
    broken = Outcome.objects.filter(delivery_id__in=theirs).exclude(state=State.SUBMITTED)
    verdict.must(others == 0, f"{others} ordinary people got nothing")
    verdict.must(not broken.filter(reason="").exists(), "a mail failed without a reason")
    verdict.must(broken.exists(), "nobody was refused")
    named = {entry["recipient"] for entry in made.sink.accepted}
    verdict.must("everybody@example.org" not in named, "a recipient was smuggled in")
    had = taken(made)
    wrong = [one for one in theirs if had[one] and not is_mailable(strange[theirs[one] or 0].email)]
    verdict.must(not wrong, f"{len(wrong)} mails left for what is no address")
    return verdict


def is_mailable(address: str) -> bool:
    return "@" in address and not any(sign in address for sign in "\r\n,<> \x07")


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    """A sender that stops at the first person who cannot be written to."""
    with stage(ground, "naive", seed, {"latency": (0.0, 0.002)}) as made:
        hostile(20)
        world.leads(100)
        world.campaign(made.owner)
        naive_runs.plan()
        (name,) = naive_runs.start(made, "fragile", count=1)
        made.crew.processes[name].wait(60)
        return naive_runs.judged(made)
