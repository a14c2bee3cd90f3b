"""A test of two wordings from its set-up to its winner, and the results' pages as everybody may see them."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from clinic.clock import database_now
from leads.models import Lead
from newsletter import tokens
from newsletter.campaigns.experiments import deciding as experiments
from newsletter.campaigns.planning import start_due
from newsletter.campaigns.results import queries
from newsletter.deliveries.models import Kind, State
from newsletter.models import Campaign, Chunk, Click, CompiledEmail, Delivery, Experiment, Outcome, Variant
from tests.browser import axe
from tests.factories import clinics, mail, people
from tests.newsletter.campaigns.experiments.tested import leave, parts
from tests.newsletter.campaigns.results import every_ending
from tests.studio.campaigns import campaign, url

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"}
PEOPLE = 60


@pytest.fixture
def owner(live_server) -> User:
    clinics.clinic()
    return people.staff(name="Dana Reyes", email="dana@harbour.example")


@pytest.fixture
def studio(owner: User, live_server, client, chromium_page: Page) -> Page:
    """A window in which the owner is signed in."""
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    (cookie,) = [morsel for name, morsel in client.cookies.items() if "session" in name]
    chromium_page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    return chromium_page


BEYOND_ITS_CARD = """() => [...document.querySelectorAll('.card')].flatMap(card =>
    [...card.querySelectorAll('*')]
        .filter(one => one.getClientRects().length && !one.closest('.scrolled, .visually-hidden, .table-cards > thead'))
        .filter(one => one.getBoundingClientRect().right > card.getBoundingClientRect().right + 1)
        .slice(0, 1).map(one => one.outerHTML.slice(0, 120)))"""


def arrive() -> None:
    """Test mails have left."""
    for delivery in Delivery.objects.filter(kind=Kind.TEST):
        revision = Variant.objects.get(pk=delivery.variant_id).current_id
        Outcome.objects.get_or_create(
            delivery_id=delivery.pk,
            defaults={"at": database_now(), "state": State.SUBMITTED, "revision_id": revision},
        )


def set_up(page: Page, web: str, of: Campaign) -> None:
    """On its page: what B says, how many get it; then a test mail of B."""
    page.goto(web + url("campaign_ab", of))
    page.get_by_role("radio", name="Subject").check()
    page.get_by_label("What B says instead").fill("Open on Saturdays too")
    page.get_by_label("How many get the test, in per cent of everybody").fill("50")
    page.get_by_role("button", name="Set up the test").click()
    expect(page.get_by_role("main")).to_contain_text("A goes to 15 people, B to 15. 30 others wait")
    expect(page.get_by_role("heading", name="What B still needs")).to_be_visible()
    page.get_by_role("button", name="Send me a test of B").click()
    arrive()
    page.reload()
    expect(page.get_by_role("heading", name="B can go")).to_be_visible()


def let_it_leave(of: Campaign) -> None:
    """It is planned, and a sender hands everything over that is due."""
    Campaign.objects.filter(pk=of.pk).update(status="scheduled", start_at=database_now(), goes_at=database_now())
    assert start_due(database_now()) == 1
    leave(parts(of)["a"] + parts(of)["b"], at=database_now() - timedelta(minutes=5))
    assert experiments.look(database_now()) == 1


def click(page: Page, web: str, deliveries: list[Delivery]) -> None:
    """People with a browser of their own follow the first link of their mail."""
    for one in deliveries:
        revision = CompiledEmail.objects.get(variant=one.variant_id)
        call = next(place for place, link in enumerate(revision.links) if link["goal"] == "call")
        answer = page.request.get(f"{web}/c/{tokens.sign(one.pk)}/{call}", headers=BROWSER, max_redirects=0)
        assert answer.status == 302, answer.status


def read_by_the_others(page: Page, web: str, of: Campaign) -> None:
    """Each of those who waited got what B said."""
    others = parts(of)["rest"]
    said = {CompiledEmail.objects.get(pk=Outcome.objects.get(pk=one.pk).revision_id or 0).subject for one in others}
    assert (len(others), said) == (30, {"Open on Saturdays too"})
    page.goto(f"{web}/v/{tokens.sign_page(others[0].pk)}")
    expect(page).to_have_title("Open on Saturdays too")


def test_two_wordings_from_set_up_to_the_winner(studio: Page, live_server, owner: User) -> None:
    for _ in range(PEOPLE):
        people.consent()
    draft = campaign(owner)
    mail.tried(draft, owner)
    page, web = studio, live_server.url

    set_up(page, web, draft)
    let_it_leave(draft)
    click(page, web, parts(draft)["b"])
    click(page, web, parts(draft)["a"][:5])
    page.goto(web + url("campaign_ab", draft))
    expect(page.get_by_role("main")).to_contain_text("By these figures B is the better one with a probability of 99 %.")
    expect(page.get_by_role("button", name="Give B to the other 30")).to_be_visible()
    assert experiments.look(database_now() + timedelta(hours=23)) == 0
    assert experiments.look(database_now() + timedelta(hours=25)) == 1

    page.reload()
    expect(page.get_by_role("main")).to_contain_text("B is the better one, with a probability of 99 %.")
    leave(parts(draft)["rest"], at=database_now())
    read_by_the_others(page, web, draft)
    page.goto(web + url("results", draft))
    rows = page.get_by_role("table", name="What each part of the test brought").get_by_role("row")
    expect(rows).to_have_text(
        [
            re.compile("Part"),
            re.compile(r"^\s*A\s*15\s*15\s*5"),
            re.compile(r"^\s*B\s*15\s*15\s*15"),
            re.compile(r"^\s*The others, who got B\s*30\s*30\s*0"),
        ]
    )
    page.get_by_role("link", name="Who did what").click()
    page.get_by_label("What they did").select_option("clicked")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("main")).to_contain_text("20 people of those whom this campaign was for.")
    assert (Experiment.objects.get().winner, Click.objects.filter(label="person").count()) == ("b", 20)


def test_results_are_whole_on_every_screen_and_in_both_schemes(studio: Page, live_server, owner: User) -> None:
    made = every_ending.lived()
    every_ending.campaign(3, began_at=every_ending.NOW - timedelta(days=9), name="An older one")
    draft = campaign(owner)
    for one in every_ending.deliveries(made)[:6]:
        Lead.objects.filter(pk=one.lead_id or 0).update(email=f"reader{one.pk}@{'a-long-name-of-a-firm-' * 2}.example")
    found = []
    for name, of in (("results", made), ("results_people", made), ("campaign_ab", draft)):
        studio.set_viewport_size({"width": 1280, "height": 900})
        studio.goto(live_server.url + url(name, of))
        found += axe.findings(studio, name)
        for width in axe.WIDTHS:
            axe.looks(studio, "light", width)
            found += [f"{name} at {width}: {said}" for said in studio.evaluate(BEYOND_ITS_CARD)]

    assert found == []
    studio.goto(live_server.url + url("results", made))
    with studio.expect_download() as download:
        studio.get_by_role("link", name="Numbers as a file").click()
    assert download.value.suggested_filename == f"opening-hours-{made.pk}-numbers.csv"
    assert queries.numbers(made).mailed > 0
    assert Chunk.objects.count() >= 2


HOSTILE = """<!DOCTYPE html><html><head><title>A letter</title><base href="https://elsewhere.example/">
<style>.red { color: rgb(200, 0, 0) }</style><script>document.title = 'ran'</script></head>
<body onload="document.title = 'ran'"><p id="words" class="red" style="font-size: 30px">Good morning</p>
<img src="https://elsewhere.example/pixel.png" onerror="document.title = 'ran'" alt="A picture of elsewhere">
<iframe src="https://elsewhere.example/frame"></iframe>
<form action="/unsubscribe-everybody" method="post"><button>Press me</button></form>
<a href="javascript:document.title = 'ran'">Run</a> <a href="https://slot.invalid/click/0">Book</a></body></html>"""

REFUSED = {"https://elsewhere.example/pixel.png": "csp"}
"""The browser's tools tell of a request that our policy forbade as of one that failed."""


def test_a_mail_as_a_page_runs_nothing_asks_nobody_and_leads_on(browser: Browser, live_server, owner: User) -> None:
    """Should ever something hostile get into a frozen mail, its page is still only a page to read."""
    variant = mail.variant(mail.email(topic="newsletter"))
    sender = {"name": "Dana", "address": "dana@harbour.example", "base_url": live_server.url}
    CompiledEmail.objects.filter(variant=variant).update(html=HOSTILE, sender=sender)
    delivery = mail.delivery(people.lead("ada@mail.example"), state=1, variant_id=variant.pk)
    page = browser.new_page()
    asked, refused = [], {}
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: refused.update({request.url: request.failure}))

    page.goto(f"{live_server.url}/v/{tokens.sign_page(delivery.pk)}")
    page.get_by_role("button", name="Press me").click()
    page.get_by_role("link", name="Run").click()

    words = page.locator("#words")
    expect(words).to_have_css("color", "rgb(200, 0, 0)")
    expect(words).to_have_css("font-size", "30px")
    expect(page).to_have_title("A letter")
    assert page.evaluate("[window.origin, document.baseURI]") == ["null", page.url]
    assert {url: refused.get(url) for url in asked if not url.startswith(live_server.url)} in ({}, REFUSED)
    assert [url for url in asked if "unsubscribe" in url] == []
    page.get_by_role("link", name="Book").click()
    page.wait_for_url(live_server.url + "/book")
    page.context.close()
