"""What every block and every shipped mail looks like, kept as files in golden/.

A change of a template shows itself here as a difference. Look at it, and if it is meant, renew the files and commit
them with the change:

    RENEW_GOLDEN=1 .venv/bin/python -m pytest tests/email/test_golden.py
"""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from newsletter.content import blocks
from newsletter.rendering.preview import Preview
from tests.email import every_block, shipped

GOLDEN = Path(__file__).parent / "golden"
PARTS = ("html", "txt")


def piece(name: str) -> Preview:
    """A letter that holds nothing but this block, from behind its heading to the ways out."""
    whole = every_block.copy(every_block.SAMPLES[name])
    html = whole.html.partition('<td class="paper body"')[2].partition('<table role="presentation" class="wide ways"')[
        0
    ]
    text = whole.text.partition("\n\n")[2].partition("----\n\nOr, if")[0]
    return whole._replace(html=html.partition(">")[2].strip() + "\n", text=text.strip() + "\n")


CASES: dict[str, Callable[[], Preview]] = {
    **{f"blocks/{name}": partial(piece, name) for name in every_block.SAMPLES},
    **{f"presets/{preset.key}": partial(shipped.copy, preset) for preset in shipped.EVERYTHING},
    "every-block": every_block.everything,
}


@pytest.mark.parametrize("name", CASES)
def test_it_looks_as_it_did(name: str) -> None:
    copy = CASES[name]()
    made = dict(zip(PARTS, (copy.html, copy.text), strict=True))
    files = {part: GOLDEN / f"{name}.{part}" for part in PARTS}
    if os.environ.get("RENEW_GOLDEN"):
        for part, file in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(made[part], encoding="utf-8")

    assert made == {part: file.read_text(encoding="utf-8") for part, file in files.items()}


def test_every_kind_of_block_is_shown() -> None:
    assert {block["type"] for block in every_block.SAMPLES.values()} == set(blocks.KINDS)


def test_no_file_is_left_of_what_is_gone() -> None:
    kept = {str(file.relative_to(GOLDEN).with_suffix("")) for file in GOLDEN.rglob("*.*")}

    assert kept == set(CASES)
