"""The letters of the sequences that ship beside the course: around a call, after a silence, and to begin the news.

What one of them answers was done by its reader, and is no secret between the two; all the same none names a condition,
for they may be read on a shared screen. Nobody is told that their clicks are looked at, and nobody is reproached.
"""

from newsletter.content import course
from newsletter.content.models import EmailKind, Topic
from newsletter.content.presets.writing import (
    Block,
    Preset,
    article,
    button,
    free_times,
    heading,
    red_flags,
    signature,
    text,
)

GREETING = "Hello {{ first_name|there }},"
SIGN_OFF = signature("Warmly,")


def _letter(key: str, name: str, *, subject: str, preheader: str, blocks: tuple[Block, ...]) -> Preset:
    return Preset(
        key=key,
        name=name,
        subject=subject,
        preheader=preheader,
        blocks=blocks,
        kind=EmailKind.STEP,
        topic=Topic.COURSE if key in course.SIGNED else Topic.NEWSLETTER,
    )


FOLLOW_UP = _letter(
    course.FOLLOW_UP,
    "After the invitation",
    subject="Was there no time that suits you?",
    preheader="Two ways to find one, and one to ask first.",
    blocks=(
        heading("If no time was right"),
        text(f"""
            {GREETING}

            In my last letter I invited you to a short talk. If none of the times suited you, look again: new ones are
            added, and some become free.
        """),
        free_times(
            "The next times for a call",
            fallback="You find them on the booking page, in your own time zone.",
        ),
        text("""
            Or is there something that you would like to know before you decide? [Ask me](ask). A person reads it and
            answers you. Only leave medical details out of your message, please: we can talk about those.

            And if you have changed your mind, that is fine too. You need not do anything.
        """),
        button("Choose a time", "call"),
        SIGN_OFF,
        red_flags(),
    ),
)

PREPARATION = _letter(
    "call-preparation",
    "Before the call",
    subject="Before we talk",
    preheader="What we will do in the call, and what you may like to think of.",
    blocks=(
        heading("Before we talk"),
        text(f"""
            {GREETING}

            You have chosen a time for a call, and I look forward to it. The mail that confirms it says when it is,
            and has a button to move or cancel it.

            You do not have to prepare. If you like, think of three things:

            - what you would like to do again
            - what you have tried so far
            - what you want to ask me

            It helps to sit somewhere quiet, where nobody listens whom you would rather not have listen.

            The call is a talk, not a treatment, and it cannot tell you what you have. At the end I tell you honestly
            whether I think a visit makes sense, or whether a doctor should look first. Then you decide, in your own
            time.

            If you get worse before we talk, do not wait for the call: see a doctor.
        """),
        button("Ask something first", "ask"),
        SIGN_OFF,
    ),
)

THANKS = _letter(
    "call-thanks",
    "After the call",
    subject="Thank you for the call",
    preheader="What comes next is up to you.",
    blocks=(
        heading("Thank you for the call"),
        text(f"""
            {GREETING}

            Thank you for taking the time to talk. What comes next is up to you.

            **If you would like to come:** choose a time for a first visit with the button. First we talk again, and I
            tell you what I would do and why. You say yes or no, and you can say stop at any time.

            **If something is still open:** [ask me](ask), or answer this letter. Please leave medical details out;
            we can talk about those.

            **If we agreed that a doctor should look first:** please do that before anything else, and carry on with
            what you are being treated with now.
        """),
        button("Choose a time for a visit", "direct"),
        SIGN_OFF,
    ),
)

NEXT_STEP = _letter(
    "call-next-step",
    "The next step",
    subject="What a first visit is like",
    preheader="What happens, what you may notice, and who should speak to me first.",
    blocks=(
        heading("What a first visit is like"),
        text(f"""
            {GREETING}

            After a call some people want to know more before they decide. Here is what a first visit is like.

            First we talk. Then I tell you what I would do and why. The needle goes to a tight spot in a muscle and aims
            to release it. You can say stop at any time.

            **What you may notice.** Some people are sore, or bleed or bruise a little where a needle went in. Some
            feel drowsy, sick or faint. As a rule this is mild and short.

            Source: NHS, “Acupuncture”.

            **Speak to me first** if you are pregnant, have a bleeding disorder or take blood thinners, have a
            pacemaker, or have an infection or a metal allergy where needles would go.

            **Cost.** {{{{ first_visit_price|Ask us before you book, and you get a clear figure. }}}}
            {{{{ insurance_note|Whether your insurance pays is best asked of your insurer first. }}}}

            This is my last letter about the visit. If you do nothing, no other one about it follows.
        """),
        button("Choose a time for a visit", "direct"),
        SIGN_OFF,
    ),
)

MISSED = _letter(
    "call-missed",
    "A missed call",
    subject="We missed each other",
    preheader="It happens. You can choose another time whenever you like.",
    blocks=(
        heading("We missed each other"),
        text(f"""
            {GREETING}

            We did not get to talk at the time that you had chosen. It happens, and nobody minds.

            Would you still like to talk? Then choose another time. If it is easier, answer this letter with two or
            three times that suit you, and a person writes back.
        """),
        free_times(
            "The next times for a call",
            fallback="You find them on the booking page, in your own time zone.",
        ),
        text("""
            If you no longer want the call, you need not do anything. And if you are getting worse, do not wait for a
            talk with us: see a doctor.
        """),
        button("Choose another time", "call"),
        SIGN_OFF,
    ),
)

QUIET = _letter(
    "quiet-question",
    "After a long silence",
    subject="Shall we go on writing to you?",
    preheader="It has been quiet for a while. You decide what comes next.",
    blocks=(
        heading("Shall we go on writing to you?"),
        text(f"""
            {GREETING}

            We have not heard from you for a while, and we do not want to fill your inbox with letters that nobody
            needs.

            So we ask. There are three ways, and each of them is fine.

            - **You would like to talk.** The button takes you to the free call.
            - **You have a question.** [Ask it](ask), and a person answers you.
            - **You want fewer letters, or none.** [Choose what you get](preferences), or [stop all
              letters](unsubscribe). Two clicks, and no hard feelings.
        """),
        button("Book the free call", "call"),
        SIGN_OFF,
    ),
)

QUIET_AGAIN = _letter(
    "quiet-last",
    "The last question",
    subject="One last question from us",
    preheader="After this letter we ask no more.",
    blocks=(
        heading("We ask no more"),
        text(f"""
            {GREETING}

            Some time ago we asked whether our letters are still of use to you. Perhaps it was not the moment, so we
            ask once more, and then no more.

            If they are not, [stop them](unsubscribe) with two clicks. If you would like only some of them, [choose
            which](preferences).

            If you do nothing, you hear from us now and then, when there is something new.

            And if you would like to reach a person: answer this letter, or write with the button. Please leave
            medical details out of your message.
        """),
        button("Write to us", "ask"),
        SIGN_OFF,
    ),
)

NEWS_WELCOME = _letter(
    "news-welcome",
    "Welcome to the news",
    subject="Welcome, and what you will get from us",
    preheader="Who writes to you, how often, and how to stop.",
    blocks=(
        heading("Welcome"),
        text(f"""
            {GREETING}

            You asked for news from {{{{ clinic_name|the clinic }}}}, and here is what that means. In a week one more
            letter shows you how to reach us. After that we write now and then, when there is something new.

            Every letter has a link to choose what you get, and one to stop. Both work at once.

            While you wait for the first news, here is a page to begin with.
        """),
        article(
            "The longest nerve you have",
            "Where it runs, what can press on it, and when to see a doctor at once. With a drawing.",
            target="article",
            label="Read it",
        ),
        text("""
            Would you rather ask than read? Write to us whenever you like. A person reads it and answers you, by email
            or by phone. Please leave medical details out: email is not a safe place for them.
        """),
        button("Ask a question", "ask"),
        SIGN_OFF,
    ),
)

NEWS_CALL = _letter(
    "news-call",
    "How to reach us",
    subject="How to reach us when you want to",
    preheader="A talk, a visit or a question: three doors, and none of them closes.",
    blocks=(
        heading("Three doors"),
        text(f"""
            {GREETING}

            This is the second letter of our welcome, and the last. It is only to show you the doors, so that you
            know where they are.

            - **To talk:** a call by phone or video. It is not a treatment, and you need not decide anything.
            - **To come:** [choose a time for a visit](direct) yourself.
            - **To ask:** [write to us](ask). A person reads it and answers you.

            From here on you hear from us when there is something new.
        """),
        button("Choose a time to talk", "call"),
        SIGN_OFF,
    ),
)

LETTERS = (FOLLOW_UP, PREPARATION, THANKS, NEXT_STEP, MISSED, QUIET, QUIET_AGAIN, NEWS_WELCOME, NEWS_CALL)
