"""The language model is loaded once, whoever asks first."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from digest.editorial.text import languages

TEXT = "The harbour master said that the ferry would stay in port until its engine had been looked at."
THREADS = 6


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("my", "ရန်ကုန်မြို့တွင် မိုးသည်းထန်စွာ ရွာသွန်းသည်။"),
        ("km", "ទឹកជំនន់បានបិទផ្លូវពីរនៅរាជធានីភ្នំពេញកាលពីថ្ងៃសុក្រ"),
        ("am", "ከባድ ዝናብ በአዲስ አበባ መንገዶችን ዘጋ። አሥራ ሁለት ትምህርት ቤቶች ተዘግተዋል።"),
        ("ka", "თბილისში ძლიერმა წვიმამ ორი ქუჩა დაკეტა, აცხადებს მერია."),
        ("en", "Crowds in Tbilisi chanted საქართველო and waved flags before the parliament on Friday night."),
    ],
)
def test_a_script_of_one_language_tells_it_where_most_of_the_text_is_in_it(language: str, text: str) -> None:
    assert languages.detect(text) == language


def test_threads_that_ask_at_once_load_one_model() -> None:
    languages._identifier.cache_clear()
    together = threading.Barrier(THREADS)

    def ask() -> str:
        together.wait()
        return languages.detect(TEXT)

    with ThreadPoolExecutor(THREADS) as threads:
        found = [future.result() for future in [threads.submit(ask) for _ in range(THREADS)]]
    assert found == ["en"] * THREADS
    assert languages._identifier.cache_info().misses == 1
