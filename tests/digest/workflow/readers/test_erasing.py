"""After an erasure the address stands in no file any more: not in the database's, nor in one kept for an import."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from digest.store.db import open_engine
from digest.store.schema import upgrade
from digest.store.tx import Store
from digest.workflow.readers.erasing import erase_reader
from digest.workflow.readers.imports import carry_imports, import_of
from subscribers.tables import subscribers
from tests.digest.workflow.mailings import logged
from tests.digest.workflow.readers.test_imports import begin, office

CANARY = "Kakapo.Bird@nest.example"
OTHERS = 2_000


def _file() -> bytes:
    people = [f"r{n * 7919 % OTHERS}@mail.example,asia,Reader {n}" for n in range(OTHERS)]
    people[900] = f"{CANARY},asia,Kakapo Bird"
    people[901] = f"{CANARY.lower()},asia,again"
    people[902] = f"Kakapo Bird <{CANARY}>,asia,"
    people[903] = f"{CANARY}.,asia,"
    return ("email,sections,name\n" + "".join(f"{line}\n" for line in people)).encode()


def _holding(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and b"kakapo" in path.read_bytes().lower())


def test_no_file_holds_the_address_of_an_erased_reader(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'digest.db'}")
    upgrade(engine)
    store = Store(engine)
    app = office(store, tmp_path)
    rehearsal = begin(app, _file(), dry_run=True)
    begin(app, _file() + b"zoe@mail.example,,\n")
    carry_imports(app)
    (kept,) = (tmp_path / "imports").iterdir()
    assert kept.name in _holding(tmp_path)
    assert [problem.line for problem in import_of(app, rehearsal.id).problems] == [903, 904, 905]
    with store.read() as tx:
        reader = tx.connection.scalar(select(subscribers.c.id).where(subscribers.c.fold_key == CANARY.lower()))
    assert reader is not None
    assert erase_reader(app, reader, by="ann")
    assert _holding(tmp_path) == []
    assert not erase_reader(app, reader, by="ann")
    assert logged(store, "reader.erased") == ["reader.erased"]
    # The kept file still has as many rows, and brings nobody back.
    again = begin(app, kept.read_bytes(), consent="a third way")
    carry_imports(app)
    numbers = import_of(app, again.id).job.numbers["counts"]
    assert (numbers["rows"], numbers["unchanged"], numbers.get("add", 0)) == (OTHERS, OTHERS - 4, 0)
    assert _holding(tmp_path) == []
    engine.dispose()
