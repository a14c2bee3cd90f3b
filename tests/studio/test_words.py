"""Whatever is written down about a campaign has words under "What was done", but for what is done many times over."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from config.env import BASE_DIR
from newsletter.campaigns.models import CampaignStatus
from newsletter.deliveries.admission import judge
from newsletter.deliveries.standing import overdue
from newsletter.sequences.models import ExitReason
from studio import words

RECORD = re.compile(r'(?:states\.|_)?record\("(\w+)"(?: if \w+ else "(\w+)")?')
TOO_OFTEN = {"campaign.audience_chosen", "campaign.tags_chosen", "experiment.tried"}
SWITCHED = {f"campaign.{status}" for status in CampaignStatus if status != CampaignStatus.FINISHED}


def written_down(folder: Path) -> set[str]:
    found = set()
    for path in folder.rglob("*.py"):
        kind = "experiment" if path.parent.name == "experiments" else "campaign"
        acts = RECORD.findall(path.read_text())
        found |= {f"{kind}.{act}" for pair in acts for act in pair if act}
    return found


def test_each_act_has_words() -> None:
    acts = written_down(BASE_DIR / "newsletter" / "campaigns") | SWITCHED

    assert acts - TOO_OFTEN == set(words.DONE)


ROOMS = [
    *(BASE_DIR / "newsletter" / room for room in ("deliveries", "sequences", "campaigns", "webhooks")),
    BASE_DIR / "booking",
]


def modules() -> list[ast.Module]:
    files = [BASE_DIR / "newsletter" / "receivers.py", *(path for room in ROOMS for path in room.rglob("*.py"))]
    return [ast.parse(path.read_text()) for path in files if "migrations" not in path.parts]


def said(*nodes: ast.AST | None) -> Iterator[str]:
    """Those of these that are words."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def named(module: ast.Module) -> dict[str, str]:
    """What is given a name and is words."""
    return {
        node.targets[0].id: word
        for node in ast.walk(module)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        for word in said(node.value)
    }


def given(module: ast.Module) -> Iterator[ast.expr]:
    """What is passed as a reason."""
    for call in ast.walk(module):
        if isinstance(call, ast.Call):
            yield from (each.value for each in call.keywords if each.arg == "reason")


def reasons() -> set[str]:
    found = {overdue.SKIPPED, overdue.SPREAD, judge.PAUSED_BY_LEAD, *ExitReason.values}
    everywhere = {name: word for module in modules() for name, word in named(module).items()}
    for module in modules():
        constants = named(module)
        for value in given(module):
            found |= set(said(value, *getattr(value, "values", ())))
            if isinstance(value, ast.Name) and value.id in constants:
                found.add(constants[value.id])
            elif isinstance(value, ast.Attribute) and value.attr in everywhere:
                found.add(everywhere[value.attr])
    refusals = ast.parse(Path(judge.__file__).read_text())
    returned = [node.value for node in ast.walk(refusals) if isinstance(node, ast.Return)]
    returned += [each for node in returned if isinstance(node, ast.IfExp) for each in (node.body, node.orelse)]
    return (found | set(said(*returned))) - {""}


def test_each_reason_for_which_a_mail_waits_or_did_not_leave_has_words() -> None:
    assert reasons() == {*words.WHY, *words.WHO_SAYS}


def test_words_that_are_not_ours_are_shown_as_they_are() -> None:
    assert words.why("data: 550 5.1.1 no such mailbox") == "data: 550 5.1.1 no such mailbox"
    assert words.why("Gave up: data: 450 try later") == "Gave up: data: 450 try later"
    assert words.why("staff") == "taken back: staff took them out"
