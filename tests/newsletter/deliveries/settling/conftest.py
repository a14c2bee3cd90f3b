from pathlib import Path

import pytest

from newsletter.deliveries.admission import revisions
from tests.fakes.provider_api import ProviderApi
from tests.newsletter.deliveries import world
from tests.newsletter.deliveries.settling.doubtful import KEYS, hand_over


@pytest.fixture
def api():
    with ProviderApi() as running:
        yield running


@pytest.fixture
def through(settings, api, tmp_path: Path):
    """Hand what is due to the provider of this name."""
    settings.JOURNAL_DIR = tmp_path
    world.open_clinic()
    revisions.letter.cache_clear()

    def send(name: str, **options: object) -> None:
        backend = f"anymail.backends.{name}.EmailBackend"
        options = {KEYS[name]: "token", "api_url": api.url, "timeout": 1, **options}
        settings.MAILERS = {"marketing": {"BACKEND": backend, "OPTIONS": options}}
        hand_over("marketing")

    return send
