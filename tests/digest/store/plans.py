"""Reads PostgreSQL's plan of every statement that runs, and names the large tables that it reads from end to end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event

from digest.store.partitions import whole_of

LARGE = frozenset(
    {
        "asks",
        "chunks",
        "consents",
        "deliveries",
        "edition_words",
        "feedback",
        "happenings",
        "hook_posts",
        "letters",
        "log",
        "stories",
        "subscribers",
        "subscriptions",
        "suppressions",
        "webhook_posts",
    }
)
"""Tables that grow with readers, mailings or time."""

WAYS = ("enable_seqscan", "enable_mergejoin", "enable_hashjoin")


@dataclass
class Plans:
    """What was read from end to end while `step` was the name of what ran."""

    step: str = ""
    whole: dict[tuple[str, str], str] = field(default_factory=dict)
    """(step, table) -> the statement."""
    seen: int = 0

    def note(self, plan: Mapping[str, Any], statement: str) -> None:
        """Look through a plan and what is below it."""
        table = whole_of(plan.get("Relation Name", ""))
        # An index that is walked without a condition is the whole table too, in another order.
        limited = "Index Cond" in plan or plan["Node Type"] in ("Bitmap Heap Scan", "ModifyTable")
        if table in LARGE and not limited:
            self.whole[self.step, table] = statement
        for inner in plan.get("Plans", ()):
            # The next row of an index by its order is no scan of it.
            if plan["Node Type"] == "Limit" and inner["Node Type"] in ("Index Scan", "Index Only Scan"):
                continue
            self.note(inner, statement)


@contextmanager
def plans(engine: Engine) -> Iterator[Plans]:
    """Explains every statement on this engine before it runs."""
    found = Plans()

    def explain(
        conn: Connection, _cursor: object, statement: str, parameters: Any, _context: object, many: bool
    ) -> None:
        if statement.split(None, 1)[0].upper() not in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
            return
        one = parameters[0] if many else parameters
        driver: Any = conn.connection.driver_connection
        with driver.cursor() as cursor:
            # At the size of a test the planner would rightly read small tables whole, or join by reading both: what
            # counts is whether it could do otherwise.
            for way in WAYS:
                cursor.execute(f"SET LOCAL {way} = off")
            cursor.execute("EXPLAIN (FORMAT JSON) " + statement, one)
            (row,) = cursor.fetchone()
            for way in WAYS:
                cursor.execute(f"SET LOCAL {way} = on")
        found.seen += 1
        found.note(row[0]["Plan"], statement)

    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", explain)
