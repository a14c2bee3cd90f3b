"""How bells are rung: by Celery. Loaded when the first one rings; who never rings does without its 14 MB."""

from config import celery
from newsletter import tasks

__all__ = ["celery", "ring", "ring_for_links"]

ring = tasks.ring
ring_for_links = tasks.ring_for_links
