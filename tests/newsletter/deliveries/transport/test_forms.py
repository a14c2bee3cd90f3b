"""What is filled in says the same as what anymail makes of the finished bytes."""

import json
from urllib.parse import parse_qs

import pytest
from django.core.mail import mailers
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from newsletter.deliveries.transport import message, providers
from newsletter.deliveries.transport.clerk import form_for
from newsletter.deliveries.transport.forms import Alone
from newsletter.rendering.attachments import Attachment
from tests.fakes.provider_api import _of_mailgun
from tests.newsletter.deliveries.transport import letters

MAILERS = {
    "postmark": {"BACKEND": "anymail.backends.postmark.EmailBackend", "OPTIONS": {"server_token": "t"}},
    "resend": {"BACKEND": "anymail.backends.resend.EmailBackend", "OPTIONS": {"api_key": "t"}},
    "brevo": {"BACKEND": "anymail.backends.brevo.EmailBackend", "OPTIONS": {"api_key": "t"}},
    "mailgun": {"BACKEND": "anymail.backends.mailgun.EmailBackend", "OPTIONS": {"api_key": "t"}},
}
names = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60).filter(str.isprintable)
thorough = hypothesis(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def desk(settings):
    """The backend behind a name, and the form that belongs to it."""
    settings.MAILERS = MAILERS

    def at(name):
        mailer = mailers[name]
        return mailer, form_for(mailer, providers.of(mailer))

    return at


def built(mailer, mail):
    """What anymail makes of the finished bytes."""
    payload = mailer.build_message_payload(message.read(mail), mailer.send_defaults)
    data = payload.serialize_data()
    return json.loads(data) if isinstance(data, str) else data


@pytest.mark.parametrize("name", ["postmark", "resend"])
@given(first_name=names)
@thorough
def test_a_message_filled_in_is_the_message_that_anymail_builds(desk, name, first_name):
    mailer, form = desk(name)
    mail = letters.mail(7, first_name)

    assert json.loads(form.item(mail)) == built(mailer, mail)


@given(first_name=names)
@thorough
def test_brevos_message_is_the_same_but_for_the_requests_key(desk, first_name):
    mailer, form = desk("brevo")
    mail = letters.mail(7, first_name)

    item = json.loads(form.item(mail))
    del item["headers"]["idempotencyKey"]
    assert item == built(mailer, mail)


@given(first_name=names)
@thorough
def test_what_mailgun_makes_of_a_merge_batch_is_what_a_single_mail_says(desk, first_name):
    mailer, form = desk("mailgun")
    mails = [letters.mail(7, first_name), letters.mail(8, 'Zoë "%s" & <b>'), letters.mail(9, "{x} %20 100%")]
    body = form.request(mails, [form.item(mail) for mail in mails]).payload.serialize_data()
    data = parse_qs(body.decode(), keep_blank_values=True)

    for mail in mails:
        alone = {field: [value] if isinstance(value, str) else value for field, value in built(mailer, mail).items()}
        merged, single = _of_mailgun(data, mail.recipient), _of_mailgun(alone, mail.recipient)
        assert merged == single
    assert data["to"] == [mail.recipient for mail in mails]


@pytest.mark.parametrize(
    "address", ["Zoe.Q@Reader.Example", "zoe@münchen.example", '"a b"@reader.example', "a'b@c.example"]
)
def test_an_address_out_of_the_ordinary_is_left_to_anymail(desk, address):
    mailer, form = desk("postmark")
    mail = letters.mail(7)._replace(recipient=address)

    assert json.loads(form.item(mail))["To"] == built(mailer, mail)["To"]


def test_a_mail_with_a_file_goes_alone(desk):
    mail = letters.mail(7, attachment=Attachment("call.ics", b"BEGIN:VCALENDAR"))

    for name in ("postmark", "resend", "mailgun"):
        with pytest.raises(Alone):
            desk(name)[1].item(mail)


def test_what_would_be_read_as_a_gap_goes_alone(desk):
    form = desk("mailgun")[1]

    with pytest.raises(Alone):
        form.item(letters.mail(7, "%recipient.token%"))
    with pytest.raises(Alone):
        form.item(letters.mail(7, of=letters.letter(extra="%recipient.name%")))


def test_one_letter_and_each_address_once_share_a_merge_batch(desk):
    form = desk("mailgun")[1]
    first = letters.mail(1)

    assert form.may_join(letters.mail(2), [first])
    assert not form.may_join(letters.mail(2, address="LEAD1@reader.example"), [first])
    assert not form.may_join(letters.mail(2, of=letters.letter("Another subject")), [first])


@pytest.mark.parametrize("name", ["resend", "brevo"])
def test_a_requests_key_says_which_deliveries_and_which_words(desk, name):
    form = desk(name)[1]

    def key(*mails):
        return form.request(mails, [form.item(mail) for mail in mails]).key

    assert key(letters.mail(1)) == key(letters.mail(1))
    assert key(letters.mail(1)) != key(letters.mail(2))
    assert key(letters.mail(1)) != key(letters.mail(1, "Ann"))
    assert key(letters.mail(1)) != key(letters.mail(1, of=letters.letter("Another subject")))
