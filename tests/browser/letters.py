"""The links that only mails carry, got as people get them: by asking for a mail and looking into the inbox."""

import re
from email import message_from_string, policy
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from newsletter.rendering import links
from tests.browser import studio
from tests.config.deadlines import wait_until

WAITING, READING, CALLING = "lee@reader.example", "mo@reader.example", "noa@reader.example"
COLLEAGUE = "pat@clinic.example"
SOON = 60


def collect(page: Page, demo: dict[str, str]) -> dict[str, str]:
    """A path for each address with a secret in it, by the name of its view; leaves the window signed in."""
    for reader in (WAITING, READING):
        _subscribe(page, demo, reader)
    call = _book(page, demo)
    studio.sign_in(page, demo)
    _invite(page, demo)
    _forget_a_password(page, demo)
    waiting, reading = (_path(page, demo, reader, "/confirm/") for reader in (WAITING, READING))
    _confirm(page, demo, reading)
    appointment = _path(page, demo, CALLING, links.prefix("appointment"))
    own = {name: _path(page, demo, READING, links.prefix(name)) for name in links.LETTERS if name != "appointment"}
    archived = _first_in_the_archive(page, demo)
    return own | {
        "archived": archived,
        "archived_mail": f"{archived}/mail",
        "call": call,
        "call_file": f"{call}/call.ics",
        "confirm": waiting,
        "appointment": appointment,
        "appointment_file": f"{appointment}/call.ics",
        "welcome": _path(page, demo, COLLEAGUE, "/studio/welcome/"),
        "new_password": _path(page, demo, demo["staff_email"], "/studio/password/new/"),
        "mail": _names(page, demo, READING)[0],
    }


def _first_in_the_archive(page: Page, demo: dict[str, str]) -> str:
    page.goto(f"{demo['web']}archive")
    return page.locator(".letters a").first.get_attribute("href") or ""


def _subscribe(page: Page, demo: dict[str, str], reader: str) -> None:
    page.goto(f"{demo['web']}sign-up")
    page.get_by_label("Email").fill(reader)
    studio.read_for_a_moment(page)
    page.get_by_role("button", name="Yes, send me the emails").click()
    expect(page.get_by_role("heading", name="Now look into your inbox")).to_be_visible()


def _confirm(page: Page, demo: dict[str, str], path: str) -> None:
    page.goto(demo["web"].rstrip("/") + path)
    page.get_by_role("button", name="Yes, send me the emails").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("One last step")


def _book(page: Page, demo: dict[str, str]) -> str:
    page.goto(f"{demo['web']}book")
    page.locator("details[open] input[name=starts_at]").last.check(force=True)
    page.get_by_label("First name").fill("Noa")
    page.get_by_label("Phone number").fill("416 555 0188")
    page.get_by_label("Email address").fill(CALLING)
    studio.read_for_a_moment(page)
    page.get_by_role("button", name="Book this call").click()
    page.wait_for_url(re.compile("/call/"))
    return urlsplit(page.url).path


def _invite(page: Page, demo: dict[str, str]) -> None:
    page.goto(f"{demo['studio']}team/invite")
    page.get_by_label("Name").fill("Pat")
    page.get_by_label("Email").fill(COLLEAGUE)
    page.get_by_role("button", name="Mail the invitation").click()
    expect(page.get_by_role("status")).to_contain_text(COLLEAGUE)


def _forget_a_password(page: Page, demo: dict[str, str]) -> None:
    page.goto(f"{demo['studio']}password/forgotten")
    page.get_by_label("Email").fill(demo["staff_email"])
    page.locator("main form button").click()
    page.wait_for_url(re.compile("/done$"))


def _names(page: Page, demo: dict[str, str], to: str) -> list[str]:
    """The caught mails to this address, the newest first."""
    listed = page.request.get(demo["inbox"], params={"to": to}).text()
    return re.findall(r'href="/studio/inbox/([^"/?]+)"', listed)


def _path(page: Page, demo: dict[str, str], to: str, beginning: str) -> str:
    """Wait for a mail to this address with a link that begins so; its path."""
    found: list[str] = []

    def is_there() -> bool:
        for name in _names(page, demo, to):
            found.extend(re.findall(rf"https?://[^/\s]+({re.escape(beginning)}[^\s)]+)", _text(page, demo, name)))
        return bool(found)

    wait_until(is_there, within=SOON)
    return found[0]


def _text(page: Page, demo: dict[str, str], name: str) -> str:
    source = page.request.get(f"{demo['inbox']}/{name}/source").text()
    body = message_from_string(source, policy=policy.default).get_body(("plain",))
    return str(body.get_content()) if body else ""
