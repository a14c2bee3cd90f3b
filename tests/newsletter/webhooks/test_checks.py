import pytest

from newsletter.webhooks.checks import webhooks_are_guarded

GOOD = "meridian:" + "s" * 16


def found(settings, secret: object, **fields: object) -> list[str | None]:
    settings.DEBUG = False
    settings.ANYMAIL = {"WEBHOOK_SECRET": secret}
    for name, value in fields.items():
        setattr(settings, name, value)
    return [message.id for message in webhooks_are_guarded()]


@pytest.mark.parametrize("secret", [None, "", [], "justaword", "meridian:short", ":" + "s" * 40, [GOOD, "weak:one"]])
def test_routed_webhooks_without_a_fit_secret_are_an_error(settings, secret):
    assert found(settings, secret) == ["meridian.E010"]


@pytest.mark.parametrize("secret", [GOOD, [GOOD, GOOD + "2"]])
def test_a_fit_secret_or_two_for_rotation_pass(settings, secret):
    assert found(settings, secret) == []


def test_in_development_nothing_is_asked(settings):
    settings.ANYMAIL = {}
    settings.DEBUG = True

    assert webhooks_are_guarded() == []


def test_without_routes_nothing_is_asked(settings):
    assert found(settings, None, ROOT_URLCONF="website.urls") == []
