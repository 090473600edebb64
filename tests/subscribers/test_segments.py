"""Segments mean the same in Python, in SQL and after a trip through JSON."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert, select

from subscribers.lists import enrol
from subscribers.model import AttributeValue, MailList, ModelError, OptIn, SubscriptionState
from subscribers.saved import (
    engagement_of,
    get_segment,
    note_engagement,
    remove_segment,
    save_segment,
    segments_of,
)
from subscribers.segmentcodec import from_json, to_json
from subscribers.segments import (
    AllOf,
    AnyOf,
    AttributeIs,
    Compare,
    Facts,
    Happened,
    HasAttribute,
    LanguageIs,
    Moment,
    Not,
    OnList,
    Predicate,
    SegmentError,
    StateIs,
    TakesSection,
    TimezoneIs,
    facts_of,
    matches,
)
from subscribers.segmentsql import count_segment, where
from subscribers.store import ensure_list, page_of_readers
from subscribers.tables import segments, subscribers, subscriptions
from tests.subscribers.people import NOW, OPERATOR, empty, member

_words = st.text(st.sampled_from("abzAZéß漢😀 '%_\\\"|-"), max_size=4)
_numbers = st.one_of(
    st.integers(-(2**53), 2**53),
    st.integers(-3, 3),
    st.floats(-1e15, 1e15, allow_subnormal=False).map(lambda n: 0.0 if abs(n) < 1e-300 else n),
)
_values: st.SearchStrategy[AttributeValue] = st.one_of(_words, _numbers, st.booleans())
_names = st.sampled_from(["city", "plan", "n"])
_slugs = st.sampled_from(["asia", "asi", "world", "middle-east"])
_languages = st.sampled_from(["", "en", "fr", "EN"])
_zones = st.sampled_from(["", "Europe/Paris", "Asia/Tokyo"])

_days = st.dates(date(2022, 4, 1), date(2022, 4, 12))
_instants = st.one_of(
    st.datetimes(datetime(2022, 4, 1), datetime(2022, 4, 12), timezones=st.just(UTC)),  # noqa: DTZ001 - zones below
    _days.map(lambda day: datetime.combine(day, time(), UTC)),
)

_facts = st.builds(
    Facts,
    state=st.sampled_from(SubscriptionState),
    language=_languages,
    timezone=_zones,
    sections=st.lists(_slugs, max_size=3, unique=True).map(tuple),
    attributes=st.dictionaries(_names, _values, max_size=3),
    moments=st.fixed_dictionaries(
        {Moment.SINCE: _instants, Moment.KNOWN: _instants},
        optional=dict.fromkeys((Moment.CHOSEN, Moment.OPENED, Moment.CLICKED), _instants),
    ),
    lists=st.frozensets(st.just("daily")),
)


def _attribute(name: str, compare: Compare, value: AttributeValue) -> Predicate:
    compare = Compare.EQUAL if isinstance(value, bool) else compare
    return AttributeIs(name=name, compare=compare, value=value)


# What was sent is known to another house, and tried there.
_moments = st.sampled_from([moment for moment in Moment if moment is not Moment.SENT])
_leaves = st.one_of(
    st.builds(StateIs, states=st.frozensets(st.sampled_from(SubscriptionState))),
    st.builds(LanguageIs, languages=st.frozensets(_languages)),
    st.builds(TimezoneIs, timezones=st.frozensets(_zones)),
    st.builds(TakesSection, section=_slugs),
    st.builds(HasAttribute, name=_names),
    st.builds(_attribute, _names, st.sampled_from(Compare), _values),
    st.builds(OnList, list=st.sampled_from(["world", "daily", "nowhere"])),
    st.builds(Happened, moment=_moments, first=st.none() | _days, before=st.none() | _days),
    st.builds(Happened, moment=_moments, within_days=st.integers(1, 9), before=st.none() | _days),
)
_predicates: st.SearchStrategy[Predicate] = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.builds(AllOf, of=st.lists(inner, max_size=3).map(tuple)),
        st.builds(AnyOf, of=st.lists(inner, max_size=3).map(tuple)),
        st.builds(Not, of=inner),
    ),
    max_leaves=6,
)


@settings(max_examples=80, deadline=None)
@given(people=st.lists(_facts, min_size=1, max_size=6), predicates=st.lists(_predicates, min_size=1, max_size=8))
def test_sql_and_python_choose_the_same_readers(
    engine: Engine, people: list[Facts], predicates: list[Predicate]
) -> None:
    with engine.connect() as conn:
        empty(conn)
        world = ensure_list(conn, "world", "World", OptIn.SINGLE, NOW)
        people = [_whole(facts) for facts in people]
        ids = [_stored(conn, world, number, facts) for number, facts in enumerate(people)]
        for predicate in predicates:
            chosen = conn.execute(
                select(subscribers.c.id)
                .select_from(subscriptions.join(subscribers))
                .where(subscriptions.c.list_id == world.id, where(predicate, world.id, NOW))
                .order_by(subscribers.c.id)
            )
            expected = [n for n, facts in zip(ids, people, strict=True) if matches(predicate, facts, NOW)]
            assert chosen.scalars().all() == expected
            assert count_segment(conn, world.id, predicate, NOW) == len(expected)
        conn.rollback()


def _whole(facts: Facts) -> Facts:
    """What follows from the state: the list itself, and when it was joined."""
    if facts.state is not SubscriptionState.ACTIVE:
        return facts
    moments = {**facts.moments, Moment.JOINED: facts.moments[Moment.SINCE]}
    return replace(facts, lists=facts.lists | {"world"}, moments=moments)


def _stored(conn: Connection, world: MailList, number: int, facts: Facts) -> int:
    email = f"r{number}@mail.example"
    subscriber_id: int = conn.execute(
        insert(subscribers)
        .values(
            email=email,
            email_key=email,
            fold_key=email,
            domain="mail.example",
            language=facts.language,
            timezone=facts.timezone,
            attributes=dict(facts.attributes),
            created_at=facts.moments[Moment.KNOWN],
            updated_at=NOW,
            chosen_at=facts.moments.get(Moment.CHOSEN),
        )
        .returning(subscribers.c.id)
    ).scalar_one()
    conn.execute(
        insert(subscriptions).values(
            subscriber_id=subscriber_id,
            list_id=world.id,
            state=facts.state.value,
            since=facts.moments[Moment.SINCE],
            sections=facts.sections,
        )
    )
    if "daily" in facts.lists:
        enrol(conn, subscriber_id, ensure_list(conn, "daily", "Daily", OptIn.SINGLE, NOW).id, OPERATOR, NOW)
    for moment in (Moment.OPENED, Moment.CLICKED):
        if moment in facts.moments:
            note_engagement(conn, moment, [(world.id, subscriber_id, facts.moments[moment])])
    return subscriber_id


@settings(deadline=None)
@given(_predicates)
def test_json_loses_nothing(predicate: Predicate) -> None:
    text = json.dumps(to_json(predicate))
    assert from_json(json.loads(text), stored=True) == predicate


def test_the_form_of_the_json() -> None:
    predicate = AllOf(
        of=(
            StateIs(states=frozenset({SubscriptionState.ACTIVE})),
            AnyOf(of=(TakesSection(section="asia"), LanguageIs(languages=frozenset({"fr", "en"})))),
            Not(of=AttributeIs(name="plan", value="gift")),
        )
    )
    assert to_json(predicate) == {
        "all": [
            {"state": ["active"]},
            {"any": [{"section": "asia"}, {"language": ["en", "fr"]}]},
            {"not": {"attribute": "plan", "is": "=", "value": "gift"}},
        ]
    }


def _nested(depth: int) -> object:
    tree: object = {"has": "city"}
    for _ in range(depth):
        tree = {"not": tree}
    return tree


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (None, "segment: expected an object"),
        ({}, "expected an object"),
        ([], "expected an object"),
        ({"stat": ["active"]}, "unknown predicate 'stat': use one of all, any, attribute"),
        ({"all": [{"section": "asia"}, {"not": {"sql": "1=1"}}]}, r"all\[1\].not: unknown predicate 'sql'"),
        ({"state": ["lost"]}, "state: 'lost' is not a valid"),
        ({"state": "active"}, "expected a list"),
        ({"language": [1]}, "expected text"),
        ({"section": "Asia"}, "no slug"),
        ({"list": "Daily"}, "no slug"),
        ({"list": ["daily"]}, "expected text"),
        ({"all": []}, "all: holds no condition, which is everybody on the list: give one"),
        ({"not": {"any": []}}, "not.any: holds no condition, which is nobody"),
        ({"state": []}, "state: names none"),
        ({"has": "a'; DROP TABLE"}, "attribute"),
        ({"all": {"section": "asia"}}, "all: expected a list"),
        ({"attribute": "n", "is": "LIKE", "value": 1}, "not a valid Compare"),
        ({"attribute": "n", "is": "=", "value": None}, "must be text, a number"),
        ({"attribute": "n", "is": "<", "value": True}, "only be compared with ="),
        ({"attribute": "n", "is": "=", "value": float("nan")}, "out of range"),
        ({"attribute": "n", "is": "=", "value": 2**60}, "out of range"),
        ({"attribute": "n", "is": "=", "value": "a\x00"}, "control character"),
        ({"attribute": "n", "is": "="}, "unknown predicate"),
        ({"state": ["active"], "has": "n"}, "unknown predicate"),
        (_nested(50), "12 deep"),
        ({"any": [{"has": "n"}] * 500}, "200 predicates"),
        ({"language": [str(n) for n in range(500)]}, "at most 200"),
    ],
)
def test_refuses_what_means_nothing_and_names_the_place(tree: object, message: str) -> None:
    with pytest.raises(SegmentError, match=message):
        from_json(tree)


def test_facts_of_a_stored_reader(conn: Connection, world: MailList) -> None:
    member(conn, world)
    reader, subscription = page_of_readers(conn, world.id)[0]
    facts = facts_of(reader, subscription)
    assert matches(StateIs(states=frozenset({SubscriptionState.ACTIVE})), facts)
    assert matches(TakesSection(section="asia"), facts)
    assert matches(OnList(list="world"), facts_of(reader, subscription, on_lists=["world"]))
    assert not matches(OnList(list="world"), facts)
    assert matches(Happened(moment=Moment.JOINED, within_days=1), facts, NOW)
    assert not matches(HasAttribute(name="city"), facts)


def test_a_segment_is_saved_under_its_name_and_changed(conn: Connection, world: MailList, daily: MailList) -> None:
    french = LanguageIs(languages=frozenset({"fr"}))
    saved = save_segment(conn, world.id, "french", french, now=NOW, name="Those who read French")
    assert get_segment(conn, world.id, "french") == saved
    assert saved.predicate == french
    assert get_segment(conn, daily.id, "french") is None
    changed = save_segment(conn, world.id, "french", Not(of=french), now=NOW)
    assert (changed.name, changed.predicate) == ("french", Not(of=french))
    assert segments_of(conn, world.id) == [changed]
    assert remove_segment(conn, world.id, "french")
    assert not remove_segment(conn, world.id, "french")
    with pytest.raises(ModelError, match="slug"):
        save_segment(conn, world.id, "Not A Slug", french, now=NOW)
    with pytest.raises(SegmentError, match="everybody"):
        save_segment(conn, world.id, "all", AllOf(of=()), now=NOW)


def test_what_was_saved_before_empty_conditions_were_refused_is_read(conn: Connection, world: MailList) -> None:
    conn.execute(insert(segments).values(list_id=world.id, slug="old", name="old", tree={"all": []}, updated_at=NOW))
    assert [one.predicate for one in segments_of(conn, world.id)] == [AllOf(of=())]


def test_what_was_sent_is_asked_of_whoever_sends(conn: Connection, world: MailList) -> None:
    with pytest.raises(SegmentError, match="not known here"):
        count_segment(conn, world.id, Happened(moment=Moment.SENT), NOW)


def test_engagement_keeps_the_last_of_each_however_it_comes(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    early, late = NOW - timedelta(days=3), NOW - timedelta(days=1)
    note_engagement(conn, Moment.OPENED, [(world.id, reader, late), (world.id, reader, early)])
    note_engagement(conn, Moment.OPENED, [(world.id, reader, early)])
    assert engagement_of(conn, world.id, reader) == {Moment.OPENED: late}
    note_engagement(conn, Moment.CLICKED, [(world.id, reader, early)])
    note_engagement(conn, Moment.CLICKED, [])
    assert engagement_of(conn, world.id, reader) == {Moment.OPENED: late, Moment.CLICKED: early}
    assert engagement_of(conn, world.id + 1, reader) == {}
    with pytest.raises(ValueError, match="known"):
        note_engagement(conn, Moment.KNOWN, [])


def test_days_are_counted_back_from_now(conn: Connection, world: MailList) -> None:
    reader = member(conn, world)
    note_engagement(conn, Moment.OPENED, [(world.id, reader, NOW - timedelta(days=7))])
    week = Happened(moment=Moment.OPENED, within_days=7)
    assert count_segment(conn, world.id, week, NOW) == 1
    assert count_segment(conn, world.id, week, NOW + timedelta(seconds=1)) == 0
    assert count_segment(conn, world.id, Not(of=Happened(moment=Moment.CLICKED))) == 1
    with pytest.raises(SegmentError, match="what time"):
        count_segment(conn, world.id, week)


@pytest.mark.parametrize(
    "tree",
    [
        {"when": "slept"},
        {"when": "opened", "from": "yesterday"},
        {"when": "opened", "before": 20220401},
        {"when": "opened", "from": "2022-02-30"},
        {"when": "opened", "within_days": True},
        {"when": "opened", "within_days": 0},
        {"when": "opened", "within_days": 7, "from": "2022-04-01"},
        {"when": "opened", "sql": "1=1"},
    ],
)
def test_a_moment_that_means_nothing_is_refused(tree: dict[str, object]) -> None:
    with pytest.raises(SegmentError):
        from_json(tree)


@pytest.mark.parametrize("number", [10**400, -(10**30), float("inf"), float("nan")])
def test_a_number_that_no_column_holds_is_refused(number: float) -> None:
    with pytest.raises(SegmentError, match="out of range"):
        AttributeIs(name="age", value=number)
