from newsletter.campaigns.results.map import marked
from newsletter.rendering.preview import NOBODY

LINK = f'<a href="https://clinic.example/c/{NOBODY}/%d" style="color: #17505a">%s</a>'


def test_each_counted_link_has_its_number_behind_it():
    html = LINK % (0, "Book") + " or " + LINK % (1, "<strong>ask</strong>")

    found = marked(html, {0: "12 people", 1: "1 person"})

    first, _or, second = found.partition(" or ")
    assert first.startswith(LINK % (0, "Book") + "<span style=")
    assert first.endswith(">12 people</span>")
    assert second.startswith(LINK % (1, "<strong>ask</strong>") + "<span")
    assert second.endswith(">1 person</span>")


def test_links_that_are_not_counted_stay_as_they_are():
    html = f'<a href="https://clinic.example/u/{NOBODY}">Leave</a><a href="tel:+1416">Call</a>' + LINK % (7, "Odd")

    assert marked(html, {0: "12 people"}) == html


def test_words_are_text():
    assert "&lt;b&gt;" in marked(LINK % (0, "x"), {0: "<b>"})
