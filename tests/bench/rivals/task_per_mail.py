"""One Celery task per mail: render, inline the CSS, hand over by Django's SMTP backend. Also its worker's module."""

import os

import django
from celery import Celery
from celery.signals import worker_process_init
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from premailer import Premailer
from redis import Redis

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rival_settings")

DONE = "rival:done"
BROKER = os.environ["RIVAL_REDIS_URL"]
app = Celery("rival", broker=BROKER)
app.conf.update(task_ignore_result=True, worker_hijack_root_logger=False, broker_connection_retry_on_startup=True)
counter = Redis.from_url(BROKER)


@worker_process_init.connect
def wire(**_: object) -> None:
    django.setup()


@app.task
def send_mail(person: dict[str, str], address: str, subject: str, sender: str) -> None:
    html = Premailer(render_to_string("letter.html", person), disable_validation=True).transform()
    mail = EmailMultiAlternatives(subject, render_to_string("letter.txt", person), sender, [address])
    mail.attach_alternative(html, "text/html")
    mail.send()
    counter.incr(DONE)
