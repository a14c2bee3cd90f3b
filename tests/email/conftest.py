"""A Chromium for the mails; where there is none, it says how to get one."""

import os
import shutil
from typing import Any

import pytest

BINARIES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "There is no Chromium. On Debian: apt-get install chromium"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    found = next(filter(None, map(shutil.which, BINARIES)), None)
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    return {**browser_type_launch_args, "executable_path": found, "args": ["--no-sandbox"]}
