"""Mails that come back: delivery reports, complaints, old formats, answers of people and machines, hostile ones."""

from __future__ import annotations

RETURNED = """\
From: The World Brief <brief@digest.example>
To: ann@inbox.example
Subject: Rockets hit Kramatorsk station
Message-ID: <{key}@digest.example>
List-ID: The World Brief <world.digest.example>
"""


def dsn(
    key: str = "",
    *,
    action: str = "failed",
    status: str = "5.1.1",
    said: str = "smtp; 550 5.1.1 user unknown",
    to: str = "bounces@digest.example",
    returned: str = "message/rfc822",
    blocks: int = 1,
) -> bytes:
    """A delivery status notification as Postfix writes it; the key stands in the returned message, if anywhere."""
    block = (
        "Final-Recipient: rfc822; ann@inbox.example\nOriginal-Recipient: rfc822;ann@inbox.example\n"
        f"Action: {action}\nStatus: {status}\nRemote-MTA: dns; mx.inbox.example\nDiagnostic-Code: {said}\n\n"
    )
    body = "\n\nHello\n" if returned == "message/rfc822" else "\n"
    return (
        f"Return-Path: <>\nReceived: by mail.digest.example (Postfix); Sun, 22 Nov 2026 06:10:00 +0000\n"
        f"From: Mail Delivery System <MAILER-DAEMON@mail.digest.example>\nTo: {to}\n"
        "Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
        "Message-ID: <20261122061000.1234@mail.digest.example>\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\n\n'
        "--B\nContent-Type: text/plain\n\nI'm sorry to have to inform you.\n\n"
        "--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mail.digest.example\n"
        "Arrival-Date: Sun, 22 Nov 2026 06:00:00 +0000 (UTC)\n\n"
        f"{block * blocks}"
        f"--B\nContent-Type: {returned}\n\n{RETURNED.format(key=key or 'none-of-ours')}{body}--B--\n"
    ).encode()


def arf(key: str, *, kind: str = "abuse") -> bytes:
    """A complaint of a feedback loop (RFC 5965, appendix B)."""
    return (
        "Received: from fbl.inbox.example; Sun, 22 Nov 2026 07:00:00 +0000\n"
        "From: <abusedesk@inbox.example>\nTo: <fbl@digest.example>\nSubject: FW: Rockets hit Kramatorsk station\n"
        'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary="B"\n\n'
        "--B\nContent-Type: text/plain\n\nThis is an email abuse report.\n\n"
        f"--B\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\nUser-Agent: SomeGenerator/1.0\n"
        "Version: 1\nOriginal-Mail-From: <bounces@digest.example>\nSource-IP: 192.0.2.1\n\n"
        "--B\nContent-Type: message/rfc822\nContent-Disposition: inline\n\n"
        f"{RETURNED.format(key=key)}\nHello\n\n--B--\n"
    ).encode()


def qmail(key: str, words: str = "Sorry, no mailbox here by that name. (#5.1.1)") -> bytes:
    """qmail's own format, from before RFC 3464."""
    return (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.inbox.example\nTo: bounces@digest.example\n"
        "Subject: failure notice\nDate: Sun, 22 Nov 2026 06:20:00 +0000\n\n"
        "Hi. This is the qmail-send program at mx.inbox.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        f"<ann@inbox.example>:\n{words}\n\n--- Below this line is a copy of the message.\n\n"
        f"{RETURNED.format(key=key)}\nHello\n"
    ).encode()


def away(to: str, *, subject: str = "Automatic reply: Rockets hit Kramatorsk station") -> bytes:
    """Somebody is on holiday. It goes to the return path, so it carries the key."""
    return (
        f"Return-Path: <>\nFrom: Ann <ann@inbox.example>\nTo: {to}\nSubject: {subject}\nAuto-Submitted: auto-replied\n"
        "Date: Sun, 22 Nov 2026 06:30:00 +0000\n\nI am away. In urgent cases: user unknown, no such user 5.1.1.\n"
    ).encode()


def answer(to: str) -> bytes:
    """A person writes back."""
    return (
        f"From: Ann <ann@inbox.example>\nTo: {to}\nSubject: Re: Rockets hit Kramatorsk station\n"
        "Date: Sun, 22 Nov 2026 06:40:00 +0000\n\nThank you, that was useful.\n"
    ).encode()
