"""django-newsletter as it comes: a message of articles in its own templates, sent by `submit_queue`.

It inlines no CSS, so that its articles have their styles inline, and writes the same to everybody.
"""

import json

import stopwatch
from django.apps import apps
from django.utils import timezone

WANTED = stopwatch.prepare()
Newsletter, Subscription, Message, Article, Submission = (
    apps.get_model("newsletter", name) for name in ("Newsletter", "Subscription", "Message", "Article", "Submission")
)
Subscription.objects.all().delete()
letters = Newsletter.objects.get_or_create(
    slug="clinic", defaults={"title": "Clinic", "email": "dana@harbour.example", "sender": "Dana at Harbour"}
)[0]
Subscription.objects.bulk_create(
    Subscription(
        newsletter=letters,
        name_field=stopwatch.person(n)["first_name"],
        email_field=stopwatch.address(n),
        subscribed=True,
        subscribe_date=timezone.now(),
    )
    for n in range(WANTED)
)
message = Message.objects.get_or_create(slug="autumn", newsletter=letters, defaults={"title": "Autumn"})[0]
for place, text in enumerate(json.loads((stopwatch.LETTER / "articles.json").read_text())):
    Article.objects.update_or_create(post=message, sortorder=place, defaults={"title": f"Answer {place}", "text": text})


def send() -> None:
    submission = Submission.from_message(message)
    submission.prepared = True
    submission.save()
    Submission.submit_queue()


stopwatch.time_it(WANTED, send)
