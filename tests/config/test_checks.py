import pytest
from pytest_django import Settings

from config import checks


def test_bent_time_is_refused_without_debug(settings: Settings) -> None:
    settings.DEBUG, settings.SEQUENCE_DAY_SECONDS, settings.DEMO = False, 6.0, False

    assert [found.id for found in checks.demo_stays_at_home()] == ["meridian.E001"]


def test_the_demo_is_refused_without_debug(settings: Settings) -> None:
    settings.DEBUG, settings.SEQUENCE_DAY_SECONDS, settings.DEMO = False, None, True

    assert [found.id for found in checks.demo_stays_at_home()] == ["meridian.E002"]


def test_both_are_fine_in_development(settings: Settings) -> None:
    settings.DEBUG, settings.SEQUENCE_DAY_SECONDS, settings.DEMO = True, 6.0, True

    assert checks.demo_stays_at_home() == []


@pytest.mark.parametrize(
    ("url", "found"), [("http://clinic.example", ["meridian.E003"]), ("https://clinic.example", [])]
)
def test_a_public_site_uses_https(settings: Settings, url: str, found: list[str]) -> None:
    settings.PUBLIC_URL = url

    assert [problem.id for problem in checks.visitors_come_by_https()] == found


@pytest.mark.parametrize(("pepper", "found"), [(b"pepper", ["meridian.E004"]), (b"p" * 32, [])])
def test_a_pepper_is_too_long_to_be_guessed(settings: Settings, pepper: bytes, found: list[str]) -> None:
    settings.DEBUG, settings.ADDRESS_PEPPER = False, pepper

    assert [problem.id for problem in checks.hashed_addresses_cannot_be_guessed()] == found


def test_a_spare_mailer_with_a_misspelt_option_is_told_before_it_is_needed(settings: Settings) -> None:
    ours = "newsletter.deliveries.transport.smtp.Backend"
    settings.MAILERS = settings.MAILERS | {"spare": {"BACKEND": ours, "OPTIONS": {"host": "127.0.0.1", "prot": 25}}}

    (found,) = checks.mailers_can_be_made()

    assert found.id == "meridian.E007"
    assert "'spare'" in found.msg
    assert "prot" in found.msg


def test_mailers_as_they_come_can_be_made() -> None:
    assert checks.mailers_can_be_made() == []
