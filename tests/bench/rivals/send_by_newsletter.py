"""django-newsletter: a submission to so many subscriptions, sent by `submit_queue`. It inlines no CSS."""

import stopwatch
from django.apps import apps
from django.utils import timezone

WANTED = stopwatch.prepare()
Newsletter, Subscription, Message, Submission = (
    apps.get_model("newsletter", name) for name in ("Newsletter", "Subscription", "Message", "Submission")
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


def send() -> None:
    submission = Submission.from_message(message)
    submission.prepared = True
    submission.save()
    Submission.submit_queue()


stopwatch.time_it(WANTED, send)
