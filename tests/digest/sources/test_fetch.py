"""The one HTTP door, against a real server on loopback: bounds, politeness, and nowhere but where it may go."""

from __future__ import annotations

import gzip
import itertools
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from digest.model.errors import NotAsked, Permanent, Transient
from digest.sources.fetch import Fetcher, Limits, Validators
from digest.sources.guard import Guard
from digest.sources.pace import Pace
from tests.digest.sources.webserver import Answer, Asked, Site, running

AGENT = "digest/0.1 (+https://digest.example/about)"
QUICK = Limits(connect_s=1.0, read_s=0.5, request_s=1.0, source_s=2.0, max_bytes=100_000, retries=0)
"""For servers that are slow on purpose; all others may be as slow as a busy machine makes them."""
PATIENT = replace(QUICK, connect_s=30.0, read_s=30.0, request_s=60.0, source_s=120.0)


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as site:
        yield site


def fetcher(
    site: Site, *, limits: Limits = PATIENT, robots: bool = False, pauses: list[float] | None = None
) -> Fetcher:
    waited: list[float] = [] if pauses is None else pauses
    guard = Guard(trusted={f"127.0.0.1:{site.port}"})
    pace = Pace(interval=0.0)
    return Fetcher(user_agent=AGENT, guard=guard, limits=limits, pace=pace, robots=robots, sleep=waited.append)


def test_a_page_comes_whole_with_what_it_says_of_itself(site: Site) -> None:
    headers = {
        "Content-Type": "text/xml; charset=ISO-8859-1",
        "ETag": '"v1"',
        "Last-Modified": "Fri, 08 Apr 2022 09:00:00 GMT",
    }
    site.answers["/feed?a=1&b=2"] = Answer(headers=headers, body=b"<rss/>")
    fetched = fetcher(site).get(f"{site.root}/feed?a=1&b=2#part")
    assert fetched.content == b"<rss/>"
    assert fetched.charset == "ISO-8859-1"
    assert fetched.url == f"{site.root}/feed?a=1&b=2"
    assert fetched.validators == Validators(etag='"v1"', last_modified="Fri, 08 Apr 2022 09:00:00 GMT")
    assert not fetched.unchanged
    (asked,) = site.asked
    assert asked.headers["user-agent"] == AGENT
    assert asked.headers["host"] == f"127.0.0.1:{site.port}"
    assert "cookie" not in asked.headers
    assert "if-none-match" not in asked.headers


def test_an_unchanged_page_is_a_success_without_content(site: Site) -> None:
    site.answers["/"] = Answer(status=304)
    before = Validators(etag='W/"x"', last_modified="yesterday")
    fetched = fetcher(site).get(f"{site.root}/", validators=before)
    assert fetched.unchanged
    assert fetched.content == b""
    assert fetched.validators == before
    assert site.asked[0].headers["if-none-match"] == 'W/"x"'
    assert site.asked[0].headers["if-modified-since"] == "yesterday"


def test_cookies_and_proxies_of_the_environment_play_no_part(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    site.answers["/a"] = Answer(status=302, headers={"Location": "/b", "Set-Cookie": "a=b"})
    site.answers["/b"] = Answer(body=b"ok", headers={"Set-Cookie": "c=d"})
    door = fetcher(site)
    door.get(f"{site.root}/a")
    assert door.get(f"{site.root}/b").content == b"ok"
    assert all("cookie" not in asked.headers for asked in site.asked)


def test_redirects_are_followed_and_a_lasting_one_is_told(site: Site) -> None:
    site.answers["/a"] = Answer(status=301, headers={"Location": "/b"})
    site.answers["/b"] = Answer(status=308, headers={"Location": f"{site.root}/c"})
    site.answers["/c"] = Answer(body=b"here")
    site.answers["/t"] = Answer(status=302, headers={"Location": "/c"})
    fetched = fetcher(site).get(f"{site.root}/a")
    assert (fetched.content, fetched.url, fetched.moved_to) == (b"here", f"{site.root}/c", f"{site.root}/c")
    assert fetcher(site).get(f"{site.root}/t").moved_to is None


def test_redirects_end(site: Site) -> None:
    site.answers["/loop"] = Answer(status=302, headers={"Location": "/loop"})
    with pytest.raises(Permanent, match="more than 5 redirects"):
        fetcher(site).get(f"{site.root}/loop")
    assert len(site.asked) == 6


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "http://127.0.0.1/",
        "http://127.0.0.1:{other}/",
        "http://localhost:{port}/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://017700000001/",
        "http://inside.example.org/",
        "https://inside.example.org:8443/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://user:word@127.0.0.1:{port}/",
        "",
        "http://[",
    ],
)
def test_a_redirect_leads_nowhere_inside(site: Site, target: str) -> None:
    place = target.format(port=site.port, other=site.port + 1)
    site.answers["/a"] = Answer(status=302, headers={"Location": place})
    guard = Guard(
        resolve=lambda host, port: ("10.0.0.7",) if "inside" in host else (host,), trusted={f"127.0.0.1:{site.port}"}
    )
    door = Fetcher(user_agent=AGENT, guard=guard, limits=PATIENT, pace=Pace(interval=0.0), robots=False)
    with pytest.raises(Permanent):
        door.get(f"{site.root}/a")
    assert site.paths() == ["/a"]


def test_a_name_is_looked_up_once_and_what_was_checked_is_dialled(site: Site) -> None:
    """A second look-up would give another answer (rebinding): it is never made."""
    answers = iter([("127.0.0.1",), ("10.0.0.1",), ("10.0.0.1",)])
    guard = Guard(resolve=lambda host, port: next(answers), trusted={f"feeds.example:{site.port}"})
    site.answers["/x"] = Answer(body=b"ok")
    door = Fetcher(user_agent=AGENT, guard=guard, limits=PATIENT, pace=Pace(interval=0.0), robots=False)
    assert door.get(f"http://feeds.example:{site.port}/x").content == b"ok"
    assert site.asked[0].headers["host"] == f"feeds.example:{site.port}"
    assert len(list(answers)) == 2


def test_the_next_address_is_tried_where_one_does_not_answer(site: Site) -> None:
    guard = Guard(resolve=lambda host, port: ("127.0.0.2", "127.0.0.1"), trusted={f"feeds.example:{site.port}"})
    site.answers["/x"] = Answer(body=b"ok")
    door = Fetcher(user_agent=AGENT, guard=guard, limits=PATIENT, pace=Pace(interval=0.0), robots=False)
    assert door.get(f"http://feeds.example:{site.port}/x").content == b"ok"


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, Permanent), (410, Permanent), (403, Permanent), (500, Transient), (503, Transient), (429, Transient)],
)
def test_statuses_are_told_apart(site: Site, status: int, error: type[Exception]) -> None:
    site.answers["/secret"] = Answer(status=status)
    with pytest.raises(error, match=f"answered {status}"):
        fetcher(site).get(f"{site.root}/secret")


def test_retry_after_is_read(site: Site) -> None:
    site.answers["/a"] = Answer(status=503, headers={"Retry-After": "120"})
    then = datetime.now(UTC) + timedelta(seconds=300)
    site.answers["/b"] = Answer(status=429, headers={"Retry-After": f"{then:%a, %d %b %Y %H:%M:%S} GMT"})
    with pytest.raises(Transient) as seconds:
        fetcher(site).get(f"{site.root}/a")
    with pytest.raises(Transient) as instant:
        fetcher(site).get(f"{site.root}/b")
    assert seconds.value.retry_after == 120.0
    assert instant.value.retry_after is not None
    assert 0 < instant.value.retry_after <= 300


def test_passing_failures_are_tried_again_and_lasting_ones_are_not(site: Site) -> None:
    tries = itertools.count(1)
    site.answers["/a"] = lambda asked: Answer(status=503) if next(tries) < 3 else Answer(body=b"at last")
    pauses: list[float] = []
    limits = Limits(request_s=2.0, source_s=20.0, retries=2)
    assert fetcher(site, limits=limits, pauses=pauses).get(f"{site.root}/a").content == b"at last"
    assert len(pauses) == 2
    assert 0.25 <= pauses[0] <= 0.75 <= pauses[1] * 1.5
    with pytest.raises(Permanent):
        fetcher(site, limits=limits).get(f"{site.root}/none")
    assert site.paths().count("/none") == 1


def test_a_long_retry_after_is_left_to_the_caller(site: Site) -> None:
    site.answers["/a"] = Answer(status=503, headers={"Retry-After": "3600"})
    pauses: list[float] = []
    with pytest.raises(Transient):
        fetcher(site, limits=Limits(retries=2), pauses=pauses).get(f"{site.root}/a")
    assert pauses == []
    assert len(site.asked) == 1


def drip() -> Iterator[bytes]:
    while True:
        time.sleep(0.03)
        yield b"x"


def test_a_server_that_drips_is_given_up_at_the_deadline(site: Site) -> None:
    site.answers["/drip"] = Answer(body=drip)
    start = time.perf_counter()
    with pytest.raises(Transient, match=r"no answer in time|longer than"):
        fetcher(site, limits=QUICK).get(f"{site.root}/drip")
    assert time.perf_counter() - start < 10.0


def test_headers_that_drip_are_given_up_at_the_deadline() -> None:
    """Every byte comes well within the read timeout; only the deadline ends it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def drip_headers() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not over.wait(0.05):
                    connection.sendall(b"X-A: b\r\n")

        thread = threading.Thread(target=drip_headers)
        thread.start()
        port = server.getsockname()[1]
        guard = Guard(trusted={f"127.0.0.1:{port}"})
        door = Fetcher(user_agent=AGENT, guard=guard, limits=QUICK, pace=Pace(interval=0.0), robots=False)
        start = time.perf_counter()
        try:
            with pytest.raises(Transient, match="no answer in time"):
                door.get(f"http://127.0.0.1:{port}/")
            assert time.perf_counter() - start < 10.0
        finally:
            over.set()
            thread.join()


def test_a_server_that_says_nothing_is_given_up(site: Site) -> None:
    release = threading.Event()

    def silent(asked: Asked) -> Answer:
        release.wait(20)
        return Answer()

    site.answers["/silent"] = silent
    start = time.perf_counter()
    try:
        with pytest.raises(Transient, match="no answer in time"):
            fetcher(site, limits=QUICK).get(f"{site.root}/silent")
    finally:
        release.set()
    assert time.perf_counter() - start < 10.0, "given up by us, not by the server"


def test_an_endless_body_is_cut_at_the_cap(site: Site) -> None:
    site.answers["/endless"] = Answer(body=lambda: itertools.repeat(b"<item/>" * 1000))
    with pytest.raises(Permanent, match="larger than 100,000"):
        fetcher(site).get(f"{site.root}/endless")


def test_a_body_that_says_that_it_is_too_large_is_not_read(site: Site) -> None:
    site.answers["/large"] = Answer(body=bytes(100_001))
    with pytest.raises(Permanent, match="100,001 bytes"):
        fetcher(site).get(f"{site.root}/large")


def ten_gigabytes_of_zeros() -> Iterator[bytes]:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    yield squeeze.compress(b"")
    block = squeeze.compress(bytes(10_000_000)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    yield block
    plain = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    again = plain.compress(bytes(10_000_000)) + plain.flush(zlib.Z_FULL_FLUSH)
    for _ in range(1_000):
        yield again


def test_a_gzip_bomb_stops_at_the_cap_in_little_time_and_memory(site: Site) -> None:
    chunks = list(itertools.islice(ten_gigabytes_of_zeros(), 40))
    site.answers["/bomb"] = Answer(
        headers={"Content-Encoding": "gzip"}, body=lambda: itertools.chain(chunks, itertools.repeat(chunks[-1]))
    )
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(Permanent, match="larger than"):
        fetcher(site, limits=Limits(retries=0)).get(f"{site.root}/bomb")
    took = time.process_time() - start
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 1.0
    assert peak < 50_000_000


def test_compressed_bodies_are_read(site: Site) -> None:
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    site.answers["/gzip"] = Answer(headers={"Content-Encoding": "gzip"}, body=gzip.compress(b"hello" * 100))
    site.answers["/zlib"] = Answer(headers={"Content-Encoding": "deflate"}, body=zlib.compress(b"hello"))
    site.answers["/raw"] = Answer(headers={"Content-Encoding": "deflate"}, body=raw.compress(b"hello") + raw.flush())
    door = fetcher(site)
    assert door.get(f"{site.root}/gzip").content == b"hello" * 100
    assert door.get(f"{site.root}/zlib").content == b"hello"
    assert door.get(f"{site.root}/raw").content == b"hello"


def test_damaged_and_unasked_encodings_are_refused(site: Site) -> None:
    whole = gzip.compress(bytes(range(256)) * 50)
    site.answers["/cut"] = Answer(headers={"Content-Encoding": "gzip"}, body=whole[: len(whole) // 2])
    site.answers["/bad"] = Answer(headers={"Content-Encoding": "gzip"}, body=b"no gzip at all")
    site.answers["/br"] = Answer(headers={"Content-Encoding": "br"}, body=b"x")
    site.answers["/twice"] = Answer(headers={"Content-Encoding": "gzip, gzip"}, body=gzip.compress(whole))
    door = fetcher(site)
    with pytest.raises(Transient, match="broke off"):
        door.get(f"{site.root}/cut")
    for path, reason in (("/bad", "damaged"), ("/br", "did not ask"), ("/twice", "did not ask")):
        with pytest.raises(Permanent, match=reason):
            door.get(site.root + path)


def test_a_connection_that_nobody_takes_is_transient(site: Site) -> None:
    guard = Guard(trusted={"127.0.0.1:9"})
    door = Fetcher(user_agent=AGENT, guard=guard, limits=PATIENT, pace=Pace(interval=0.0), robots=False)
    with pytest.raises(Transient, match="connection failed"):
        door.get("http://127.0.0.1:9/")


@pytest.mark.parametrize(
    "url", ["", "feed", "ftp://a.example.org/", "http://", "http://a b/", "http://u:p@a.example.org/", "javascript:1"]
)
def test_what_is_no_web_address_is_refused(site: Site, url: str) -> None:
    with pytest.raises(Permanent) as caught:
        fetcher(site).get(url)
    assert "u:p" not in str(caught.value)


def test_errors_name_no_query_because_it_may_hold_a_key(site: Site) -> None:
    with pytest.raises(Permanent) as caught:
        fetcher(site).get(f"{site.root}/feed?token=hush")
    assert "hush" not in str(caught.value)
    assert "/feed" in str(caught.value)


def test_robots_txt_is_asked_once_and_obeyed(site: Site) -> None:
    site.answers["/robots.txt"] = Answer(body=b"User-agent: *\nDisallow: /private")
    site.answers["/open"] = Answer(body=b"ok")
    door = fetcher(site, robots=True)
    assert door.get(f"{site.root}/open").content == b"ok"
    with pytest.raises(Permanent, match=r"robots\.txt"):
        door.get(f"{site.root}/private/x")
    assert [asked.path for asked in site.asked] == ["/robots.txt", "/open"]


@pytest.mark.parametrize(("status", "allowed"), [(404, True), (403, True), (200, True), (500, False), (429, False)])
def test_a_missing_robots_txt_allows_and_a_failing_one_does_not(site: Site, status: int, allowed: bool) -> None:
    site.answers["/robots.txt"] = Answer(status=status)
    site.answers["/open"] = Answer(body=b"ok")
    if allowed:
        assert fetcher(site, robots=True).get(f"{site.root}/open").content == b"ok"
    else:
        with pytest.raises(Transient, match=r"robots\.txt"):
            fetcher(site, robots=True).get(f"{site.root}/open")


def test_requests_to_one_host_keep_their_distance(site: Site) -> None:
    site.answers["/"] = Answer(body=b"ok")
    guard = Guard(trusted={f"127.0.0.1:{site.port}"})
    door = Fetcher(user_agent=AGENT, guard=guard, limits=Limits(), pace=Pace(interval=0.15), robots=False)
    threads = [threading.Thread(target=door.get, args=(f"{site.root}/",)) for _ in range(4)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.perf_counter() - start >= 0.44
    assert len(site.asked) == 4


def gets(door: Fetcher, addresses: Sequence[str]) -> list[object]:
    """What each get gave, all of them at once: content, or the error."""
    found: list[object] = []

    def get(address: str) -> None:
        try:
            found.append(door.get(address).content)
        except Transient as error:
            found.append(error)

    threads = [threading.Thread(target=get, args=(address,)) for address in addresses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_robots_txt_is_fetched_once_for_all_who_wait_and_in_a_turn_of_its_own(site: Site) -> None:
    site.answers["/robots.txt"] = Answer(body=b"")
    site.answers["/"] = Answer(body=b"")
    guard = Guard(trusted={f"127.0.0.1:{site.port}"})
    limits = Limits(source_s=3.0, request_s=3.0, retries=0)
    turns: list[float] = []
    # Their turns together take longer than a source has: waiting in our own queue is held against nobody.
    door = Fetcher(user_agent=AGENT, guard=guard, limits=limits, pace=Pace(interval=0.6, sleep=noting(turns)))
    assert gets(door, [f"{site.root}/"] * 6) == [b""] * 6
    assert [asked.path for asked in site.asked].count("/robots.txt") == 1
    # Seven turns: the first waits for nothing, and what waits is told apart from a server that is slow to answer.
    assert len(turns) == 6


def noting(turns: list[float]) -> Callable[[float], None]:
    """A real sleep that remembers how often, and for how long, somebody waited for a turn."""

    def sleep(seconds: float) -> None:
        turns.append(seconds)
        time.sleep(seconds)

    return sleep


def test_a_failing_robots_txt_is_everybodys_and_not_asked_by_each(site: Site) -> None:
    def slow(asked: Asked) -> Answer:
        time.sleep(0.2)
        return Answer(status=503)

    site.answers["/robots.txt"] = slow
    found = gets(fetcher(site, robots=True), [f"{site.root}/"] * 5)
    assert all(isinstance(error, Transient) for error in found)
    assert len(site.asked) == 1


def test_the_pace_is_the_hosts_whatever_the_port(site: Site) -> None:
    with running() as other:
        for one in (site, other):
            one.answers["/"] = Answer(body=b"ok")
        guard = Guard(trusted={f"127.0.0.1:{site.port}", f"127.0.0.1:{other.port}"})
        door = Fetcher(user_agent=AGENT, guard=guard, pace=Pace(interval=0.2), robots=False)
        began = time.perf_counter()
        assert gets(door, [f"{site.root}/", f"{other.root}/"]) == [b"ok", b"ok"]
    assert time.perf_counter() - began >= 0.19


def test_waiting_for_the_turn_is_not_held_against_the_server(site: Site) -> None:
    site.answers["/"] = Answer(body=b"ok")
    guard = Guard(trusted={f"127.0.0.1:{site.port}"})
    limits = Limits(request_s=2.0, source_s=60.0, retries=0)
    door = Fetcher(user_agent=AGENT, guard=guard, limits=limits, pace=Pace(interval=2.2), robots=False)
    assert [door.get(f"{site.root}/").content for _ in range(2)] == [b"ok"] * 2


def test_a_host_that_too_many_wait_for_is_left_to_the_next_collect(site: Site) -> None:
    guard = Guard(trusted={f"127.0.0.1:{site.port}"})
    site.answers["/"] = Answer(body=b"ok")
    limits = Limits(queue_s=2.0)
    door = Fetcher(user_agent=AGENT, guard=guard, limits=limits, pace=Pace(interval=30.0), robots=False)
    door.get(f"{site.root}/")
    with pytest.raises(NotAsked, match="too many requests are waiting"):
        door.get(f"{site.root}/")


def certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return path


def test_tls_is_spoken_to_the_name_and_not_to_the_address(tmp_path: Path) -> None:
    """The address that was checked is dialled; name in the handshake and certificate are the URL's."""
    path = certificate(tmp_path, "feeds.example")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    names: list[str | None] = []
    server.sni_callback = lambda sock, name, context: names.append(name)
    trusting = ssl.create_default_context(cafile=str(path))

    def resolve(host: str, port: int) -> Sequence[str]:
        return ("127.0.0.1",)

    with running(server) as site:
        site.answers["/x"] = Answer(body=b"secure")
        trusted = {f"feeds.example:{site.port}", f"other.example:{site.port}"}
        guard = Guard(resolve=resolve, trusted=trusted)
        door = Fetcher(
            user_agent=AGENT, guard=guard, limits=PATIENT, pace=Pace(interval=0), robots=False, ssl_context=trusting
        )
        assert door.get(f"https://feeds.example:{site.port}/x").content == b"secure"
        with pytest.raises(Permanent, match="certificate is not valid"):
            door.get(f"https://other.example:{site.port}/x")
        plain = Fetcher(user_agent=AGENT, guard=guard, limits=PATIENT, pace=Pace(interval=0), robots=False)
        with pytest.raises(Permanent, match="certificate is not valid"):
            plain.get(f"https://feeds.example:{site.port}/x")
    assert names[0] == "feeds.example"
