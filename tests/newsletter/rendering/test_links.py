import pytest
from django.urls import Resolver404, resolve

from newsletter.rendering import links
from tests.newsletter.rendering.revisions import TOKEN


def test_a_link_is_short_enough_for_a_header_line() -> None:
    assert links.path("unsubscribe", TOKEN) == f"/u/{TOKEN}"
    assert links.path("click", TOKEN, 3) == f"/c/{TOKEN}/3"


@pytest.mark.parametrize("name", links.LETTERS)
def test_the_site_answers_every_link_that_a_mail_can_hold(name: str) -> None:
    number = 0 if name == "click" else None

    try:
        found = resolve(links.path(name, TOKEN, number))
    except Resolver404:
        pytest.fail(f"no page for {name}")
    assert found.kwargs["token"] == TOKEN
