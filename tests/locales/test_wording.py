"""Every text is idiomatic: no literally translated phrases, and few words of pleading."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.locales.texts import TEXTS, forms

FORBIDDEN: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "forbidden.json").read_text("utf-8"))
"""By language: words and phrases that sound wrong to native speakers, words of pleading, and how many are allowed."""
SPACED_PERCENT = {"de", "es", "fr", "ru"}
"""Languages that set a no-break space before a percent sign (CLDR)."""


def said(language: str) -> Iterator[tuple[str, str]]:
    for key, text in TEXTS[language].items():
        for form in forms(text):
            yield key, re.sub(r"<[^>]*>", "", form)


def test_there_is_a_list_for_every_language() -> None:
    assert sorted(FORBIDDEN) == sorted(TEXTS)


@pytest.mark.parametrize("language", TEXTS)
def test_no_text_has_a_word_that_native_speakers_do_not_say(language: str) -> None:
    words = FORBIDDEN[language]["words"]
    found = re.compile(rf"\b({'|'.join(map(re.escape, words))})\b", re.IGNORECASE) if words else re.compile("(?!)")
    assert [(key, text) for key, text in said(language) if found.search(text)] == []


@pytest.mark.parametrize("language", TEXTS)
def test_no_text_has_a_phrase_that_was_translated_word_for_word(language: str) -> None:
    phrases = [phrase.casefold() for phrase in FORBIDDEN[language]["phrases"]]
    assert [(key, phrase) for key, text in said(language) for phrase in phrases if phrase in text.casefold()] == []


@pytest.mark.parametrize("language", TEXTS)
def test_few_texts_plead(language: str) -> None:
    rules = FORBIDDEN[language]
    pleading = {key for key, text in said(language) if any(each in text.casefold() for each in rules["please"])}
    assert len(pleading) <= rules["most_please"], sorted(pleading)


@pytest.mark.parametrize("language", TEXTS)
def test_a_percent_sign_is_spaced_as_the_language_requires(language: str) -> None:
    gap = "\xa0" if language in SPACED_PERCENT else ""
    wrong = re.compile(rf"(?<![\d}}]{gap})%" if gap else r"[\s\xa0]%")
    percents = [(key, text) for key, text in said(language) if "%" in text]
    assert percents
    assert [(key, text) for key, text in percents if wrong.search(text)] == []
