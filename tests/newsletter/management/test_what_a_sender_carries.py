"""What `manage.py send` has in its memory: a sender is one of several processes, and needs no page of the website."""

import subprocess
import sys

CARRIED = """
import sys
import django
from django.core.management import load_command_class
django.setup()
command = load_command_class("newsletter", "send")
command.check(**command.get_check_kwargs({}))
print(*sys.modules)
"""
WORKER = """
import sys
import django
from django.core.management import load_command_class
django.setup()
command = load_command_class("config", "worker")
command.check(**command.get_check_kwargs({}))
command_module = sys.modules["config.management.commands.worker"]
command_module.app.loader.import_default_modules()
command_module.app.Worker(queues=["marketing"], pool_cls="solo", quiet=True)
print(*sys.modules)
"""
SIGNING = "cryptography.hazmat.bindings._rust"
PROMPT = ("celery.bin.celery", "prompt_toolkit", "pygments")
PAGES = ("config.urls", "studio.urls", "website.urls", "api.urls", "ninja", "pydantic")


def carried(program: str) -> set[str]:
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return set(ran.stdout.split())


def test_a_sender_carries_neither_the_pages_nor_celery():
    found = carried(CARRIED)

    assert "newsletter.deliveries.sending.slot" in found
    assert found.isdisjoint({*PAGES, SIGNING, "celery", "kombu", "holidays"})


def test_a_worker_of_celery_carries_neither_the_pages_nor_a_prompt():
    found = carried(WORKER)

    assert "newsletter.tasks" in found
    assert found.isdisjoint({*PAGES, *PROMPT, SIGNING})
