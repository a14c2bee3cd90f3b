"""What staff begin a campaign with. The words in square brackets are to be replaced; the linter insists."""

from newsletter.content.models import EmailKind, Topic
from newsletter.content.presets.writing import (
    Block,
    Preset,
    article,
    button,
    columns,
    divider,
    free_times,
    heading,
    red_flags,
    signature,
    text,
)

GREETING = "Hello {{ first_name|there }},"
SIGN_OFF = signature("Warmly,")


def _starter(key: str, name: str, *, blocks: tuple[Block, ...], subject: str = "", preheader: str = "") -> Preset:
    return Preset(
        key=key,
        name=name,
        subject=subject,
        preheader=preheader,
        blocks=blocks,
        kind=EmailKind.CAMPAIGN,
        topic=Topic.NEWSLETTER,
    )


PLAIN_LETTER = _starter(
    "plain-letter",
    "A plain letter",
    blocks=(
        text(f"""
            {GREETING}

            [Say in one sentence why you write today.]

            [Tell it in your own words, as you would to one person across the table. Three short paragraphs are
            plenty.]

            [End with the one thing you would like the reader to do. The button below should say the same.]
        """),
        button("Ask a question", "ask"),
        SIGN_OFF,
    ),
)

CLINIC_NEWS = _starter(
    "clinic-news",
    "Clinic news",
    blocks=(
        heading("[The news in one line]"),
        text(f"""
            {GREETING}

            [What is new, and from when on?]

            [What does it mean for the reader?]
        """),
        heading("[A second, smaller thing]"),
        text("""
            [New hours, a day off, a new colleague, something to read: two or three sentences.]
        """),
        button("Book a visit", "direct"),
        SIGN_OFF,
    ),
)

NEWSLETTER = _starter(
    "newsletter",
    "A monthly newsletter",
    subject="[Month] at {{ clinic_name|the clinic }}",
    preheader="[The one thing worth opening it for, in your own words.]",
    blocks=(
        heading("[Month] at {{ clinic_name|the clinic }}"),
        text(f"""
            {GREETING}

            [Two or three sentences: what this month has been like, and what you would like to tell.]
        """),
        article(
            "[Something to read: its title]",
            "[What it is about, in two sentences, and whom it could help.]",
            target="article",
            label="Read it",
        ),
        heading("[A question that people ask us]"),
        text("""
            [Answer it as you would at the desk. Where there is a number, say where it comes from, in a line that
            begins with “Source:”.]
        """),
        divider(),
        columns(
            """
            **Opening hours**

            [Days and hours, if they differ from the usual.]
            """,
            """
            **Away**

            [Days on which nobody is here.]
            """,
        ),
        free_times(
            "The next times for a call",
            fallback="You find them on the booking page, in your own time zone.",
        ),
        button("Book the free call", "call"),
        SIGN_OFF,
    ),
)

EVENT = _starter(
    "event",
    "An event",
    subject="You are invited: [what it is]",
    preheader="[The day, the hour, and why it is worth an evening.]",
    blocks=(
        heading("[What it is: a talk, an open door, an evening of questions]"),
        text(f"""
            {GREETING}

            [Why you do this, and whom it is for, in two or three sentences.]
        """),
        columns(
            """
            **When**

            [Weekday and date]/
            [From and until, with the time zone if people join by video]
            """,
            """
            **Where**

            {{ clinic_name|The clinic }}/
            [Street, floor, or how to join from home]
            """,
        ),
        text("""
            What to expect:

            - [what happens first]
            - [what happens then, and how long it takes]
            - [how many places there are, and what it costs]

            Tell us that you are coming, so that we know how many chairs to put out. Please leave medical details out
            of your message.
        """),
        button("Ask for a place", "ask"),
        SIGN_OFF,
    ),
)

SEASONAL_TIP = _starter(
    "seasonal-tip",
    "A seasonal tip",
    subject="One small thing for [the season]",
    preheader="It takes a minute to read, and no equipment.",
    blocks=(
        heading("One small thing for [the season]"),
        text(f"""
            {GREETING}

            [What the season does to all of us, in a sentence: short days, gardening, long drives, a desk by the
            window.]

            It is easy to sit longer than we meant to. For people with sciatica, staying active helps, and sitting or
            lying for a long time does not. It usually gets better in 4 to 6 weeks, though it can last longer.

            Source: NHS, “Sciatica”.

            So here is the small thing: **get up before it gets long.** A few short walks, spread over the day, are
            plenty to begin with.

            [A line of your own: how you do it yourself, or what people tell you.]

            See your doctor if it does not get better after some weeks, gets worse, or keeps you from what you normally
            do.
        """),
        button("Ask a question", "ask"),
        SIGN_OFF,
        red_flags(),
    ),
)

STARTERS = (PLAIN_LETTER, CLINIC_NEWS, NEWSLETTER, EVENT, SEASONAL_TIP)
