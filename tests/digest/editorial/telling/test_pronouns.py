"""A pronoun goes on only from a sentence in which it can mean one name."""

from __future__ import annotations

import pytest

from digest.editorial.telling.blurb import blurb
from digest.editorial.telling.pronouns import goes_on
from tests.digest.editorial.build import story


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        ("Opposition leader Kizza Besigye was freed on bail in Kampala on Friday.", "He spent a year in jail."),
        ("President Dina Boluarte left office on Sunday.", "She had ruled since 2022."),
        ("A judge in Lima jailed former president Pedro Castillo.", "He denies all of it."),
        ("The World Bank halted loans on Friday.", "It cited missing reports."),
        ("Rescuers reached the mine near Cusco.", "It collapsed in seconds."),
        ("Rescuers in Naples dug for a man for two days.", "They heard him knock."),
        ("A judge in Lima freed twelve miners on Friday.", "They had blocked a road."),
        ("Thousands of people marched in Tbilisi.", "They carried candles."),
        ("Kizza Besigye and Bobi Wine were freed in Kampala on Friday.", "They thanked a lawyer."),
    ],
)
def test_one_fitting_name(before: str, sentence: str) -> None:
    assert goes_on(sentence, before, "en")


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        ("Kizza Besigye met Bobi Wine in Kampala on Friday.", "He spent a year in jail."),
        ("Kizza Besigye thanked Museveni on Friday.", "He spent a year in jail."),
        ("The Supreme Court ruled on Friday.", "He denies all of it."),
        ("Rescuers reached the mine on Friday.", "He denies all of it."),
        ("The World Bank halted loans to Uganda on Friday.", "It cited missing reports."),
        ("Kizza Besigye was freed on Friday.", "It came late."),
        ("Kizza Besigye was freed on Friday.", "Hearings go on."),
        ("Kizza Besigye was freed on Friday.", "They spent a year in jail."),
        ("Rescuers freed two miners on Friday.", "They spent a year in jail."),
        ("Protesters told the government to resign.", "They refused."),
        ("The Supreme Court ruled on Friday.", "They deny all of it."),
        ("Kizza Besigye met Bobi Wine in Kampala on Friday.", "They spent a year in jail."),
        ("Kizza Besigye and Bobi Wine thanked lawyers.", "They spent a year in jail."),
        ("King Charles opened a bridge in Leeds.", "They cheered."),
        ("The talks lasted three days.", "Their end is open."),
    ],
)
def test_none_or_several(before: str, sentence: str) -> None:
    assert not goes_on(sentence, before, "en")


def test_a_blurb_takes_the_sentence_that_begins_with_the_pronoun() -> None:
    first = "Opposition leader Kizza Besigye was freed on bail in Kampala on Friday after a year in custody."
    second = "He thanked lawyers and supporters who had waited outside since dawn."
    assert blurb(story("a", "Uganda frees opposition leader", f"{first} {second}")) == f"{first} {second}"
    two = first.replace("Opposition leader Kizza Besigye", "Kizza Besigye and Bobi Wine")
    assert blurb(story("a", "Uganda frees opposition leaders", f"{two} {second}")) == two
