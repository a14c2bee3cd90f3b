"""What the environment may say: every variable by name, with one sentence, and how it is read.

A variable that is not named here cannot be read. Each may also be given as NAME_FILE, the path of a file
that holds the value (secrets in containers). In development (DEBUG=1) a secret that is missing is made up
once and kept under var/; without DEBUG it is an error that says so.
"""

import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environs import EnvError, FileAwareEnv

BASE_DIR = Path(__file__).resolve().parent.parent
SMTP_BACKEND = "newsletter.deliveries.transport.smtp.Backend"

VARIABLES = {
    "DEBUG": "Development mode, with error pages and made-up secrets; never on a public address.",
    "DEMO": "The demo: shows the doors, the inbox of caught mail and the buttons that make time pass.",
    "SECRET_KEY": "Signs sessions and forms; changing it signs everybody out.",
    "LINK_KEYS": "Keys behind the links in mails, as 1:hex,2:hex; add a new one, never remove an old one.",
    "ADDRESS_PEPPER": "Hashes addresses and API keys; changing it forgets who may not be mailed, and every key.",
    "PUBLIC_URL": "Where visitors reach the site, such as https://clinic.example; links in mails start so.",
    "ALLOWED_HOSTS": "Further host names that the site answers to, separated by commas.",
    "PROXY_COUNT": "How many reverse proxies in front set X-Forwarded-For and -Proto; 0 trusts none.",
    "VAR_DIR": "The folder for everything that is written: journal, caught mail, schedule; not in the tree.",
    "PICTURES_BUCKET": "The S3 bucket that keeps uploaded pictures; without one VAR_DIR/pictures keeps them.",
    "PICTURES_ENDPOINT": "The address of an S3 service that is not Amazon's, such as https://s3.provider.example.",
    "PICTURES_REGION": "The region that the bucket is in.",
    "PICTURES_KEY": "The name of the key to the bucket; empty where the machine itself may use it.",
    "PICTURES_SECRET": "The secret that goes with that key.",
    "LOG_LEVEL": "How much is said on standard output: DEBUG, INFO, WARNING or ERROR.",
    "DATABASE_URL": "PostgreSQL 18 or newer, as postgres://name:password@host:port/database.",
    "REDIS_URL": "Redis or Valkey, as redis://:password@host:port/0.",
    "DEFAULT_FROM_EMAIL": "The sender of mails to staff, such as invitations and password resets.",
    "SMTP_HOST": "The mail server that takes our mail.",
    "SMTP_PORT": "Its port; 587 with STARTTLS is usual.",
    "SMTP_USERNAME": "The name to sign in to the mail server with; empty for none.",
    "SMTP_PASSWORD": "The password that goes with it.",
    "SMTP_SECURITY": "How the connection is protected: starttls, tls or none.",
    "SMTP_TIMEOUT": "Seconds to wait for the mail server before giving up on it.",
    "MARKETING_BACKEND": "The mail backend for campaigns and sequences; ours over SMTP, or one of Anymail's.",
    "MARKETING_OPTIONS": "Its options as JSON, such as the provider's API key; they win over SMTP_*.",
    "TRANSACTIONAL_BACKEND": "The mail backend for confirmations and reminders.",
    "TRANSACTIONAL_OPTIONS": "Its options as JSON; they win over SMTP_*.",
    "SPARE_MAILERS": "Further mailers by name as JSON, for a lane's fail_over to name; see operations.md.",
    "ANYMAIL": "Further settings of django-anymail as JSON, such as a provider's webhook signing key.",
    "ANYMAIL_WEBHOOK_SECRET": "The name:password that the mail provider's webhooks must come with.",
    "MARKETING_LANE": "How fast campaigns and sequences may leave, and where else to turn, as JSON; see operations.md.",
    "TRANSACTIONAL_LANE": "The same for confirmations and reminders.",
    "LINK_CHECKS": "Whether links in mails are tried before they leave: on, or off where it may not reach the web.",
    "DKIM": "Keys that sign mail over SMTP, as JSON by sending domain; see operations.md.",
    "SENDER_CONNECTIONS": "How many connections to the mail server one sender opens.",
    "SENDER_WINDOW": "How many mails one sender hands over between two commits.",
    "MERIDIAN_PORT": "The port of the demo's website; 0 takes any that is free.",
    "SEQUENCE_DAY_SECONDS": "How many seconds a sequence's day lasts; for the demo, refused without DEBUG.",
}

_reader = FileAwareEnv()


def text(name: str, default: str = "") -> str:
    return _read("str", name, default).strip()


def flag(name: str) -> bool:
    return _read("bool", name, default=False)


def number(name: str, default: int) -> int:
    return _read("int", name, default)


def seconds(name: str) -> float | None:
    return _read("float", name, None)


def choice(name: str, *, among: tuple[str, ...]) -> str:
    """Return one of these words, by default the first: what is written otherwise must not mean another of them."""
    value = text(name, among[0]).lower()
    if value not in among:
        raise ImproperlyConfigured(f"{name} must be one of: {', '.join(among)}. {VARIABLES[name]}")
    return value


def words(name: str) -> list[str]:
    return [word.strip() for word in text(name).split(",") if word.strip()]


def mapping(name: str) -> dict[str, Any]:
    value = _read("json", name, {})
    if not isinstance(value, dict):
        raise ImproperlyConfigured(f"{name} must be a JSON object, such as {{}}.")
    return value


def directory(name: str, default: Path) -> Path:
    return Path(text(name) or default).resolve()


def required(name: str, *, in_development: str) -> str:
    """Return what must be named in production; development has an answer of its own."""
    value = text(name)
    if value:
        return value
    if flag("DEBUG"):
        return in_development
    raise ImproperlyConfigured(f"{name} is not set. {VARIABLES[name]}")


def server(name: str, *, in_development: str) -> str:
    """Return a server's URL; development falls back on the demo that is running, if one is."""
    return required(name, in_development=_running_demo().get(name.lower()) or in_development)


def secret(name: str, *, form: str = "{}") -> str:
    """Return a secret; in development one that is made up once, in the given form, and kept under var/."""
    if not text(name) and flag("DEBUG"):
        return form.format(_kept(var_dir() / "secrets" / name.lower()))
    return required(name, in_development="")


def keys(name: str) -> dict[int, bytes]:
    """Return versioned keys ("1:hex,2:hex") by version."""
    value = secret(name, form="1:{}")
    try:
        parts = [part.split(":") for part in value.split(",")]
        versioned = {int(version): bytes.fromhex(key) for version, key in parts}
    except ValueError:
        raise ImproperlyConfigured(f"{name} must look like 1:hex,2:hex. {VARIABLES[name]}") from None
    if any(len(key) < 16 or version not in range(256) for version, key in versioned.items()):  # noqa: PLR2004
        raise ImproperlyConfigured(f"Each key in {name} needs 32 hex digits or more, and a version from 0 to 255.")
    return versioned


def mailers(*, smtp: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return MAILERS: the two lanes' own, ours over SMTP by default, and the spare ones."""
    lanes = {lane: _mailer(lane.upper(), smtp) for lane in ("marketing", "transactional")}
    return {**_spares(), "default": _mailer("TRANSACTIONAL", smtp), **lanes}


def _spares() -> dict[str, dict[str, Any]]:
    """Return what SPARE_MAILERS names: nothing of SMTP_* applies, for those are other servers."""
    spares = mapping("SPARE_MAILERS")
    for name, said in spares.items():
        if name in {"default", "marketing", "transactional"}:
            raise ImproperlyConfigured(f"SPARE_MAILERS cannot name {name}: that one has variables of its own.")
        if not isinstance(said, dict) or not said or said.keys() - {"BACKEND", "OPTIONS"}:
            raise ImproperlyConfigured(f'SPARE_MAILERS: {name} must be like {{"BACKEND": "...", "OPTIONS": {{...}}}}.')
    return {name: {"BACKEND": SMTP_BACKEND, **said} for name, said in spares.items()}


def pictures(folder: Path) -> dict[str, Any]:
    """Return where pictures are kept: the bucket that is named, or else this folder."""
    bucket = text("PICTURES_BUCKET")
    if not bucket:
        return {"BACKEND": "newsletter.content.pictures.store.Folder", "OPTIONS": {"location": folder}}
    names = {
        "endpoint_url": "PICTURES_ENDPOINT",
        "region_name": "PICTURES_REGION",
        "access_key": "PICTURES_KEY",
        "secret_key": "PICTURES_SECRET",
    }
    options = {option: text(name) for option, name in names.items() if text(name)}
    return {"BACKEND": "newsletter.content.pictures.bucket.Bucket", "OPTIONS": {"bucket_name": bucket, **options}}


def var_dir() -> Path:
    return directory("VAR_DIR", BASE_DIR / "var")


def _mailer(lane: str, smtp: dict[str, Any]) -> dict[str, Any]:
    backend = text(f"{lane}_BACKEND", SMTP_BACKEND)
    defaults = smtp if backend == SMTP_BACKEND else {}
    return {"BACKEND": backend, "OPTIONS": {**defaults, **mapping(f"{lane}_OPTIONS")}}


def _read(kind: str, name: str, default: Any) -> Any:
    if name not in VARIABLES:
        raise KeyError(f"{name} is not described in config/env.py")
    if not os.environ.get(name) and not os.environ.get(f"{name}_FILE"):
        return default
    try:
        return getattr(_reader, kind)(name)
    except (EnvError, ValueError, OSError) as error:
        raise ImproperlyConfigured(f"{name} cannot be read: {error} {VARIABLES[name]}") from error


def _kept(path: Path) -> str:
    """Return the secret in this file, made up if there is none; two processes at once agree on one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)  # noqa: PTH108
    return path.read_text()


def _running_demo() -> dict[str, str]:
    try:
        return json.loads((var_dir() / "demo.json").read_text())
    except (OSError, ValueError):
        return {}
