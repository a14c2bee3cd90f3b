"""What staff begin a campaign with: whole letters that could go as they are, to be changed in every word.

They say what the course says, of the same sources, and what every clinic with this system offers. Only an invitation
has places in square brackets, for a day and a door that nobody else knows; the linter waits for them.
"""

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


def _starter(key: str, name: str, *, subject: str, preheader: str, blocks: tuple[Block, ...]) -> Preset:
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
    subject="A few words from {{ clinic_name|the clinic }}",
    preheader="Is there something that you have been meaning to ask?",
    blocks=(
        text(f"""
            {GREETING}

            A short letter this time, with one question: is there something that you have been meaning to ask us?

            It may be about needles, about cost, or about what a first visit is like. Write it down in a line or two. A
            person reads it and answers you, by email or by phone. Only leave medical details out, please: email is
            not a safe place for them.

            The button below opens the page to write on. Or simply answer this letter.
        """),
        button("Ask a question", "ask"),
        SIGN_OFF,
    ),
)

CLINIC_NEWS = _starter(
    "clinic-news",
    "Clinic news",
    subject="News from {{ clinic_name|the clinic }}",
    preheader="You can choose the time of a call yourself.",
    blocks=(
        heading("Choose the time of a call yourself"),
        text(f"""
            {GREETING}

            You can now choose a time for the fifteen-minute call on our website. You see which times are open, in your
            own time zone, and take the one that suits you.

            Something came up? The mail that confirms your call has a button to move or cancel it.
        """),
        heading("If you would rather write"),
        text("""
            Ask a question on our website whenever you like. A person reads it and answers you, by email or by phone.
            Please leave medical details out: email is not a safe place for them.
        """),
        button("Choose a time", "call"),
        SIGN_OFF,
    ),
)

NEWSLETTER = _starter(
    "newsletter",
    "A monthly newsletter",
    subject="This month at {{ clinic_name|the clinic }}",
    preheader="Something to read, an answer, and the next times for a call.",
    blocks=(
        heading("This month at {{ clinic_name|the clinic }}"),
        text(f"""
            {GREETING}

            Three things this month: a page to read, a question that people often ask us, and the next times for a
            call.
        """),
        article(
            "The longest nerve you have",
            "Where it runs, what can press on it, and when to see a doctor at once. With a drawing.",
            target="article",
            label="Read it",
        ),
        heading("“What may I notice after the needles?”"),
        text("""
            Some people are sore, or bleed or bruise a little where a needle went in. Some feel drowsy, sick or faint.
            As a rule this is mild and short.

            Source: NHS, “Acupuncture”.

            Speak to us first if you are pregnant, have a bleeding disorder or take blood thinners, have a pacemaker,
            or have an infection or a metal allergy where needles would go.
        """),
        divider(),
        columns(
            """
            **To talk**

            The call takes fifteen minutes, by phone or video. It is not a treatment.
            """,
            """
            **To reach us**

            {{ phone|The number is on our website }}/
            Or answer this letter.
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
    subject="You are invited to {{ clinic_name|the clinic }}",
    preheader="An open door, and time for your questions.",
    blocks=(
        heading("Our door is open"),
        text(f"""
            {GREETING}

            Come and see where we work, and ask whatever you like. You need not be a patient, and nobody examines or
            treats anybody that day.
        """),
        columns(
            """
            **When**

            [Weekday and date]/
            [From and until]
            """,
            """
            **Where**

            {{ clinic_name|The clinic }}/
            [Street, floor, how to get in]
            """,
        ),
        text("""
            What to expect:

            - a look at the rooms
            - a few words about how we work
            - time for your questions

            Tell us that you are coming, so that we know how many chairs to put out. Please leave medical details out
            of your message.
        """),
        button("Tell us that you are coming", "ask"),
        SIGN_OFF,
    ),
)

SEASONAL_TIP = _starter(
    "seasonal-tip",
    "A seasonal tip",
    subject="One small thing for this time of the year",
    preheader="It takes a minute to read, and no equipment.",
    blocks=(
        heading("One small thing for this time of the year"),
        text(f"""
            {GREETING}

            Short days, gardening, long drives, a desk by the window: every season has its own way to keep us in one
            place.

            It is easy to sit longer than we meant to. For people with sciatica, staying active helps, and sitting or
            lying for a long time does not. It usually gets better in 4 to 6 weeks, though it can last longer.

            Source: NHS, “Sciatica”.

            So here is the small thing: **get up before it gets long.**

            See your doctor if it does not get better after some weeks, gets worse, or keeps you from what you normally
            do.
        """),
        button("Ask a question", "ask"),
        SIGN_OFF,
        red_flags(),
    ),
)

STARTERS = (PLAIN_LETTER, CLINIC_NEWS, NEWSLETTER, EVENT, SEASONAL_TIP)
