import pytest

from newsletter.webhooks.automatic import is_automatic


def automatic(sender: str | None = "ada@mail.example", kind: str = "text/plain", **headers: str) -> bool:
    named = {name.replace("_", "-"): [value] for name, value in headers.items()}
    return is_automatic(named, envelope_sender=sender, content_type=kind)


@pytest.mark.parametrize(
    "headers",
    [
        {"auto_submitted": "auto-replied"},
        {"auto_submitted": "auto-generated (out of office)"},
        {"auto_submitted": "Auto-Notified; owner-email=x"},
        {"precedence": "Bulk"},
        {"precedence": "auto_reply"},
        {"x_autoreply": "yes"},
        {"x_autorespond": "Away"},
        {"list_id": "<friends.mail.example>"},
        {"return_path": "<>"},
        {"from": "Mail Delivery Subsystem <MAILER-DAEMON@mail.example>"},
        {"from": "no-reply@mail.example"},
        {"subject": "Automatic reply: Your third letter"},
        {"subject": "Out of Office: Re: Hello"},
        {"subject": "Auto: Hello"},
        {"subject": "[Auto-Reply] Hello"},
        {"subject": "Abwesenheitsnotiz: Hello"},
        {"subject": "Undeliverable: Hello"},
    ],
)
def test_what_machines_write_is_known(headers: dict[str, str]) -> None:
    assert automatic(**headers)


@pytest.mark.parametrize("sender", ["", "<>"])
def test_what_comes_from_nowhere_is_a_machines(sender: str) -> None:
    assert automatic(sender)


def test_a_report_is_a_machines() -> None:
    assert automatic(kind="multipart/report")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"auto_submitted": "no"},
        {"auto_submitted": " No (I wrote it)"},
        {"precedence": "first-class"},
        {"from": "Ada Noreply-Smith <ada@mail.example>"},
        {"subject": "Re: Out of the office, and your back"},
        {"subject": "Automatic doors and my sciatica"},
        {"subject": "Autogenic training?"},
        {"x_mailer": "iPhone Mail"},
    ],
)
def test_what_people_write_is_not_taken_for_a_machines(headers: dict[str, str]) -> None:
    assert not automatic(**headers)
    assert not automatic(None, **headers)
