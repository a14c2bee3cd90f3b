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
NEEDLESS = ("celery", "kombu", "config.urls", "studio.urls", "website.urls")


def test_a_sender_carries_neither_the_pages_nor_celery():
    ran = subprocess.run([sys.executable, "-c", CARRIED], check=True, capture_output=True, text=True)
    carried = set(ran.stdout.split())
    assert "newsletter.deliveries.sending.slot" in carried
    assert carried.isdisjoint(NEEDLESS)
