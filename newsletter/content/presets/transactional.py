"""The mails that follow from what one person did: confirm, answered, booked, and those to staff.

Before a mailbox is proved to be its owner's, nothing that was typed into a form is repeated to it. None of
them names a condition, in the subject or anywhere else: they may be read on a shared screen.
"""

from newsletter.content.presets.writing import Preset, button, heading, red_flags, text

SIGN_OFF = text("""
    Kind regards,/
    {{ clinic_name|The clinic }}
""")
HOW_TO_CHANGE = "Something came up? Use the button to move or cancel, as late as you need to."

CONFIRMATION = Preset(
    key="confirmation",
    name="Please confirm your address",
    subject="Please confirm your email address",
    preheader="One click, and what you asked for can start.",
    blocks=(
        heading("One step left"),
        text("""
            Hello,

            Somebody, and we hope it was you, entered this address on our website to get our letters by email.

            Is it yours, and would you like to have them? Then please confirm it. The button opens a page with one
            more button, so that no machine can say yes for you.
        """),
        button("Yes, send me the letters", "confirm"),
        text("""
            If it was not you, do nothing. Without your yes we send no letters, and this address is not used.
        """),
        SIGN_OFF,
    ),
)

INQUIRY_ANSWER = Preset(
    key="inquiry-answer",
    name="Answer to a question",
    subject="We have your question",
    preheader="A person reads it and answers you.",
    blocks=(
        heading("Thank you for your question"),
        text("""
            Hello,

            Your question has arrived. {{ practitioner|A person at the clinic }} reads it and answers you, by email or
            by phone, as soon as the day allows.

            Would you like to add something? Just reply to this email. Please leave medical details out: email is
            not a safe place for them, and we can talk about those.

            If you would rather talk now than wait, choose a time for the free call.
        """),
        button("Book the free call", "call"),
        SIGN_OFF,
        red_flags(),
    ),
)

APPOINTMENT_BOOKED = Preset(
    key="appointment-booked",
    name="Call booked",
    subject="Your call is booked",
    preheader="When it is, and how to move or cancel it.",
    blocks=(
        heading("Your call is booked"),
        text(f"""
            **{{{{ when }}}}**

            {{{{ phone_hint|We call the number that you gave us. }}}} You do not have to prepare anything. The file with
            this email puts the call into your calendar.

            {HOW_TO_CHANGE}
        """),
        button("Move or cancel the call", "appointment"),
        text("""
            Your call is with {{ practitioner|the clinic }}. What it is: {{ free_call_terms }} If you get worse
            before then, do not wait for it: see a doctor.
        """),
        SIGN_OFF,
    ),
)

APPOINTMENT_MOVED = Preset(
    key="appointment-moved",
    name="Call moved",
    subject="Your call has a new time",
    preheader="The new time, and how to change it again.",
    blocks=(
        heading("Your call has a new time"),
        text(f"""
            **{{{{ when }}}}**

            {{{{ phone_hint|We call the number that you gave us. }}}} The earlier time no longer holds. The file with
            this email puts the new one into your calendar.

            {HOW_TO_CHANGE}
        """),
        button("Move or cancel the call", "appointment"),
        SIGN_OFF,
    ),
)

APPOINTMENT_CANCELLED = Preset(
    key="appointment-cancelled",
    name="Call cancelled",
    subject="Your call is cancelled",
    preheader="Nothing more to do. You can choose another time whenever you like.",
    blocks=(
        heading("Your call is cancelled"),
        text("""
            This call will not take place:/
            **{{ when }}**

            There is nothing more for you to do. The file with this email takes the call out of your calendar.

            If it was a mistake, or another day suits you better, choose a new time.
        """),
        button("Choose another time", "call"),
        SIGN_OFF,
    ),
)

REMINDER_DAY = Preset(
    key="appointment-reminder-day",
    name="Reminder, a day before",
    subject="Your call is tomorrow",
    preheader="When it is, and how to move or cancel it.",
    blocks=(
        heading("See you on the phone"),
        text(f"""
            A short reminder of your call:/
            **{{{{ when }}}}**

            {{{{ phone_hint|We call the number that you gave us. }}}} Find a quiet place where you can talk, and ask
            whatever you like.

            {HOW_TO_CHANGE}
        """),
        button("Move or cancel the call", "appointment"),
        SIGN_OFF,
    ),
)

REMINDER_HOUR = Preset(
    key="appointment-reminder-hour",
    name="Reminder, an hour before",
    subject="Your call is about to begin",
    preheader="We talk in about an hour.",
    blocks=(
        heading("We talk in about an hour"),
        text("""
            **{{ when }}**

            {{ phone_hint|We call the number that you gave us. }} Please keep your phone close.

            It does not suit you after all? Tell us with the button, and somebody else can have the time.
        """),
        button("Move or cancel the call", "appointment"),
        SIGN_OFF,
    ),
)

PASSWORD_RESET = Preset(
    key="password-reset",
    name="New password for staff",
    subject="Set a new password",
    preheader="The link works once, and for a day.",
    blocks=(
        heading("Set a new password"),
        text("""
            Hello,

            Somebody asked for a new password for your account at {{ clinic_name|the clinic }}. If it was you, set it
            here. The link works once, and for a day.
        """),
        button("Set a new password", "reset"),
        text("""
            If it was not you, do nothing: your password stays as it is. Tell a colleague who runs the
            studio if it happens again.
        """),
    ),
)

STAFF_INVITATION = Preset(
    key="staff-invitation",
    name="Invitation of a colleague",
    subject="An account for you at {{ clinic_name|the clinic }}",
    preheader="Choose a password, and you are in.",
    blocks=(
        heading("Welcome to the team's studio"),
        text("""
            Hello,

            A colleague has invited you to the studio of {{ clinic_name|the clinic }}: the place where the team writes
            its letters and looks after calls and people. Choose a password, and you are in.
        """),
        button("Choose a password", "invite"),
        text("""
            The link works once. If you did not expect this, you can ignore it.
        """),
    ),
)

TRANSACTIONAL = (
    CONFIRMATION,
    INQUIRY_ANSWER,
    APPOINTMENT_BOOKED,
    APPOINTMENT_MOVED,
    APPOINTMENT_CANCELLED,
    REMINDER_DAY,
    REMINDER_HOUR,
    PASSWORD_RESET,
    STAFF_INVITATION,
)
