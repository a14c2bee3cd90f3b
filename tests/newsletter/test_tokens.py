import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import tokens

ids = st.integers(min_value=0, max_value=2**48 - 1)


@given(ids)
def test_a_token_names_its_delivery(delivery_id):
    assert tokens.read(tokens.sign(delivery_id)) == delivery_id
    assert len(tokens.sign(delivery_id)) == tokens.LENGTH


@given(ids)
def test_a_message_id_opens_no_link_and_a_link_is_no_message_id(delivery_id):
    assert tokens.read(tokens.name(delivery_id)) is None
    assert tokens.read_name(tokens.sign(delivery_id)) is None
    assert tokens.read_name(tokens.name(delivery_id)) == delivery_id


@given(ids)
def test_the_token_of_a_page_opens_no_link_and_no_link_opens_a_page(delivery_id):
    assert (tokens.read(tokens.sign_page(delivery_id)), tokens.read_name(tokens.sign_page(delivery_id))) == (None, None)
    assert (tokens.read_page(tokens.sign(delivery_id)), tokens.read_page(tokens.name(delivery_id))) == (None, None)
    assert tokens.read_page(tokens.sign_page(delivery_id)) == delivery_id


@given(ids, st.integers(min_value=0, max_value=20))
def test_a_changed_character_is_noticed(delivery_id, place):
    token = tokens.sign(delivery_id)
    other = "A" if token[place] != "A" else "B"

    assert tokens.read(token[:place] + other + token[place + 1 :]) is None


@given(st.text(max_size=40))
def test_anything_else_is_nothing(text):
    assert tokens.read(text) is None


def test_links_made_with_an_old_key_go_on_working(settings):
    old = {1: b"k" * 32}
    settings.LINK_KEYS = old
    token = tokens.sign(7)
    settings.LINK_KEYS = {**old, 2: b"n" * 32}

    assert tokens.read(token) == 7
    assert tokens.sign(7) != token


@pytest.mark.parametrize("keys", [{2: b"n" * 32}, {1: b"x" * 32}])
def test_links_made_with_a_key_we_do_not_have_are_nothing(settings, keys):
    settings.LINK_KEYS = {1: b"k" * 32}
    token = tokens.sign(7)
    settings.LINK_KEYS = keys

    assert tokens.read(token) is None
