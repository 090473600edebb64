"""Declared attributes hold what they were declared to hold, wherever a value comes from."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from subscribers import store
from subscribers.address import parse_address
from subscribers.attributes import (
    AttributeKind,
    AttributeType,
    checked_value,
    declare,
    declared_attributes,
    read_attribute,
    undeclare,
)
from subscribers.model import MailList, ModelError
from tests.subscribers.people import OPTIONS, import_text

PLAN = AttributeType(name="plan", kind=AttributeKind.CHOICE, label="Your plan", choices=("Gift", "Paid"), public=True)
AGE = AttributeType(name="age", kind=AttributeKind.NUMBER)
BORN = AttributeType(name="born", kind=AttributeKind.DATE)
PRESS = AttributeType(name="press", kind=AttributeKind.YES_NO)
CITY = AttributeType(name="city", kind=AttributeKind.TEXT)


@pytest.mark.parametrize(
    ("declared", "text", "value"),
    [
        (PLAN, "gift", "Gift"),
        (AGE, " 41 ", 41),
        (AGE, "1.5e2", 150),
        (AGE, "-.5", -0.5),
        (BORN, "1980-02-29", "1980-02-29"),
        (PRESS, "Yes", True),
        (PRESS, "0", False),
        (CITY, " Lima ", "Lima"),
    ],
)
def test_text_becomes_a_value(declared: AttributeType, text: str, value: object) -> None:
    found = read_attribute(declared, text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        (PLAN, "free"),
        (AGE, "old"),
        (AGE, "nan"),
        (AGE, "inf"),
        (AGE, "1e300"),
        (AGE, "٤١"),
        (BORN, "29.02.1980"),
        (BORN, "1981-02-29"),
        (BORN, "19800229"),
        (PRESS, "maybe"),
        (CITY, "x" * 1_001),
        (CITY, "a\x00b"),
    ],
)
def test_what_is_not_of_the_kind_is_refused(declared: AttributeType, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_attribute(declared, text)


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.text())))
def test_a_typed_value_is_taken_only_as_its_kind(value: object) -> None:
    for declared, kind in ((AGE, (int, float)), (PRESS, bool), (CITY, str), (BORN, str), (PLAN, str)):
        try:
            found = checked_value(declared, value)
        except ValueError:
            continue
        assert isinstance(found, kind)
        assert isinstance(found, bool) is (declared is PRESS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Not A Name", "kind": AttributeKind.TEXT},
        {"name": "plan", "kind": AttributeKind.CHOICE},
        {"name": "plan", "kind": AttributeKind.TEXT, "choices": ("a",)},
        {"name": "plan", "kind": AttributeKind.CHOICE, "choices": ("a", "A")},
        {"name": "plan", "kind": AttributeKind.CHOICE, "choices": (" ",)},
        {"name": "plan", "kind": AttributeKind.CHOICE, "choices": tuple(map(str, range(201)))},
    ],
)
def test_a_declaration_that_means_nothing_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ModelError, match=r"plan|Not A Name"):
        AttributeType(**wrong)  # type: ignore[arg-type]


def test_declarations_are_kept_changed_and_taken_back(conn: Connection) -> None:
    for one in (PLAN, AGE):
        declare(conn, one)
    assert declared_attributes(conn) == {"age": AGE, "plan": PLAN}
    changed = AttributeType(name="plan", kind=AttributeKind.TEXT)
    declare(conn, changed)
    assert declared_attributes(conn)["plan"] == changed
    assert undeclare(conn, "plan")
    assert not undeclare(conn, "plan")


def test_an_import_reads_declared_columns_and_refuses_the_row_that_does_not_fit(
    conn: Connection, world: MailList
) -> None:
    options = replace(OPTIONS, attributes={one.name: one for one in (PLAN, AGE, PRESS)})
    report = import_text(
        conn,
        world,
        "email,age,plan,press,city\nana@mail.example,41,GIFT,yes,Lima\nben@mail.example,old,Gift,no,\n",
        options=options,
    )
    assert (report.added, report.refused) == (1, 1)
    assert (report.problems[0].line, report.problems[0].column) == (3, "age")
    assert "Column `age` is kept as a custom attribute (number)." in report.notes
    ana = store.find_subscriber(conn, parse_address("ana@mail.example"))
    assert ana is not None
    assert ana.attributes == {"age": 41, "plan": "Gift", "press": True, "city": "Lima"}
