"""Every check that blocks: it keeps a campaign from being scheduled and from starting, and once mended it does not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.models import User
from clinic.models import Clinic
from leads.models import Lead
from newsletter.campaigns import preflight, services
from newsletter.content import overrides
from newsletter.content import queries as content
from newsletter.content.lint.frame import LARGEST_HTML
from newsletter.deliveries.models import Kind, State
from newsletter.models import Campaign, Delivery, Outcome
from tests.factories import clinics, mail, people
from tests.newsletter.campaigns.letters import MINUTE, NOW, campaign, reader
from tests.newsletter.campaigns.words import FIT, codes, refused, schedule, write

IMAGE = {"id": "cccccccc", "type": "image", "picture": "nerve-map", "alt": "", "decorative": False}
WRONG = {
    "subject_missing": replace(FIT, subject=" "),
    "subject_deceptive": replace(FIT, subject="Re: your call"),
    "unknown_field": replace(FIT, html="<p>Hello {{ frist_name|there }}</p>"),
    "missing_fallback": replace(FIT, html="<p>Hello {{ first_name }}</p>"),
    "unclosed_field": replace(FIT, html="<p>Hello {{ first_name|there</p>"),
    "missing_alt": replace(FIT, more=(IMAGE,)),
    "missing_alt_of_a_link": replace(FIT, more=({**IMAGE, "decorative": True, "target": "call"},)),
    "claim": replace(FIT, html="<p>We cure it.</p>"),
    "left_over": replace(FIT, html="<p>[Say why you write.]</p>"),
    "red_flags_missing": replace(FIT, html="<p>Sciatica is common.</p>"),
    "missing": replace(FIT, html="<p> </p>"),
}


@pytest.fixture
def owner(db) -> User:
    clinics.clinic()
    reader()
    return people.staff()


def test_a_fit_campaign_is_clear_and_goes(owner):
    letter = campaign(owner)

    found = preflight.of_campaign(letter, NOW)

    assert (found.is_clear, found.warnings, found.allowed, found.links_pending, found.checked_at) == (
        *(True, [], []),
        *(0, NOW),
    )
    assert schedule(letter, owner)


@pytest.mark.parametrize("code", WRONG)
def test_words_that_block_keep_it_from_being_scheduled_until_they_are_mended(owner, code):
    letter = campaign(owner)
    write(letter, WRONG[code])

    assert code in codes(letter)
    assert refused(letter, owner) == [str(one) for one in preflight.of_campaign(letter, NOW).blocking]

    write(letter, FIT)
    mail.tried(letter, owner)
    assert codes(letter) == []
    assert schedule(letter, owner)


def test_an_insecure_link_blocks_until_it_is_mended(owner):
    letter = campaign(owner)
    write(letter, replace(FIT, html='<p><a href="http://good.test/">Read on</a></p>'))

    (finding,) = preflight.of_campaign(letter, NOW).blocking
    assert (finding.code, finding.block, finding.fix) == ("insecure_target", "aaaaaaaa", "use_https")
    assert len(refused(letter, owner)) == 1

    write(letter, replace(FIT, html='<p><a href="https://good.test/">Read on</a></p>'))
    mail.tried(letter, owner)
    assert schedule(letter, owner)


def test_no_postal_address_blocks_until_there_is_one(owner):
    letter = campaign(owner)
    Clinic.objects.update(postal_address="")
    assert codes(letter) == ["postal_address_missing"]
    assert len(refused(letter, owner)) == 1

    Clinic.objects.update(postal_address="12 Quay Street")
    assert schedule(letter, owner)


def test_a_mail_that_mailboxes_would_cut_off_blocks_until_it_is_shorter(owner):
    letter = campaign(owner)
    long = {"type": "text", "text": "".join(f"<p>{'Calm words. ' * 55}</p>" for _ in range(12))}
    write(letter, replace(FIT, more=tuple({**long, "id": f"dddddd{n:02}"} for n in range(12))))
    mail.tried(letter, owner)

    assert codes(letter) == ["too_large"]
    assert len(refused(letter, owner)) == 1

    write(letter, FIT)
    mail.tried(letter, owner)
    assert schedule(letter, owner)


@pytest.mark.parametrize(
    ("layout", "missing"),
    [
        ("{{ head.name }}\n{{ body }}\n12 Harbour Street", {"unsubscribe_missing"}),
        ("{{ head.name }}\n{{ body }}\n{{ own.unsubscribe }}", {"postal_address_missing"}),
        ("", {"text_empty", "unsubscribe_missing", "postal_address_missing"}),
    ],
)
def test_a_layout_of_ours_that_forgets_what_every_mail_owes_blocks_too(owner, settings, tmp_path, layout, missing):
    letter = campaign(owner)
    place = tmp_path / "email" / "layouts"
    place.mkdir(parents=True)
    (place / "letter.txt").write_text(layout)
    (templates,) = settings.TEMPLATES
    settings.TEMPLATES = [{**templates, "DIRS": [tmp_path, *templates["DIRS"]]}]

    assert set(codes(letter)) - {"test_missing"} == missing
    assert len(refused(letter, owner)) >= len(missing)


def test_a_test_mail_of_these_very_words_is_asked_for(owner):
    letter = campaign(owner)
    Delivery.objects.filter(kind=Kind.TEST).delete()
    assert codes(letter) == ["test_missing"]
    assert len(refused(letter, owner)) == 1

    mail.tried(letter, owner)
    assert codes(letter) == []
    write(letter, replace(FIT, subject="Other hours"))
    assert codes(letter) == ["test_missing"]
    mail.tried(letter, owner)
    assert schedule(letter, owner)


def test_a_test_mail_on_its_way_is_waited_for_and_one_that_failed_blocks(owner):
    letter = campaign(owner)
    write(letter, replace(FIT, subject="Other hours"))
    services.send_test(letter.email, to=owner, now=NOW)
    found = preflight.of_campaign(letter, NOW)
    assert ([one.code for one in found.blocking], found.is_waiting) == (["test_under_way"], True)
    assert len(refused(letter, owner)) == 1

    planned = Delivery.objects.filter(kind=Kind.TEST).order_by("pk").first()
    revision = letter.email.variants.get(label="test").current_id
    ended = Outcome.objects.create(delivery_id=planned.pk, at=NOW, state=State.FAILED, revision_id=revision)
    assert codes(letter) == ["test_failed"]
    Outcome.objects.filter(pk=ended.pk).update(state=State.SUBMITTED)
    assert codes(letter) == []


def test_a_change_of_the_clinics_profile_asks_for_no_new_test_mail(owner):
    letter = campaign(owner)
    Clinic.objects.update(phone="+1 416 555 0199")

    assert codes(letter) == []


def test_what_keeps_it_from_being_compiled_hides_nothing_else(owner):
    letter = campaign(owner)
    write(letter, replace(FIT, subject="Re: sciatica", html="<p>We cure {{ frist_name|it }}.</p>", more=(IMAGE,)))

    assert codes(letter) == [
        *("unknown_field", "missing_alt"),
        *("subject_deceptive", "claim", "red_flags_missing"),
    ]


def test_what_is_too_large_only_with_its_real_links_blocks_too(owner):
    letter = campaign(owner)
    links = {"id": "dddddddd", "type": "text", "text": '<p><a href="https://good.test/page">Read</a></p>' * 150}
    words = {"type": "text", "text": f"<p>{'Calm ' * 600}</p>"}
    write(letter, replace(FIT, more=(links, *({**words, "id": f"eeeeee{n:02}"} for n in range(13)))))
    mail.tried(letter, owner)
    left = LARGEST_HTML - len(content.compiled(letter.email).html.encode())
    rest = [{**words, "id": f"ffffff{n:02}", "text": f"<p>{'x' * 6000}</p>"} for n in range(left // 7000)]
    write(letter, replace(FIT, more=(*letter.email.body["blocks"][2:], *rest)))
    left = LARGEST_HTML - len(content.compiled(letter.email).html.encode())
    rest.append({**words, "id": "gggggggg", "text": f"<p>{'x' * (left - 600)}</p>"})
    write(letter, replace(FIT, more=(*letter.email.body["blocks"][2:], rest[-1])))
    mail.tried(letter, owner)
    assert len(content.compiled(letter.email).html.encode()) <= LARGEST_HTML

    (finding,) = preflight.of_campaign(letter, NOW).blocking

    assert (finding.code, finding.why) == ("not_mailable", "The HTML is larger than 95 KB; mailboxes would cut it.")


def test_whom_it_is_for_is_not_asked_again_of_what_is_leaving(owner):
    letter = campaign(owner)
    schedule(letter, owner)
    services.start_due(NOW + MINUTE)
    Lead.objects.update(status="patient")
    letter.refresh_from_db()

    assert codes(letter) == []


def test_every_finding_has_its_place_its_reason_and_its_way(owner, settings):
    settings.LINK_CHECKS = True
    letter = campaign(owner)
    loud = replace(FIT, subject="FREE CALLS!! " * 9, preheader="", html="<p>40% feel pain.</p>")
    for words in (*WRONG.values(), loud):
        write(letter, words)
        found = preflight.of_campaign(letter, NOW + timedelta(days=40))
        assert [one for one in found.blocking + found.warnings if not (one.where and one.why)] == []


def test_an_override_lets_exactly_these_words_go(owner):
    letter = campaign(owner)
    write(letter, replace(FIT, html="<p>The dentist has a cure for that. Ask us.</p>"))
    mail.tried(letter, owner)
    (finding,) = preflight.of_campaign(letter, NOW).blocking

    override = overrides.allow(letter.email, finding, reason="It is about hams, not people.", by=owner, now=NOW)

    found = preflight.of_campaign(letter, NOW)
    assert (found.blocking, [one.override for one in found.allowed]) == ([], [override])
    overrides.take_back(override, by=owner, now=NOW)
    assert codes(letter) == ["claim"]
    overrides.allow(letter.email, finding, reason="It is about hams, not people.", by=owner, now=NOW)
    assert schedule(letter, owner)


def test_a_condition_in_what_other_websites_are_told_blocks(owner):
    letter = campaign(owner)
    Campaign.objects.update(utm_campaign="sciatica-january")
    letter.refresh_from_db()
    assert codes(letter) == ["utm"]
    assert len(refused(letter, owner)) == 1

    Campaign.objects.update(utm_campaign="january")
    letter.refresh_from_db()
    assert schedule(letter, owner)
