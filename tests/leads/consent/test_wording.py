import threading

import pytest
from django.db import connection

from clinic.models import Clinic
from leads.consent import wording
from leads.consent.wording import Words
from leads.models import ConsentWording


def test_the_words_say_who_asks_how_to_reach_them_what_for_and_how_to_stop():
    clinic = Clinic(
        name="Harbour Acupuncture",
        postal_address="12 Quay St\nToronto",
        phone="+14165550100",
        email="hi@harbour.example",
    )

    text = wording.marketing(clinic).text

    for part in ("Harbour Acupuncture", "12 Quay St, Toronto; +1 416-555-0100; hi@harbour.example", "sciatica", "stop"):
        assert part in text


def test_there_are_words_before_the_clinic_has_a_profile():
    assert "the clinic (this website)" in wording.marketing(Clinic()).text


@pytest.mark.django_db
def test_the_same_words_stay_one_version_and_others_become_the_next():
    first, second = Words("marketing", "en", "Yes."), Words("marketing", "en", "Yes, please.")

    kept = [wording.keep(words) for words in (first, second, first, second)]

    assert [row.version for row in kept] == [1, 2, 1, 2]
    assert ConsentWording.objects.count() == 2


@pytest.mark.django_db
def test_versions_are_counted_by_language_and_key():
    kept = [wording.keep(Words(key, language, "Oui.")) for key, language in (("a", "en"), ("a", "fr"), ("b", "fr"))]

    assert [row.version for row in kept] == [1, 1, 1]


def test_other_words_have_another_digest():
    digests = {
        Words(*parts).digest for parts in (("a", "en", "x"), ("a", "fr", "x"), ("b", "en", "x"), ("a", "en", "y"))
    }

    assert len(digests) == 4


@pytest.mark.django_db(transaction=True)
def test_two_who_keep_new_words_at_once_keep_them_once():
    versions = []
    together = threading.Barrier(2)

    def keep():
        try:
            together.wait(timeout=60)
            versions.append(wording.keep(Words("marketing", "en", "Yes.")).version)
        finally:
            connection.close()

    threads = [threading.Thread(target=keep) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert versions == [1, 1]
    assert ConsentWording.objects.count() == 1
