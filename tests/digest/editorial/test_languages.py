"""The language model is loaded once, whoever asks first."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from digest.editorial import languages

TEXT = "The harbour master said that the ferry would stay in port until its engine had been looked at."
THREADS = 6


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
