"""A `digest` that is started already: each command of a page is a fork of one process that has loaded the program.

`python -m tests.docs.warm SOCKET` waits there. A start takes a second of the processor and the pages hold a hundred
commands; that a fresh process works is tested elsewhere. The child that a command runs in has the caller's arguments,
folder, environment and files, and its signals come to it.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
import traceback
from pathlib import Path

import digest
from digest.cli import main

CLIENT = """#!{python} -IS
import json, os, signal, socket, sys
door = socket.socket(socket.AF_UNIX)
door.connect({socket!r})
said = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(door, [len(said).to_bytes(8, "big")], [0, 1, 2])
door.sendall(said)
child = int.from_bytes(door.recv(8, socket.MSG_WAITALL), "big")
for one in (signal.SIGTERM, signal.SIGINT):
    signal.signal(one, lambda number, _: os.kill(child, number))
code = door.recv(1)
sys.exit(code[0] if code else 70)
"""
"""What a shell starts: it hands over what it was given, and ends as the command ends."""


def wait(place: Path) -> None:
    """Serve until stdin ends: whoever started this holds the other end."""
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(place))
    door.listen()
    if os.fork() == 0:
        # Watches over the end of the test, in a process of its own: the one that forks must have one thread only.
        door.close()
        sys.stdin.buffer.read()
        os.kill(os.getppid(), signal.SIGTERM)
        os._exit(0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    while True:
        caller, _ = door.accept()
        if os.fork() == 0:
            door.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _serve(caller)
        caller.close()


def _serve(caller: socket.socket) -> None:
    """One call, in a process of its own that forks the command: somebody has to hear how it ended."""
    size, files, _, _ = socket.recv_fds(caller, 8, 3)
    said = json.loads(_exactly(caller, int.from_bytes(size, "big")))
    child = os.fork()
    if child == 0:
        caller.close()
        _become(files, *said)
    for one in files:
        os.close(one)
    caller.sendall(child.to_bytes(8, "big"))
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    caller.sendall(bytes([code if code >= 0 else 128 - code]))
    os._exit(0)


def _become(files: list[int], arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    for number, one in enumerate(files):
        os.dup2(one, number)
        os.close(one)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["digest", *arguments]
    code = 70
    try:
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001  # said where the interpreter would say it
        traceback.print_exc()
        code = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _exactly(caller: socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        part = caller.recv(size - len(found))
        if not part:
            raise EOFError("the caller hung up")
        found += part
    return bytes(found)


_LATE = ("scipy.sparse", "networkx", "trafilatura", "alembic.command", "alembic.autogenerate", "uvicorn.lifespan.on")
"""What the program loads when it is needed."""


def load() -> None:
    """Every module of the program, and what they load later."""
    for one in pkgutil.walk_packages(digest.__path__, "digest."):
        if not one.name.endswith("__main__") and ".migrations." not in one.name:
            importlib.import_module(one.name)
    for name in _LATE:
        importlib.import_module(name)


if __name__ == "__main__":
    load()
    wait(Path(sys.argv[1]))
