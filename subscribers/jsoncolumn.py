"""Typed reads of one key in a JSON column, spelt for SQLite and for PostgreSQL.

Each read is NULL where the key is absent or its value has another type, on both databases. Key names must be
valid attribute names (`ATTRIBUTE_NAME`); they travel as bound parameters all the same.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Boolean, Column, Float, Text, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class JsonText(FunctionElement[str]):
    """The key's text; compares by code point on both databases."""

    type = Text()
    name = "json_text"
    inherit_cache = True


class JsonNumber(FunctionElement[float]):
    """The key's number, as a double."""

    type = Float()
    name = "json_number"
    inherit_cache = True


class JsonFlag(FunctionElement[bool]):
    """The key's true or false."""

    type = Boolean()
    name = "json_flag"
    inherit_cache = True


class JsonHas(FunctionElement[bool]):
    """Whether the key is there."""

    type = Boolean()
    name = "json_has"
    inherit_cache = True


class JsonIs(FunctionElement[bool]):
    """Whether the key is there and holds this very text; never NULL."""

    type = Boolean()
    name = "json_is"
    inherit_cache = True


def json_is(column: Column[Any], key: str, text: str) -> JsonIs:
    """SQL for whether `key` holds this text; on PostgreSQL half the cost of taking the text out and comparing it."""
    whole = json.dumps({key: text}, ensure_ascii=False)
    return JsonIs(column, literal(key, Text), literal(text, Text), literal(whole, Text))


def json_text(column: Column[Any], key: str) -> JsonText:
    """SQL for the text under `key`, else NULL."""
    return JsonText(column, literal(key, Text))


def json_number(column: Column[Any], key: str) -> JsonNumber:
    """SQL for the number under `key`, else NULL."""
    return JsonNumber(column, literal(key, Text))


def json_flag(column: Column[Any], key: str) -> JsonFlag:
    """SQL for the true or false under `key`, else NULL."""
    return JsonFlag(column, literal(key, Text))


def json_has(column: Column[Any], key: str) -> JsonHas:
    """SQL for whether `key` is there; never NULL."""
    return JsonHas(column, literal(key, Text))


def _operands(element: FunctionElement[Any], compiler: SQLCompiler, keywords: dict[str, Any]) -> tuple[str, str]:
    column, key = (compiler.process(clause, **keywords) for clause in element.clauses)
    return column, key


@compiles(JsonText, "sqlite")
def _sqlite_text(element: JsonText, compiler: SQLCompiler, **keywords: Any) -> str:
    column, key = _operands(element, compiler, keywords)
    return f"CASE json_type({column}, '$.' || {key}) WHEN 'text' THEN json_extract({column}, '$.' || {key}) END"


@compiles(JsonText, "postgresql")
def _postgresql_text(element: JsonText, compiler: SQLCompiler, **keywords: Any) -> str:
    column, key = _operands(element, compiler, keywords)
    return f"""(CASE jsonb_typeof({column} -> {key}) WHEN 'string' THEN {column} ->> {key} END COLLATE "C")"""


@compiles(JsonIs, "sqlite")
def _sqlite_is(element: JsonIs, compiler: SQLCompiler, **keywords: Any) -> str:
    clauses = list(element.clauses)[:3]
    column, key, text = (compiler.process(clause, **keywords) for clause in clauses)
    return (
        f"coalesce(CASE json_type({column}, '$.' || {key}) WHEN 'text' THEN json_extract({column}, '$.' || {key}) END"
        f" = {text}, 0)"
    )


@compiles(JsonIs, "postgresql")
def _postgresql_is(element: JsonIs, compiler: SQLCompiler, **keywords: Any) -> str:
    column, *_, whole = element.clauses
    return f"({compiler.process(column, **keywords)} @> CAST({compiler.process(whole, **keywords)} AS JSONB))"


@compiles(JsonNumber, "sqlite")
def _sqlite_number(element: JsonNumber, compiler: SQLCompiler, **keywords: Any) -> str:
    column, key = _operands(element, compiler, keywords)
    return (
        f"CASE WHEN json_type({column}, '$.' || {key}) IN ('integer', 'real') "
        f"THEN CAST(json_extract({column}, '$.' || {key}) AS REAL) END"
    )


@compiles(JsonNumber, "postgresql")
def _postgresql_number(element: JsonNumber, compiler: SQLCompiler, **keywords: Any) -> str:
    column, key = _operands(element, compiler, keywords)
    return f"CASE jsonb_typeof({column} -> {key}) WHEN 'number' THEN CAST({column} ->> {key} AS double precision) END"


@compiles(JsonFlag, "sqlite")
def _sqlite_flag(element: JsonFlag, compiler: SQLCompiler, **keywords: Any) -> str:
    column, key = _operands(element, compiler, keywords)
    return f"CASE json_type({column}, '$.' || {key}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"


@compiles(JsonFlag, "postgresql")
def _postgresql_flag(element: JsonFlag, compiler: SQLCompiler, **keywords: Any) -> str:
    column, key = _operands(element, compiler, keywords)
    return f"CASE jsonb_typeof({column} -> {key}) WHEN 'boolean' THEN CAST({column} ->> {key} AS boolean) END"


@compiles(JsonHas, "sqlite")
def _sqlite_has(element: JsonHas, compiler: SQLCompiler, **keywords: Any) -> str:
    column, key = _operands(element, compiler, keywords)
    return f"(json_type({column}, '$.' || {key}) IS NOT NULL)"


@compiles(JsonHas, "postgresql")
def _postgresql_has(element: JsonHas, compiler: SQLCompiler, **keywords: Any) -> str:
    column, key = _operands(element, compiler, keywords)
    return f"(({column} -> {key}) IS NOT NULL)"
