"""Choosing by signed link: what stands in the form, what is saved, what is refused and how that is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.datastructures import FormData

from digest.model.newsletter import Section
from digest.web.reader.choices import chosen, shown, typed
from digest.web.words import words_for
from subscribers.attributes import AttributeKind, AttributeType, declare
from subscribers.model import Frequency, Preferences, Subscriber, SubscriptionState
from tests.digest.web.site import FROM_PAGE, Site, own_newsletter

ALL = ["world", "europe", "business", "science"]
TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
GOOD: Mapping[str, object] = {"section": ["world", "science"], "frequency": "weekdays", "hour": "7"}


def test_everything_can_be_chosen_and_stays(site: Site) -> None:
    form = {**GOOD, "text_only": "1", "paused_until": "2026-12-24"}
    saved = site.client.post(site.token("p"), data=form, headers=FROM_PAGE)
    assert saved.status_code == 200
    assert 'role="status"' in saved.text
    assert "<title>Saved:" in saved.text
    assert site.subscription().preferences == Preferences(
        sections=("world", "science"),
        frequency=Frequency.WEEKDAYS,
        hour=7,
        text_only=True,
        paused_until=date(2026, 12, 24),
    )
    page = site.client.get(site.token("p")).text
    assert page.count(" checked") == 4  # two sections, a frequency, text only
    assert '<option value="7" selected>' in page
    assert 'value="2026-12-24"' in page
    assert "Thursday 24 December 2026" in page


def test_looking_changes_nothing(site: Site) -> None:
    before = site.subscription()
    page = site.client.get(site.token("p"))
    assert page.status_code == 200
    assert page.text.count('type="checkbox" name="section"') == 4
    assert "By the clock of Paris." in page.text
    assert site.subscription() == before


def test_all_sections_are_no_choice_of_sections(site: Site) -> None:
    """Who wants everything gets a section that is added later."""
    site.client.post(site.token("p"), data={**GOOD, "section": ALL}, headers=FROM_PAGE)
    assert site.subscription().preferences.sections == ()


def test_what_has_no_field_stays(start: Callable[..., Site]) -> None:
    site = start(preferences=Preferences(tracking_off=True, hour=9), newsletters=(_at_one_hour(),))
    page = site.client.get(site.token("p")).text
    assert 'name="hour"' not in page
    site.client.post(site.token("p"), data={**GOOD, "hour": "3", "tracking_off": "1"}, headers=FROM_PAGE)
    kept = site.subscription().preferences
    assert (kept.tracking_off, kept.hour, kept.frequency) == (True, 9, Frequency.WEEKDAYS)


def _at_one_hour() -> object:
    schedule = own_newsletter().schedule
    return own_newsletter(schedule=type(schedule)(reader_hours=False))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"section": []}, "sections"),
        ({"section": ["no-such"]}, "sections"),
        ({"frequency": "hourly"}, "frequency"),
        ({"frequency": ""}, "frequency"),
        ({"hour": "24"}, "hour"),
        ({"hour": "-1"}, "hour"),
        ({"hour": "٣"}, "hour"),
        ({"hour": "9" * 6000}, "hour"),
        ({"paused_until": "2026-11-23"}, "paused_until"),
        ({"paused_until": "24.12.2026"}, "paused_until"),
        ({"paused_until": "2026-02-30"}, "paused_until"),
    ],
)
def test_a_flaw_is_said_at_the_field_and_above_and_nothing_is_saved(
    site: Site, change: dict[str, object], field: str
) -> None:
    before = site.subscription()
    refused = site.client.post(site.token("p"), data={**GOOD, **change}, headers=FROM_PAGE)
    assert refused.status_code == 422
    assert "<title>Not saved:" in refused.text
    assert 'role="alert"' in refused.text
    assert f'<a href="#{field}">' in refused.text
    assert f'id="{field}-flaw"' in refused.text
    assert 'aria-invalid="true"' in refused.text or field == "hour"
    assert site.subscription() == before


def _declare(site: Site) -> None:
    with site.store.begin() as tx:
        for declared in (
            AttributeType(name="born", kind=AttributeKind.DATE, label="Date of birth", public=True),
            AttributeType(name="children", kind=AttributeKind.NUMBER, public=True),
            AttributeType(name="plan", kind=AttributeKind.CHOICE, choices=("gift", "paid")),
            AttributeType(name="format", kind=AttributeKind.CHOICE, choices=("Tabloid", "Broad & wide"), public=True),
            AttributeType(name="prints", kind=AttributeKind.YES_NO, label="Gets the print edition", public=True),
            AttributeType(name="word", kind=AttributeKind.TEXT, public=True),
        ):
            declare(tx.connection, declared)


def test_readers_change_what_is_declared_as_theirs_and_nothing_else(site: Site) -> None:
    _declare(site)
    page = site.client.get(site.token("p")).text
    assert page.count('name="about-') == 5
    assert '<label for="about-prints"><bdi>Gets the print edition</bdi></label>' in page
    assert "about-plan" not in page
    said = {"about-born": "1980-02-29", "about-children": "2", "about-format": "Broad & wide", "about-prints": "yes",
            "about-word": "<b>=1+1</b>", "about-plan": "paid", "about-other": "x"}  # fmt: skip
    assert site.client.post(site.token("p"), data={**GOOD, **said}, headers=FROM_PAGE).status_code == 200
    reader = site.subscriber()
    assert reader.attributes == {
        "born": "1980-02-29", "children": 2, "format": "Broad & wide", "prints": True, "word": "<b>=1+1</b>",
    }  # fmt: skip
    page = site.client.get(site.token("p")).text
    assert 'value="&lt;b&gt;=1+1&lt;/b&gt;"' in page
    assert "<option selected>Broad &amp; wide</option>" in page
    site.client.post(site.token("p"), data={**GOOD, "about-children": "3", "about-prints": "no"}, headers=FROM_PAGE)
    assert site.subscriber().attributes == {"children": 3, "prints": False}


@pytest.mark.parametrize(
    ("name", "text"),
    [("born", "2026-02-30"), ("children", "many"), ("format", "Berliner"), ("prints", "perhaps"), ("word", "x" * 1001)],
)
def test_what_readers_say_about_themselves_is_checked(site: Site, name: str, text: str) -> None:
    _declare(site)
    before = site.subscriber()
    refused = site.client.post(site.token("p"), data={**GOOD, f"about-{name}": text}, headers=FROM_PAGE)
    assert refused.status_code == 422
    assert f'<a href="#about-{name}">' in refused.text
    assert f'id="about-{name}-flaw"' in refused.text
    assert site.subscriber() == before


def test_sections_are_called_as_in_the_readers_language(start: Callable[..., Site]) -> None:
    own = own_newsletter()
    titled = tuple(replace(one, titles={"fr": "Sciences"} if one.slug == "science" else {}) for one in own.sections)
    site = start(language="fr", newsletters=(replace(own, sections=titled),))
    for page in (site.token("p"), "/subscribe/world?lang=fr"):
        shown_there = site.client.get(page).text
        assert '<span lang="fr" dir="auto">Sciences</span>' in shown_there, page
        assert '<span lang="en" dir="auto">Business</span>' in shown_there, page


def test_only_our_own_page_may_post(site: Site) -> None:
    before = site.subscription()
    for headers in ({}, {"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        assert site.client.post(site.token("p"), data=dict(GOOD), headers=headers).status_code == 403
    assert site.subscription() == before


def test_somebody_who_left_has_nothing_to_choose_but_a_way_back(site: Site) -> None:
    site.client.post(site.token("u"), data={"List-Unsubscribe": "One-Click"})
    for answer in (
        site.client.get(site.token("p")),
        site.client.post(site.token("p"), data=dict(GOOD), headers=FROM_PAGE),
    ):
        assert answer.status_code == 200
        assert 'name="frequency"' not in answer.text
        assert site.token("u") in answer.text
    assert site.subscription().state is SubscriptionState.ENDED


def test_a_preference_link_cannot_unsubscribe_and_the_reverse(site: Site) -> None:
    """P5."""
    crossed = "/u/" + site.token("p")[3:]
    assert site.client.post(crossed, data={"List-Unsubscribe": "One-Click"}).status_code == 404
    assert site.client.get("/p/" + site.token("u")[3:]).status_code == 404
    assert site.subscription().state is SubscriptionState.ACTIVE


def test_a_pause_ends_by_the_readers_own_clock(site: Site) -> None:
    """At 23:30 UTC it is tomorrow in Paris: tomorrow's date is no longer after today."""
    site.clock.now = site.clock.now.replace(hour=23, minute=30)
    assert site.clock.now.astimezone(ZoneInfo("Europe/Paris")).date() == date(2026, 11, 24)
    form = {**GOOD, "paused_until": "2026-11-24"}
    assert site.client.post(site.token("p"), data=form, headers=FROM_PAGE).status_code == 422


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["section", "frequency", "hour", "text_only", "paused_until", "other"]),
            st.one_of(st.text(max_size=12), st.sampled_from(["world", "daily", "7", "2027-01-01"])),
        )
    )
)
@example([("section", "world"), ("frequency", "daily"), ("hour", "7"), ("paused_until", "2027-01-01")])
def test_any_form_is_either_refused_or_makes_good_preferences(fields: list[tuple[str, str]]) -> None:
    sections = (Section(slug="world", title="World"), Section(slug="asia", title="Asia"))
    before = Preferences(tracking_off=True)
    form = typed(FormData(fields), sections, has_hours=True, today=TODAY, words=words_for("en"))
    if not form.flaws:
        made = chosen(form, before, has_hours=True)
        assert made.tracking_off is form.tracking_off
        reader = Subscriber(
            id=1, email="ann@mail.example", email_key="ann@mail.example", attributes={}, created_at=NOW, updated_at=NOW
        )
        assert chosen(shown(reader, made, sections, TODAY), before, has_hours=True) == made
