"""Words of a refusal: a mailbox that is gone is told from a relay that has had enough of us."""

from __future__ import annotations

import pytest

from digest.providers.smtp_words import is_about_reader, is_no_relay_for_us

MAILBOX = [
    "550 5.1.1 <>: Recipient address rejected: User unknown in relay recipient table",
    "550 5.1.1 <>: Recipient address rejected: User unknown in virtual mailbox table",
    "550-5.1.1 The email account that you tried to reach does not exist.",
    "552 5.2.2 The email account that you tried to reach is over quota",
    "452-5.2.2 mailbox full",
    "550 5.5.0 Requested action not taken: mailbox unavailable",
    "550 5.2.1 The email account that you tried to reach is inactive.",
    "554 delivery error: This user doesn't have an account: no such user",
    "550 5.1.1 host relay.example.org said: user unknown",
]
US = [
    "550 5.4.5 Daily user sending quota exceeded.",
    "554 5.2.252 SendAsDenied; brief not allowed to send as news",
    "550 Your account has been disabled, contact support",
    "554 5.2.2 Submission quota exceeded for this account",
    "550 5.1.1 Recipient address rejected: Daily limit reached",
    "550 5.1.8 <>: Sender address rejected: Domain not found",
    "550 5.2.2 Message rate limit exceeded for this mailbox",
    "550 5.1.2 Recipient address rejected: too many recipients today",
    "552 5.2.3 Message length exceeds administrative limit",
    "550 5.7.1 user unknown or not allowed",
]


@pytest.mark.parametrize("words", MAILBOX)
def test_a_mailbox_is_about_the_reader(words: str) -> None:
    assert is_about_reader(words)
    assert not is_no_relay_for_us(words)


@pytest.mark.parametrize("words", US)
def test_a_quota_or_a_sender_is_never_about_a_reader(words: str) -> None:
    assert not is_about_reader(words)


@pytest.mark.parametrize(
    "words",
    [
        "554 5.7.1 <>: Relay access denied",
        "550 relaying denied",
        "550 5.7.1 Unable to relay",
        "550 5.1.1 we do not relay, user unknown",
        "550 not a mail-relay: relay not permitted",
    ],
)
def test_who_does_not_relay_says_so_in_many_words(words: str) -> None:
    assert is_no_relay_for_us(words)
