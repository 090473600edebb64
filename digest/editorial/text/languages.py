"""Which language a text is written in. The one module that loads the language model, with the first text."""

from __future__ import annotations

import re
import threading
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

NEWS_LANGUAGES = (
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi", "hr", "hu", "id",
    "it", "ja", "ko", "lt", "lv", "ms", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "sw", "ta",
    "th", "tr", "uk", "ur", "vi", "zh",
)  # fmt: skip
"""The choice is restricted to these: a short headline is not mistaken for Esperanto or Latin."""

UNKNOWN = "und"
_ENOUGH_LETTERS = 20
_SURE = 0.6
_SCRIPTS = {
    "my": ("\u1000", "\u109f"), "km": ("\u1780", "\u17ff"), "lo": ("\u0e80", "\u0eff"), "bo": ("\u0f00", "\u0fff"),
    "am": ("\u1200", "\u137f"), "ka": ("\u10a0", "\u10ff"), "hy": ("\u0530", "\u058f"), "si": ("\u0d80", "\u0dff"),
    "te": ("\u0c00", "\u0c7f"), "kn": ("\u0c80", "\u0cff"), "ml": ("\u0d00", "\u0d7f"), "gu": ("\u0a80", "\u0aff"),
    "pa": ("\u0a00", "\u0a7f"), "or": ("\u0b00", "\u0b7f"), "dv": ("\u0780", "\u07bf"),
}  # fmt: skip
"""Scripts that (nearly) one language alone is written in, and that the model was not asked about."""
_OF_ONE_LANGUAGE = re.compile("|".join(f"[{first}-{last}]{{4,}}" for first, last in _SCRIPTS.values()))
"""Words of such a script, with their marks."""
_LOOK_AT = 300

# `cache` lets every thread that comes early load a model of its own: thirty sources at once took 70 s of processor.
_LOADING = threading.Lock()


@cache
def _identifier() -> LanguageIdentifier:
    """The model of our languages: a second of work and 50 MB, so that who asks about no text does without."""
    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages(list(NEWS_LANGUAGES))
    # Made anew of our columns: the one above keeps those of all other languages too, another 28 MB.
    return LanguageIdentifier(
        found.nb_ptc, found.nb_pc, found.nb_classes, found.tk_nextmove, found.tk_output,
        norm_probs=True, tk_row=found.tk_row,
    )  # fmt: skip


def detect(text: str) -> str:
    """Primary tag of the language, or `und` where the text is too short or too mixed to tell."""
    sample = text[:_LOOK_AT]
    told = "".join(_OF_ONE_LANGUAGE.findall(sample))
    if len(told) >= _ENOUGH_LETTERS and 2 * len(told) > len("".join(sample.split())):
        return next(language for language, (first, last) in _SCRIPTS.items() if first <= told[0] <= last)
    # A Chinese character says more than a Latin letter; the first hundred show whether there is enough of either.
    letters = sum(5 if letter > "\u2e00" else 1 for letter in sample[:100] if letter.isalpha())
    if letters < _ENOUGH_LETTERS:
        return UNKNOWN
    with _LOADING:
        identifier = _identifier()
    language, probability = identifier.classify(sample)
    return str(language) if float(probability) >= _SURE else UNKNOWN


def primary(tag: str | None) -> str:
    """`en` of `en-GB`; empty where the tag is none or not a language tag."""
    head = (tag or "").strip().replace("_", "-").partition("-")[0].casefold()
    return head if head.isascii() and head.isalpha() and 2 <= len(head) <= 3 and head != UNKNOWN else ""
