import json
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in env.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))


def test_a_variable_that_is_not_described_cannot_be_read() -> None:
    with pytest.raises(KeyError):
        env.text("NOT_DESCRIBED")


def test_every_variable_is_described_in_one_sentence() -> None:
    assert [name for name, sentence in env.VARIABLES.items() if not sentence.endswith(".")] == []


def test_in_production_a_missing_secret_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"SECRET_KEY is not set\. Signs sessions"):
        env.secret("SECRET_KEY")


def test_in_development_a_missing_secret_is_made_up_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEBUG", "1")

    first, again = env.secret("SECRET_KEY"), env.secret("SECRET_KEY")

    kept = tmp_path / "secrets" / "secret_key"
    assert first == again == kept.read_text()
    assert len(first) == 64
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))

    assert env.secret("SECRET_KEY") == "from a file"


def test_a_file_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY_FILE", "/nowhere/key")

    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY cannot be read"):
        env.secret("SECRET_KEY")


def test_keys_are_read_by_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINK_KEYS", f"1:{'ab' * 16}, 2:{'cd' * 16}")

    assert env.keys("LINK_KEYS") == {1: b"\xab" * 16, 2: b"\xcd" * 16}


@pytest.mark.parametrize("value", ["secret", "1:xyz", "1:abcd", "one:" + "ab" * 16, "256:" + "ab" * 16])
def test_keys_that_are_none_are_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LINK_KEYS", value)

    with pytest.raises(ImproperlyConfigured, match="LINK_KEYS"):
        env.keys("LINK_KEYS")


@pytest.mark.parametrize(("value", "read"), [("", "starttls"), ("none", "none"), ("TLS ", "tls")])
def test_one_word_of_several_is_read(monkeypatch: pytest.MonkeyPatch, value: str, read: str) -> None:
    monkeypatch.setenv("SMTP_SECURITY", value)

    assert env.choice("SMTP_SECURITY", among=("starttls", "tls", "none")) == read


@pytest.mark.parametrize("value", ["ssl", "start-tls", "1"])
def test_a_word_that_nobody_knows_does_not_mean_unprotected(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SMTP_SECURITY", value)

    with pytest.raises(ImproperlyConfigured, match="SMTP_SECURITY must be one of: starttls, tls, none"):
        env.choice("SMTP_SECURITY", among=("starttls", "tls", "none"))


@pytest.mark.parametrize(("name", "value"), [("SMTP_PORT", "many"), ("DEBUG", "perhaps"), ("ANYMAIL", "{")])
def test_a_value_of_the_wrong_kind_is_said(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    read = {
        "SMTP_PORT": lambda: env.number(name, 25),
        "DEBUG": lambda: env.flag(name),
        "ANYMAIL": lambda: env.mapping(name),
    }

    with pytest.raises(ImproperlyConfigured, match=f"{name} cannot be read"):
        read[name]()


def test_in_development_the_running_demo_lends_its_servers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEBUG", "1")
    fallback = env.server("DATABASE_URL", in_development="postgres://nobody")
    (tmp_path / "demo.json").write_text(json.dumps({"database_url": "postgres://demo"}))

    assert fallback == "postgres://nobody"
    assert env.server("DATABASE_URL", in_development="postgres://nobody") == "postgres://demo"


def test_a_lane_may_have_a_provider_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETING_BACKEND", "anymail.backends.test.EmailBackend")
    monkeypatch.setenv("MARKETING_OPTIONS", '{"api_key": "k"}')

    mailers = env.mailers(smtp={"host": "mail.example"})

    ours = {"BACKEND": env.SMTP_BACKEND, "OPTIONS": {"host": "mail.example"}}
    assert mailers == {
        "default": ours,
        "transactional": ours,
        "marketing": {"BACKEND": "anymail.backends.test.EmailBackend", "OPTIONS": {"api_key": "k"}},
    }


def test_a_spare_mailer_is_another_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARE_MAILERS", '{"second": {"OPTIONS": {"host": "relay.example"}}}')

    found = env.mailers(smtp={"host": "smtp.example", "password": "secret"})

    assert found["second"] == {"BACKEND": env.SMTP_BACKEND, "OPTIONS": {"host": "relay.example"}}
    assert sorted(found) == ["default", "marketing", "second", "transactional"]


@pytest.mark.parametrize("said", ['{"marketing": {"OPTIONS": {}}}', '{"second": {}}', '{"second": {"host": "a"}}'])
def test_a_spare_mailer_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("SPARE_MAILERS", said)

    with pytest.raises(ImproperlyConfigured, match="SPARE_MAILERS"):
        env.mailers(smtp={})
