"""The course: seven letters in three weeks, the door open from the first.

Every sentence stays within what the practitioner's article and the sources named beside the numbers say.
What is experience is told as experience; what helps is "may"; whoever must not wait is told so.
"""

from newsletter.content import course
from newsletter.content.models import EmailKind, Topic
from newsletter.content.presets.writing import (
    Block,
    Preset,
    button,
    free_times,
    heading,
    image,
    red_flags,
    signature,
    text,
)

GREETING = "Hello {{ first_name|there }},"
SIGN_OFF = signature("Warmly,")


def _letter(day: int, name: str, *, subject: str, preheader: str, blocks: tuple[Block, ...]) -> Preset:
    return Preset(
        key=course.key(day),
        name=name,
        subject=subject,
        preheader=preheader,
        blocks=blocks,
        kind=EmailKind.STEP,
        topic=Topic.COURSE,
    )


WELCOME = _letter(
    0,
    "Welcome",
    subject="What you asked for, and what comes next",
    preheader="Who writes to you, and what the next three weeks bring.",
    blocks=(
        heading("Hello, and here is what comes"),
        text(f"""
            {GREETING}

            I am {{{{ practitioner|the acupuncturist }}}} at {{{{ clinic_name|the clinic }}}}, and I am glad you are
            here. You asked for my letters about sciatica, so this is the first of seven. They come over three
            weeks, and each takes about a minute to read.

            This is what I will write about:

            - the nerve behind the name, and how it can feel
            - the times when tight muscles feel much the same
            - a first visit, needles and cost included
            - what studies show, and what they do not

            My letters give you information. They cannot tell you what you have: that takes a doctor or a person who
            can examine you. If you are being treated now, please carry on with it.

            Some people would rather talk than read. If that is you, book the free call today. Tell me what bothers
            you, and ask me anything. I will tell you honestly whether I think a visit makes sense. Then you decide,
            in your own time.
        """),
        button("Book the free call", "call"),
        SIGN_OFF,
        red_flags(),
    ),
)

THE_NERVE = _letter(
    2,
    "The nerve and its path",
    subject="One map, and one thing you can do today",
    preheader="The longest nerve you have, drawn as a single line.",
    blocks=(
        heading("A long way from your back to your foot"),
        text(f"""
            {GREETING}

            Your sciatic nerve is the longest and thickest nerve you have. Five roots leave your spine and join to
            form it. There are two, one on each side. Each runs through hip and buttock and down the leg. Just below
            the knee it splits, on its way to your lower leg, foot and toes.
        """),
        image(
            "nerve-map",
            alt="A drawing of the nerve's path: from the lower back through the buttock and down the leg to the foot.",
        ),
        text("""
            When something presses on it, hurts it or irritates it, people often tell of:

            - pain that shoots down one leg, like burning or an electric shock
            - more pain when they sit, bend forward, cough or sneeze
            - tingling or numbness, for some as far as the toes
            - a muscle that feels weak

            You are in large company: up to 4 in 10 people have some form of it in their life. It usually gets better
            in 4 to 6 weeks, though it can take longer.

            Sources: Stafford 2007, a review of studies (13 to 40%; definitions differ); NHS, “Sciatica”.

            **One safe thing for today: keep moving.** Staying active helps; long sitting or lying does not. And see
            a doctor if it is no better after some weeks, gets worse, or stops you doing what you normally do.
        """),
        button("See the map in full", "nerve-map"),
        SIGN_OFF,
        red_flags(),
    ),
)

THE_MUSCLES = _letter(
    5,
    "When it is not the nerve",
    subject="When it starts somewhere else",
    preheader="What I find most often, and two words worth knowing.",
    blocks=(
        heading("When it is not the nerve"),
        text(f"""
            {GREETING}

            In my own experience, most of the pain that people call sciatica comes from muscles that are out of
            balance. It feels like sciatica, yet it starts in the muscle. These muscles are what I work on. That is
            what I see in my practice. It is not a study, and it may not be true for you.

            Two words are worth knowing.

            **Trigger points** are very touchy spots in a muscle. You may feel them as knots or tight bands. They can
            make it hard to move, and they can send pain to another place. Those in the lower back and hips can feel
            like sciatica.
        """),
        image(
            "trigger-points",
            alt="A drawing of hips and legs from behind: a black X on lower back and hip, red dots down one leg.",
            caption="Each black X is a place where it can start. The red dots are where it is felt.",
        ),
        text("""
            **Piriformis syndrome** has its name from one muscle, the piriformis. When trigger points or an imbalance
            tighten it, it presses on the path of the nerve.

            There are other causes: a disc, a narrow or shifted part of the spine, worn joints, an injury, and
            sometimes a growth. A letter cannot tell them apart. An examination may.

            Would you like to find out whether muscles may play a part for you? Call me. In fifteen minutes we can
            talk about what a next step may be.
        """),
        button("Book the free call", "call"),
        SIGN_OFF,
        red_flags(),
    ),
)

FIRST_VISIT = _letter(
    8,
    "A first visit",
    subject="What a first visit is like",
    preheader="Needles, side effects, cost, and who should speak to me first.",
    blocks=(
        heading("What a first visit is like"),
        text(f"""
            {GREETING}

            People with this kind of pain often ask me what really happens here. First we talk. Then I tell you what
            I would do and why. You say yes or no, and you can say stop at any time.

            **The needles.** I work in two ways. Trigger point acupuncture aims at the strong pain: the needle goes to
            the tight spot and aims to release it. Motor point acupuncture adds electric stimulation. It aims at the
            muscle imbalance behind the pain.

            **What you may notice.** Some people are sore, or bleed or bruise a little where a needle went in. Some
            feel drowsy, sick or faint. As a rule this is mild and short.

            Source: NHS, “Acupuncture”.

            **Speak to me first** if you are pregnant, have a bleeding disorder or take blood thinners, have a
            pacemaker, or have an infection or a metal allergy where needles would go.

            **Cost.** {{{{ first_visit_price|Ask us before you book, and you get a clear figure. }}}}
            {{{{ insurance_note|Whether your insurance pays is best asked of your insurer first. }}}}

            If you know enough, choose a time that suits you.
        """),
        button("Book a first visit", "direct"),
        SIGN_OFF,
        red_flags(),
    ),
)

THE_STUDIES = _letter(
    12,
    "What studies show",
    subject="What studies show, and what they don't",
    preheader="One trial, one guideline, and a straight answer.",
    blocks=(
        heading("What studies show, and what they don't"),
        text(f"""
            {GREETING}

            Does acupuncture help people with sciatica? You deserve a straight answer: studies are encouraging, and
            guidelines differ.

            **The trial and the guideline.** A trial of 2024 looked at 216 people with sciatica from a herniated disc.
            It compared acupuncture with a sham. At week 4, leg pain had gone down by 30.8 mm on a scale of 100, against
            14.9 mm with the sham, and the difference lasted to week 52. Yet for low back pain, with or without
            sciatica, the British guideline does not recommend acupuncture.

            Sources: Tu et al., JAMA Internal Medicine 2024, 184(12):1417-1424 (6 hospitals); NICE guideline
            NG59.

            **What they don't show** is what will happen to you. A trial speaks of a group, and this group had one
            cause. Yours may be another. Time plays its part too: sciatica usually gets better in 4 to 6 weeks (NHS,
            “Sciatica”).

            So do not take my word for it. Ask me what this means for you, or ask your doctor. One thing please:
            leave medical details out of your message. We can talk about those.
        """),
        button("Ask a question", "ask"),
        SIGN_OFF,
        red_flags(),
    ),
)

THE_INVITATION = _letter(
    16,
    "The invitation",
    subject="Fifteen minutes, no needles",
    preheader="A short talk to find out whether a visit makes sense.",
    blocks=(
        heading("Fifteen minutes, no needles"),
        text(f"""
            {GREETING}

            You have read five letters by now. Maybe sciatica still bothers you, and you wonder whether I could help. I
            cannot tell from here. We can find out together, in fifteen minutes.

            It is a talk, nothing more. This is how it goes:

            - You tell me what bothers you, and since when.
            - I ask a few questions.
            - I tell you honestly whether a visit makes sense, or whether a doctor should look first.
            - You ask me anything: needles, cost, how many visits, all of it.

            Then you think it over. I do not ask you to decide while we talk, and nobody calls you afterwards to
            persuade you. If the answer is “not for me”, that is a good result too: you know, and you can stop
            wondering.
        """),
        free_times(
            "The next times for a call",
            fallback="You find them on the booking page, in your own time zone.",
        ),
        text("""
            You do not have to prepare. If you like, write down two things: what you would like to do again, and
            what you have tried so far.
        """),
        button("Choose a time", "call"),
        SIGN_OFF,
        red_flags(),
    ),
)

THE_GOODBYE = _letter(
    21,
    "Shall we leave it here?",
    subject="Shall we leave it here?",
    preheader="Three ways to go on, and each of them is fine.",
    blocks=(
        heading("Shall we leave it here?"),
        text(f"""
            {GREETING}

            This is my last letter of the course. You now know the nerve, the muscles, the needles and the studies.
            I hope it helps you to talk about sciatica, with me or with anybody else who looks after you.

            So how shall we go on? There are three ways, and each of them is fine.

            - **Let us talk.** The button below takes you to the free call. It is there next week as well, and next
              month.
            - **Stay in touch.** You hear from us now and then, when there is something new. [Keep only the clinic's
              news](preferences).
            - **Stop here.** Two clicks, and we write no more. [Stop all letters](unsubscribe). No hard feelings.

            If you do nothing, the course is over. Only our clinic news may reach you now and then, until you say
            stop.

            Whatever you choose: keep moving as well as you can, and see your doctor if it does not get better, gets
            worse, or keeps you from what you normally do. You can always write back to this letter, too. A person
            reads it.
        """),
        button("Book the free call", "call"),
        SIGN_OFF,
        red_flags(),
    ),
)

COURSE = (WELCOME, THE_NERVE, THE_MUSCLES, FIRST_VISIT, THE_STUDIES, THE_INVITATION, THE_GOODBYE)
