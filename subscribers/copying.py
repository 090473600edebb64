"""COPY: many rows into PostgreSQL by the driver's own way in."""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InvalidRequestError


def copy_in(conn: Connection, statement: str, lines: str) -> None:
    """Carry out a `COPY … FROM STDIN` with these lines, each with its end, in COPY's text form.

    Raises what SQLAlchemy raises for a statement of its own (IntegrityError and the like): it does not see the
    driver's cursor. InvalidRequestError where the connection is closed.
    """
    driver, module = conn.connection.driver_connection, conn.dialect.dbapi
    if driver is None or module is None:
        raise InvalidRequestError("the connection is closed")
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(lines)
    except module.Error as error:
        raise DBAPIError.instance(statement, None, error, module.Error, dialect=conn.dialect) from error
