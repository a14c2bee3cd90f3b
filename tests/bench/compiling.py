"""Personalising what was compiled once, against making every mail from its templates anew.

personalise    the engine's way: literals encoded once, slots filled, bytes joined
render-each    what it replaces: templates, premailer, and Django's MIME builder for every mail
compile        one premailer pass: what a campaign costs once
"""

import email.policy
import time
from collections.abc import Sequence

from django.core.mail import EmailMultiAlternatives

from clinic.clock import database_now
from newsletter.content import compile as compiling
from newsletter.content import letterhead
from newsletter.content.compose import Draft
from newsletter.content.models import EmailKind, Topic
from newsletter.rendering.letter import Letter, Recipient, prepare
from tests.bench import crowd, mail
from tests.bench.ground import Ground
from tests.bench.measure import Case, Figure, Measured
from tests.email import shipped

FIGURES = [
    Figure(
        "compile",
        "personalising a compiled mail against rendering each",
        "personalise",
        300,
        700,
        metric="cpu_rate",
        to="render-each",
    ),
]


def cases(ground: Ground) -> list[Case]:
    return [
        Case("compile", "personalise", lambda: personalise(ground.number(20_000, 1_000))),
        Case("compile", "shipped", lambda: personalise_course(ground.number(5_000, 100))),
        Case("compile", "render-each", lambda: render_each(ground.number(60, 3))),
        Case("compile", "compile", lambda: compile_once(ground.number(20, 2))),
    ]


def personalise(copies: int) -> Measured:
    return _filled([prepare(crowd.letter().current)], copies)


def personalise_course(copies: int) -> Measured:
    letters = [prepare(shipped.compiled(preset)) for preset in shipped.COURSE]
    return _filled(letters, copies)


def _filled(letters: Sequence[Letter], copies: int) -> Measured:
    now = database_now()
    people = [
        Recipient(n, f"{n:022d}", f"{n:022d}", f"{n:022d}", _address(n), now, first_name=f"Robin{n}")
        for n in range(copies)
    ]
    started, before, size = time.perf_counter(), time.process_time(), 0
    for letter in letters:
        for person in people:
            size += len(letter.fill(person))
    count = copies * len(letters)
    spent = time.process_time() - before
    return Measured(count, time.perf_counter() - started, spent, notes={"bytes": size / count})


def render_each(copies: int) -> Measured:
    """What a Django project does without an engine: the same templates and the same premailer, once for every mail."""
    head = letterhead.of(crowd.clinic())
    started, before = time.perf_counter(), time.process_time()
    for number in range(copies):
        compiling.forget()
        made = compiling.compile_email(_draft(f"Robin{number}"), head)
        message = EmailMultiAlternatives(made.subject, made.text, "dana@harbour.example", [_address(number)])
        message.attach_alternative(made.html, "text/html")
        message.message(policy=email.policy.SMTP).as_bytes()
    return Measured(copies, time.perf_counter() - started, time.process_time() - before)


def compile_once(times: int) -> Measured:
    """A whole compilation as a freeze does it, nothing remembered from the one before."""
    head, draft = letterhead.of(crowd.clinic()), _draft("{{ first_name|there }}")
    started, before = time.perf_counter(), time.process_time()
    for _ in range(times):
        compiling.forget()
        compiling.compile_email(draft, head)
    return Measured(times, time.perf_counter() - started, time.process_time() - before)


def _draft(name: str) -> Draft:
    subject = mail.SUBJECT.replace("{{ first_name|Dear reader }}", name)
    return Draft(EmailKind.CAMPAIGN, subject, mail.PREHEADER, mail.body(), topic=Topic.NEWSLETTER)


def _address(number: int) -> str:
    return f"reader{number}@mail.example"
