"""Whatever a word is dressed up in, it is read as the eye reads it; and what is apart stays apart."""

# ruff: noqa: RUF001 - letters that look alike are what these tests are about

import unicodedata
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.lint import claims
from newsletter.content.lint.folding import fold, letters_in

INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2061\ufeff\u034f\u180e\u3164\u115f\ufe0f\u0336\u0301\U000e0041"
LOOKING_ALIKE = {
    "a": "аɑᴀ", "c": "сϲᴄⅽ", "d": "ԁⅾđ", "e": "еєᴇɛ", "g": "ɡǥ", "h": "һհнħ", "i": "іıɪ", "l": "ӏⅼłʟ", "m": "мⅿᴍ",
    "n": "пƞɴ", "o": "оοօᴏø", "p": "рρᴘ", "r": "гʀ", "s": "ѕꜱʂ", "t": "тτᴛŧ", "u": "υսᴜʉ", "x": "хχ",
}  # fmt: skip
WORDS = ("cure", "heal", "miracle", "guaranteed", "specialist", "expert", "painless", "testimonial")


@cache
def dresses(letter: str) -> list[str]:
    """Every character that Unicode itself says is this letter in other clothes, and some that only look like it."""
    ours = [
        chr(code)
        for code in range(0x80, 0x1F190)
        if (plain := unicodedata.normalize("NFKD", chr(code)))[:1].casefold() == letter
        and all(unicodedata.category(mark) == "Mn" for mark in plain[1:])
    ]
    return [letter, letter.upper(), *ours, *LOOKING_ALIKE.get(letter, "")]


@pytest.mark.parametrize("letter", LOOKING_ALIKE)
def test_every_letter_that_looks_like_one_of_ours_is_read_as_it(letter: str) -> None:
    assert {character: fold(character).text for character in dresses(letter)} == dict.fromkeys(dresses(letter), letter)


@st.composite
def dressed(draw: st.DrawFn, word: str) -> str:
    hidden = st.text(INVISIBLE, max_size=2)
    return "".join(draw(st.sampled_from(dresses(letter))) + draw(hidden) for letter in word)


def is_broken(words: str) -> bool:
    return any(True for rule in claims.rules() for _breach in claims.broken(rule, words))


@given(st.sampled_from(WORDS).flatmap(lambda word: st.tuples(st.just(word), dressed(word))))
def test_a_forbidden_word_is_found_in_any_dress(both: tuple[str, str]) -> None:
    word, dress = both

    assert (fold(dress).text, is_broken(f"We say {dress} here.")) == (word, True)


@pytest.mark.parametrize("words", ["cur€s", "©ures", "cur3d", "m1racle", "he@l", "gu@r@nt33d", "¢ure"])
def test_signs_and_digits_among_letters_are_letters(words: str) -> None:
    assert is_broken(f"We say {words} here.")


@given(st.sampled_from(WORDS), st.sampled_from([" ", "-", ".", "*", "_", "/", " - ", ", ", " | ", "·", "–", "\u00a0"]))
def test_a_forbidden_word_is_found_letter_by_letter(word: str, between: str) -> None:
    assert is_broken(f"We say {between.join(word)} here.")


@given(st.sampled_from(WORDS), st.integers(1, 3), st.sampled_from("-.*\u2010\u2011"))
def test_a_forbidden_word_is_found_torn_in_two(word: str, at: int, by: str) -> None:
    assert is_broken(f"We say {word[:at]}{by}{word[at:]} here.")


@given(
    st.sampled_from(["pain free", "risk free", "no side effects", "better than"]),
    st.sampled_from(["\n\n", "\n- ", "\n 2. "]),
)
def test_words_of_two_paragraphs_or_points_are_no_phrase(phrase: str, between: str) -> None:
    first, rest = phrase.split(" ", 1)

    assert is_broken(f"Say {first} {rest} now.")
    assert is_broken(f"Say {first}\n{rest} now.")
    assert not is_broken(f"Say {first}{between}{rest} now.")


@given(st.text())
def test_every_folded_character_knows_where_it_stood(written: str) -> None:
    folded = fold(written)

    assert len(folded.places) == len(folded.text)
    assert list(folded.places) == sorted(folded.places)
    assert all(folded.original(place, place + 1) in written for place in range(len(folded.text)))


@given(st.text(st.characters(exclude_characters="\n0134578@$€©®¢")))
def test_what_is_folded_stays_as_it_is(written: str) -> None:
    once = fold(written).text

    assert fold(once).text == once


@pytest.mark.parametrize(
    "words",
    ["secure", "obscure", "procured", "health", "healthy", "wealth", "sheal", "inexpert", "pedicure"],
)
def test_words_within_words_are_others(words: str) -> None:
    assert not is_broken(f"This is {words}.")


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("", 0),
        ("Hello", 5),
        ("naïve", 5),
        ("nai\u0308ve", 5),
        ("👩‍⚕️", 1),
        ("👨‍👩‍👧‍👦 hi", 4),
        ("🇨🇦🇬🇧", 2),
        ("👍🏽", 1),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 1),
        ("❤️1️⃣", 2),
    ],
)
def test_an_emoji_is_one_letter_however_it_is_made(written: str, count: int) -> None:
    assert letters_in(written) == count
