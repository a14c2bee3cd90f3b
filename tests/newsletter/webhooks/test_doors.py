import re

import pytest
from anymail.urls import urlpatterns
from django.test import Client
from django.urls import reverse

from leads.models import Inquiry
from newsletter.models import Fact, Suppression

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailWarning")]
DOORS = [reverse(f"anymail:{pattern.name}") for pattern in urlpatterns]


def test_there_are_doors_to_try():
    assert {"/webhooks/mailgun/tracking/", "/webhooks/postmark/tracking/"} <= set(DOORS)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("secret", ["", "Basic bmFtZTpndWVzc2Vk", "Bearer x"])
def test_no_provider_is_heard_without_the_secret_and_none_breaks(client: Client, door: str, secret: str):
    client.raise_request_exception = False
    answer = client.post(door, "[{}]", content_type="application/json", headers={"Authorization": secret})

    assert answer.status_code in {400, 401, 404}
    assert (Fact.objects.count(), Suppression.objects.count(), Inquiry.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize("door", DOORS)
def test_looking_at_a_door_breaks_nothing(client: Client, door: str):
    client.raise_request_exception = False

    assert client.get(door).status_code in {404, 405}
    assert client.head(door).status_code in {200, 404}


def test_a_provider_whose_key_is_missing_is_named_in_the_log(client: Client, caplog: pytest.LogCaptureFixture):
    client.post("/webhooks/mailgun/tracking/", "{}", content_type="application/json")

    (line,) = [record.getMessage() for record in caplog.records if record.name == "newsletter.webhooks.middleware"]
    assert re.match(r"/webhooks/mailgun/tracking/ was asked for, and is not set up: .*MAILGUN", line)
