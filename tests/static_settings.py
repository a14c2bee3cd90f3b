"""The settings for tools that read the code without running it: mypy, import-linter, djlint."""

import os

os.environ.setdefault("DEBUG", "1")

from config.settings import *  # noqa: F403
