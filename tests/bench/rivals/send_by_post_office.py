"""django-post_office: `send_many`, then `send_queued` until nothing is queued; one process, five threads.

Its best sane settings: batches of a thousand, no log rows. The letter is a template of its own with its CSS inlined.
"""

import stopwatch
from django.utils.module_loading import import_string

WANTED = stopwatch.prepare()
send_many, send_queued = (import_string(f"post_office.mail.{name}") for name in ("send_many", "send_queued"))
EmailTemplate = import_string("post_office.models.EmailTemplate")
template = EmailTemplate.objects.update_or_create(
    name="autumn",
    defaults={
        "subject": stopwatch.SUBJECT,
        "content": (stopwatch.LETTER / "letter.txt").read_text(),
        "html_content": (stopwatch.LETTER / "inlined.html").read_text(),
    },
)[0]


def send() -> None:
    send_many(
        [
            {
                "recipients": [stopwatch.address(n)],
                "sender": stopwatch.SENDER,
                "template": template,
                "context": stopwatch.person(n),
                "render_on_delivery": False,
            }
            for n in range(WANTED)
        ]
    )
    sent = 0
    while sent < WANTED:
        done, failed, requeued = send_queued(processes=1)
        if not done or failed or requeued:
            raise SystemExit(f"{done} sent, {failed} failed, {requeued} put back")
        sent += done


stopwatch.time_it(WANTED, send)
