"""The door for gunicorn."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

from config.charset import Utf8

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = Utf8(get_wsgi_application())
import_module("config.doorbell")  # now, and not while the first visitor waits
