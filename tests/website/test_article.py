"""What the article says, and what it must not say: held against the finished page, as a reader gets it."""

import re
from html.parser import HTMLParser

import pytest

from clinic.models import Jurisdiction
from newsletter.content.lint import claims, shape
from tests.architecture import tree
from tests.factories import clinics

SECTION = re.compile(r"<section.*?</section>", re.DOTALL)
PARAGRAPH = re.compile(r"<(?:p|li|h[1-3])\b[^>]*>(.*?)</(?:p|li|h[1-3])>", re.DOTALL)
SENTENCE_END = re.compile(r"[.!?:]+(?:\s|$)")
WAYS_OUT = {"/book": 3, "/book/direct": 3, "/ask": 4}


class Reader(HTMLParser):
    """Collects what is read aloud inside <article>, drawings and forms left out."""

    SILENT = ("svg", "form", "script", "style")

    def __init__(self):
        super().__init__()
        self.depth, self.silent, self.words = 0, 0, []

    def handle_starttag(self, tag, attributes):
        self.depth += tag == "article"
        self.silent += tag in self.SILENT

    def handle_endtag(self, tag):
        self.depth -= tag == "article"
        self.silent -= tag in self.SILENT

    def handle_data(self, data):
        if self.depth and not self.silent:
            self.words.extend(data.split())


@pytest.fixture
def article(clinic, client):
    return client.get("/sciatica").text


def plain(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("&#x27;", "'").split())


def read(article):
    reader = Reader()
    reader.feed(article)
    return reader.words


def grade(text):
    """The Flesch-Kincaid grade, syllables counted by groups of vowels."""
    sentences = [part for part in SENTENCE_END.split(text) if part.strip()]
    words = re.findall(r"[A-Za-z\u2019']+", text)
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", word.lower())))) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


def test_it_takes_about_six_minutes_to_read(article):
    assert 900 <= len(read(article)) <= 1300


def test_it_reads_at_grade_eight_or_below(article):
    body = article[article.index('<div class="prose">') :]
    paragraphs = [plain(found) for found in PARAGRAPH.findall(body) if "Source" not in found and "class" not in found]

    assert grade(" ".join(f"{words.rstrip('.')}." for words in paragraphs)) <= 8


def test_the_three_ways_out_stand_on_top_in_the_middle_and_at_the_end(article):
    links = re.findall(r'href="(/[a-z/]+)"', article)

    assert {way: links.count(way) for way in WAYS_OUT} == WAYS_OUT


def test_without_online_booking_there_is_no_way_that_leads_nowhere(client, clinic):
    clinics.clinic(booking_url="")

    assert "/book/direct" not in client.get("/sciatica").text


def test_the_terms_stand_beside_every_free(article, clinic):
    pieces = re.split(r"\bfree\b", article)

    assert len(pieces) == 4
    assert [clinic.free_call_terms in piece[:200] for piece in pieces[1:]] == [True] * 3


def test_every_page_that_says_free_says_the_terms(clinic):
    free = {tree.name(path) for path in tree.files(".html") if re.search(r"\bfree\b", path.read_text())}
    ours = {name for name in free if name.startswith("templates/website/")}
    said = {
        name
        for name in ours
        if not re.search(r"\bfree (?:15-minute )?call\b", (tree.ROOT / name).read_text())
        or "free_call_terms" in (tree.ROOT / name).read_text()
    }

    assert ours == said


def test_what_must_not_wait_is_said_before_anything_is_explained(client, clinic):
    clinics.clinic(emergency_number="112")
    article = client.get("/sciatica").text
    box = article[article.index('class="alarm"') : article.index('<div class="prose">')]

    assert article.index('class="alarm"') < article.index("One long nerve")
    assert 'href="tel:112"' in box
    for sign in ("both legs", "genitals", "bladder", "weakness that gets worse", "fever", "fall or accident"):
        assert sign in box


def test_every_number_has_its_source_in_the_same_section(article):
    sections = [plain(section) for section in SECTION.findall(article)]
    numbered = [section for section in sections if shape.NUMBER.search(section)]

    assert len(numbered) == 3
    assert [section for section in numbered if "Source" not in section] == []


def test_whoever_reads_of_the_trial_reads_of_the_guideline_in_the_same_breath(article):
    trial = [plain(words) for words in PARAGRAPH.findall(article) if "30.8" in words]

    assert len(trial) == 1
    assert "does not recommend acupuncture for low back pain" in trial[0]


def test_experience_is_told_as_experience(article):
    assert "in my experience" in article
    assert "It is not a study" in article


def test_no_page_for_visitors_uses_a_word_that_no_clinic_can_use(clinic):
    never = [rule for rule in claims.rules() if rule.blocks == frozenset(Jurisdiction.values)]
    pages = {
        tree.name(path): path.read_text()
        for path in tree.files(".html", ".svg")
        if tree.name(path).startswith("templates/website/")
    }

    assert len(pages) > 30
    assert [
        (name, breach.words) for name, text in pages.items() for rule in never for breach in claims.broken(rule, text)
    ] == []


def test_no_page_for_visitors_claims_an_effect(article):
    (rule,) = (rule for rule in claims.rules() if rule.key == "acupuncture-for")
    said = {plain(words) for words in PARAGRAPH.findall(article) if any(claims.broken(rule, words))}

    assert [claim for claim in said if "does not recommend" not in claim] == []


def test_the_number_to_call_can_be_tapped(article):
    assert article.count('href="tel:+14165550100"') == 4


def test_the_form_is_in_place_and_shows_the_words_that_are_agreed_to(article, clinic):
    form = re.search(r'<form method="post" action="/sign-up".*?</form>', article, re.DOTALL)[0]
    fields = set(re.findall(r'name="([a-z_]+)"', form))

    assert fields == {"email", "first_name", "stamp", "time_zone", "website"}
    assert "I can stop at any time with the link in every email." in plain(form)


def test_the_emails_find_their_pictures_on_the_page(article):
    assert article.count('id="nerve-map"') == 1
    assert article.count('id="trigger-points"') == 1


def test_search_engines_and_shared_links_are_told_what_it_is(article):
    assert '<meta name="robots" content="index,follow">' in article
    assert re.search(r'<meta name="description" content="[^"]{70,180}">', article)
    assert re.search(r'property="og:image" content="http://testserver/static/email/art/nerve-map.png"', article)


def test_it_weighs_under_a_hundred_kilobytes_before_images(article):
    files = ("website/site.css", "website/zone.js", "fonts/newsreader.woff2")
    asked_for = re.findall(r'(?:href|src)="/static/([^"]+)"', article)
    weight = len(article.encode()) + sum((tree.ROOT / "static" / name).stat().st_size for name in files)

    assert set(asked_for) == {*files, "website/icon.svg"}
    assert weight < 100_000
