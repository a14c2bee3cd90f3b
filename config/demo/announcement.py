"""What people read on the terminal, and programs in var/demo.json, once everything is ready."""

import json
import os
from pathlib import Path

from config.demo.parts import Place

TEXT = """
Meridian is running, and a day of a sequence lasts {day} seconds.

  The four doors   {web}
  The studio       {studio}
  Caught mail      {inbox}

  Sign in as       {staff_email}
  Password         {staff_password}

Ctrl-C stops everything and keeps the data; `make demo-reset` starts afresh.
"""


def facts(place: Place) -> dict[str, str]:
    staff = json.loads((place.directory / "staff.json").read_text())
    return {
        "web": f"{place.web_url}/",
        "studio": f"{place.web_url}/studio/",
        "inbox": f"{place.web_url}/studio/inbox",
        "staff_email": staff["email"],
        "staff_password": staff["password"],
        "database_url": place.environ["DATABASE_URL"],
        "redis_url": place.environ["REDIS_URL"],
        "smtp": f"127.0.0.1:{place.smtp_port}",
    }


def publish(path: Path, found: dict[str, str]) -> None:
    """Write the facts where programs look for them; only their owner may, because of the passwords."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
        json.dump(found, file, indent=2)
    draft.rename(path)


def for_people(found: dict[str, str], *, day: str) -> str:
    return TEXT.format(day=day, **found)
