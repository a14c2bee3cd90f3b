"""What staff begin a campaign with. The words in square brackets are to be replaced; the linter insists."""

from newsletter.content.models import EmailKind, Topic
from newsletter.content.presets.writing import Preset, button, heading, text

SIGN_OFF = text("""
    Warmly,/
    {{ practitioner|Your acupuncturist }}/
    {{ clinic_name|The clinic }}
""")

PLAIN_LETTER = Preset(
    key="plain-letter",
    name="A plain letter",
    subject="",
    preheader="",
    kind=EmailKind.CAMPAIGN,
    topic=Topic.NEWSLETTER,
    blocks=(
        text("""
            Hello {{ first_name|there }},

            [Say in one sentence why you write today.]

            [Tell it in your own words, as you would to one person across the table. Three short paragraphs are
            plenty.]

            [End with the one thing you would like the reader to do. The button below should say the same.]
        """),
        button("Ask a question", "ask"),
        SIGN_OFF,
    ),
)

CLINIC_NEWS = Preset(
    key="clinic-news",
    name="Clinic news",
    subject="",
    preheader="",
    kind=EmailKind.CAMPAIGN,
    topic=Topic.NEWSLETTER,
    blocks=(
        heading("[The news in one line]"),
        text("""
            Hello {{ first_name|there }},

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

STARTERS = (PLAIN_LETTER, CLINIC_NEWS)
