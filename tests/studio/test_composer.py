"""Writing an email: what is typed is kept, what is wrong is said where it is, and two writers lose nothing."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from newsletter.campaigns import services
from newsletter.campaigns.services import Draft
from newsletter.content import blocks, presets
from newsletter.content.services import Wording
from newsletter.models import Campaign, EmailTemplate, Variant
from studio.forms.composer import KINDS, TARGETS, Composer
from tests.factories import people
from tests.newsletter.campaigns.letters import BODY

HTMX = {"HX-Request": "true"}
AUDIENCE = {"name": "Opening hours", "topic": "newsletter"}


def edit(of: Campaign) -> str:
    return reverse("studio:campaign_edit", args=[of.pk])


def typed(email: EmailTemplate, *written: dict[str, str], act: str = "save", **fields: str) -> dict[str, str]:
    """What the page sends back when it was opened on this email; with `written` in place of its blocks."""
    composer = Composer.of(email)
    found = list(written) or composer.blocks
    data = {"act": act, "seen_at": composer.seen_at, "count": str(len(found))}
    data |= {"subject": composer.subject, "preheader": composer.preheader, **AUDIENCE}
    data |= {f"b{place}-{name}": words for place, block in enumerate(found) for name, words in block.items()}
    return data | fields


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def composer(page: HttpResponse) -> Composer:
    return page.context["composer"]  # type: ignore[attr-defined]


def kinds(page: HttpResponse) -> list[str]:
    return [block["type"] for block in composer(page).blocks]


def saved(of: Campaign) -> EmailTemplate:
    return EmailTemplate.objects.get(pk=of.email_id)


def test_the_page_shows_what_is_saved_beside_the_mail_it_makes(studio: Client, draft: Campaign) -> None:
    page = studio.get(edit(draft))

    assert composer(page).says_what(draft.email)
    assert f'src="{reverse("studio:campaign_letter", args=[draft.pk])}"' in page.text
    assert "The clinic has new opening hours" in page.text


def test_what_is_saved_is_what_was_typed(studio: Client, draft: Campaign, owner: User) -> None:
    data = typed(draft.email, text("We moved.\r\n\r\nCome and see."), subject=" We moved ", includes_patients="on")

    answer = studio.post(edit(draft), data | {"name": "The move"})

    email = saved(draft)
    draft.refresh_from_db()
    assert answer.headers["Location"] == reverse("studio:campaign", args=[draft.pk])
    assert (email.subject, email.body["blocks"]) == ("We moved", [text("We moved.\n\nCome and see.")])
    assert (draft.name, draft.includes_patients, email.updated_by) == ("The move", True, owner)


def test_saving_to_look_stays_on_the_page_beside_the_mail(studio: Client, draft: Campaign) -> None:
    answer = studio.post(edit(draft), typed(draft.email, act="look", subject="Better hours"))

    assert answer.headers["Location"] == f"{edit(draft)}#look"
    assert saved(draft).subject == "Better hours"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_block_can_be_added_and_stands_last(kind: str, studio: Client, draft: Campaign) -> None:
    page = studio.post(edit(draft), typed(draft.email, act=f"add:{kind}"))

    assert kinds(page) == ["text", "button", kind]
    assert page.text.count(" autofocus") == 1
    assert saved(draft).body == BODY


@pytest.mark.parametrize(
    ("act", "order", "focus"),
    [
        ("up:1", [1, 0, 2], (0, "down")),
        ("down:1", [0, 2, 1], (2, "up")),
        ("down:0", [1, 0, 2], (1, "down")),
        ("up:2", [0, 2, 1], (1, "up")),
        ("remove:1", [0, 2], (0, "block")),
        ("remove:0", [1, 2], (0, "block")),
        ("up:0", [0, 1, 2], None),
        ("down:2", [0, 1, 2], None),
    ],
)
def test_blocks_move_and_the_focus_goes_with_them(act: str, order: list[int], focus: tuple[int, str] | None) -> None:
    three = [text(str(number)) for number in range(3)]
    page = Composer.typed(typed(EmailTemplate(), *three, act=act))

    assert [int(block["text"]) for block in page.blocks] == order
    assert page.touched == focus


def test_an_act_on_a_block_keeps_everything_that_was_typed(studio: Client, draft: Campaign) -> None:
    data = typed(draft.email, text("Half a sentence"), act="add:button", subject="Not yet", includes_patients="on")

    page = studio.post(edit(draft), data | {"name": ""})

    assert (composer(page).subject, composer(page).blocks[0]["text"]) == ("Not yet", "Half a sentence")
    assert page.context["form"].initial["includes_patients"] is True
    assert "Something is missing" not in page.text
    assert saved(draft).subject == "New opening hours"


def test_with_a_browsers_help_only_the_words_come_back(studio: Client, draft: Campaign) -> None:
    page = studio.post(edit(draft), typed(draft.email, act="add:text"), headers=HTMX)

    assert page.text.lstrip().startswith('<div id="words">')
    assert "<html" not in page.text
    assert "hx-post" in page.text


def test_a_problem_stands_beside_its_block_and_at_the_top_with_a_link_to_it(studio: Client, draft: Campaign) -> None:
    data = typed(draft.email, text("Fine."), {"type": "button", "label": "", "target": "call"}, subject="a {{ x }}")

    page = studio.post(edit(draft), data)

    rows = composer(page).rows()
    assert [row["problems"] for row in rows] == [[], ["Write what the button says."]]
    assert [place for place, _ in composer(page).summary()] == ["subject", "block-1"]
    assert 'href="#block-1"' in page.text
    assert 'id="subject-error-1"' in page.text
    assert composer(page).subject == "a {{ x }}"
    assert saved(draft).subject == "New opening hours"


def test_a_new_draft_says_what_is_to_do_where_it_is(studio: Client, owner: User) -> None:
    starter = presets.starter("clinic-news")
    wording = Wording(starter.subject, starter.preheader, starter.body)
    begun = services.create(Draft("News", wording), by=owner, now=database_now())

    page = composer(studio.get(edit(begun)))

    asked = "Replace the words in square brackets with your own."
    assert [row["hints"] for row in page.rows()] == [[asked], [asked], [asked], [asked], [], []]
    assert [line["hints"] for line in page.lines()] == [["Write a subject."], []]


@pytest.mark.parametrize("target", [name for name in TARGETS if name])
def test_a_button_leads_where_the_page_offers(target: str, studio: Client, draft: Campaign) -> None:
    studio.post(edit(draft), typed(draft.email, {"type": "button", "label": "Go", "target": target}))

    assert saved(draft).body["blocks"] == [{"type": "button", "label": "Go", "target": target}]


def test_a_button_can_lead_to_another_address(studio: Client, draft: Campaign) -> None:
    elsewhere = {"type": "button", "label": "Go", "target": "", "elsewhere": " https://harbour.example/hours "}
    studio.post(edit(draft), typed(draft.email, elsewhere))
    page = studio.get(edit(draft))

    assert saved(draft).body["blocks"][0]["target"] == "https://harbour.example/hours"
    assert composer(page).rows()[0]["is_elsewhere"]
    assert '<option value="" selected>' in page.text


def test_whom_it_is_for_must_be_named_before_it_is_saved(studio: Client, draft: Campaign) -> None:
    page = studio.post(edit(draft), typed(draft.email, subject="Kept", act="save") | {"name": " "})

    assert set(page.context["form"].errors) == {"name"}
    assert composer(page).subject == "Kept"
    assert saved(draft).subject == "New opening hours"


def colleague(of: Campaign, **words: Any) -> User:
    """Somebody else saves the same email."""
    other = people.staff(name="Sam")
    fresh = Campaign.objects.select_related("email").get(pk=of.pk)
    wording = Wording(words.get("subject", "Theirs"), "", words.get("body", BODY))
    services.revise(fresh, draft=Draft(of.name, wording), by=other, now=database_now())
    return other


def test_two_who_write_at_once_both_keep_their_words(studio: Client, draft: Campaign, owner: User) -> None:
    opened = typed(draft.email, text("Mine"), subject="Mine")
    other = colleague(draft, body={"version": 1, "blocks": [text("Theirs, at length")]})

    page = studio.post(edit(draft), opened)

    assert composer(page).theirs.updated_by == other
    assert "Sam saved this email while you were writing." in page.text
    assert "Theirs, at length" in page.text
    assert (composer(page).subject, composer(page).blocks) == ("Mine", [text("Mine")])
    assert saved(draft).subject == "Theirs"


def test_saving_once_more_does_not_replace_theirs_but_saying_so_does(studio: Client, draft: Campaign) -> None:
    opened = typed(draft.email, subject="Mine")
    colleague(draft)
    page = studio.post(edit(draft), opened)
    theirs_at = composer(page).theirs.updated_at.isoformat()

    again = studio.post(edit(draft), opened)
    replaced = studio.post(edit(draft), opened | {"act": "replace", "theirs_at": theirs_at})

    assert composer(again).theirs is not None
    assert replaced.status_code == 302
    assert saved(draft).subject == "Mine"


def test_a_third_version_is_not_replaced_unseen(studio: Client, draft: Campaign) -> None:
    opened = typed(draft.email, subject="Mine")
    colleague(draft)
    theirs_at = composer(studio.post(edit(draft), opened)).theirs.updated_at.isoformat()
    colleague(draft, subject="Theirs, again")

    page = studio.post(edit(draft), opened | {"act": "replace", "theirs_at": theirs_at})

    assert composer(page).theirs.subject == "Theirs, again"
    assert saved(draft).subject == "Theirs, again"


def test_pressing_the_button_twice_is_no_conflict_with_oneself(studio: Client, draft: Campaign) -> None:
    data = typed(draft.email, subject="Twice")

    answers = [studio.post(edit(draft), data).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert saved(draft).subject == "Twice"


def test_whoever_cannot_say_what_they_saw_replaces_nothing(studio: Client, draft: Campaign) -> None:
    page = studio.post(edit(draft), typed(draft.email, subject="Mine", seen_at="yesterday"))

    assert page.status_code == 200
    assert saved(draft).subject == "New opening hours"


def test_what_was_scheduled_meanwhile_is_not_changed_and_the_words_stay(
    studio: Client, draft: Campaign, owner: User
) -> None:
    opened = typed(draft.email, subject="Mine")
    people.consent()
    services.schedule(draft, at=None, by=owner, now=database_now())

    page = studio.post(edit(draft), opened)

    assert composer(page).subject == "Mine"
    assert "A colleague has scheduled it in the meantime." in page.text
    assert studio.get(edit(draft)).headers["Location"] == reverse("studio:campaign", args=[draft.pk])
    assert saved(draft).subject == "New opening hours"


ODD = [
    {},
    {"act": "add:nothing", "count": "1"},
    {"act": "up:999999999999"},
    {"act": "remove:-1", "count": "-3"},
    {"act": "save", "count": "10000", "subject": "\x1b"},
    {"act": "save", "count": "3", "b0-type": "script", "b1-type": "text", "b1-text": "x" * 9000},
    {"act": "save", "subject": "x" * 151},
    {"act": "save", "preheader": "x" * 4000},
    {"act": "save", "subject": "a\x00b"},
    {"act": "save", "count": "1", "b0-type": "text", "b0-text": "a\x00b"},
    {"act": "save", "count": "1", "b0-type": "heading", "b0-text": "a\x00b"},
    {"act": "save", "count": "1", "b0-type": "image", "b0-alt": "a\x00b", "b0-name": "nerve-map"},
    {"act": "save", "count": "1", "b0-type": "button", "b0-label": "a", "b0-target": "https://a\x00.example"},
    {"act": "save", "name": "a\x00b", "topic": "gossip"},
    {"act": "replace", "theirs_at": "9" * 40},
    {"act": "save", "seen_at": "2026-01-01"},
    {"act": "save", "subject": "\ue000first_name\ue001\ue002"},
]


@pytest.mark.parametrize("said", ODD, ids=" ".join)
def test_nothing_odd_breaks_the_page_or_is_saved(said: dict[str, str], studio: Client, draft: Campaign) -> None:
    page = studio.post(edit(draft), {**AUDIENCE, "seen_at": draft.email.updated_at.isoformat(), **said})

    assert page.status_code == 200
    assert composer(page).subject == said.get("subject", "")
    assert saved(draft).body == BODY


def test_a_page_holds_as_many_blocks_as_a_mail_may(studio: Client, draft: Campaign) -> None:
    many = [text(str(number)) for number in range(blocks.MOST_BLOCKS)]

    page = studio.post(edit(draft), typed(draft.email, *many, act="add:text"))

    assert len(composer(page).blocks) == blocks.MOST_BLOCKS


def test_a_campaign_that_is_not_there_is_explained(studio: Client) -> None:
    assert studio.get(reverse("studio:campaign_edit", args=[10**30])).status_code == 404
    assert studio.get(reverse("studio:letter_edit", args=[10**30])).status_code == 404


def test_shipped_emails_come_through_the_composer_unchanged(db: None) -> None:
    presets.install(database_now())
    letters = [variant.email for variant in Variant.objects.filter(email__kind="step").select_related("email")]

    assert len(letters) == 7
    assert [email.key for email in letters if not Composer.typed(typed(email)).says_what(email)] == []
