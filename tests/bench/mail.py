"""The mail of the benchmarks: a multipart letter of some 15 KB with 31 slots, written as staff would write one."""

from typing import Any

from newsletter.rendering.letter import Letter

SUBJECT = "{{ first_name|Dear reader }}, what helps when the leg hurts more than the back"
PREHEADER = "Three things that people with sciatica ask us, and what we answer."
WORDS = (
    "Hello {{ first_name|there }}, the pain that runs from the lower back down into the leg has a name and, for most"
    " people, an end. It comes from a nerve that is pressed where it leaves the spine — and a nerve needs time."
    " Nine out of ten people are better within weeks, most of them without anything being done to their back."
    " What you do in these weeks matters all the same: gentle movement, warmth, sleep in a position that lets the leg"
    " rest. [Read how it begins](article)."
)
ANSWER = (
    "People ask us whether they should stay in bed. After a day or two, a walk around the block is the"
    " better medicine. Acupuncture cannot push a disc back, and nobody who"
    " knows how it works will say so. It can calm the muscles around it and make moving bearable again."
    " Anything else? [Ask us what you would like to know](ask), whenever you like."
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
