"""The editor of a sequence: one page on which its plan is read and changed, a form for each act.

Without a script every act leads back to the page. A script sends the same forms with the header `X-Editor` and is
answered with the part of the page that may have changed. Every act names the number of the draft that it was made
from: whoever was overtaken sees what they wanted beside what is there now, and can do it after all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.access import StaffRequest
from accounts.models import User
from clinic.clock import database_now
from newsletter.sequences import presence, publishing, writing
from newsletter.sequences.models import Sequence
from newsletter.sequences.plan.document import Unreadable
from newsletter.sequences.plan.editing import NotPossible
from newsletter.sequences.writing import Act, NothingThere
from studio import scripted
from studio.forms import sequence_acts
from studio.forms.sequence_acts import Asked, NotValid
from studio.forms.sequence_fields import Laid
from studio.pages import show
from studio.queries import sequence_page
from studio.services import sequences

BACK_AND_FORTH = {"undo": writing.undo, "redo": writing.redo}
TEMPLATE = "studio/sequences/edit.html"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the page says besides the plan: what was done or why not, the open form, and what somebody wanted."""

    said: str = ""
    why: str = ""
    open: str = ""
    form: Laid | None = None
    wanted: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What was done in words, the form that is open then, or the mail to go on with in the composer."""

    said: str = ""
    open: str = ""
    email: int | None = None


@access.may("change_sequences")
@require_GET
def sequence_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """`?open=` names the step or the rule whose form is open."""
    return _page(request, _sequence(pk), Answer(open=sequence_acts.opened(request.GET)), HTTPStatus.OK)


@access.may_in_json("change_sequences")
@require_POST
@scripted.answers
def sequence_here(request: StaffRequest, pk: int) -> dict[str, str]:
    """The asker has it open; who else does, in words."""
    sequence, now = _sequence(pk), database_now()
    presence.note(sequence, who=request.user, now=now)
    return {"others": sequence_page.others(presence.others(sequence, than=request.user, now=now))}


@access.may("change_sequences")
@require_POST
def sequence_act(request: StaffRequest, pk: int) -> HttpResponse:
    """Do what was pressed to the draft."""
    sequence = _sequence(pk)
    presence.note(sequence, who=request.user, now=database_now())
    answer, status = Answer(), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        asked = Asked(sequence, request.POST)
        done = _do(asked, request.user, database_now())
    except publishing.Overtaken:
        again = _sequence(pk)
        answer, status = Answer(wanted=sequence_acts.wanted(Asked(again, request.POST))), HTTPStatus.CONFLICT
    except NotValid as error:
        answer = Answer(why=str(error), open=asked.own, form=error.form)
    except NotPossible as error:
        answer = Answer(why=str(error), open=sequence_acts.opened(request.POST))
    except Unreadable:
        answer = Answer(why=_("That could not be read. Nothing was saved."))
    except NothingThere:
        answer = Answer(why=_("There is nothing more to undo or to do again."), open=asked.open)
    else:
        return _done(request, asked, done)
    return _page(request, _sequence(pk), answer, status)


def _do(asked: Asked, by: User, now: datetime) -> Done:
    """One act; raises what keeps it from being done."""
    sequence, number = asked.sequence, asked.number
    if asked.act in BACK_AND_FORTH:
        BACK_AND_FORTH[asked.act](sequence, number, by=by, now=now)
        return Done(str(sequence_acts.NAMES[asked.act]), asked.open)
    if asked.act == "write":
        step = sequence_acts.typed(asked)
        return Done(email=sequences.begin_mail(sequence, step, number=number, by=by, now=now).pk)
    if number != sequence.draft_number:
        raise publishing.Overtaken
    changed = sequence_acts.changed(asked)
    writing.keep(sequence, Act(changed.plan, number, changed.alike), by=by, now=now)
    return Done(changed.said, changed.open)


def _done(request: StaffRequest, asked: Asked, done: Done) -> HttpResponse:
    pk = asked.sequence.pk
    if done.email is not None:
        return redirect("studio:email_edit", pk=done.email)
    if _is_scripted(request):
        return _page(request, _sequence(pk), Answer(said=done.said, open=done.open), HTTPStatus.OK)
    messages.success(request, done.said)
    question = f"?open={done.open}" if done.open else ""
    where = f"#step-{done.open}" if done.open.isdigit() else "#plan"
    return redirect(reverse("studio:sequence_edit", args=[pk]) + question + where)


def _page(request: StaffRequest, sequence: Sequence, answer: Answer, status: int) -> HttpResponse:
    """The whole page, or the part that a script asked for."""
    now = database_now()
    context = {
        **sequence_page.editor(sequence),
        "others": sequence_page.others(presence.others(sequence, than=request.user, now=now)),
        "said": answer.said,
        "why": answer.why,
        "wanted": answer.wanted,
        "open": answer.open,
        "form": answer.form or sequence_acts.form(sequence, publishing.draft(sequence), answer.open),
    }
    template = f"{TEMPLATE}#editor" if _is_scripted(request) else TEMPLATE
    return show(request, template, context, now=now, status=status)


def _is_scripted(request: StaffRequest) -> bool:
    return "X-Editor" in request.headers


def _sequence(pk: int) -> Sequence:
    return get_object_or_404(Sequence.objects.select_related("published", "draft_by"), pk=pk)
