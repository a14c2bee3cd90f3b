from datetime import time

import pytest

from newsletter.content import drafts, publishing, services
from newsletter.content import queries as content
from newsletter.content.services import Wording
from newsletter.models import EmailTemplate, Sequence, SequenceVersion, Step, Variant
from newsletter.sequences import presets, queries
from tests.factories import clinics, people
from tests.newsletter.sequences.course import DAY, NOW, enrolled, planned, walk_and_mail

pytestmark = pytest.mark.django_db


def test_the_shipped_course_is_seven_mails_over_three_weeks_and_one_more_after_a_click():
    clinics.clinic()

    course = presets.install(NOW)

    figures = [row for row in queries.step_figures(course) if row.step.variant]
    assert [(row.day, row.step.key, row.step.variant.email.key) for row in figures] == [
        (0, 1, "course-0"),
        (2, 2, "course-2"),
        (5, 3, "course-5"),
        (8, 4, "course-8"),
        (12, 5, "course-12"),
        (16, 6, "course-16"),
        (17, 12, "course-follow-up"),
        (21, 7, "course-21"),
    ]
    assert {row.step.variant.current is not None for row in figures} == {True}
    version = course.versions.get()
    assert version == course.published
    assert (version.number, version.weekdays) == (1, [0, 1, 2, 3, 4, 5, 6])
    assert (version.window_opens_at, version.window_closes_at) == (time(9), time(18))
    assert queries.course() == course


def test_installing_again_changes_nothing():
    clinics.clinic()
    presets.install(NOW)
    before = [model.objects.count() for model in (Sequence, SequenceVersion, Step, EmailTemplate)]

    presets.install(NOW + DAY)

    assert [model.objects.count() for model in (Sequence, SequenceVersion, Step, EmailTemplate)] == before


def test_the_shipped_course_runs_from_its_first_day_to_its_last():
    clinics.clinic()
    presets.install(NOW)
    enrolment = enrolled()

    walk_and_mail(NOW + 21 * DAY)

    enrolment.refresh_from_db()
    assert planned(enrolment) == [1, 2, 3, 4, 5, 6, 7]
    assert (enrolment.state, enrolment.ended_at) == ("finished", NOW + 21 * DAY)


def test_a_letter_says_its_place_in_the_sequence_that_mails_it_now():
    clinics.clinic()
    course = presets.install(NOW)
    second, third = (EmailTemplate.objects.get(key=key) for key in ("course-2", "course-5"))
    Step.objects.filter(variant__email=second).delete()

    assert content.draft(third).place == (2, 6)
    assert "Letter 2 of 6" in content.compiled(third).text
    assert queries.place(second.pk) is None
    assert queries.place(EmailTemplate.objects.get(key="course-follow-up").pk) is None
    assert Step.objects.filter(version=course.published, kind="email").count() == 7


def test_what_goes_out_says_its_place_however_it_is_frozen():
    """Published alone, or frozen anew with all others while other words are only saved."""
    clinics.clinic()
    presets.install(NOW)
    dana = people.staff(name="Dana Reyes")
    third, last = (Variant.objects.get(email__key=key, label="A") for key in ("course-5", "course-21"))
    Step.objects.filter(variant__email__key="course-2").delete()

    services.refreeze(now=NOW + DAY)
    places = [Variant.objects.get(pk=one.pk).current.text.partition("\n")[0][-13:] for one in (third, last)]
    saved = drafts.save(third.email, Wording("Saved only", "", third.email.body), version=1, by=dana, now=NOW + DAY)
    services.refreeze(now=NOW + DAY)
    anew = Variant.objects.get(pk=third.pk).current
    publishing.publish(saved, version=saved.version, by=dana, now=NOW + DAY, signature="Dana Reyes")
    published = Variant.objects.get(pk=third.pk).current

    assert places == ["Letter 2 of 6", "Letter 6 of 6"]
    assert (anew.subject, "Letter 2 of 6" in anew.text) == ("When it starts somewhere else", True)
    assert (published.subject, "Letter 2 of 6" in published.text) == ("Saved only", True)
