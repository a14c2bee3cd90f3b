"""Blocks that staff named: which there are, keep another, drop one."""

from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.content import saved_blocks as kept
from newsletter.content.drafts import NotStorable
from newsletter.content.models import SavedBlock
from studio import scripted
from studio.queries import look
from studio.scripted import Refused


@access.may_in_json("write_emails")
@require_http_methods(["GET", "POST"])
@scripted.answers
def saved_blocks(request: StaffRequest) -> HttpResponse:
    if request.method == "GET":
        return scripted.answer([_shown(one) for one in kept.every()])
    said = scripted.read(request)
    try:
        saved = kept.save(scripted.text(said, "name"), said.get("block"), by=request.user, now=database_now())
    except NotStorable as error:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), problems=look.problems(error.problems)) from None
    return scripted.answer(_shown(saved), status=HTTPStatus.CREATED)


@access.may_in_json("write_emails")
@require_POST
@scripted.answers
def saved_block_delete(request: StaffRequest, pk: int) -> dict[str, object]:
    kept.delete(get_object_or_404(SavedBlock, pk=pk), by=request.user)
    return {}


def _shown(saved: SavedBlock) -> dict[str, object]:
    return {"id": saved.pk, "name": saved.name, "block": saved.block}
