"""Celery: the doorbell between the database's queue and its workers, and the whole timetable.

Redis carries rings of the bell and nothing else: no bodies, no results, no due times. Every ring may be
lost at the cost of one beat.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import after_task_publish
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Celery would read every address of the website, the studio and the API in each worker, and ignore what it finds.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

TICK_SECONDS = 1 if settings.DEMO else 5

app = Celery("meridian")
app.conf.update(
    broker_url=settings.REDIS_URL,
    broker_connection_retry_on_startup=True,
    # Without these a connection that swallows everything leaves a worker deaf for ever.
    broker_transport_options={
        "socket_timeout": 30,
        "socket_connect_timeout": 10,
        "socket_keepalive": True,
        "health_check_interval": 25,
    },
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    task_default_queue="tick",
    task_routes={
        "newsletter.tasks.tick": {"queue": "tick"},
        "newsletter.tasks.send_transactional": {"queue": "transactional"},
        "newsletter.tasks.send_marketing": {"queue": "marketing"},
        "newsletter.tasks.check_links": {"queue": "marketing"},
        "newsletter.tasks.ask_about_doubts": {"queue": "marketing"},
    },
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    timezone="UTC",
    beat_schedule={
        "tick": {"task": "newsletter.tasks.tick", "schedule": TICK_SECONDS},
    },
    beat_schedule_filename=str(settings.VAR_DIR / "beat-schedule"),
    beat_max_loop_interval=TICK_SECONDS,
)
app.autodiscover_tasks()

QUEUES = tuple(sorted({route["queue"] for route in app.conf.task_routes.values()}))


@after_task_publish.connect(sender="newsletter.tasks.tick")
def beat_goes_on(**facts: Any) -> None:
    """Leave a sign of life that a health check can see: the age of this file is the age of the last ring."""
    (settings.VAR_DIR / "beat-heartbeat").touch()
