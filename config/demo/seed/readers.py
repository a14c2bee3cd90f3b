"""What readers do: visit, subscribe, confirm, ask, click, book, leave."""

from datetime import datetime, timedelta

from booking import goals
from booking import queries as diary
from booking import services as booking
from booking.models import AppointmentState, GoalKind
from booking.services import SlotTaken, TooManyCalls, Visitor, Wanted
from clinic import queries as clinic
from config.demo.seed.people import QUESTIONS, Person
from config.demo.seed.story import Story
from leads.consent import services as consent
from leads.consent import tokens, wording
from leads.intake import services as intake
from leads.intake.services import Question, SignUp
from leads.models import ConsentRequest, Lead
from leads.people.services import Details
from newsletter.content.models import CompiledEmail
from newsletter.deliveries.models import Delivery, Outcome
from newsletter.tracking import services as tracking
from newsletter.tracking.services import Seen

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
SCANNER = "Mozilla/5.0 (compatible; Barracuda Sentinel)"
CONFIRM, CLICK, SCAN, BOOK, LEAVE = 0.84, 0.14, 0.06, 0.25, 0.012
ATTENDED, MISSED = 0.78, 0.93
NETWORK = "203.0.113.0/24"


class Readers:
    """The people of the story, and what each of their acts brings about."""

    def __init__(self, story: Story) -> None:
        self.story = story

    def subscribe(self, person: Person, now: datetime) -> None:
        words = wording.marketing(clinic.profile())
        form = SignUp(person.address, words, self._details(person), NETWORK)
        intake.sign_up(form, now=now)
        if self.story.happens(CONFIRM):
            moment = self.story.after(now, minutes=(1, 240))
            self.story.at(moment, lambda at: self.confirm(person, at))

    def confirm(self, person: Person, now: datetime) -> None:
        asked = ConsentRequest.objects.filter(lead__email=person.address).latest("requested_at")
        consent.confirm(tokens.mint(asked.pk, now=now), now=now, network=NETWORK)

    def ask(self, person: Person, now: datetime) -> None:
        intake.ask(
            Question(person.address, self.story.chance.choice(QUESTIONS), self._details(person), NETWORK), now=now
        )

    def receive(self, delivery_id: int, at: datetime) -> None:
        """A course or campaign mail has come in: some click, some scanners do, a few leave, most read."""
        if self.story.happens(SCAN):
            self._click(delivery_id, "page", SCANNER, at + timedelta(seconds=1))
        if self.story.happens(CLICK):
            self.story.at(self.story.after(at, minutes=(4, 900)), lambda now: self.follow(delivery_id, now))
        elif self.story.happens(LEAVE):
            self.story.at(self.story.after(at, minutes=(4, 900)), lambda now: self.leave(delivery_id, now))

    def follow(self, delivery_id: int, now: datetime) -> None:
        lead = self._lead_of(delivery_id)
        if not self.click_to_call(delivery_id, now) or lead is None or not self.story.happens(BOOK):
            return
        if self.story.happens(0.2):
            kind = self.story.chance.choice((GoalKind.DIRECT, GoalKind.PHONE, GoalKind.ELSEWHERE))
            self.story.at(self.story.after(now, minutes=(2, 90)), lambda at: self._reach(lead, kind, at))
        else:
            self.story.at(self.story.after(now, minutes=(2, 9)), lambda at: self.book(lead, at))

    def click_to_call(self, delivery_id: int, now: datetime) -> bool:
        return self._click(delivery_id, "call", PHONE, now)

    def book(self, lead: Lead, now: datetime, *, is_soon: bool = False) -> None:
        """Some time in the first half of what is free; the very first time if it is to be soon."""
        offered = diary.open_slots(now=now)
        if not offered:
            return
        starts_at = offered[0] if is_soon else self.story.chance.choice(offered[: len(offered) // 2 + 1])
        phone, zone = lead.phone or f"+1416555{1000 + lead.pk:04}", lead.time_zone or "America/Toronto"
        try:
            booking.book(Visitor(lead.email, lead.first_name), wanted=Wanted(starts_at, phone, zone), now=now)
        except (SlotTaken, TooManyCalls):
            return

    def leave(self, delivery_id: int, now: datetime) -> None:
        lead = self._lead_of(delivery_id)
        if lead is not None:
            consent.withdraw(lead, how="unsubscribe page", now=now, delivery_id=delivery_id)

    def outcome(self) -> AppointmentState:
        """How a call went."""
        drawn = self.story.chance.random()
        if drawn < ATTENDED:
            return AppointmentState.ATTENDED
        return AppointmentState.MISSED if drawn < MISSED else AppointmentState.NOT_SUITABLE

    def _reach(self, lead: Lead, kind: GoalKind, now: datetime) -> None:
        goals.reach(lead, kind=kind, now=now)

    def _click(self, delivery_id: int, goal: str, agent: str, now: datetime) -> bool:
        """Click the first link with this goal, else the first of all; False when the mail has none."""
        revision = Outcome.objects.filter(pk=delivery_id).values_list("revision_id", flat=True).first()
        found = CompiledEmail.objects.filter(pk=revision or 0).values_list("links", flat=True).first() or []
        numbers = [n for n, link in enumerate(found) if link.get("goal") == goal] or list(range(len(found)))
        if not numbers:
            return False
        tracking.click(delivery_id, numbers[0], seen=Seen("GET", agent), now=now)
        return True

    def _lead_of(self, delivery_id: int) -> Lead | None:
        lead_id = Delivery.objects.filter(pk=delivery_id).values_list("lead_id", flat=True).first()
        return Lead.objects.filter(pk=lead_id or 0).first()

    def _details(self, person: Person) -> Details:
        return Details(
            first_name=person.first_name,
            phone=person.phone if self.story.happens(0.3) else "",
            time_zone=person.time_zone,
            page="/sciatica",
            referrer=person.referrer,
        )
