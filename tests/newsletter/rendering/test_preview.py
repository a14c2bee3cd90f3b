from newsletter.content import marks
from newsletter.rendering.letter import prepare
from newsletter.rendering.preview import preview, sample
from tests.newsletter.rendering.revisions import MOMENT, frozen, recipient, transactional


def test_a_preview_is_the_mail_that_would_leave() -> None:
    shown = preview(frozen(), recipient())

    assert shown.source.encode() == prepare(frozen()).fill(recipient())
    assert shown.subject == "A quiet hour"
    assert shown.html.startswith("<p>Hello Zoe, ")
    assert shown.text.startswith("Hello Zoe,\n")


def test_the_sample_fills_every_slot_that_an_email_of_ours_can_have() -> None:
    names = ("first_name", "when", "phone_hint", "free_times")
    links = ("confirm_url", "reset_url", "invite_url", "appointment", "preferences")
    content = "\n".join([*map(marks.words, names), *map(marks.link, links)])

    shown = preview(transactional(text=content), sample("https://clinic.example", sent_at=MOMENT))

    assert shown.text.startswith("Alex\nTuesday, 3 March at 9:30 a.m. (Toronto time, EST)\nWe call")
    assert shown.text.count("https://clinic.example/sample") == 3
