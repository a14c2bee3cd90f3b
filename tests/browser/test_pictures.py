"""Pictures in a real browser: dropped, pasted, refused, kept while in use; and the brand before it is saved."""

import base64
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from studio.views.pictures import A_PAGE
from tests.browser import axe, composing, studio
from tests.browser.campaigns import done
from tests.newsletter.content.pictures import files

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CARRY = """([where, kind, name, type, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, { type }));
  const options = { bubbles: true, cancelable: true };
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: carried })
    : new DragEvent("drop", { ...options, dataTransfer: carried });
  document.querySelector(where).dispatchEvent(event);
}"""


def carry(page: Page, kind: str, name: str, content: bytes, type_: str = "image/png") -> None:
    """Drop a file on the page's zone, or paste it from the clipboard."""
    where = "body" if kind == "paste" else "#add"
    page.evaluate(CARRY, [where, kind, name, type_, base64.b64encode(content).decode()])


MANY = """
    INSERT INTO newsletter_picture (name, label, alt, is_decorative, width, height, size, source_digest, uploaded_at)
    SELECT 'many' || n || '.png', 'Of many ' || n, 'A door', false, 80, 60, 9, n::text, '2020-01-01'::timestamptz
    FROM generate_series(1, %s) n
"""


@pytest.fixture
def many(demo: dict[str, str]) -> Iterator[None]:
    """Pictures that fill two pages of the library, older than all others; their files are not there."""
    done(demo, MANY, A_PAGE + 1)
    yield
    done(demo, "DELETE FROM newsletter_picture WHERE name LIKE 'many%%' AND %s", True)


def card(page: Page, label: str):
    return page.locator(".picture-card", has=page.get_by_role("heading", name=label, exact=True))


def opens(page: Page, demo: dict[str, str], room: str) -> None:
    studio.sign_in(page, demo)
    page.goto(demo["studio"] + room)


def test_pictures_come_by_drop_and_by_paste_and_say_what_they_show(chromium_page: Page, demo: dict[str, str]) -> None:
    page = chromium_page
    opens(page, demo, "pictures")

    carry(page, "drop", "treatment_room.jpg", files.saved(files.photo(1500, 900), "JPEG"), "image/jpeg")
    expect(card(page, "treatment room")).to_be_visible()
    carry(page, "paste", "herbs.png", files.saved(files.drawing(300, 200), "PNG"))
    expect(card(page, "herbs")).to_contain_text("300 \u00d7 200")
    carry(page, "drop", "herbs again.png", files.saved(files.drawing(300, 200), "PNG"))
    expect(page.locator("#uploads li").last).to_contain_text("The library had it already.")

    room = card(page, "treatment room")
    room.get_by_text("Change").click()
    room.get_by_label("What it shows").fill("The quiet room with its blue couch")
    room.get_by_role("button", name="Save").click()
    page.wait_for_url("**#p-*")
    expect(card(page, "treatment room")).to_contain_text("The quiet room with its blue couch")
    page.get_by_label("Find a picture").fill("couch")
    expect(page.locator(".picture-card")).to_have_count(1)


def test_a_file_that_is_no_picture_is_refused_where_it_was_dropped(chromium_page: Page, demo: dict[str, str]) -> None:
    page = chromium_page
    opens(page, demo, "pictures")
    before = page.locator(".picture-card").count()

    carry(page, "drop", "letter.png", b"Dear Dana, here is the picture")
    expect(page.locator("#uploads li").last).to_contain_text("This is no picture that can be read.")
    carry(page, "drop", "logo.svg", b"<svg onload='alert(1)'/>", "image/svg+xml")
    expect(page.locator("#uploads li").last).to_contain_text("export it as PNG")

    page.reload()
    assert page.locator(".picture-card").count() == before


def test_the_brand_is_seen_before_it_is_saved_and_its_logo_stays(chromium_page: Page, demo: dict[str, str]) -> None:
    page = chromium_page
    opens(page, demo, "brand")
    letter = page.frame_locator("#look")
    button = letter.locator("td.button").first
    before = button.evaluate("cell => getComputedStyle(cell).backgroundColor")

    page.get_by_label("Brand colour", exact=True).fill("#5B2A86")
    expect(button).to_have_css("background-color", "rgb(91, 42, 134)")
    page.get_by_label("Brand colour", exact=True).fill("#FFD54A")
    page.get_by_role("button", name="Take #").click()
    expect(page.get_by_label("Brand colour", exact=True)).not_to_have_class("is-invalid")
    page.locator(".picked-upload input").first.set_input_files(
        {"name": "our logo.png", "mimeType": "image/png", "buffer": files.saved(files.drawing(240, 80), "PNG")}
    )
    expect(letter.locator("img.logo")).to_be_visible()
    page.get_by_label("Signed by").fill("Dr. Ada Quay")
    expect(letter.locator("body")).to_contain_text("Dr. Ada Quay")
    page.goto(f"{demo['studio']}brand")
    assert button.evaluate("cell => getComputedStyle(cell).backgroundColor") == before

    page.get_by_label("Logo", exact=True).select_option("our logo")
    expect(letter.locator("img.logo")).to_be_visible()
    page.get_by_role("button", name="Save the brand").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved.")
    page.goto(f"{demo['studio']}pictures")
    card(page, "our logo").get_by_text("Change").click()
    card(page, "our logo").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status").first).to_contain_text("the clinic's logo; “A first visit”, as it goes out")

    page.goto(f"{demo['studio']}brand")
    page.get_by_label("Logo", exact=True).select_option("")
    page.get_by_role("button", name="Save the brand").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved.")


def test_a_large_library_is_leafed_through_and_searched_by_keyboard_on_a_phone(
    phone: Page, demo: dict[str, str], many: None
) -> None:
    phone.set_viewport_size({"width": 320, "height": 640})
    composing.begin(phone, demo, "Many pictures")
    composing.add(phone, "Picture")
    last = len(composing.kinds(phone))
    composing.block(phone, last).get_by_role("button", name="Choose a picture").press("Enter")
    dialog = phone.get_by_role("dialog", name="Choose a picture")
    tiles, place = dialog.locator(".tile"), dialog.locator("[data-place]")
    expect(place).to_have_text("Page 1 of 2")
    expect(tiles).to_have_count(A_PAGE)
    newer, older = (dialog.get_by_role("button", name=name, exact=True) for name in ("Newer", "Older"))
    expect(newer).to_be_hidden()

    older.press("Enter")
    expect(place).to_have_text("Page 2 of 2")
    expect(newer).to_be_focused()
    expect(dialog.get_by_role("button", name="The path of the nerve")).to_be_visible()
    assert dialog.evaluate("(box) => box.scrollWidth <= box.clientWidth")
    assert axe.findings(phone, "the library", "#library") == []

    words = dialog.get_by_label("Find a picture")
    words.fill("many 47")
    words.press("Enter")
    expect(tiles).to_have_count(1)
    expect(dialog.get_by_role("navigation")).to_be_hidden()
    tiles.first.press("Enter")
    expect(dialog).to_be_hidden()
    expect(composing.block(phone, last).locator("img").first).to_have_attribute("src", "/media/many47.png")
