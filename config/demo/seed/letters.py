"""What the demo's clinic wrote to its readers."""

from dataclasses import dataclass

from newsletter.content.presets.writing import Preset, button, text
from newsletter.content.services import Wording


@dataclass(frozen=True, slots=True)
class Letter:
    """One campaign's words, and what staff call it."""

    name: str
    subject: str
    preheader: str
    words: str
    label: str

    @property
    def wording(self) -> Wording:
        body = Preset("", "", "", "", (text(self.words), button(self.label, "call"))).body
        return Wording(self.subject, self.preheader, body)


LONGER_DAY = Letter(
    "Longer Wednesdays",
    "A longer Wednesday",
    "New hours, and time for a call.",
    """
    Hello {{ first_name|there }},

    From this month on, the clinic is open on Wednesdays until five. Many of you asked for an hour after
    lunch that is not rushed; now there is one.

    If you have been thinking about a first visit, this is a good time to look at the calendar. If you
    would rather talk first, the free call is still there.
    """,
    "Choose a time for a free call",
)
OPEN_EVENING = Letter(
    "Open evening",
    "An evening at the clinic",
    "Come and look around.",
    """
    Hello {{ first_name|there }},

    Once in a season we open the clinic in the evening for everybody who wants to look around: the rooms,
    the needles, the people. Nobody is treated, and nothing is sold.

    If you cannot come, the free call is the quiet way to ask the same questions.
    """,
    "Ask in a free call",
)
OPEN_EVENING_TOO = "What does the inside of our clinic look like?"
BEFORE_THE_HOLIDAYS = Letter(
    "Before the holidays",
    "The last free calls of the year",
    "And the first ones of the next.",
    """
    Hello {{ first_name|there }},

    The clinic is closed over the holidays. The last free calls of the year are in the week before, and the
    first ones of the new year can be booked already.
    """,
    "See the free times",
)
QUIET_ROOM = Letter(
    "The quiet room",
    "A room to arrive in",
    "Ten minutes before your visit are yours.",
    """
    Hello {{ first_name|there }},

    The small room beside the entrance is a quiet room now. Whoever comes ten minutes early can sit there with a
    cup of tea, and nobody asks anything.
    """,
    "Choose a time for a free call",
)
WINTER = Letter(
    "Winter news",
    "Winter hours, and a quiet room",
    "Two small things that change in December.",
    """
    Hello {{ first_name|there }},

    From the first week of December on, the clinic opens at ten on Mondays and closes at four on Fridays.

    [Say when the clinic is closed over the holidays.]
    """,
    "Choose a time for a free call",
)
