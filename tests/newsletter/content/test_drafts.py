"""Keeping what is written: nothing is lost, nobody is written over, and what it said before can be had back."""

from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection

from accounts.models import AuditEvent, User
from newsletter.content import drafts, revisions
from newsletter.content.drafts import Conflict, NotStorable
from newsletter.content.models import EmailRevision, EmailTemplate
from newsletter.content.services import Wording
from tests.factories import mail
from tests.factories.people import staff

NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.django_db


def written(*texts: str) -> dict[str, Any]:
    blocks = [{"id": f"block{n:03}", "type": "text", "text": f"<p>{text}</p>"} for n, text in enumerate(texts)]
    return {"version": 2, "blocks": blocks}


def draft(*texts: str, subject: str = "Autumn") -> Wording:
    return Wording(subject, "For you", written(*texts))


@pytest.fixture
def dana() -> User:
    return staff(name="Dana")


@pytest.fixture
def maria() -> User:
    return staff(name="Maria")


@pytest.fixture
def email() -> EmailTemplate:
    return mail.email(subject="Before", body=written("As it was."), updated_at=NOW - timedelta(days=1))


def versions(of: EmailTemplate) -> list[tuple[int, str, str]]:
    found = EmailRevision.objects.filter(email=of).order_by("version").select_related("saved_by")
    return [(row.version, row.subject, str(row.saved_by or "")) for row in found]


def test_what_is_written_is_kept_with_whose_it_is(email: EmailTemplate, dana: User) -> None:
    saved = drafts.save(email, draft("Hello", subject=" Autumn "), version=1, by=dana, now=NOW)

    email.refresh_from_db()
    assert (email.version, email.subject, email.body) == (2, "Autumn", written("Hello"))
    assert (saved.version, email.updated_by, email.updated_at) == (2, dana, NOW)


def test_half_a_mail_can_be_kept(email: EmailTemplate, dana: User) -> None:
    half = {"version": 2, "blocks": [{"id": "aaaaaaaa", "type": "button", "label": "", "target": ""}]}

    saved = drafts.save(email, Wording("", "{{ nobody", half), version=1, by=dana, now=NOW)

    assert saved.body == half


def test_the_same_words_again_make_no_version(email: EmailTemplate, dana: User) -> None:
    drafts.save(email, draft("Hello"), version=1, by=dana, now=NOW)

    again = drafts.save(email, draft("Hello"), version=1, by=dana, now=NOW + MINUTE)

    assert (again.version, again.updated_at) == (2, NOW)


def test_of_two_writers_the_second_is_told_and_nothing_is_written(
    email: EmailTemplate, dana: User, maria: User
) -> None:
    drafts.save(email, draft("Maria's"), version=1, by=maria, now=NOW)

    with pytest.raises(Conflict) as told:
        drafts.save(email, draft("Dana's"), version=1, by=dana, now=NOW + MINUTE)

    email.refresh_from_db()
    assert (told.value.theirs.updated_by, told.value.theirs.body) == (maria, written("Maria's"))
    assert (email.version, email.body) == (2, written("Maria's"))


def test_what_one_person_saves_within_ten_minutes_is_one_revision(email: EmailTemplate, dana: User) -> None:
    for minute in range(12):
        text = f"Minute {minute}"
        drafts.save(email, draft(text, subject=text), version=minute + 1, by=dana, now=NOW + minute * MINUTE)

    assert versions(email) == [(1, "Before", ""), (11, "Minute 9", "Dana"), (13, "Minute 11", "Dana")]


def test_another_persons_words_are_a_revision_of_their_own(email: EmailTemplate, dana: User, maria: User) -> None:
    for version, by in enumerate((dana, maria, dana), start=1):
        drafts.save(email, draft(f"{version}", subject=f"{version}"), version=version, by=by, now=NOW)

    assert versions(email)[1:] == [(2, "1", "Dana"), (3, "2", "Maria"), (4, "3", "Dana")]


def test_what_is_kept_is_never_written_over(email: EmailTemplate, dana: User) -> None:
    saved = drafts.save(email, draft("Out it goes", subject="Out"), version=1, by=dana, now=NOW)
    revisions.keep(saved)

    drafts.save(email, draft("Better"), version=2, by=dana, now=NOW + MINUTE)

    assert versions(email)[1:] == [(2, "Out", "Dana"), (3, "Autumn", "Dana")]


def test_an_autosave_is_no_entry_in_the_audit_trail(email: EmailTemplate, dana: User) -> None:
    drafts.save(email, draft("Hello"), version=1, by=dana, now=NOW)

    assert AuditEvent.objects.count() == 0


def test_an_older_version_can_be_had_back_and_nothing_is_lost_by_it(
    email: EmailTemplate, dana: User, maria: User
) -> None:
    drafts.save(email, draft("New", subject="New"), version=1, by=dana, now=NOW)
    first = EmailRevision.objects.get(email=email, version=1)

    drafts.restore(first, version=2, by=maria, now=NOW + MINUTE)

    email.refresh_from_db()
    assert (email.version, email.subject, email.body) == (3, "Before", written("As it was."))
    assert versions(email) == [(1, "Before", ""), (2, "New", "Dana"), (3, "Before", "Maria")]
    event = AuditEvent.objects.get(act="email.restored")
    assert (event.by, event.detail) == (maria, {"version": 3, "of": 1})


def test_restoring_writes_over_nobody(email: EmailTemplate, dana: User) -> None:
    drafts.save(email, draft("New"), version=1, by=dana, now=NOW)
    first = EmailRevision.objects.get(email=email, version=1)

    with pytest.raises(Conflict):
        drafts.restore(first, version=1, by=dana, now=NOW + MINUTE)

    email.refresh_from_db()
    assert email.version == 2


def test_what_an_older_editor_sends_is_understood(email: EmailTemplate, dana: User) -> None:
    old = {"version": 1, "blocks": [{"type": "text", "text": "Hello"}]}

    saved = drafts.save(email, Wording("Autumn", "", old), version=1, by=dana, now=NOW)

    assert (saved.body["version"], saved.body["blocks"][0]["text"]) == (2, "<p>Hello</p>")


def test_scripts_and_what_nobody_can_see_are_not_kept(email: EmailTemplate, dana: User) -> None:
    hostile = (
        '<p>Hi<script>alert(1)</script> <img src=x onerror=alert(1)>\u202eyou\x00</p><a href="javascript:x">go</a>'
    )
    body = {"version": 2, "blocks": [{"id": "aaaaaaaa", "type": "text", "text": hostile}]}

    saved = drafts.save(email, Wording("Hi\x00 \u202ethere", "\ud800", body), version=1, by=dana, now=NOW)

    email.refresh_from_db()
    assert (email.subject, email.preheader) == ("Hi there", "")
    assert not any(bad in email.body["blocks"][0]["text"] for bad in ("<script", "onerror", "javascript", "\u202e"))
    assert saved.body == email.body


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {},
        {"version": 2},
        {"version": [], "blocks": []},
        {"version": {}, "blocks": []},
        {"version": 99, "blocks": []},
        {"version": 2, "blocks": {}},
        {"version": 2, "blocks": [None]},
        {"version": 2, "blocks": [{"type": "video"}]},
        {"version": 2, "blocks": [{"type": "text", "text": 5}]},
        {"version": 2, "blocks": [{"type": "text", "text": "x" * 100_000}]},
        {"version": 2, "blocks": [{"type": "divider"}] * 1000},
        {"version": 2, "blocks": [{"type": "text", "text": "", "only": {"name": "tagged\0", "value": ""}}]},
        {"version": 1, "blocks": [None, 5, {"type": []}]},
    ],
)
def test_what_is_no_document_is_refused_with_the_reason(body: Any, email: EmailTemplate, dana: User) -> None:
    with pytest.raises(NotStorable) as refused:
        drafts.save(email, Wording("Autumn", "", body), version=1, by=dana, now=NOW)

    email.refresh_from_db()
    assert [problem.why for problem in refused.value.problems if not problem.why] == []
    assert email.version == 1


def test_a_subject_that_no_inbox_could_show_can_be_kept_and_one_that_no_page_could_is_refused(
    email: EmailTemplate, dana: User
) -> None:
    drafts.save(email, Wording("x" * 400, "", written("Hi")), version=1, by=dana, now=NOW)

    with pytest.raises(NotStorable) as refused:
        drafts.save(email, Wording("x" * 501, "", written("Hi")), version=2, by=dana, now=NOW)

    assert [problem.field for problem in refused.value.problems] == ["subject"]


@pytest.mark.django_db(transaction=True)
def test_of_many_saves_at_the_same_moment_one_is_written_and_the_others_are_told(
    email: EmailTemplate, dana: User
) -> None:
    ends: list[str] = []

    def write(number: int) -> None:
        try:
            drafts.save(email, draft(f"Writer {number}"), version=1, by=dana, now=NOW)
            ends.append("saved")
        except Conflict:
            ends.append("told")
        finally:
            connection.close()

    writers = [Thread(target=write, args=[number]) for number in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    email.refresh_from_db()
    assert sorted(ends) == ["saved"] + ["told"] * 5
    assert email.version == 2
