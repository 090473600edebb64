"""The contract of `ports.Mailbox`: a Maildir, a small IMAP server, a real Dovecot; then what is each one's own."""

from __future__ import annotations

import mailbox
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from digest.model.errors import ConfigError, Permanent, Transient, Unauthorised
from digest.ports import Mailbox
from digest.providers.bounce_mail import LARGEST
from digest.providers.imap_box import ImapBox
from digest.providers.maildir_box import MaildirBox
from tests.digest.providers.test_smtp import Certificate, certificate
from tests.servers.dovecot import Dovecot, program
from tests.servers.imap_box import PASSWORD, USER, ImapServer

__all__ = ["certificate"]  # a fixture, shared with the tests of SMTP


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A mailbox, a way to put mail in, and how many mails in it are still new."""

    box: Mailbox
    put: Callable[[bytes], None]
    new: Callable[[], int]


def imap(server: ImapServer | Dovecot, **more: object) -> ImapBox:
    given = {"host": "127.0.0.1", "port": server.port, "security": "none", "username": USER, "password": PASSWORD}
    return ImapBox(**(given | {"timeout": 5.0} | more))  # type: ignore[arg-type]


@contextmanager
def on_imap(folder: Path) -> Iterator[Outside]:
    with ImapServer() as server:
        yield Outside(box=imap(server), put=server.put, new=lambda: server.seen().count(False))


@contextmanager
def on_imap_moved(folder: Path) -> Iterator[Outside]:
    with ImapServer(extensions="UIDPLUS") as server:
        yield Outside(
            box=imap(server, done_folder="Read mail"), put=server.put, new=lambda: len(server.folders["INBOX"])
        )


@contextmanager
def on_maildir(folder: Path) -> Iterator[Outside]:
    maildir = mailbox.Maildir(folder / "bounces")

    def put(mail: bytes) -> None:
        maildir.add(mail)

    yield Outside(box=MaildirBox(folder / "bounces"), put=put, new=lambda: len(os.listdir(folder / "bounces" / "new")))


@contextmanager
def on_dovecot(folder: Path) -> Iterator[Outside]:
    with dovecot() as server:
        box = imap(server, timeout=60.0)
        yield Outside(box=box, put=server.put, new=lambda: sum("S" not in flags for flags, _ in server.folder()))


@contextmanager
def on_dovecot_moved(folder: Path) -> Iterator[Outside]:
    with dovecot() as server:
        box = imap(server, timeout=60.0, done_folder="Read mail")
        yield Outside(box=box, put=server.put, new=lambda: len(server.folder()))


def dovecot(**options: object) -> Dovecot:
    """A server of its own, or the reason why there is none."""
    if program() is None:
        pytest.skip("no Dovecot here: install Debian's dovecot-imapd")
    return Dovecot(**options)  # type: ignore[arg-type]


every = pytest.mark.parametrize(
    "outside",
    [on_imap, on_imap_moved, on_dovecot, on_dovecot_moved, on_maildir],
    ids=["imap", "imap, copied away", "dovecot", "dovecot, moved away", "maildir"],
)
World = Callable[[Path], AbstractContextManager[Outside]]


@every
def test_each_mail_is_given_once(outside: World, tmp_path: Path) -> None:
    with outside(tmp_path) as world:
        kept: list[bytes] = []
        assert world.box.take(kept.extend, limit=10) == 0
        for number in range(5):
            world.put(b"Subject: %d\r\n\r\nbody \xff\r\n" % number)
        assert world.box.take(kept.extend, limit=3) == 3
        assert world.new() == 2
        assert world.box.take(kept.extend, limit=3) == 2
        assert world.box.take(kept.extend, limit=3) == 0
        assert sorted(mail.split()[1] for mail in kept) == [b"0", b"1", b"2", b"3", b"4"]
        assert all(b"\xff" in mail for mail in kept), "raw bytes"


@every
def test_what_could_not_be_kept_is_still_new(outside: World, tmp_path: Path) -> None:
    """The commit comes first: a process that dies in between reads the mail again."""

    def fails(_: Sequence[bytes]) -> None:
        raise RuntimeError("the disk is full")

    with outside(tmp_path) as world:
        world.put(b"Subject: 1\r\n\r\n")
        with pytest.raises(RuntimeError, match="disk"):
            world.box.take(fails, limit=10)
        assert world.new() == 1
        kept: list[bytes] = []
        assert world.box.take(kept.extend, limit=10) == 1
        assert len(kept) == 1


@every
def test_of_a_huge_mail_only_the_beginning_is_read(outside: World, tmp_path: Path) -> None:
    with outside(tmp_path) as world:
        world.put(b"Subject: huge\r\n\r\n" + b"x" * 5_000_000)
        kept: list[bytes] = []
        world.box.take(kept.extend, limit=10)
        assert [len(mail) for mail in kept] == [LARGEST]


def test_a_maildir_names_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=r"bounces\.path"):
        MaildirBox(tmp_path / "nowhere").take(lambda _: None, limit=1)


def test_links_folders_and_pipes_in_a_maildir_are_no_mails(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"not a mail")
    new = tmp_path / "box" / "new"
    new.mkdir(parents=True)
    (new / "link").symlink_to(secret)
    (new / "folder").mkdir()
    os.mkfifo(new / "pipe")
    (new / "mail").write_bytes(b"Subject: x\n\n")
    kept: list[bytes] = []
    MaildirBox(tmp_path / "box").take(kept.extend, limit=10)
    assert kept == [b"Subject: x\n\n"]
    assert (tmp_path / "box" / "cur" / "mail:2,S").is_file()


def test_mail_is_marked_and_moved_only_once_it_is_kept() -> None:
    with ImapServer() as server:
        server.put(b"Subject: 1\r\n\r\n", b"Subject: 2\r\n\r\n")
        server.folders["INBOX"][1].flags.add("\\Deleted")
        before: list[list[bool]] = []
        box = imap(server, done_folder="Read mail")
        assert box.take(lambda _: before.append(server.seen()), limit=10) == 1
        assert before == [[False, False]], "fetching does not mark"
        assert [mail.content for mail in server.folders["Read mail"]] == [b"Subject: 1\r\n\r\n"]
        assert len(server.folders["INBOX"]) == 1, "deleted mail of others is left alone"


@pytest.mark.parametrize("command", ["LOGIN", "SELECT", "SEARCH", "FETCH", "STORE"])
def test_a_server_that_hangs_up_is_asked_again(command: str) -> None:
    with ImapServer(break_at=command) as server:
        server.put(b"Subject: 1\r\n\r\n")
        kept: list[bytes] = []
        with pytest.raises(Transient):
            imap(server).take(kept.extend, limit=10)
        assert server.seen() == [False]
        assert imap(server).take(kept.extend, limit=10) == 1
        assert len(kept) == (2 if command == "STORE" else 1), "twice at most, and never not at all"


def test_who_is_not_there_or_knows_us_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Transient, match="not reached"):
        ImapBox(host="127.0.0.1", port=port, security="none", username="x", password="y").take(lambda _: None, limit=1)
    with ImapServer() as server:
        with pytest.raises(Unauthorised, match="DIGEST_BOUNCES__PASSWORD") as found:
            imap(server, password="wrong").take(lambda _: None, limit=1)
        assert "wrong" not in str(found.value)
        with pytest.raises(Permanent, match="Nowhere"):
            imap(server, folder="Nowhere").take(lambda _: None, limit=1)


def test_over_tls_from_the_first_byte_and_by_starttls(certificate: Certificate) -> None:
    for security, given in (("tls", {"tls": certificate.server}), ("starttls", {"starttls": certificate.server})):
        with ImapServer(**given) as server:  # type: ignore[arg-type]
            server.put(b"Subject: 1\r\n\r\n")
            kept: list[bytes] = []
            box = imap(server, security=security, tls_context=certificate.client)
            assert box.take(kept.extend, limit=10) == 1
            assert not any(PASSWORD in command for command in server.commands)


def test_a_certificate_that_nobody_vouches_for_gets_no_password(certificate: Certificate) -> None:
    for security, given in (("tls", {"tls": certificate.server}), ("starttls", {"starttls": certificate.server})):
        with ImapServer(**given) as server:  # type: ignore[arg-type]
            with pytest.raises(Transient):
                imap(server, security=security).take(lambda _: None, limit=1)
            assert not any(command.startswith("LOGIN") for command in server.commands)


def test_dovecot_by_starttls_keeps_bytes_and_refuses_strangers(certificate: Certificate) -> None:
    with dovecot(certificate=certificate.pem) as server:
        hostile = (
            b"Subject: =?utf-8?q?=00?=\r\n\r\n" + bytes(one for one in range(256) if one not in (0, 10, 13)) + b"\r\n"
        )
        server.put(hostile)
        with pytest.raises(Unauthorised):
            imap(server, timeout=60.0, password="wrong").take(lambda _: None, limit=1)
        with pytest.raises(Transient):
            imap(server, timeout=60.0, security="starttls").take(lambda _: None, limit=1)
        kept: list[bytes] = []
        box = imap(
            server, timeout=60.0, security="starttls", tls_context=certificate.client, done_folder="Bounces read"
        )
        assert box.take(kept.extend, limit=10) == 1
        assert kept == [hostile]
        assert server.folder() == []
        assert [flags for flags, _ in server.folder("Bounces read")] == ["S"]


@pytest.mark.parametrize("change", [{"folder": 'INBOX"\r\nx'}, {"done_folder": "Été"}, {"username": ""}])
def test_names_that_would_leave_their_place_are_refused_at_once(change: dict[str, str]) -> None:
    given = {"host": "x", "port": 143, "security": "none", "username": "u", "password": "p"}
    with pytest.raises(ConfigError):
        ImapBox(**(given | change))  # type: ignore[arg-type]
