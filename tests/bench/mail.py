"""The mail of the benchmarks: a multipart letter of some 15 KB with 31 slots, written as staff would write one."""

from typing import Any

from newsletter.rendering.letter import Letter

SLOTS = 31
LEAST_BYTES, MOST_BYTES = 14_000, 16_500
SUBJECT = "{{ first_name|Dear reader }}, what people ask us most often in autumn"
PREHEADER = "Three things that people ask us, and what we answer."
WORDS = (
    "Hello {{ first_name|there }}, when the days become shorter we are asked the same three things every year — and the"
    " answers have not changed much since we opened the practice. Move a little every day, and sleep in a"
    " position that lets you rest."
    " [Read how we work](article), if you have not been with us yet."
)
ANSWER = (
    "People ask us whether they should stay in bed. After a day or two, a walk around the block is the better plan."
    " Nobody who knows how acupuncture works will promise you wonders — and nobody here does. It takes an hour, and it"
    " is quiet. Anything else? [Ask us what you would like to know](ask), whenever you like."
)


def body() -> dict[str, Any]:
    """The block document."""
    blocks: list[dict[str, str]] = [{"type": "heading", "text": "Three answers, and a walk"}]
    for number in (1, 2, 3):
        blocks.append({"type": "text", "text": WORDS if number % 2 else ANSWER})
        if number == 2:
            blocks.append({"type": "button", "label": "Book a free call", "target": "call"})
    blocks += [{"type": "button", "label": "Book a visit", "target": "direct"}]
    return {"version": 1, "blocks": blocks}


def slot_count(letter: Letter) -> int:
    """How many places of a copy are filled for each recipient."""
    return sum(len(places) for _, places in letter.places)
