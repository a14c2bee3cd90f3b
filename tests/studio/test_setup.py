from datetime import date, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from clinic import queries
from clinic.clock import database_now
from clinic.models import Clinic, DayOff, WeeklyHours
from newsletter.content import drafts
from newsletter.content.services import Wording
from newsletter.models import Delivery, EmailTemplate, Outcome, Variant
from studio import checklist
from studio.forms.setup import ProfileForm
from studio.services import setup as acts
from tests.factories import stock
from tests.factories.bookings import appointment
from tests.factories.clinics import clinic, hours
from tests.factories.people import staff
from tests.studio.post_office import leaving

RULES = {"call_buffer_minutes": 5, "call_notice_hours": 4, "call_horizon_days": 21}


def profile(**changes: object) -> dict[str, object]:
    """What the profile's form sends, with these fields changed."""
    form = ProfileForm(instance=queries.profile())
    said = {name: form[name].value() or "" for name in form.Meta.fields}
    return {**said, **changes}


def save_profile(studio: Client, **changes: object):
    return studio.post(reverse("studio:setup_profile"), profile(**changes))


def errors(page) -> dict[str, list[str]]:
    return dict(page.context["form"].errors)


@pytest.fixture
def nearly_done(owner: User) -> Clinic:
    """Everything is green but the phone."""
    hours()
    return clinic(sending_unlocked_at=None, phone="")


def test_an_empty_profile_has_every_step_open() -> None:
    found = checklist.check(Clinic(), has_hours=False)

    assert (found.done, found.open, found.is_complete) == (0, len(checklist.STEPS), False)
    assert found.next == checklist.STEPS[0]


@pytest.mark.django_db
@pytest.mark.parametrize("step", [step for step in checklist.STEPS if step.fields], ids=lambda step: step.key)
def test_each_step_is_open_until_its_fields_say_something(step: checklist.Step) -> None:
    whole = clinic()
    assert checklist.check(whole, has_hours=True).is_complete

    field = Clinic._meta.get_field(step.fields[0])
    setattr(whole, step.fields[0], None if field.null else "")

    open_steps = [checked.step.key for checked in checklist.check(whole, has_hours=True).steps if not checked.is_done]
    assert open_steps == [step.key]
    assert checklist.check(whole, has_hours=True).next == step


def test_the_step_that_completes_the_checklist_unlocks_sending(
    studio: Client, owner: User, nearly_done: Clinic
) -> None:
    save_profile(studio, phone="416 555 0100")

    assert queries.profile().phone == "+14165550100"
    assert queries.profile().sending_unlocked_at is not None
    assert AuditEvent.objects.filter(act="sending.unlocked", by=owner).count() == 1


def test_a_step_that_leaves_others_open_unlocks_nothing(studio: Client, nearly_done: Clinic) -> None:
    clinic(sending_unlocked_at=None, phone="", content_signed_off_at=None)

    save_profile(studio, phone="416 555 0100")

    assert queries.profile().sending_unlocked_at is None


def test_the_first_save_creates_the_profile(studio: Client) -> None:
    Clinic.objects.all().delete()

    save_profile(studio, name="Harbour", practitioner="Dana")

    assert Clinic.objects.get().name == "Harbour"


def test_once_mail_leaves_nothing_that_it_needs_can_be_emptied(studio: Client) -> None:
    page = save_profile(studio, postal_address="", practitioner_title="")

    assert set(errors(page)) == {"postal_address"}


def test_the_trail_names_the_fields_that_changed(studio: Client, owner: User) -> None:
    save_profile(studio, name="Harbour Clinic")

    event = AuditEvent.objects.get(act="clinic.changed")
    assert (event.by, event.detail) == (owner, {"fields": ["name"]})


def test_a_change_stands_in_the_next_mail(studio: Client) -> None:
    stock.mails(database_now())

    save_profile(studio, name="Quayside Acupuncture")

    first = Variant.objects.select_related("current").get(email__key="course-0")
    assert first.current is not None
    assert "Quayside Acupuncture" in first.current.text


def opened() -> dict[str, object]:
    """What a page sends that was opened now."""
    return profile(seen=ProfileForm(instance=queries.profile()).shown)


def colleague_saves(**changes: object) -> None:
    sam = staff(name="Sam Okafor")
    acts.change_profile(changes, by=sam, now=database_now())


def test_when_sequences_may_write_and_which_holidays_they_keep_is_said_in_the_profile(studio: Client) -> None:
    clinic()

    save_profile(studio, public_holidays="CA-ON", writes_from="07:30", writes_until="19:00")
    wrong = save_profile(studio, public_holidays="XX", writes_from="19:00", writes_until="07:30")

    kept = Clinic.objects.get()
    assert (kept.public_holidays, kept.writes_from, kept.writes_until) == ("CA-ON", time(7, 30), time(19))
    assert set(errors(wrong)) == {"public_holidays", "writes_until"}


def test_the_profile_says_that_campaigns_warn_by_these_hours_as_well(studio: Client) -> None:
    clinic()

    page = studio.get(reverse("studio:setup_profile"))

    assert "these are the hours by which it warns you" in page.text


def test_what_a_colleague_changed_in_the_profile_meanwhile_stays(studio: Client) -> None:
    mine = opened() | {"name": "Quayside", "postal_address": "12 Harbour Street\r\nToronto ON M5J 0A1"}
    colleague_saves(phone="+14165550199", cap_mails=2)

    assert studio.post(reverse("studio:setup_profile"), mine).status_code == 302

    found = queries.profile()
    assert (found.name, found.phone, found.cap_mails) == ("Quayside", "+14165550199", 2)
    assert AuditEvent.objects.filter(act="clinic.changed").latest("pk").detail == {"fields": ["name"]}


def test_where_two_changed_one_thing_the_second_sees_both_and_may_insist(studio: Client) -> None:
    mine = opened() | {
        "name": "Quayside",
        "phone": "416 555 0177",
        "time_zone": "Europe/Paris",
        "insurance_note": "Ask",
    }
    colleague_saves(name="Lakeside", phone="+14165550199", time_zone="Europe/Berlin", jurisdiction="US")

    told = studio.post(reverse("studio:setup_profile"), mine)

    more = "Save once more if yours is right."
    assert errors(told) == {
        "name": [f"Meanwhile Sam Okafor has saved “Lakeside” here. {more}"],
        "phone": [f"Meanwhile Sam Okafor has saved “+1 416-555-0199” here. {more}"],
        "time_zone": [f"Meanwhile Sam Okafor has saved “Berlin” here. {more}"],
    }
    assert [told.context["form"][name].value() for name in ("name", "insurance_note")] == ["Quayside", "Ask"]
    assert (queries.profile().name, queries.profile().insurance_note) == ("Lakeside", "")
    again = mine | {"seen": told.context["form"].shown}
    assert studio.post(reverse("studio:setup_profile"), again).status_code == 302
    found = queries.profile()
    assert (found.name, found.phone, found.jurisdiction) == ("Quayside", "+14165550177", "US")


def test_a_page_that_is_shown_once_more_takes_nobodys_change_back(studio: Client) -> None:
    mine = opened() | {"phone": "12"}
    colleague_saves(name="Lakeside")
    told = studio.post(reverse("studio:setup_profile"), mine)

    again = mine | {"phone": "416 555 0177", "seen": told.context["form"].shown}
    studio.post(reverse("studio:setup_profile"), again)

    assert (queries.profile().name, queries.profile().phone) == ("Lakeside", "+14165550177")


def test_who_emptied_something_is_named_too(studio: Client) -> None:
    clinic(insurance_note="Most plans pay.")
    mine = opened() | {"insurance_note": "Some plans pay."}
    colleague_saves(insurance_note="")

    told = errors(studio.post(reverse("studio:setup_profile"), mine))

    assert told["insurance_note"][0].startswith("Meanwhile Sam Okafor has emptied this.")


def test_two_who_save_in_the_same_moment_are_told_as_well(studio: Client, owner: User) -> None:
    """The second was judged before the first had committed; under the lock it is seen."""
    judged = ProfileForm(instance=queries.profile()).present
    colleague_saves(name="Lakeside")

    with pytest.raises(acts.ChangedSince):
        acts.change_profile({"name": "Quayside"}, by=owner, now=database_now(), seen=judged)

    assert queries.profile().name == "Lakeside"


def test_a_phone_number_that_cannot_be_called_is_explained(studio: Client) -> None:
    page = save_profile(studio, phone="12")

    assert errors(page) == {"phone": ["Write it with its area code, such as 416 555 0123."]}


def test_the_week_can_have_a_pause_at_noon(studio: Client) -> None:
    hours(weekday=3)
    week = {"d0_0_from": "09:00", "d0_0_to": "12:00", "d0_1_from": "13:30", "d0_1_to": "17:00"}

    studio.post(reverse("studio:setup_hours"), week | RULES | {"call_notice_hours": 12})

    rows = list(WeeklyHours.objects.order_by("opens_at").values_list("weekday", "opens_at", "closes_at"))
    assert rows == [(0, time(9), time(12)), (0, time(13, 30), time(17))]
    assert queries.profile().call_notice_hours == 12


@pytest.mark.parametrize(
    ("week", "problem"),
    [
        ({"d1_0_from": "09:00"}, "Give both times, or none."),
        ({"d1_0_from": "12:00", "d1_0_to": "09:00"}, "The end must be later than the beginning."),
        (
            {"d1_0_from": "09:00", "d1_0_to": "12:00", "d1_1_from": "11:00", "d1_1_to": "13:00"},
            "The two spans overlap.",
        ),
    ],
)
def test_hours_that_make_no_sense_change_nothing(week: dict[str, str], problem: str, studio: Client) -> None:
    hours(weekday=3)

    page = studio.post(reverse("studio:setup_hours"), week | RULES)

    assert problem in page.text
    assert list(WeeklyHours.objects.values_list("weekday", flat=True)) == [3]


def test_a_day_off_warns_of_the_calls_on_it_and_can_be_removed(studio: Client) -> None:
    starts_at = database_now() + timedelta(days=3)
    appointment(starts_at=starts_at)
    on = starts_at.astimezone(queries.zone()).date()

    studio.post(reverse("studio:day_off_add"), {"on": on.isoformat(), "label": "Leave"})
    page = studio.get(reverse("studio:setup_hours"))

    assert page.context["days_off"] == [(DayOff.objects.get(), 1)]
    assert "1 call is booked on this day." in page.text

    studio.post(reverse("studio:day_off_remove", args=[DayOff.objects.get().pk]))
    assert DayOff.objects.count() == 0


def test_a_day_without_a_date_is_explained(studio: Client) -> None:
    page = studio.post(reverse("studio:day_off_add"), {"on": "soon", "label": ""})

    assert page.status_code == 200
    assert "on" in page.context["day_off"].errors


def test_past_days_off_are_not_listed(studio: Client) -> None:
    DayOff.objects.create(on=date(2020, 1, 1))

    assert studio.get(reverse("studio:setup_hours")).context["days_off"] == []


def test_the_practitioner_reads_the_mails_of_the_course_and_signs(studio: Client, owner: User) -> None:
    clinic(content_signed_off_at=None, content_signed_off_by="", sending_unlocked_at=None)
    stock.mails(database_now())
    url = reverse("studio:setup_content")

    letters = studio.get(url).context["letters"]
    unread = studio.post(url, {"name": "Dana Reyes"})
    studio.post(url, {"name": "Dana Reyes", "has_read": "on"})

    days = (0, 2, 5, 8, 12, 16, 21, "follow-up")
    assert [letter.variant.email.key for letter in letters] == [f"course-{day}" for day in days]
    assert errors(unread) == {"has_read": ["Tick the box once you have read them."]}
    assert queries.profile().content_signed_off_by == "Dana Reyes"
    assert AuditEvent.objects.get(act="content.signed_off").by == owner
    signed = studio.get(url)
    assert all(letter.standing.is_signed for letter in signed.context["letters"])
    assert signed.text.count("Version 1, signed by Dana Reyes") == len(letters)


def test_a_letter_that_was_rewritten_since_is_told_apart_and_goes_on_as_it_was_signed(
    studio: Client, owner: User
) -> None:
    stock.mails(database_now())
    studio.post(reverse("studio:setup_content"), {"name": "Dana Reyes", "has_read": "on"})
    email = EmailTemplate.objects.get(key="course-2")
    rewritten = Wording("Other words", "", email.body)
    drafts.save(email, rewritten, version=email.version, by=owner, now=database_now())

    page = studio.get(reverse("studio:setup_content"))

    changed = [letter.variant.email.key for letter in page.context["letters"] if letter.standing.is_changed]
    assert changed == ["course-2"]
    assert "Version 2 is written and does not go out." in page.text
    assert "Whoever publishes it puts the practitioner" in page.text


def test_a_mail_is_shown_in_a_frame_where_nothing_runs(studio: Client) -> None:
    stock.mails(database_now())
    letter = Variant.objects.get(email__key="course-0")

    frame = studio.get(reverse("studio:setup_letter", args=[letter.pk]))

    policy = frame.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox" in policy
    assert "Hello Alex" in frame.text


def test_a_campaign_is_not_one_of_them(studio: Client) -> None:
    assert studio.get(reverse("studio:setup_letter", args=[4711])).status_code == 404


def test_the_test_mail_goes_to_whoever_asked_and_counts_once_it_was_seen(studio: Client, owner: User) -> None:
    clinic(test_mail_seen_at=None, sending_unlocked_at=None)
    stock.mails(database_now())
    page_url = reverse("studio:setup_test_mail")

    before = studio.get(page_url).context["latest"]
    studio.post(reverse("studio:test_mail_send"))
    waiting = studio.get(page_url, headers={"HX-Request": "true"})
    [(address, mail)] = leaving()
    studio.post(reverse("studio:test_mail_seen"))

    assert before is None
    assert 'hx-trigger="every 2s"' in waiting.text
    assert "<html" not in waiting.text
    assert (address, mail.subject) == (owner.email, EmailTemplate.objects.get(key="course-0").subject)
    assert queries.profile().test_mail_seen_at is not None


def test_what_became_of_the_test_mail_is_said_and_not_asked_for_again(studio: Client) -> None:
    stock.mails(database_now())
    studio.post(reverse("studio:test_mail_send"))
    Outcome.objects.create(delivery_id=Delivery.objects.get().pk, at=database_now(), state=3, reason="550 no such user")

    page = studio.get(reverse("studio:setup_test_mail"))

    assert "550 no such user" in page.text
    assert "hx-trigger" not in page.text


def test_how_often_one_person_is_written_to_is_the_clinics_to_say(studio: Client) -> None:
    save_profile(studio, cap_mails="2", cap_days="10")
    refused = errors(save_profile(studio, cap_mails="0", cap_days="7"))

    assert (queries.profile().cap_mails, queries.profile().cap_days) == (2, 10)
    assert refused == {"cap_mails": ["Ensure this value is greater than or equal to 1."]}
