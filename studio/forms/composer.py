"""The composer: the words of one email as a form, block by block, without any script.

Every button of the page is a submit button that carries an act ("save", "add:text", "up:2", "down:2", "remove:2").
The page comes back with what was typed, changed by the act, and only SAVING acts write anything: nothing typed
is lost to a wrong press, nor to a colleague who saved first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsletter.content import art, blocks, targets
from newsletter.content.blocks import Problem
from newsletter.content.models import EmailTemplate
from newsletter.content.services import Wording

SAVE, LOOK, REPLACE = "save", "look", "replace"
SAVING = {SAVE, LOOK, REPLACE}
FIELDS = {
    "heading": ("text",),
    "text": ("text",),
    "button": ("label", "target"),
    "image": ("name", "alt", "caption"),
    "red_flags": (),
}
KINDS = {
    "text": gettext_lazy("Text"),
    "heading": gettext_lazy("Heading"),
    "button": gettext_lazy("Button"),
    "image": gettext_lazy("Picture"),
    "red_flags": gettext_lazy("Red-flag box"),
}
TARGETS = {
    "call": gettext_lazy("Book a free call"),
    "direct": gettext_lazy("The clinic's own online booking"),
    "ask": gettext_lazy("Ask a question"),
    "article": gettext_lazy("The article"),
    "nerve-map": gettext_lazy("The nerve map"),
    "": gettext_lazy("Another address"),
}
PICTURES = {
    "nerve-map": gettext_lazy("The path of the nerve"),
    "trigger-points": gettext_lazy("Trigger points and where they are felt"),
}
NEW = {
    "button": {"label": "", "target": "call"},
    "image": {"name": next(iter(art.PICTURES)), "alt": "", "caption": ""},
}
NEVER_SEEN = datetime.fromtimestamp(0, UTC)
LETTERS_A_LINE, FEWEST_LINES, MOST_LINES = 60, 3, 24


class Touched(NamedTuple):
    """Where the page's focus goes after an act: the block, and which part of it."""

    number: int
    part: str


@dataclass
class Composer:
    """What is typed, whatever its state.

    `problems` kept the last save from happening; `hints` are what the linter says about what is saved;
    `theirs` is what a colleague saved in the meantime.
    """

    subject: str
    preheader: str
    blocks: list[dict[str, str]]
    seen_at: str = ""
    touched: Touched | None = None
    problems: list[Problem] = field(default_factory=list)
    hints: list[Problem] = field(default_factory=list)
    theirs: EmailTemplate | None = None

    @classmethod
    def of(cls, email: EmailTemplate) -> "Composer":
        found = email.body.get("blocks", [])
        return cls(email.subject, email.preheader, [dict(block) for block in found], email.updated_at.isoformat())

    @classmethod
    def typed(cls, data: Mapping[str, str]) -> "Composer":
        """Read a posted page back, with the act of the pressed button done to it.

        A block of an unknown kind is left out.
        """
        count = min(_number(data.get("count", "0")), blocks.MOST_BLOCKS)
        kinds = [(number, data.get(f"b{number}-type", "")) for number in range(count)]
        act = data.get("act", "")
        composer = cls(
            data.get("subject", ""),
            data.get("preheader", ""),
            [_block(data, number, kind) for number, kind in kinds if kind in FIELDS],
            data.get("theirs_at" if act == REPLACE else "seen_at", ""),
        )
        composer.apply(act)
        return composer

    def apply(self, act: str) -> None:
        """Add, move or remove a block; anything else changes nothing."""
        verb, _colon, what = act.partition(":")
        number = _number(what)
        if verb == "add" and what in FIELDS and len(self.blocks) < blocks.MOST_BLOCKS:
            self.blocks.append({"type": what, **dict.fromkeys(FIELDS[what], ""), **NEW.get(what, {})})
            self.touched = Touched(len(self.blocks) - 1, "words" if FIELDS[what] else "block")
        elif verb == "remove" and number < len(self.blocks):
            del self.blocks[number]
            self.touched = Touched(max(number - 1, 0), "block")
        elif verb in {"up", "down"} and number < len(self.blocks):
            self._move(number, number + (1 if verb == "down" else -1), verb)

    def _move(self, number: int, target: int, verb: str) -> None:
        """The focus stays on the button that was pressed, as long as it is there."""
        last = len(self.blocks) - 1
        if 0 <= target <= last:
            self.blocks[number], self.blocks[target] = self.blocks[target], self.blocks[number]
            self.touched = Touched(target, {0: "down", last: "up"}.get(target, verb))

    def wording(self) -> Wording:
        body = {"version": blocks.VERSION, "blocks": self.blocks}
        return Wording(self.subject, self.preheader, body, seen_at=_moment(self.seen_at))

    def says_what(self, email: EmailTemplate) -> bool:
        """Whether these are the saved words already, as after pressing the button twice."""
        typed = (self.subject.strip(), self.preheader.strip(), _filled(self.blocks))
        return typed == (email.subject, email.preheader, _filled(email.body.get("blocks", [])))

    def rows(self) -> list[dict[str, Any]]:
        """The blocks as the template draws them."""
        return [self._row(number, block) for number, block in enumerate(self.blocks)]

    def _row(self, number: int, block: dict[str, str]) -> dict[str, Any]:
        where = blocks.place(number + 1, block)
        return {
            **block,
            "number": number,
            "id": f"b{number}",
            "kind": KINDS[block["type"]],
            "is_elsewhere": block.get("target", "") not in set(TARGETS) - {""},
            "lines": _lines(block.get("text", "")),
            "focus": self.touched.part if self.touched and self.touched.number == number else "",
            "problems": _said(self.problems, where),
            "hints": _said(self.hints, where),
        }

    def summary(self) -> list[tuple[str, Problem]]:
        """Every problem with the place on the page where it is said again; the general ones have none."""
        places = {_("Subject"): "subject", _("Preheader"): "preheader"}
        places |= {blocks.place(n + 1, block): f"block-{n}" for n, block in enumerate(self.blocks)}
        return [(places.get(problem.where, ""), problem) for problem in self.problems]

    def lines(self) -> list[dict[str, Any]]:
        """Subject and preheader as the template draws them."""
        parts = (
            ("subject", _("Subject"), self.subject),
            ("preheader", _("Preheader"), self.preheader),
        )
        return [
            {
                "name": name,
                "label": label,
                "words": words,
                "problems": _said(self.problems, label),
                "hints": _said(self.hints, label),
            }
            for name, label, words in parts
        ]

    def general_hints(self) -> list[str]:
        return _said(self.hints, "")


def choices() -> dict[str, Any]:
    """What the page offers."""
    return {
        "kinds": KINDS.items(),
        "targets": [(value, label) for value, label in TARGETS.items() if not value or _leads(value)],
        "pictures": [(name, PICTURES.get(name, name)) for name in art.PICTURES],
    }


def _leads(target: str) -> bool:
    return targets.problem(target, frozenset()) is None


def _said(problems: Iterable[Problem], where: str) -> list[str]:
    return [problem.why for problem in problems if problem.where == where]


def _block(data: Mapping[str, str], number: int, kind: str) -> dict[str, str]:
    block = {"type": kind}
    for name in FIELDS[kind]:
        block[name] = data.get(f"b{number}-{name}", "").replace("\r\n", "\n")
    if kind == "button":
        block["target"] = block["target"] or data.get(f"b{number}-elsewhere", "").strip()
    return block


def _filled(written: list[dict[str, str]]) -> list[dict[str, str]]:
    """Without the fields that say nothing: the same as if they were not there."""
    return [{name: words for name, words in block.items() if words} for block in written]


def _lines(text: str) -> int:
    """How tall the box is, so that most texts are seen whole."""
    needed = sum(len(line) // LETTERS_A_LINE + 1 for line in text.split("\n"))
    return min(max(needed, FEWEST_LINES), MOST_LINES)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else blocks.MOST_BLOCKS  # noqa: PLR2004


def _moment(text: str) -> datetime:
    """When the edited version was saved; whoever cannot say has seen none."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return NEVER_SEEN
