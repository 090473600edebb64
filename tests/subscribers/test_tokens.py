"""A signed link does one thing, for one reader; every damage to it is the same refusal."""

import base64
import hmac
import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subscribers.tokens import ENDING, LinkClaim, LinkSigner, Purpose, TokenError, TokenOver

OLD, NEW = b"an old key of the tests ---------", b"a new key of the tests ----------"
SIGNER = LinkSigner([OLD, NEW])
NOW = datetime(2022, 4, 8, 5, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=48)


def _sign(purpose: Purpose, subscriber_id: int, list_id: int, version: int) -> str:
    until = LATER if purpose in ENDING else None
    return SIGNER.sign(purpose, subscriber_id, list_id, version, until=until)


_claims = st.tuples(
    st.sampled_from(Purpose), st.integers(1, 2**63 - 1), st.integers(0, 2**63 - 1), st.integers(1, 10**9 - 1)
)


@settings(deadline=None)
@given(_claims)
def test_says_what_was_signed(claim: tuple[Purpose, int, int, int]) -> None:
    purpose, subscriber_id, list_id, version = claim
    token = _sign(purpose, subscriber_id, list_id, version)
    assert set(token) <= set(string.ascii_letters + string.digits + "-_.")
    assert SIGNER.read(purpose, token, NOW) == LinkClaim(
        purpose=purpose,
        subscriber_id=subscriber_id,
        list_id=list_id,
        version=version,
        until=LATER if purpose in ENDING else None,
    )


@settings(deadline=None)
@given(_claims, st.sampled_from(Purpose))
def test_serves_one_purpose(claim: tuple[Purpose, int, int, int], other: Purpose) -> None:
    purpose, *rest = claim
    if other is not purpose:
        with pytest.raises(TokenError):
            SIGNER.read(other, _sign(purpose, *rest), NOW)


@settings(deadline=None)
@given(_claims, st.data())
def test_any_changed_character_is_refused(claim: tuple[Purpose, int, int, int], data: st.DataObject) -> None:
    token = _sign(*claim)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(
        st.one_of(st.characters(), st.sampled_from(string.ascii_letters + string.digits + "-_.")).filter(
            lambda c: c != token[at]
        )
    )
    with pytest.raises(TokenError):
        SIGNER.read(claim[0], token[:at] + other + token[at + 1 :], NOW)


def test_every_last_character_but_the_right_one_is_refused() -> None:
    """Base64 of 32 bytes has two spare bits at its end; they must not make four tokens out of one."""
    token = SIGNER.sign(Purpose.UNSUBSCRIBE, 1, 1, 1)
    accepted = []
    for last in string.ascii_letters + string.digits + "-_":
        try:
            SIGNER.read(Purpose.UNSUBSCRIBE, token[:-1] + last)
        except TokenError:
            continue
        accepted.append(last)
    assert accepted == [token[-1]]


@settings(deadline=None)
@given(st.one_of(st.text(), st.text(string.ascii_letters + string.digits + "-_.", max_size=80)))
def test_noise_is_refused(noise: str) -> None:
    with pytest.raises(TokenError):
        SIGNER.read(Purpose.CONFIRM, noise, NOW)


def test_shorter_longer_and_decorated_tokens_are_refused() -> None:
    token = SIGNER.sign(Purpose.VIEW, 12, 3, 1)
    for wrong in (
        "",
        token[:-1],
        token + "A",
        token + "=",
        token + "\n",
        " " + token,
        "0" + token,
        "+" + token,
        token.replace(".", "..", 1),
        token.replace("12", "١٢", 1),
        token * 1_000,
    ):
        with pytest.raises(TokenError):
            SIGNER.read(Purpose.VIEW, wrong)


def test_every_refusal_looks_the_same() -> None:
    token = _sign(Purpose.ERASE, 1, 0, 1)
    messages = set()
    for purpose, wrong in ((Purpose.ERASE, "x"), (Purpose.VIEW, token), (Purpose.ERASE, "2" + token)):
        with pytest.raises(TokenError) as refused:
            SIGNER.read(purpose, wrong, NOW)
        messages.add((str(refused.value), refused.value.__cause__))
    assert len(messages) == 1


def test_keys_rotate() -> None:
    before = LinkSigner([OLD]).sign(Purpose.UNSUBSCRIBE, 7, 1, 1)
    after = SIGNER.sign(Purpose.UNSUBSCRIBE, 7, 1, 1)
    assert SIGNER.read(Purpose.UNSUBSCRIBE, before).subscriber_id == 7
    assert after == LinkSigner([NEW]).sign(Purpose.UNSUBSCRIBE, 7, 1, 1)
    with pytest.raises(TokenError):
        LinkSigner([NEW]).read(Purpose.UNSUBSCRIBE, before)


@pytest.mark.parametrize("keys", [[], [b""], [b"short"], [NEW, b"short"]])
def test_weak_keys_are_refused(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="key"):
        LinkSigner(keys)


def test_the_signatures_of_old_links_never_change() -> None:
    """Links are in mailboxes for years: this token was signed when the format was made."""
    token = LinkSigner([NEW]).sign(Purpose.UNSUBSCRIBE, 42, 7, 3)
    assert token == "42.7.3.BV5JmwMmiUX7NpiHlrhc7hR0nAPKHNAf6uWhVAsu8CY"
    salted = hmac.digest(NEW, b"subscribers.tokens.unsubscribe", "sha256")
    signature = base64.urlsafe_b64encode(hmac.digest(salted, b"42.7.3", "sha256")).decode().rstrip("=")
    assert token == f"42.7.3.{signature}"


def test_a_link_that_ends_says_so_to_its_owner_only() -> None:
    token = _sign(Purpose.CONFIRM, 7, 1, 1)
    assert SIGNER.read(Purpose.CONFIRM, token, LATER - timedelta(seconds=1)).until == LATER
    with pytest.raises(TokenOver):
        SIGNER.read(Purpose.CONFIRM, token, LATER)
    damaged = token[:-1] + ("A" if token[-1] != "A" else "E")
    with pytest.raises(TokenError) as refused:
        SIGNER.read(Purpose.CONFIRM, damaged, LATER)
    assert not isinstance(refused.value, TokenOver)


def test_the_end_of_a_link_cannot_be_moved_or_left_out() -> None:
    reader, about, version, until, mac = _sign(Purpose.ERASE, 7, 1, 1).split(".")
    for wrong in (f"{reader}.{about}.{version}.{int(until) + 86400}.{mac}", f"{reader}.{about}.{version}.{mac}"):
        with pytest.raises(TokenError):
            SIGNER.read(Purpose.ERASE, wrong, NOW)


def test_whoever_reads_a_link_that_ends_must_know_the_time() -> None:
    with pytest.raises(ValueError, match="ends"):
        SIGNER.read(Purpose.ERASE, _sign(Purpose.ERASE, 7, 1, 1))
    with pytest.raises(ValueError, match="ends"):
        SIGNER.sign(Purpose.ERASE, 7, 1, 1)
    with pytest.raises(ValueError, match="does not end"):
        SIGNER.sign(Purpose.UNSUBSCRIBE, 7, 1, 1, until=LATER)


def test_an_unsubscribe_link_works_after_years_and_new_keys() -> None:
    token = LinkSigner([OLD]).sign(Purpose.UNSUBSCRIBE, 7, 1, 1)
    years_on = LinkSigner([OLD, NEW, b"a third key of the tests --------"])
    assert years_on.read(Purpose.UNSUBSCRIBE, token, NOW + timedelta(days=5 * 365)).subscriber_id == 7
