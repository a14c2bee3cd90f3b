"""Settings: what the project needs from Django and its neighbours; what the environment says is in env.py."""

import json
from datetime import timedelta
from urllib.parse import urlsplit

import dj_database_url
from django.utils.csp import CSP

from config import env
from newsletter.deliveries import lanes

BASE_DIR = env.BASE_DIR
VAR_DIR = env.var_dir()
DEBUG = env.flag("DEBUG")

# Ours
DEMO = env.flag("DEMO")
PUBLIC_URL = env.required("PUBLIC_URL", in_development="http://127.0.0.1:8000").rstrip("/")
PROXY_COUNT = env.number("PROXY_COUNT", 0)
LINK_KEYS = env.keys("LINK_KEYS")
ADDRESS_PEPPER = env.secret("ADDRESS_PEPPER").encode()
JOURNAL_DIR = VAR_DIR / "journal"
INBOX_DIR = VAR_DIR / "inbox"
SENDER_CONNECTIONS = env.number("SENDER_CONNECTIONS", 4)
SENDER_WINDOW = env.number("SENDER_WINDOW", 250)
SEQUENCE_DAY_SECONDS = env.seconds("SEQUENCE_DAY_SECONDS")

# The site
SECRET_KEY = env.secret("SECRET_KEY")
ALLOWED_HOSTS = [urlsplit(PUBLIC_URL).hostname or "", "localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS += env.words("ALLOWED_HOSTS")
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "axes",
    "anymail",
    "django_htmx",
    "django_prose_editor",
    "clinic",
    "accounts",
    "leads",
    "newsletter",
    "booking",
    "studio",
    "website",
    "config",
]
MIDDLEWARE = [
    "config.proxies.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "website.middleware.LinksMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "studio.middleware.StudioMiddleware",
    "newsletter.webhooks.middleware.UnusedProvidersMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "website.context.clinic",
            ],
        },
    },
]

# Where things are kept
DATABASES = {
    "default": dj_database_url.parse(
        env.server("DATABASE_URL", in_development="postgres://meridian@127.0.0.1:5432/meridian"),
        engine="config.database",
        conn_max_age=60,
        conn_health_checks=True,
    ),
}
# Without these a connection that swallows everything keeps a sender waiting for a quarter of an hour.
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    # Lets deliveries.prepared prepare; Django's own cursors never do.
    "prepare_threshold": 5,
    **DATABASES["default"].get("OPTIONS", {}),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.server("REDIS_URL", in_development="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "meridian",
        # Not pickle: whoever could write into Redis would run what they wrote.
        "OPTIONS": {"socket_timeout": 5, "socket_connect_timeout": 2, "serializer": json},
    },
}
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_STORAGE = (
    "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "config.static.HashedStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": STATICFILES_STORAGE},
    "pictures": env.pictures(VAR_DIR / "pictures"),
}
FILE_UPLOAD_HANDLERS = [
    "config.uploads.LimitedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_USE_FINDERS = DEBUG

# Who is who
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {"user_attributes": ["email", "name"]}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
LOGIN_URL = "studio:sign_in"
LOGIN_REDIRECT_URL = "studio:dashboard"
LOGOUT_REDIRECT_URL = "studio:sign_in"
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=24).total_seconds())
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "config.proxies.counted_as"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the time that the page names stays true
AXES_USERNAME_FORM_FIELD = "username"
AXES_LOCKOUT_CALLABLE = "studio.views.sign_in.locked_out"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# Language and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

# Mail: one alias per lane. `default` is what Django itself uses, for password resets.
SMTP_SECURITY = env.choice("SMTP_SECURITY", among=("starttls", "tls", "none"))
SMTP_OPTIONS = {
    "host": env.text("SMTP_HOST", "127.0.0.1"),
    "port": env.number("SMTP_PORT", 587),
    "username": env.text("SMTP_USERNAME"),
    "password": env.text("SMTP_PASSWORD"),
    "use_tls": SMTP_SECURITY == "starttls",
    "use_ssl": SMTP_SECURITY == "tls",
    "timeout": env.number("SMTP_TIMEOUT", 60),
    "connections": SENDER_CONNECTIONS,
}
MAILERS = env.mailers(smtp=SMTP_OPTIONS)
LANES = {
    lane: lanes.read(name, env.mapping(name), lane=lane, window=SENDER_WINDOW)
    for lane, name in (("marketing", "MARKETING_LANE"), ("transactional", "TRANSACTIONAL_LANE"))
}
DKIM = env.mapping("DKIM")
LINK_CHECKS = env.choice("LINK_CHECKS", among=("on", "off")) == "on"
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Meridian <meridian@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
ANYMAIL = env.mapping("ANYMAIL") | {"WEBHOOK_SECRET": env.secret("ANYMAIL_WEBHOOK_SECRET", form="meridian:{}")}

# What browsers are told
HTTPS = PUBLIC_URL.startswith("https://")
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "frame-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],  # but for mails in the studio, which say otherwise themselves
    "base-uri": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_COUNT else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # the clinic's other subdomains are not ours to promise for,
    "security.W021",  # nor are the browsers' preload lists
]
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60  # a working day; who goes home is signed out by the morning
CSRF_FAILURE_VIEW = "config.refusals.forged"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

LOG_LEVEL = env.text("LOG_LEVEL", "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"class": "config.logs.Discreet", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
    },
    "handlers": {
        "stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "line"},
    },
    "root": {"handlers": ["stdout"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"handlers": ["stdout"], "propagate": False},
        "axes": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},  # a line per ring of the bell says nothing
        "celery.worker.strategy": {"level": "WARNING"},
    },
}
