"""The first run's checklist: what must be true before a mail may really leave. Pure; the setup room shows it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.models import Clinic


@dataclass(frozen=True, slots=True)
class Step:
    """Done when each of the profile's `fields` says something. `url_name` and `anchor` lead to where that is."""

    key: str
    label: Promise
    why: Promise
    fields: tuple[str, ...]
    url_name: str = "setup_profile"
    anchor: str = ""

    @property
    def route(self) -> str:
        return f"studio:{self.url_name}"


HOURS = "hours"

STEPS: tuple[Step, ...] = (
    Step(
        "name",
        _("Clinic name"),
        _("It stands on top of every page and mail."),
        ("name",),
        anchor="id_name",
    ),
    Step(
        "practitioner",
        _("Practitioner"),
        _("The course is a letter: readers see who writes to them."),
        ("practitioner",),
        anchor="id_practitioner",
    ),
    Step(
        "address",
        _("Postal address"),
        _("The law asks for it at the foot of every marketing mail."),
        ("postal_address",),
        anchor="id_postal_address",
    ),
    Step(
        "phone",
        _("Phone"),
        _("Readers can tap it to call you."),
        ("phone",),
        anchor="id_phone",
    ),
    Step(
        "sender",
        _("Sender name and address"),
        _("What readers see in their inbox, and where their answers go."),
        ("sender_name", "sender_email"),
        anchor="id_sender_name",
    ),
    Step(
        "zone",
        _("Time zone"),
        _("Mails leave, and calls take place, by the clinic's clock."),
        ("time_zone",),
        anchor="id_time_zone",
    ),
    Step(
        "emergency",
        _("Emergency number"),
        _("The warning signs in the mails tell people whom to call."),
        ("emergency_number",),
        anchor="id_emergency_number",
    ),
    Step(
        "terms",
        _("Terms of the free call"),
        _("They stand beside every mention of the word free."),
        ("free_call_terms",),
        anchor="id_free_call_terms",
    ),
    Step(
        HOURS,
        _("Hours for calls"),
        _("Without hours nobody can book a call."),
        (),
        url_name="setup_hours",
    ),
    Step(
        "content",
        _("The mails of the course, read and signed off"),
        _("The practitioner signs what goes out under their name."),
        ("content_signed_off_at",),
        url_name="setup_content",
    ),
    Step(
        "test_mail",
        _("A test mail, seen in your inbox"),
        _("It shows that the mail server takes our mail, before readers wait for it."),
        ("test_mail_seen_at",),
        url_name="setup_test_mail",
    ),
)


@dataclass(frozen=True, slots=True)
class Checked:
    step: Step
    is_done: bool


@dataclass(frozen=True, slots=True)
class Checklist:
    """Every step with its answer, in the order of STEPS."""

    steps: tuple[Checked, ...]

    @property
    def done(self) -> int:
        return sum(checked.is_done for checked in self.steps)

    @property
    def open(self) -> int:
        return len(self.steps) - self.done

    @property
    def next(self) -> Step | None:
        """The first step that is open."""
        return next((checked.step for checked in self.steps if not checked.is_done), None)

    @property
    def is_complete(self) -> bool:
        return self.open == 0


def check(clinic: Clinic, *, has_hours: bool) -> Checklist:
    """Hold the clinic's profile against every step. A profile that was never saved has done nothing."""
    if clinic._state.adding:  # noqa: SLF001
        return Checklist(tuple(Checked(step, is_done=False) for step in STEPS))
    return Checklist(tuple(Checked(step, _is_done(step, clinic, has_hours=has_hours)) for step in STEPS))


def _is_done(step: Step, clinic: Clinic, *, has_hours: bool) -> bool:
    if step.key == HOURS:
        return has_hours
    return all(getattr(clinic, field) for field in step.fields)
