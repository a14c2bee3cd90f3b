"""Asking a question: kept, answered by a person, and no newsletter unless the box is ticked."""

import pytest

from leads.models import Consent, ConsentRequest, Inquiry, Lead
from newsletter.models import Delivery
from tests.factories import people
from tests.website.forms import ask, stamped

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clinic")]


def test_a_question_becomes_a_lead_an_inquiry_and_a_mail_that_says_so(client):
    answer = client.post(
        "/ask", ask(first_name="Ada", phone="416 555 0123", time_zone="Europe/Paris"), REMOTE_ADDR="203.0.113.9"
    )

    assert (answer.status_code, answer.headers["Location"]) == (302, "/ask/thanks")
    inquiry = Inquiry.objects.get()
    assert (inquiry.question, inquiry.phone, inquiry.page) == ("Does it hurt?", "+14165550123", "/sciatica")
    assert (inquiry.lead.email, inquiry.lead.source, inquiry.lead.time_zone) == (
        "ada@mail.example",
        "inquiry",
        "Europe/Paris",
    )
    consent = Consent.objects.get()
    assert (consent.purpose, consent.basis, consent.network) == ("inquiry", "inquiry", "203.0.113.0/24")
    assert Delivery.objects.get().owner == inquiry.pk


def test_the_box_is_not_ticked_and_nobody_is_signed_up_by_asking(client):
    page = client.get("/ask")
    assert not page.context["form"]["wants_mail"].value()

    client.post("/ask", ask())

    assert ConsentRequest.objects.count() == 0


def test_a_ticked_box_asks_to_confirm(client):
    client.post("/ask", ask(wants_mail="on"))

    assert ConsentRequest.objects.get().lead == Lead.objects.get()
    assert not Consent.objects.filter(purpose="marketing").exists()


def test_known_and_unknown_askers_get_the_same_bytes(client):
    people.consent(people.lead("known@mail.example"))

    answers = [client.post("/ask", ask(email=f"{name}@mail.example", wants_mail="on")) for name in ("known", "new")]

    assert answers[0].content == answers[1].content
    assert answers[0].headers == answers[1].headers


@pytest.mark.parametrize(
    "wrong",
    [
        {"question": ""},
        {"question": "x" * 2001},
        {"question": "a\u202eb"},
        {"question": "\x00"},
        {"phone": "call me"},
        {"phone": "1" * 60},
        {"phone": "416 555 0123 ext 4"},
        {"email": "x"},
    ],
)
def test_wrong_entries_are_explained_beside_the_field(client, wrong):
    answer = client.post("/ask", ask(**wrong))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == list(wrong)
    assert Inquiry.objects.count() == 0


def test_a_question_may_have_paragraphs(client):
    client.post("/ask", ask(question="First.\r\n\r\n\tSecond."))

    assert Inquiry.objects.get().question == "First.\r\n\r\n\tSecond."


def test_a_form_that_a_program_filled_in_is_thanked_and_forgotten(client):
    answer = client.post("/ask", ask(website="x"))

    assert answer.headers["Location"] == "/ask/thanks"
    assert Inquiry.objects.count() == 0


def test_the_stamp_of_another_form_is_none(client):
    assert client.post("/ask", ask(stamp=stamped("sign-up"))).status_code == 422


def test_forms_of_all_kinds_share_one_limit(client):
    statuses = [client.post("/ask", ask(email=f"p{n}@mail.example")).status_code for n in range(6)]

    assert statuses == [302] * 5 + [429]
