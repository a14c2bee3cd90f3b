"""The door for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

from config.charset import Utf8

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = Utf8(get_wsgi_application())
