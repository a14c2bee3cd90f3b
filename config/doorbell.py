"""How bells are rung: by Celery. Loaded when the first one rings; who never rings does without its 14 MB."""

from config.celery import app
from newsletter.tasks import ring

__all__ = ["app", "ring"]
