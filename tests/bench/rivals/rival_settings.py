"""One Django project for the three of them: PostgreSQL, Django's SMTP backend, the same letter."""

import os
from pathlib import Path

import dj_database_url

LETTER = Path(os.environ["RIVAL_LETTER"])
SECRET_KEY = "x" * 50
DEBUG = False
USE_TZ = True
SITE_ID = 1
ROOT_URLCONF = "rival_urls"
DATABASES = {"default": dj_database_url.parse(os.environ["RIVAL_DATABASE_URL"], conn_max_age=None)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sites",
    "sorl.thumbnail",
    "newsletter",
    "post_office",
]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [LETTER],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ]
        },
    }
]
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = int(os.environ["RIVAL_SMTP_PORT"])
NEWSLETTER_THUMBNAIL = "sorl-thumbnail"
NEWSLETTER_CONFIRM_EMAIL = False
POST_OFFICE = {"BATCH_SIZE": 1000, "THREADS_PER_PROCESS": 5, "LOG_LEVEL": 0, "TEMPLATE_ENGINE": "django"}
LOGGING_CONFIG = None
