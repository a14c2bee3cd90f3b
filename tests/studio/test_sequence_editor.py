"""The editor of a sequence by its forms, as they work without a script; and the same forms sent by one."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from newsletter.models import DraftState, EmailTemplate, Sequence
from newsletter.sequences import publishing, writing
from newsletter.sequences.plan.document import Again, Event, EventKind, Hours, Plan, Scarce, Step, StepKind, TriggerKind
from newsletter.sequences.schedule import Wait
from newsletter.sequences.writing import Act
from tests.factories import mail, people
from tests.newsletter.sequences.plan.test_editing import said as told
from tests.newsletter.sequences.plans import email, end, pause, plan, split, tag, until_clicked

SCRIPT = {"headers": {"X-Editor": "1"}}
OFFICE = {"weekdays": ["0", "1", "2", "3", "4"], "opens": "09:00", "closes": "17:30"}


@pytest.fixture
def begun(owner: User) -> Sequence:
    return writing.begin("After the call", topic="course", by=owner, now=database_now())


def drafted(sequence: Sequence) -> Plan:
    return publishing.draft(Sequence.objects.get(pk=sequence.pk))


def number(sequence: Sequence) -> int:
    return Sequence.objects.get(pk=sequence.pk).draft_number


def writes(sequence: Sequence, made: Plan, by: User) -> None:
    found = Sequence.objects.get(pk=sequence.pk)
    writing.keep(found, Act(made, found.draft_number), by=by, now=database_now())


def url(sequence: Sequence, name: str = "sequence_edit") -> str:
    return reverse(f"studio:{name}", args=[sequence.pk])


def press(studio: Client, on: Sequence, act: str, /, *, scripted: bool = False, **fields: Any) -> Any:
    """What a form sends whose page shows the draft as it is."""
    values = {"act": act, "number": number(on), **fields}
    return studio.post(url(on, "sequence_act"), values, **(SCRIPT if scripted else {}))


def test_an_empty_plan_is_built_step_by_step_without_a_script(studio: Client, begun: Sequence):
    first = press(studio, begun, "add", kind="email", place="top-0")
    press(studio, begun, "add", kind="until", place="top-1")
    press(studio, begun, "add", kind="notify", place="2-yes-0")
    press(studio, begun, "add", kind="end", place="2-no-0")

    assert told(drafted(begun)) == "1 2[3|4]"
    assert first.headers["Location"] == url(begun) + "?open=1#step-1"
    assert studio.get(first.headers["Location"]).context["form"].before.kind == StepKind.EMAIL


def test_steps_are_moved_copied_taken_out_and_had_back(studio: Client, begun: Sequence, owner: User):
    writes(begun, plan(email(1), until_clicked(2, 3, yes=(email(3),)), end(4)), owner)
    ways = []
    for act, fields in (
        ("down", {"key": 1}),
        ("up", {"key": 4}),
        ("duplicate", {"key": 3}),
        ("move", {"key": 2, "place": "top-2"}),
        ("delete", {"key": 2}),
        ("undo", {}),
        ("undo", {}),
        ("redo", {}),
    ):
        assert press(studio, begun, act, **fields).status_code == 302
        ways.append(told(drafted(begun)))

    assert ways == [
        "2[1 3|] 4",
        "2[1 3|4]",
        "2[1 3 5|4]",
        "2[1 3 5|4]",
        "",
        "2[1 3 5|4]",
        "2[1 3|4]",
        "2[1 3 5|4]",
    ]


@pytest.mark.parametrize("kind", StepKind)
def test_every_kind_is_put_in_dragged_moved_by_keys_copied_taken_out_and_had_back(
    kind: StepKind, studio: Client, begun: Sequence, owner: User
):
    writes(begun, plan(pause(1, days=1), split(2, "knee", yes=(end(3),))), owner)
    seen = []
    for act, fields in (
        ("add", {"kind": kind.value, "place": "2-no-0"}),
        ("move", {"key": 4, "place": "2-yes-0"}),
        ("up", {"key": 4}),
        ("up", {"key": 4}),
        ("down", {"key": 4}),
        ("duplicate", {"key": 4}),
        ("delete", {"key": 4}),
        *[("undo", {})] * 7,
        *[("redo", {})] * 7,
    ):
        assert press(studio, begun, act, **fields).status_code == 302
        seen.append([step.key for step in drafted(begun).every()])

    assert seen[:7] == [
        [1, 2, 3, 4], [1, 2, 4, 3], [1, 4, 2, 3], [4, 1, 2, 3], [1, 4, 2, 3], [1, 4, 5, 2, 3], [1, 5, 2, 3],
    ]  # fmt: skip
    assert seen[7:14] == [*seen[5::-1], [1, 2, 3]]
    assert seen[14:] == seen[:7]
    assert drafted(begun).find(5).kind == kind


CHANGES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "email",
        {"email": "", "days": "3", "hours": "2", "minutes": "", "at": "09:30"},
        {"wait": Wait(3, 2, 0, Hours().opens.replace(minute=30))},
    ),
    (
        "email",
        {"days": "1", "own": "on", **OFFICE, "days_off": "0", "fewer": "4", "ahead": "10"},
        {
            "wait": Wait(1),
            "hours": Hours(frozenset(range(5)), Hours().opens, Hours().closes.replace(hour=17, minute=30), False),
            "scarce": Scarce(4, 10),
        },
    ),
    ("wait", {"days": "", "hours": "5"}, {"wait": Wait(hours=5)}),
    (
        "until",
        {"event": "booked", "booked": "phone", "tag": "x", "days": "7"},
        {"days": 7, "event": Event(EventKind.BOOKED, "phone")},
    ),
    ("until", {"event": "tag", "tag": "knee", "days": "2"}, {"days": 2, "event": Event(EventKind.TAG, "knee")}),
    ("until", {"event": "clicked", "mail": "", "days": "2"}, {"days": 2, "event": Event(EventKind.CLICKED)}),
    (
        "split",
        {"condition": "not:has_phone", "value": ""},
        {"condition": {"name": "has_phone", "value": "", "not": True}},
    ),
    ("lot", {"share": "20"}, {"share": 20}),
    ("tag", {"adds": "", "tag": "knee"}, {"adds": False, "tag": "knee"}),
    ("notify", {"text": "Ring them."}, {"text": "Ring them."}),
    ("handover", {"sequence": ""}, {"sequence": None}),
    ("end", {}, {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "typed", "then"), CHANGES, ids=[f"{kind}-{n}" for n, (kind, *_) in enumerate(CHANGES)]
)
def test_every_kind_of_step_is_changed_by_its_form(
    studio: Client, begun: Sequence, kind: str, typed: dict[str, Any], then: dict[str, Any]
):
    press(studio, begun, "add", kind=kind, place="top-0")

    answer = press(studio, begun, "change", key=1, open="1", **typed)

    assert answer.headers.get("Location") == url(begun) + "?open=1#step-1"
    [step] = drafted(begun).steps
    assert {name: getattr(step, name) for name in then} == then
    assert studio.get(url(begun) + "?open=1").status_code == 200


def test_a_mail_and_a_sequence_are_chosen_from_what_there_is(studio: Client, begun: Sequence, owner: User):
    letter = mail.email(kind="step", subject="For {{ first_name|there }}")
    other = writing.begin("Missed", topic="course", by=owner, now=database_now())
    writes(begun, plan(email(1), end(2)), owner)
    press(studio, begun, "add", kind="handover", place="top-2")

    page = studio.get(url(begun) + "?open=1")
    press(studio, begun, "change", key=1, email=letter.pk, days=0)
    press(studio, begun, "change", key=3, sequence=other.pk)

    assert (letter.pk, "For [first name]") in page.context["form"].fields["email"].choices
    assert [drafted(begun).steps[0].email, drafted(begun).steps[2].sequence] == [letter.pk, other.pk]
    assert press(studio, begun, "change", key=3, sequence=begun.pk).status_code == 422


def test_a_new_mail_is_written_in_the_composer_and_stands_in_its_step(studio: Client, begun: Sequence):
    press(studio, begun, "add", kind="email", place="top-0")

    answer = press(studio, begun, "write", key=1, days="6", at="09:30")

    made = EmailTemplate.objects.get(kind="step")
    assert (drafted(begun).steps[0].wait.days, press(studio, begun, "write", key=1, days="x").status_code) == (6, 422)
    assert answer.headers["Location"] == reverse("studio:email_edit", args=[made.pk])
    assert drafted(begun).steps[0].email == made.pk
    assert studio.get(answer.headers["Location"]).status_code == 200


RULES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("again", {"again": "days", "days": "90"}, {"again": Again.DAYS, "again_days": 90}),
    ("again", {"again": "occasion", "days": "90"}, {"again": Again.OCCASION, "again_days": 0}),
    ("again", {"again": "days", "days": "90", "repeats": "on"}, {"again_days": 90, "again_repeats": True}),
    ("goal", {"event": "booked"}, {"goal": Event(EventKind.BOOKED)}),
    ("goal", {"event": ""}, {"goal": None}),
    ("holdout", {"holdout": "10"}, {"holdout": 10}),
    (
        "hours",
        {**OFFICE, "closes": "18:00"},
        {"hours": Hours(frozenset(range(5))), "keeps_holidays": False},
    ),
    (
        "entry",
        {"condition": ["has_phone", "not:has_phone"], "value": ["", ""], "remove": "1"},
        {"entry": ({"name": "has_phone", "value": "", "not": True},)},
    ),
]


@pytest.mark.parametrize(("rule", "typed", "then"), RULES)
def test_every_rule_is_changed_by_its_form(
    studio: Client, begun: Sequence, rule: str, typed: dict[str, Any], then: dict[str, Any]
):
    answer = press(studio, begun, "rule", rule=rule, open=rule, **typed)

    assert answer.headers.get("Location") == url(begun) + f"?open={rule}#plan"
    found = drafted(begun)
    assert {name: getattr(found, name) for name in then} == then


@pytest.mark.parametrize(
    ("typed", "then"),
    [
        ({"kind": "tag", "tag": "knee", "months": "4"}, (TriggerKind.TAG, "knee", 0)),
        ({"kind": "visit", "tag": "knee", "months": "4"}, (TriggerKind.VISIT, "", 4)),
        ({"kind": "quiet", "silence": "90"}, (TriggerKind.QUIET, "", 90)),
        ({"kind": "consent", "source": "newsletter"}, (TriggerKind.CONSENT, "newsletter", 0)),
        ({"kind": "hand", "source": "newsletter"}, (TriggerKind.HAND, "", 0)),
    ],
)
def test_a_trigger_keeps_only_what_belongs_to_it(studio: Client, begun: Sequence, typed: dict[str, Any], then: Any):
    press(studio, begun, "rule", rule="trigger", open="trigger", **typed)

    found = drafted(begun).trigger
    assert (found.kind, found.value, found.number) == then
    assert studio.get(url(begun) + "?open=trigger").context["form"].initial["kind"] == then[0]


def test_a_condition_is_added_and_then_chosen(studio: Client, begun: Sequence):
    press(studio, begun, "rule", rule="entry", open="entry", add="1")

    [row] = studio.get(url(begun) + "?open=entry").context["form"].conditions
    assert (row.number, row.value) == (1, "")
    assert len(drafted(begun).entry) == 1


def test_what_does_not_fit_is_said_beside_the_field_and_nothing_is_saved(studio: Client, begun: Sequence, owner: User):
    writes(begun, plan(pause(1, days=1)), owner)
    before = number(begun)

    answer = press(studio, begun, "change", key=1, open="1", days="400", at="25:99")

    assert (answer.status_code, number(begun)) == (422, before)
    assert set(answer.context["form"].errors) == {"days", "at"}
    assert 'value="400"' in answer.text
    assert answer.text.count('class="error"') == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"act": "down", "key": "9"},
        {"act": "down", "key": "1"},
        {"act": "move", "key": "1", "place": "nowhere"},
        {"act": "add", "kind": "cake", "place": "top-0"},
        {"act": "add", "kind": "end", "place": "9-yes-0"},
        {"act": "sing"},
        {"act": "redo"},
        {"act": "revert"},
        {"act": "rule", "rule": "steps"},
        {"act": "write", "key": "1"},
        {"act": "up", "key": "x"},
        {"act": "up", "key": "²"},
        {"act": "up", "key": "9" * 30},
        {"number": "x", "act": "up", "key": "1"},
        {"number": "9" * 30, "act": "up", "key": "1"},
        {},
    ],
    ids=str,
)
def test_what_cannot_be_done_is_said_kindly_and_changes_nothing(
    studio: Client, begun: Sequence, owner: User, fields: dict[str, str]
):
    writes(begun, plan(pause(1, days=1)), owner)
    before = drafted(begun)

    answer = studio.post(url(begun, "sequence_act"), {"number": number(begun), **fields})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert drafted(begun) == before


def test_whoever_was_overtaken_sees_both_and_can_do_theirs_after_all(studio: Client, begun: Sequence, owner: User):
    writes(begun, plan(pause(1, days=1), end(2)), owner)
    seen = number(begun)
    sam = people.staff(name="Sam Okoye")
    writes(begun, plan(pause(1, days=5), end(2)), sam)

    answer = press(studio, begun, "change", key=1, number=seen, days="9", open="1")

    assert answer.status_code == 409
    assert "Sam Okoye saved at" in answer.text
    wanted = answer.context["wanted"]
    assert (wanted["mine"], wanted["theirs"]) == ("Wait: 9 days later", "Wait: 5 days later")
    assert drafted(begun).steps[0].wait.days == 5
    again = studio.post(url(begun, "sequence_act"), {**dict(wanted["sent"]), "number": number(begun)})
    assert (again.status_code, drafted(begun).steps[0].wait.days) == (302, 9)


def test_an_act_on_a_step_that_a_colleague_took_out_is_kept_in_words(studio: Client, begun: Sequence, owner: User):
    writes(begun, plan(tag(1, "knee"), end(2)), owner)
    seen = number(begun)
    writes(begun, plan(end(2)), people.staff())

    for act in ("change", "delete", "up", "undo"):
        answer = press(studio, begun, act, key=1, number=seen, tag="hip")
        assert answer.status_code == 409
        assert "Nothing is lost" in answer.text
        if act == "change":
            assert answer.context["wanted"]["mine"] == "Take off the tag “hip”"
            assert answer.context["wanted"]["theirs"] == "It is not in the plan any more."


def test_a_script_gets_the_part_that_may_have_changed(studio: Client, begun: Sequence, owner: User):
    answer = press(studio, begun, "add", scripted=True, kind="wait", place="top-0")

    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div id="editor"')
    assert f'data-number="{number(begun)}"' in answer.text
    assert 'data-said="Added: Wait: 1 day later"' in answer.text
    assert "<html" not in answer.text
    assert studio.get(url(begun), **SCRIPT).text.lstrip().startswith('<div id="editor"')
    overtaken = press(studio, begun, "delete", scripted=True, key=1, number=0)
    assert (overtaken.status_code, "data-overtaken" in overtaken.text) == (409, True)


def test_what_keeps_it_from_being_published_leads_to_its_place(studio: Client, begun: Sequence, owner: User):
    writes(begun, plan(split(1, ""), until_clicked(2, 0)), owner)

    found = studio.get(url(begun)).context["found"]

    assert {(one.open, one.where) for one in found if one.blocks} == {("1", "Step 1"), ("2", "Step 2")}
    assert [one.open for one in found if not one.blocks][:1] == ["goal"]


def test_the_draft_is_dropped_for_what_is_published_and_had_back(studio: Client, begun: Sequence, owner: User):
    writes(begun, plan(pause(1, days=1)), owner)
    publishing.publish(begun.pk, publishing.Choice(), seen=publishing.Seen(number(begun)), by=owner, now=database_now())
    press(studio, begun, "change", key=1, days="9")

    press(studio, begun, "revert")
    dropped = drafted(begun)
    press(studio, begun, "undo")

    assert (dropped, drafted(begun).steps[0].wait.days) == (plan(pause(1, days=1)), 9)


@pytest.mark.parametrize("count", [1, 3])
def test_the_editor_asks_the_database_as_often_for_one_step_as_for_many(
    count: int, studio: Client, begun: Sequence, owner: User, django_assert_num_queries
):
    letters = [mail.email(kind="step").pk for _ in range(count)]
    writes(begun, plan(*(Step(key, StepKind.EMAIL, email=pk) for key, pk in enumerate(letters, start=1))), owner)

    with django_assert_num_queries(24):
        studio.get(url(begun) + "?open=1")


def test_looking_changes_nothing(studio: Client, begun: Sequence, owner: User):
    writes(begun, plan(pause(1, days=1)), owner)
    before = (number(begun), DraftState.objects.count())

    for open_form in ("", "1", "goal", "99", "x", "steps", "9" * 40):
        assert studio.get(url(begun), {"open": open_form}).status_code == 200
    assert studio.get(url(begun, "sequence_act")).status_code == 405
    assert (number(begun), DraftState.objects.count()) == before


def test_a_sequence_that_is_not_there_is_explained(studio: Client):
    for name in ("sequence", "sequence_edit", "sequence_publish", "sequence_about"):
        assert studio.get(reverse(f"studio:{name}", args=[4711])).status_code == 404
