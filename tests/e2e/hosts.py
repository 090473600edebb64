"""Hosts of their own on one machine: each has its network, its name and its process numbers, and a cable to pull."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest


def why_not() -> str:
    """Why this machine cannot have them; empty = it can."""
    missing = [name for name in ("ip", "unshare") if shutil.which(name) is None]
    if missing:
        return f"no {' and no '.join(missing)}: install iproute2 and util-linux"
    if os.geteuid() != 0:
        return "networks of their own need root"
    # In a network of its own that ends with it: a container may be root and still not be let.
    probe = [
        "unshare",
        "--net",
        "--uts",
        "--pid",
        "--fork",
        "--mount-proc",
        "ip",
        "link",
        "add",
        "dg0",
        "type",
        "bridge",
    ]
    said = subprocess.run(probe, capture_output=True, text=True, check=False)
    return f"this machine makes no networks: {said.stderr.strip()}" if said.returncode else ""


def require_hosts() -> None:
    """Skip with the reason where a machine cannot have them."""
    if why := why_not():
        pytest.skip(why)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


@dataclass
class Host:
    """One of them."""

    name: str
    space: str
    """Its network namespace."""
    address: str
    cable: str
    """The end of its cable at the switch."""
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def within(self) -> list[str]:
        """Begins a command that runs in its network, as a process of this machine."""
        return ["ip", "netns", "exec", self.space]

    def start(self, command: list[str], *, folder: Path, env: Mapping[str, str], log: Path) -> None:
        """A process that is alone there: by its name and its number it is of another machine than all others."""
        alone = ["unshare", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c",
                 'hostname "$0" && exec "$@"', self.name, *command]  # fmt: skip
        with log.open("ab") as out:
            self.running.append(
                subprocess.Popen(
                    [*self.within, *alone], cwd=folder, env=dict(env), stdout=out, stderr=subprocess.STDOUT
                )
            )

    def pull(self) -> None:
        """Nothing gets in or out; nobody is told."""
        _run("ip", "link", "set", self.cable, "down")

    def plug(self) -> None:
        """As before."""
        _run("ip", "link", "set", self.cable, "up")

    def freeze(self) -> None:
        """Its processes stand still."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        """They go on, and do not know that any time has passed."""
        self._signal(signal.SIGCONT)

    def power_cut(self) -> None:
        """Gone without a word: no connection is closed."""
        self.pull()
        self.end()

    def end(self) -> None:
        """Kill whatever runs there."""
        for process in self.running:
            # The child of `unshare`, and all that it started, go with it.
            process.kill()
            process.wait()
        self.running.clear()

    def _signal(self, number: int) -> None:
        for process in self.running:
            for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
                os.kill(int(child), number)


class Switch:
    """`with Switch() as switch:` then `switch.host("w1")`. This machine itself is at `address`."""

    def __init__(self) -> None:
        # Two test runs at once must not meet: the network is made of this process's number.
        number = os.getpid() % 64_000
        self._net = f"10.{77 + number // 256 % 100}.{number % 256}"
        self._name = f"dgb{number}"
        self._number = number
        self.hosts: list[Host] = []
        self.address = f"{self._net}.254"
        self.network = f"{self._net}.0/24"

    def __enter__(self) -> Switch:
        _run("ip", "link", "add", self._name, "type", "bridge")
        _run("ip", "addr", "add", f"{self.address}/24", "dev", self._name)
        _run("ip", "link", "set", self._name, "up")
        return self

    def host(self, name: str) -> Host:
        """One more, on a cable of its own."""
        place = len(self.hosts) + 1
        made = Host(
            name=name,
            space=f"dg{self._number}-{name}",
            address=f"{self._net}.{place}",
            cable=f"dgc{self._number}-{place}",
        )
        inner = f"dgi{self._number}-{place}"
        _run("ip", "netns", "add", made.space)
        self.hosts.append(made)
        _run("ip", "link", "add", made.cable, "type", "veth", "peer", "name", inner, "netns", made.space)
        _run("ip", "link", "set", made.cable, "master", self._name)
        _run("ip", "link", "set", made.cable, "up")
        for command in (
            ("link", "set", "lo", "up"),
            ("addr", "add", f"{made.address}/24", "dev", inner),
            ("link", "set", inner, "up"),
        ):
            _run("ip", "-n", made.space, *command)
        return made

    def __exit__(self, *_: object) -> None:
        for host in self.hosts:
            host.end()
        time.sleep(0.1)
        for host in self.hosts:
            subprocess.run(["ip", "link", "del", host.cable], capture_output=True, check=False)
            subprocess.run(["ip", "netns", "del", host.space], capture_output=True, check=False)
        _run("ip", "link", "del", self._name)
