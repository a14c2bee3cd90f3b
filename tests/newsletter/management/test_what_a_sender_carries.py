"""What `manage.py send` has in its memory: a sender is one of several processes, and needs no page of the website."""

import subprocess
import sys

PROGRAM = """
import sys
import django
from django.core.management import load_command_class
django.setup()
command = load_command_class("newsletter", "send")
command.check(**command.get_check_kwargs({}))
print(*sorted(name for name in sys.modules if name.startswith(("studio.", "website.")) and "view" in name))
"""


def test_a_sender_checks_what_it_needs_and_reads_no_page():
    ran = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    assert ran.stdout.split() == []
