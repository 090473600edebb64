"""Web, database and workers on hosts of their own: a cable pulled, a power cut, a host frozen past its lease.

The provider is one that would mail twice: it takes whatever it is given, counts, and posts its events to the web host.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import yaml
from sqlalchemy import text

from digest.model.trial import TrialStep
from digest.store import db
from digest.store.tx import Store
from digest.workflow.send.sender import LEASE
from tests.databases import POSTGRES
from tests.e2e.hosts import Host, Switch, require_hosts, why_not
from tests.e2e.workers import PATIENCE, Workroom, furnish, until
from tests.servers.postgres import PrivatePostgres
from tests.servers.sendgrid_api import KEY, SendGridServer
from tests.servers.sendgrid_hooks import HookSigner

pytestmark = pytest.mark.postgres
PORT = 8025
FROZEN = "-c%20idle_in_transaction_session_timeout=10000"
"""Ten seconds in place of a minute: what a host has locked that is frozen in the middle of a transaction."""
PAST_THE_LEASE = LEASE.total_seconds() + 15
"""So long a host stands still whose lease is to run out by itself."""


class Events(threading.Thread):
    """Tells the web host of every mail that the provider took, as the provider would: again until it is taken."""

    def __init__(self, server: SendGridServer, signer: HookSigner, host: Host) -> None:
        super().__init__(daemon=True)
        self._server, self._signer = server, signer
        self._url = f"http://{host.address}:{PORT}/hooks/sendgrid"
        self._over = threading.Event()

    def run(self) -> None:
        told = 0
        with httpx.Client(timeout=5) as client:
            while not self._over.wait(0.2):
                new = self._server.taken[told : told + 500]
                if new and self._post(client, new):
                    told += len(new)

    def _post(self, client: httpx.Client, new: list[object]) -> bool:
        now = datetime.now(UTC)
        events = [
            {"email": one.email, "event": "delivered", "timestamp": int(now.timestamp()),  # type: ignore[attr-defined]
             "sg_event_id": f"{one.message_id}-{one.email}", "sg_message_id": one.message_id,  # type: ignore[attr-defined]
             **one.custom_args}  # type: ignore[attr-defined]
            for one in new
        ]  # fmt: skip
        body = json.dumps(events).encode()
        headers = {**self._signer.headers(body, now), "host": f"127.0.0.1:{PORT}", "content-type": "application/json"}
        try:
            return client.post(self._url, content=body, headers=headers).status_code == 204
        except httpx.TransportError:
            return False

    def end(self) -> None:
        self._over.set()
        self.join()


class Hosts:
    """The newsroom on its hosts."""

    def __init__(self, switch: Switch, room: Workroom, server: SendGridServer) -> None:
        self.switch, self.room, self.server = switch, room, server

    def start(self, host: Host, *arguments: str) -> Host:
        folder = self.room.newsroom.folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
        host.start(
            [sys.executable, "-m", "digest", *arguments, "--config", str(self.room.newsroom.config)],
            folder=folder,
            env={**kept, "DIGEST_PROVIDER__SENDGRID__API_KEY": KEY, "DIGEST_SECRET_KEYS": "a key of all the hosts"},
            log=folder / f"{host.name}.log",
        )
        return host

    def worker(self, name: str) -> Host:
        return self.start(self.switch.host(name), "worker")

    def lease_is_over(self, host: Host) -> None:
        """In place of waiting until its lease runs out: what it holds is held no longer."""
        engine = db.open_engine(self.room.url)
        with db.write(engine) as conn:
            conn.execute(
                text("UPDATE chunks SET lease_until = now() WHERE state = 'sending' AND owner LIKE :host"),
                {"host": f"{host.name}/%"},
            )
        engine.dispose()

    def held_until(self, host: Host) -> datetime | None:
        """When the last lease of what it has in hand runs out; None where it has nothing."""
        engine = db.open_engine(self.room.url)
        with db.read(engine) as conn:
            found: datetime | None = conn.scalar(
                text("SELECT max(lease_until) FROM chunks WHERE state = 'sending' AND owner LIKE :host"),
                {"host": f"{host.name}/%"},
            )
        engine.dispose()
        return found

    def freeze_in_a_call(self, host: Host) -> datetime:
        """Let it stand still with a lease in hand. Returns when that runs out."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            host.freeze()
            held = self.held_until(host)
            if held is not None:
                return held
            host.wake()
            time.sleep(0.2)
        raise AssertionError(f"{host.name} never had a call in hand")

    def got(self) -> Counter[str]:
        """How many mails the provider took for each reader."""
        return Counter(one.email for one in list(self.server.taken))

    def adds_up(self, readers: int) -> None:
        account = self.room.account()
        assert account.adds_up
        assert account.planned == readers


@contextmanager
def newsroom(folder: Path, *, readers: int, per_second: int) -> Iterator[tuple[Hosts, Host]]:
    """Database and web are up, the day is planned, and no worker is there yet."""
    require_hosts()
    if POSTGRES not in os.environ:
        pytest.skip("no PostgreSQL: install Debian's postgresql")
    with Switch() as switch:
        database, web = switch.host("db"), switch.host("web")
        postgres = PrivatePostgres(on=database.address, network=switch.network, within=database.within)
        try:
            with SendGridServer(on=switch.address) as server:
                room = furnish(folder, f"{postgres.url}?options={FROZEN}", readers=readers)
                signer = HookSigner()
                said = yaml.safe_load(room.newsroom.config.read_text("utf-8"))
                said["provider"] = {
                    "kind": "sendgrid",
                    "sendgrid": {
                        "base_url": server.url, "webhook_public_key": signer.public_key, "timeout_seconds": 5,
                        "rates": {"per_second": per_second},
                    },
                }  # fmt: skip
                said["newsletters"][0]["doubts"] = {"grace_minutes": 0.1}
                room.newsroom.config.write_text(yaml.safe_dump(said), "utf-8")
                engine = db.open_engine(room.url)
                with Store(engine).begin() as tx:
                    for step in TrialStep:
                        tx.trial.mark(step, by="a test", now=datetime.now(UTC))
                engine.dispose()
                os.environ["DIGEST_PROVIDER__SENDGRID__API_KEY"] = KEY
                os.environ["DIGEST_SECRET_KEYS"] = "a key of all the hosts"
                assert room.plan() == readers
                made = Hosts(switch, room, server)
                made.start(web, "serve", "--host", "0.0.0.0", "--port", str(PORT))
                events = Events(server, signer, web)
                events.start()
                try:
                    yield made, web
                finally:
                    events.end()
        finally:
            for name in ("DIGEST_PROVIDER__SENDGRID__API_KEY", "DIGEST_SECRET_KEYS"):
                os.environ.pop(name, None)
            postgres.stop()


def prove(hosts: Hosts, *, readers: int, rounds: int, really: bool) -> None:
    """In each round a cable is pulled and put back, a host loses power, and one is frozen past its lease and woken.

    `really`: the lease of the frozen host is waited for; else it is over by decree.
    """
    if really:
        # A call that is under way for no time is never frozen in its middle.
        hosts.server.answers_after = 1.0
    number = 2
    one, two = hosts.worker("w1"), hosts.worker("w2")
    until(lambda: len(hosts.server.taken) > 0, "the first mail")
    for turn in range(rounds):
        began = len(hosts.server.taken)
        step = max(1, (readers - began) // (4 * (rounds - turn)))

        def reached(steps: int, began: int = began, step: int = step) -> bool:
            return len(hosts.server.taken) >= min(readers, began + steps * step)

        one.pull()
        until(lambda: reached(1), "the other host goes on alone")
        hosts.adds_up(readers)
        one.plug()
        held = hosts.freeze_in_a_call(two) if really else None
        if not really:
            two.freeze()
        frozen = time.monotonic()
        number += 1
        three = hosts.worker(f"w{number}")
        until(lambda: reached(2), "one host is back, and another one has come")
        if not really:
            hosts.lease_is_over(two)
        one.power_cut()
        hosts.adds_up(readers)
        if not really:
            hosts.lease_is_over(one)
        until(lambda: reached(3), "the new host goes on alone")
        if really:
            time.sleep(max(0.0, frozen + PAST_THE_LEASE - time.monotonic()))
            assert held is not None
            assert datetime.now(UTC) > held, "its lease ran out while it stood still"
        two.wake()
        hosts.adds_up(readers)
        one, two = two, three
    until(lambda: hosts.room.account().delivered == readers, "everybody has it, and the events say so", within=900)
    hosts.adds_up(readers)
    got = hosts.got()
    assert {reader for reader, count in got.items() if count > 1} == set(), "nobody has it twice"
    assert len(got) == readers, "nobody was left out"


# Where no networks can be made it is one of the long proofs, which say there why they are skipped.
@pytest.mark.soak if why_not() else lambda test: test
def test_a_cable_a_power_cut_and_a_frozen_host(tmp_path: Path) -> None:
    with newsroom(tmp_path, readers=160, per_second=12) as (hosts, _):
        prove(hosts, readers=160, rounds=1, really=False)


@pytest.mark.soak
def test_hosts_that_fail_again_and_again_with_leases_that_really_run_out(tmp_path: Path) -> None:
    # So many that there is still work for the others when the first lease has run out.
    with newsroom(tmp_path, readers=6_000, per_second=5) as (hosts, _):
        prove(hosts, readers=6_000, rounds=2, really=True)
