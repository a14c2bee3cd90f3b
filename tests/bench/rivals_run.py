"""What a Django project would send with instead, each on its own terms: same letter, same sink, same PostgreSQL.

rival-newsletter    django-newsletter's submit_queue
rival-post-office   django-post_office's send_many and send_queued, one process with five threads
rival-task          one Celery task per mail: render, inline, Django's SMTP backend; a prefork worker of two

Theirs and ours are timed from the call that plans the mails to the last one's being taken, each in a process that is
there already. They live in an environment of their own, made once from PyPI. Ours is the same run's `engine-1`.
"""

import hashlib
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from django.db import connection
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from newsletter.content import compile as compiling
from newsletter.content import inlining, letterhead, marks
from newsletter.content.compose import Draft, compose
from newsletter.content.letterhead import Letterhead
from newsletter.content.models import EmailKind, Topic
from tests.bench import crowd, mail, relay
from tests.bench.ground import KEPT, Ground
from tests.bench.measure import Case, Figure, Measured

SCRIPTS = Path(__file__).parent / "rivals"
NEEDED = SCRIPTS / "requirements.txt"
DATABASE = "rivals"
PATIENCE = 900
BASE = "https://clinic.example"
ARTICLES = 3
PERSON = {"name": "Robin", "token": "0000000000000000000042"}
"""django-newsletter's articles are the same for everybody."""


def _figure(rival: str, title: str, required: float, aim: float) -> Figure:
    return Figure(rival, f"whole engine against {title}", "engine-1", required, aim, "rate_with_planning", to=rival)


FIGURES = [
    _figure("rival-newsletter", "django-newsletter 1.2.1", 50, 80),
    _figure("rival-post-office", "django-post_office 3.12", 25, 40),
    _figure("rival-task", "one Celery task per mail", 40, 60),
]


def cases(ground: Ground) -> list[Case]:
    mails = ground.number(300, 20)
    scripts = {"newsletter": "send_by_newsletter", "post-office": "send_by_post_office", "task": "send_by_celery"}
    return [Case("rivals", f"rival-{name}", partial(drive, ground, script, mails)) for name, script in scripts.items()]


def drive(ground: Ground, script: str, mails: int) -> Measured:
    """Have one of them send so many mails. Raises CalledProcessError when it does not."""
    python, letter = _environment(), _letter(ground)
    with relay.smtp_sink() as sink:
        done = subprocess.run(
            [str(python), f"{script}.py", str(mails)],
            cwd=SCRIPTS,
            env=_variables(ground, letter, sink.port),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        spent = sink.cpu_seconds()
    if done.returncode:
        raise crowd.Unexpected(f"{script} failed: {done.stderr.strip()[-250:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    notes = {"sink_cpu_us": spent / mails * 1e6, "rate_with_planning": found["count"] / found["seconds"]}
    return Measured(found["count"], found["seconds"], found["cpu_seconds"], notes=notes)


def _variables(ground: Ground, letter: Path, port: int) -> dict[str, str]:
    """Nothing of ours is on its path, and it has a database of its own on the same server."""
    _create_database()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(ground.folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "RIVAL_DATABASE_URL": ground.servers.database_url.rpartition("/")[0] + f"/{DATABASE}",
        "RIVAL_REDIS_URL": ground.servers.redis_url.rpartition("/")[0] + "/7",
        "RIVAL_SMTP_PORT": str(port),
        "RIVAL_LETTER": str(letter),
    }


def _create_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE DATABASE {DATABASE}")


def _environment() -> Path:
    """The Python of the rivals' own environment, made anew when what it needs has changed."""
    folder = KEPT / "tools" / f"rivals-{hashlib.sha256(NEEDED.read_bytes()).hexdigest()[:12]}"
    python, made = folder / "bin" / "python", folder / "made"
    if not made.exists():
        _do([sys.executable, "-m", "venv", "--clear", str(folder)])
        _do([str(python), "-m", "pip", "install", "--quiet", "--requirement", str(NEEDED)])
        made.touch()
    return python


def _do(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise crowd.Unexpected(f"`{' '.join(command[1:5])}` failed: {done.stderr.strip()[-250:]}")


def _styled(draft: Draft, head: Letterhead) -> str:
    """The letter before anything is inlined, its rules in a style sheet."""
    composition = compose(draft, head)
    body = "".join(render_to_string(view["html"], {"block": view}) for view in composition.views)
    html = render_to_string("email/layouts/letter.html", {**composition.context, "body": mark_safe(body)})  # noqa: S308
    rules = "\n".join(rule for _, rule in inlining.stylesheet(head.palette, head.faces))
    return html.replace("</head>", f"<style>{rules}</style></head>", 1)


def _letter(ground: Ground) -> Path:
    """The engine's letter as Django templates: with its style sheet, with the styles inlined, as text, as articles."""
    folder = ground.folder / "rivals"
    if folder.exists():
        return folder
    draft = Draft(EmailKind.CAMPAIGN, mail.SUBJECT, mail.PREHEADER, mail.body(), topic=Topic.NEWSLETTER)
    head = letterhead.of(crowd.clinic())
    made = compiling.compile_email(draft, head)
    folder.mkdir()
    for name, content in (
        ("letter.html", _styled(draft, head)),
        ("inlined.html", made.html),
        ("letter.txt", made.text),
    ):
        (folder / name).write_text(_template(content, name="first_name", token="token"))
    (folder / "articles.json").write_text(json.dumps(_articles(made.html)))
    return folder


def _articles(html: str) -> list[str]:
    """The whole letter, written to one person, as what staff would paste into so many articles of equal length."""
    written = _template(html, name="name", token="token")
    for name, value in PERSON.items():
        written = written.replace(f"{{{{ {name} }}}}", value)
    body = written.partition("<body")[2].partition(">")[2].rpartition("</body>")[0]
    ends = [body.index(">", len(body) * number // ARTICLES - 1) + 1 for number in range(1, ARTICLES)]
    return [body[start:end] for start, end in zip([0, *ends], [*ends, len(body)], strict=True)]


def _template(content: str, *, name: str, token: str) -> str:
    """Every mark becomes a variable: names by `name`, links by an address of ours with `token` in it."""
    return "".join(part if isinstance(part, str) else _variable(part, name, token) for part in marks.split(content))


def _variable(mark: marks.Mark, name: str, token: str) -> str:
    if mark.is_link:
        return f"{BASE}/{mark.name[0]}/{{{{ {token} }}}}/{mark.number}"
    return f"{{{{ {name} }}}}"
