"""What a draft changes about a plan, in words."""

from dataclasses import replace

from newsletter.sequences.plan import editing
from newsletter.sequences.plan.document import Again, Plan
from newsletter.sequences.plan.editing import Place
from newsletter.sequences.plan.words import Names
from newsletter.sequences.schedule import Wait
from studio.queries.plan_changes import changes
from tests.newsletter.sequences.plans import end, lot, pause, plan, tag

CALLED = Names({}, {}, {}, lambda only: str(only["name"]))
PLAN = plan(tag(1, "knee"), lot(2, 50, yes=(tag(3, "hip"),)), pause(4, days=1), end(5))


def said(new: Plan) -> list[tuple[str, str, str]]:
    return [(one.what, one.before, one.after) for one in changes(PLAN, new, CALLED)]


def test_the_same_plan_changes_nothing():
    assert said(PLAN) == []


def test_a_new_step_changes_nothing_about_the_others():
    new = editing.insert(PLAN, tag(6, "back"), Place(0))

    assert said(new) == [("New", "", "Put on the tag “back”")]


def test_a_step_that_was_taken_out_goes_with_what_stood_in_it():
    assert said(editing.remove(PLAN, 2)) == [
        ("Taken out", "By lot, to compare", ""),
        ("Taken out", "Put on the tag “hip”", ""),
    ]


def test_a_changed_step_reads_before_and_after():
    new = editing.change(PLAN, replace(pause(4), wait=Wait(days=3)))

    assert said(new) == [("Changed", "Wait: 1 day later", "Wait: 3 days later")]


def test_a_step_that_left_its_branch_is_elsewhere():
    new = editing.move(PLAN, 3, Place(3))

    assert ("Moved", "Put on the tag “hip”", "Put on the tag “hip”") in said(new)


def test_a_rule_reads_before_and_after():
    new = replace(PLAN, again=Again.DAYS, again_days=30)

    assert said(new) == [("How often", "once ever", "again after 30 days, without mails they had lately")]
