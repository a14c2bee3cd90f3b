import pytest

from accounts.models import User
from clinic.clock import database_now
from clinic.models import Clinic
from newsletter.content import drafts, queries, services
from newsletter.content.compile import NotCompilable
from newsletter.content.models import CompiledEmail, EmailKind, EmailTemplate, Variant
from newsletter.content.services import Wording
from tests.newsletter.content.emails import BUTTON, HEADING, document, harbour, text

pytestmark = pytest.mark.django_db
HELLO = document(HEADING, text("Hello {{ first_name|there }}"), BUTTON)


@pytest.fixture(autouse=True)
def clinic() -> Clinic:
    profile = harbour()
    profile.save()
    return profile


@pytest.fixture
def dana() -> User:
    return User.objects.create(email="dana@harbour.example", name="Dana")


@pytest.fixture
def template() -> EmailTemplate:
    wording = Wording("A quiet hour", "For you.", HELLO)
    return services.create(wording, kind=EmailKind.CAMPAIGN, name="Autumn", topic="newsletter", now=database_now())


@pytest.fixture
def variant(template: EmailTemplate) -> Variant:
    return template.variants.get()


def current(variant: Variant) -> CompiledEmail:
    found = Variant.objects.get(pk=variant.pk).current
    assert found is not None
    return found


def test_a_new_email_has_a_variant_that_is_not_frozen(template: EmailTemplate) -> None:
    (variant,) = template.variants.all()

    assert (variant.label, variant.current) == ("A", None)


def test_freezing_keeps_everything_that_leaves(variant: Variant) -> None:
    revision = services.freeze(variant, now=database_now())

    variant.refresh_from_db()
    assert variant.current == revision
    assert (revision.number, revision.subject, revision.preheader) == (1, "A quiet hour", "For you.")
    assert [link["goal"] for link in revision.links] == ["ask", "call", "direct"]
    assert revision.sender["feedback_id"] == f"v{variant.pk}:newsletter:news.harbour.example"
    assert "https://slot.invalid/click/0" in revision.html
    assert "https://slot.invalid/click/0" in revision.text


def test_freezing_the_same_content_again_keeps_the_revision(variant: Variant) -> None:
    first = services.freeze(variant, now=database_now())

    assert services.freeze(variant, now=database_now()) == first
    assert CompiledEmail.objects.count() == 1


def test_freezing_new_words_appends_a_revision_and_leaves_the_old_one(
    template: EmailTemplate, variant: Variant, dana: User
) -> None:
    first = services.freeze(variant, now=database_now())
    drafts.save(template, Wording("Two hours", "", HELLO), version=1, by=dana, now=database_now())

    second = services.freeze(variant, now=database_now())

    assert [(row.number, row.subject) for row in (first, second)] == [(1, "A quiet hour"), (2, "Two hours")]
    variant.refresh_from_db()
    assert variant.current == second


def test_a_draft_with_problems_cannot_be_frozen(template: EmailTemplate, variant: Variant) -> None:
    EmailTemplate.objects.filter(pk=template.pk).update(body={"version": 1})

    with pytest.raises(NotCompilable):
        services.freeze(variant, now=database_now())


def test_a_changed_profile_reaches_standing_mails_and_leaves_campaigns(variant: Variant) -> None:
    services.freeze(variant, now=database_now())
    step = services.create(
        Wording("Hi", "", HELLO), kind=EmailKind.STEP, name="Step", topic="course", now=database_now()
    )
    services.freeze(step.variants.get(), now=database_now())
    Clinic.objects.update(phone="+1 416 555 0199")

    assert services.refreeze(now=database_now()) == 1

    assert "+1 416-555-0199" in current(step.variants.get()).text
    assert "+1 416-555-0134" in current(variant).text


def test_a_changed_profile_that_no_mail_shows_changes_no_mail(variant: Variant) -> None:
    Clinic.objects.update(call_notice_hours=9)

    assert services.refreeze(now=database_now()) == 0


def test_findings_of_an_email_that_cannot_compile_begin_with_its_problems(template: EmailTemplate) -> None:
    template.body = document({"type": "heading", "text": ""})

    assert [(finding.where, finding.blocking) for finding in queries.findings(template)] == [
        ("Block 1 (heading)", True),
        ("The whole email", False),
    ]


def test_an_email_that_can_be_sent_has_no_findings(template: EmailTemplate) -> None:
    assert queries.findings(template) == []


def test_what_is_not_installed_is_named() -> None:
    with pytest.raises(queries.NotInstalled, match="confirmation"):
        queries.transactional("confirmation")
