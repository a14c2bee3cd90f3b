"""A large campaign on its way, in a real browser: the first few, paused, its words mended, resumed, cancelled."""

import re
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import campaigns, composing, studio
from tests.browser.campaigns import asked, done, main
from tests.browser.studio import PATIENCE
from tests.config.deadlines import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MANY = 2000
FEW = 20
OLD, NEW = "Two thousand letters", "Two thousand letters, without the mistake"

JOINED = """
    WITH made AS (
        INSERT INTO leads_lead (email, address_key, address_hash, first_name, last_name, phone, language, time_zone,
                                status, source, first_page, first_referrer, declined_topics, created_at)
        SELECT 'many' || n || '@many.example', 'many' || n || '@many.example', sha256(('many' || n)::bytea), 'Many', '',
               '', 'en', '', 'lead', 'sign_up', '', '', '{{}}', now() FROM generate_series(1, %s) n RETURNING id
    )
    INSERT INTO leads_consent (lead_id, {columns})
    SELECT made.id, {values} FROM made,
         (SELECT * FROM leads_consent WHERE purpose = 'marketing' AND withdrawn_at IS NULL LIMIT 1) like_theirs
"""
LEFT = """
    UPDATE leads_consent SET withdrawn_at = now(), withdrawn_how = 'link'
    WHERE lead_id IN (SELECT id FROM leads_lead WHERE email LIKE '%%@many.example')
"""


@pytest.fixture
def many(demo: dict[str, str]) -> Iterator[None]:
    """Two thousand more people who agreed, as somebody else of the demo did; gone again afterwards."""
    found = asked(
        demo,
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'leads_consent'"
        " AND column_name NOT IN ('id', 'lead_id')",
    )
    names = [name for (name,) in found]
    values = ", ".join(f"like_theirs.{name}" for name in names)
    done(demo, JOINED.format(columns=", ".join(names), values=values), MANY)
    yield
    done(demo, LEFT)


def scheduled(page: Page, demo: dict[str, str]) -> int:
    """Looked at, typed, pressed: how many people get it."""
    composing.begin(page, demo, "Many")
    campaigns.write(page, OLD)
    page.get_by_role("link", name="Review and send").click()
    campaigns.send_a_test(page)
    button = page.get_by_role("button", name=re.compile(r"Send to [\d,]+ people"))
    people = int(re.findall(r"[\d,]+", button.inner_text(timeout=PATIENCE))[0].replace(",", ""))
    button.click()
    expect(main(page)).to_contain_text(f"Type {people}: so many people would get it.")
    page.get_by_label("Type the number of people").fill(f"{people:,}")
    page.get_by_role("button", name=re.compile("Send to")).click()
    campaigns.let_the_minute_pass(demo, campaigns.pk(page))
    return people


def outcomes(demo: dict[str, str], campaign: int) -> Counter[int]:
    found = asked(
        demo,
        "SELECT o.state, count(*) FROM newsletter_delivery d JOIN newsletter_outcome o ON o.delivery_id = d.id"
        " WHERE d.kind = 1 AND d.owner = %s GROUP BY 1",
        campaign,
    )
    return Counter(dict(found))


def pause_in_the_middle(page: Page, demo: dict[str, str], campaign: int) -> None:
    """What is in the hands of the sender still leaves; a second later nothing does."""
    wait_until(lambda: outcomes(demo, campaign)[1] > FEW, within=60)
    page.get_by_role("button", name="Pause", exact=True).click(timeout=PATIENCE)
    expect(main(page)).to_contain_text("It is paused: what has not left waits here.")
    [(paused_at,)] = asked(
        demo, "SELECT at FROM accounts_auditevent WHERE act = 'campaign.paused' ORDER BY id DESC LIMIT 1"
    )
    wait_until(lambda: is_quiet(demo, campaign), within=60)
    [(last,)] = asked(
        demo,
        "SELECT max(o.at) FROM newsletter_delivery d JOIN newsletter_outcome o ON o.delivery_id = d.id"
        " WHERE d.kind = 1 AND d.owner = %s",
        campaign,
    )
    assert (last - paused_at).total_seconds() < 1


def is_quiet(demo: dict[str, str], campaign: int) -> bool:
    """No chunk of it is in anybody's hands."""
    return not asked(
        demo,
        "SELECT 1 FROM newsletter_chunk c JOIN newsletter_batch b ON b.id = c.batch_id"
        " WHERE b.kind = 1 AND b.owner_id = %s AND c.lease_until IS NOT NULL AND NOT c.done",
        campaign,
    )


def mend(page: Page) -> None:
    page.get_by_role("button", name="Fix the words for those who have not got it yet").click()
    composing.ready(page)
    page.get_by_label("Subject").fill(NEW)
    composing.is_saved(page)
    page.get_by_role("link", name="Review and send").click()
    expect(main(page)).to_contain_text("The words are being mended")


def cancel(page: Page, demo: dict[str, str]) -> None:
    """Half of it has not left, so the number is typed."""
    page.get_by_role("link", name="Cancel this campaign").click()
    waiting = re.findall(r"(\d+) mails have not left", main(page).inner_text())[0]
    page.get_by_label("Type the number of mails").fill(waiting)
    page.get_by_role("button", name="Cancel the campaign").click()
    expect(main(page)).to_contain_text("Cancelled. What has not left never will.")


def caught(demo: dict[str, str]) -> list[tuple[str, str]]:
    """Address and subject of every mail in the sink that belongs to this journey."""
    found = [heads(path) for path in campaigns.inbox(demo).glob("*.eml")]
    return [(to, subject) for to, subject in found if subject in {OLD, NEW} and "@many.example" in to]


def heads(path: Path) -> tuple[str, str]:
    raw = path.read_bytes()
    lines = [line for line in raw.split(b"\r\n\r\n", 1)[0].splitlines(keepends=True) if not line.startswith(b"X-Env")]
    message = message_from_bytes(b"".join(lines), policy=policy.default)
    return str(message["To"]), str(message["Subject"])


def test_two_thousand_begin_with_a_few_are_paused_mended_resumed_and_cancelled(
    chromium_page: Page, demo: dict[str, str], many: None
) -> None:
    page = chromium_page
    studio.sign_in(page, demo)
    people = scheduled(page, demo)
    campaign = campaigns.pk(page)
    expect(main(page)).to_contain_text(f"The first {FEW} have come to an end", timeout=PATIENCE)
    assert campaigns.figure(page, "Waiting") == people - FEW
    page.get_by_role("button", name=re.compile(f"Send to the other {people - FEW:,} people")).click()
    pause_in_the_middle(page, demo, campaign)
    before = outcomes(demo, campaign)[1]
    mend(page)
    with campaigns.frozen_sender(demo):
        page.get_by_role("button", name=re.compile("Send the new words to")).click()
        expect(main(page)).to_contain_text("It goes on, with the new words.")
    wait_until(lambda: outcomes(demo, campaign)[1] > before, within=60)
    cancel(page, demo)
    wait_until(lambda: sum(outcomes(demo, campaign).values()) == people, within=60)

    ended = outcomes(demo, campaign)
    assert set(ended) == {1, 5}
    got = Counter(to for to, _subject in caught(demo))
    assert set(got.values()) == {1}
    assert len([1 for _to, subject in caught(demo) if subject == OLD]) <= before
    assert {subject for _to, subject in caught(demo)} == {OLD, NEW}
    page.reload()
    shown = [campaigns.figure(page, name) for name in ("Planned", "Submitted", "Cancelled", "Waiting")]
    assert shown == [people, ended[1], ended[5], 0]
    expect(main(page)).to_contain_text("The words were mended on the way")
