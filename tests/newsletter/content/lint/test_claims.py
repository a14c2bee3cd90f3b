"""Words that no clinic may use, however they are spelled, and what the rules say about themselves."""

# ruff: noqa: RUF001 - letters that look alike are what some of these tests are about

from dataclasses import replace

import pytest

from clinic.models import Jurisdiction
from newsletter.content import compile as compiler
from newsletter.content import letterhead
from newsletter.content.lint import claims
from newsletter.content.lint.folding import fold
from tests.newsletter.content.emails import BUTTON, RED_FLAGS, draft, harbour, rich, text
from tests.newsletter.content.lint.said import blocked, codes, found

NEVER = {
    "cure", "heal", "guaranteed", "permanent-relief", "miracle", "risk-free", "pain-free", "specialist", "expert",
    "instead-of-your-doctor", "no-side-effects", "better-than", "before-and-after", "testimonial",
}  # fmt: skip


def rules_broken(words: str) -> list[str]:
    return [rule.key for rule in claims.rules() if any(True for _breach in claims.broken(rule, words))]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Needles cure it.", "cure"),
        ("It CURES.", "cure"),
        ("You will heal.", "heal"),
        ("Healing hands", "heal"),
        ("Relief is guaranteed", "guaranteed"),
        ("permanent relief", "permanent relief"),
        ("a little miracle", "miracle"),
        ("risk-free", "risk-free"),
        ("a pain free life", "pain-free"),
        ("painfree or pain-free", "pain-free"),
        ("come instead of your doctor", "instead of your doctor"),
        ("there are no side effects", "no side effects"),
        ("better than tablets", "better than"),
        ("see before-and-after", "before and after"),
        ("a testimonial", "testimonial"),
        ("I am a specialist", "specialist"),
        ("ask the experts", "expert"),
        ("La guérison", "cure"),
        ("Side-effect free, of course", "no side effects"),
        ("You won’t have any side effects", "no side effects"),
        ("Relief that lasts", "permanent relief"),
        ("Say goodbye to sciatica", "permanent relief"),
        ("Throw your pills away", "stop a treatment"),
        ("It cannot fail", "always works"),
        ("We specialise in backs", "specialist"),
        ("Our expertise", "expert"),
        ("Zero risk", "risk-free"),
        ("“I can sit again”, says a patient", "testimonial"),
    ],
)
def test_words_that_no_clinic_can_use_block(words: str, shown: str) -> None:
    (finding,) = blocked(text(words), RED_FLAGS, BUTTON)

    assert finding.startswith(f"Block 1 (text): “{shown}” is a word no clinic can use. ")


def test_every_word_of_the_clinics_rules_has_a_rule_that_blocks_everywhere() -> None:
    everywhere = {rule.key for rule in claims.rules() if rule.blocks == frozenset(Jurisdiction.values)}

    assert NEVER - everywhere == set()


@pytest.mark.parametrize(
    "words", ["Health is more than this.", "Secure parking", "An experience", "especially you", "Greetings from Spain"]
)
def test_words_that_only_look_like_them_do_not(words: str) -> None:
    assert blocked(text(words), BUTTON) == []


@pytest.mark.parametrize(
    "words",
    [
        "There is no cure for it, and nobody can promise one.",
        "We cannot cure anybody.",
        "We cannot cure anybody, but we can help. Write to us like we write to you.",
        "This is not a cure.",
        "Nobody can promise a cure.",
        "No miracle, only patience.",
        "Nobody can guarantee how long it takes.",
        "No result can be guaranteed.",
        "Book early to guarantee your place.",
        "No treatment is without risk.",
        "Needling is not always pleasant and never risk-free.",
        "It isn’t pain-free.",
        "Do not stop taking your tablets.",
        "Never stop taking your medicine without asking.",
        "Don’t skip your doctor.",
        "Drink some water before and after your visit.",
        "Your doctor may send you to a specialist.",
        "I am not a specialist.",
        "A short walk is better than sitting.",
        "Tell us if you notice any side effects.",
        "A patient asked us what to bring.",
        "You have a special place in our waiting room.",
        "The Healing Hands clinic writes to you.",
    ],
)
def test_honest_sentences_with_the_same_words_do_not(words: str) -> None:
    profile = harbour(name="The Healing Hands")

    assert blocked(text(words), RED_FLAGS, BUTTON, profile=profile) == []


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("Why not cure it now?", "cure"),
        ("If not cured, your money back.", "cure"),
        ("No cure, no pay.", "guaranteed"),
        ("It is not only a cure.", "cure"),
        ("No pills. A cure.", "cure"),
        ("No other clinic cures it.", "cure"),
        ("Nobody can cure it like we do.", "cure"),
        ("No one can heal you sooner than us.", "heal"),
        ("There is no cure elsewhere.", "cure"),
        ("See before and after pictures.", "before-and-after"),
        ("The specialist for your back.", "specialist"),
        ("It works better than tablets.", "better-than"),
        ("Stop taking your tablets.", "stop-a-treatment"),
        ("Healing for everybody.", "heal"),
        ("Say “cure” loudly.", "cure"),
        ("the clinic’s cures", "cure"),
    ],
)
def test_a_denial_or_a_name_nearby_excuses_nothing(words: str, rule: str) -> None:
    broken = [one.rule for one in found(draft(text(words), RED_FLAGS, BUTTON), harbour(name="The Healing Hands"))]

    assert rule in broken


def test_a_clinic_cannot_allow_itself_a_word_by_its_name() -> None:
    assert len(blocked(text("We heal."), BUTTON, profile=harbour(name="Heal"))) == 1


def test_a_block_that_ends_in_pain_and_one_that_begins_with_free_promise_nothing() -> None:
    written = draft(text("Questions about your pain"), text("Free 15-minute call"), RED_FLAGS, BUTTON)
    compiled = compiler.compile_email(written, letterhead.of(harbour()))

    assert [one for one in found(written, harbour(), compiled) if one.rule] == []


@pytest.mark.parametrize("who", ["Maria, a patient", "One of our clients", "P\u0430tient of two years"])
def test_a_quote_that_a_patient_signs_is_a_patients_story(who: str) -> None:
    quote = {"id": "qqqqqqqq", "type": "quote", "text": "I can sit again.", "who": who}
    author = {**quote, "who": "Dana Reyes, acupuncturist"}

    assert [(one.rule, one.block, one.field) for one in found(draft(quote, BUTTON)) if one.rule] == [
        ("testimonial", "qqqqqqqq", "who")
    ]
    assert [one for one in found(draft(author, BUTTON)) if one.rule] == []


@pytest.mark.parametrize(
    "words",
    [
        "It C U R E S.",
        "It c-u-r-e-s.",
        "It cu\u00adres.",
        "It cu\u200bres.",
        "It cu\u2060res.",
        "It cu\ufeffres.",
        "It \u202ecures\u202c.",
        "It \u0441ur\u0435s.",
        "It ｃｕｒｅｓ.",
        "It 𝐜𝐮𝐫𝐞𝐬.",
        "It ⓒⓤⓡⓔⓢ.",
        "It 🅒🅤🅡🅔🅢.",
        "It ᴄᴜʀᴇꜱ.",
        "It cúrés.",
        "It cu\u0336res.",
        "It cur3s.",
        "It CuReS.",
        "It ϲures, it сures.",
    ],
)
def test_no_spelling_slips_past(words: str) -> None:
    assert rules_broken(words) == ["cure"]


@pytest.mark.parametrize(
    "words",
    ["risk\u2011free", "risk\nfree", "risk\u00a0free", "risk — free", "riskfree", "RISK\u2003FREE", "risk_free"],
)
def test_no_dash_and_no_space_slips_past(words: str) -> None:
    assert rules_broken(words) == ["risk-free"]


def test_a_capital_that_looks_latin_is_read_as_it_looks() -> None:
    assert (rules_broken("It \u0397EALS."), rules_broken("A \u039c\u0399RACLE")) == (["heal"], ["miracle"])


@pytest.mark.parametrize(
    "html",
    [
        "<p>It cu<strong>res</strong>.</p>",
        "<p>It <em>c</em>u<em>r</em>es.</p>",
        "<p>It c<!-- -->ures.</p>",
        "<p>It &#99;ures.</p>",
        "<p>It cu&shy;res.</p>",
        "<p>It {{ first_name|cures }}.</p>",
        "<p>It cu{{ clinic_name|r }}es.</p>",
        "<p>It cu{{ first_name|x }}res.</p>",
        '<p>It <a href="call">cures</a>.</p>',
    ],
)
def test_no_markup_and_no_merge_field_slips_past(html: str) -> None:
    assert [code for code, blocks in codes(rich(html), BUTTON) if blocks] == ["claim"]


@pytest.mark.parametrize(
    ("field", "where", "fix"),
    [
        ("insurance_note", "The clinic's profile", "open_profile"),
        ("sender_name", "The clinic's profile", "open_profile"),
        ("footer_text", "The brand page", "open_brand"),
    ],
)
def test_words_that_the_clinic_itself_brings_do_not_slip_past(field: str, where: str, fix: str) -> None:
    """Not even where the same word stands in the document too, and may have been allowed there."""
    written = draft(
        text("Meet us in Cure Street. What it costs: {{ insurance_note|ask your insurer }}"),
        text("Read [our cure](https://good.test/) for hams."),
        BUTTON,
        subject="Cure Street",
    )
    profile = harbour(**{field: "We cure the insured"})
    plain, brought = (
        found(written, one, compiler.compile_email(written, letterhead.of(one))) for one in (harbour(), profile)
    )

    told = [(one.where, one.fix) for one in brought if one.blocking]
    own = [(one.where, one.fix) for one in plain if one.blocking]
    assert own == [("Subject", "override"), ("Block 1 (text)", "override"), ("Block 2 (text)", "override")]
    assert sorted(told) == sorted([*own, (where, fix)])


def test_words_that_fields_make_together_do_not_slip_past() -> None:
    written = draft(text("It cu{{ practitioner|x }}es."), BUTTON)
    profile = harbour(practitioner="r")
    compiled = compiler.compile_email(written, letterhead.of(profile))

    assert [one.where for one in found(written, profile, compiled) if one.rule] == ["The finished mail"]


def test_words_in_the_inbox_and_beside_pictures_are_read_too() -> None:
    image = {"id": "aaaaaaaa", "type": "image", "picture": "nerve-map", "alt": "A miracle", "caption": "Healed"}

    said = [
        finding for finding in found(draft(image, text("Hello " * 20), BUTTON, subject="Guaranteed")) if finding.rule
    ]

    assert [(finding.rule, finding.block, finding.field) for finding in said] == [
        ("guaranteed", "", "subject"),
        ("miracle", "aaaaaaaa", "alt"),
        ("heal", "aaaaaaaa", "caption"),
    ]


def test_a_finding_shows_what_was_written_and_knows_its_sentence() -> None:
    (finding,) = [
        one for one in found(draft(text("Hello. It C\u00adU\u00adR\u00adES people! Bye."), BUTTON)) if one.rule
    ]

    assert finding.words == "C\u00adU\u00adR\u00adES"
    assert finding.sentence == "it cures people"


def test_two_sentences_are_two_findings_and_one_sentence_is_one() -> None:
    assert len(blocked(text("It cures. It is a cure, a real cure."), BUTTON)) == 2


def test_a_title_that_the_profile_grants_can_be_said() -> None:
    granted = harbour(practitioner_title="Board-certified pain specialist")

    assert blocked(text("I am a specialist."), RED_FLAGS, BUTTON, profile=granted) == []
    assert len(blocked(text("I am an expert."), RED_FLAGS, BUTTON, profile=granted)) == 1


def test_acupuncture_for_something_is_advice_in_canada_and_a_bar_in_the_united_kingdom() -> None:
    words = text("Acupuncture for runners")

    assert codes(words, BUTTON, profile=harbour(jurisdiction="CA")) == [("claim", False)]
    assert codes(words, BUTTON, profile=harbour(jurisdiction="UK")) == [("claim", True)]


@pytest.mark.parametrize("jurisdiction", Jurisdiction.values)
def test_every_jurisdiction_has_its_profile_and_every_rule_its_reason(jurisdiction: str) -> None:
    assert claims.profile(jurisdiction).summary
    assert claims.profile(jurisdiction).sources
    assert all(rule.why and rule.said_by(jurisdiction) for rule in claims.in_force(harbour(jurisdiction=jurisdiction)))


def test_no_country_is_told_of_anothers_laws() -> None:
    """Each law by a word that only its name has."""
    laws = {"CA": ("Canadian", "Ontario"), "UK": ("UK ", "NICE"), "US": ("FTC",), "AU": ("National Law",)}
    foreign = [
        (country, rule.key, source)
        for country in laws
        for rule in claims.rules()
        for source in rule.said_by(country)
        for other, words in laws.items()
        if other != country and any(word in source for word in words)
    ]

    assert foreign == []
    assert {country for rule in claims.rules() for country in rule.sources} == {claims.EVERYWHERE, *Jurisdiction.values}


def test_every_rule_finds_each_of_its_own_words() -> None:
    missed = [
        (rule.key, words)
        for rule in claims.rules()
        for words in rule.words
        if rule.key not in rules_broken(f"Say {words.replace('*', 'x')} here")
    ]

    assert missed == []


def test_every_phrase_that_is_right_has_words_of_its_rule_in_it() -> None:
    idle = [
        (rule.key, phrase)
        for rule in claims.rules()
        for phrase in rule.right_in
        if any(True for _breach in claims.broken(rule, f"Say {phrase} here"))
        or not any(True for _breach in claims.broken(replace(rule, right_in=(), denied_is_right=False), phrase))
    ]

    assert idle == []


def test_countries_are_named_as_the_profile_names_them() -> None:
    named = {country for rule in claims.rules() for country in rule.blocks | rule.advises}

    assert named == set(Jurisdiction.values)


def test_folding_knows_where_every_character_stood() -> None:
    folded = fold("  A\u00adﬁne  Ünit")

    assert folded.text == "afine unit"
    assert folded.original(1, 3) == "ﬁ"
    assert folded.original(6, 10) == "Ünit"
