"""The mail of the benchmarks: a multipart letter of some 15 KB with 31 slots, written as staff would write one."""

from typing import Any

from newsletter.rendering.letter import Letter

SUBJECT = "{{ first_name|Dear reader }}, what people ask us most often in autumn"
PREHEADER = "Three things that people ask us, and what we answer."
WORDS = (
    "Hello {{ first_name|there }}, when the days become shorter we are asked the same three things every year — and the"
    " answers have not changed much since we opened the practice. Move a little every day, keep warm, and sleep in a"
    " position that lets you rest. Nine out of ten of the people who come to us say afterwards that they had known all"
    " of it before, and that it did them good to hear it from somebody who had looked at them first."
    " [Read how we work](article), if you have not been with us yet."
)
ANSWER = (
    "People ask us whether they should stay in bed. After a day or two, a walk around the block is the better plan."
    " Nobody who knows how acupuncture works will promise you wonders — and nobody here does. It takes an hour, it is"
    " quiet, and most people like it more than they had thought. Bring comfortable clothes, and tell us what you"
    " hope for. Anything else? [Ask us what you would like to know](ask), whenever you like."
)


def body() -> dict[str, Any]:
    """The block document."""
    blocks: list[dict[str, str]] = [{"type": "heading", "text": "Dear {{ first_name|reader }}, three answers"}]
    for number, topic in enumerate(("bed", "walking", "sleep"), start=1):
        words = (WORDS if number % 2 else ANSWER).replace("People ask", f"{number}. People ask")
        blocks += [{"type": "heading", "text": f"{number}. On {topic}"}, {"type": "text", "text": words}]
        if number == 2:
            blocks.append({"type": "button", "label": "Book a free call", "target": "call"})
    blocks += [{"type": "button", "label": "Book a visit", "target": "direct"}]
    return {"version": 1, "blocks": blocks}


def slot_count(letter: Letter) -> int:
    """How many places of a copy are filled for each recipient."""
    return sum(len(places) for _, places in letter.places)
