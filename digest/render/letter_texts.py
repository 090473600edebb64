"""What each letter says: our own words in the reader's language, around addresses and numbers, and nothing else.

No stranger's text stands in a letter to a stranger: whoever enters somebody's address on our page gets no line of
theirs into that mailbox. Such letters take addresses of ours and numbers only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from digest.model.letter import DeskLetter, Kind
from digest.render.words import Words
from subscribers.model import LetterKind


class Field(StrEnum):
    """What a value of a letter is, and so what may stand in it."""

    URL = "url"
    """An http(s) address of ours."""
    NUMBER = "number"
    """Digits."""
    TEXT = "text"
    """Words of our own programs, for our own people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterText:
    """A letter's words, in reading order; every text is one paragraph."""

    subject: str
    preheader: str
    title: str
    paragraphs: tuple[str, ...]
    button: str = ""
    url: str = ""
    fine: tuple[str, ...] = ()
    """What stands below the button, smaller."""
    reason: str = ""
    """Why this came: the first line of the footer."""
    links: tuple[tuple[str, str], ...] = ()
    """(words, address) in the footer."""
    latest: str = ""
    """Stands above the latest edition, where one is enclosed."""


Values = Mapping[str, str]


def _confirm(words: Words, name: str, values: Values) -> LetterText:
    say = words.say
    return LetterText(
        subject=say("Please confirm: %(name)s", name=name),
        preheader=say("One click, and it comes. Without it you will get nothing more from us."),
        title=say("Do you want %(name)s?", name=name),
        paragraphs=(say("Somebody, we hope you, asked for %(name)s to be sent to this address.", name=name),),
        button=say("Yes, send it to me"),
        url=values["url"],
        fine=(
            _hours(words, values),
            say("If you did not ask for this, do nothing: we will not write again, and the address is forgotten."),
        ),
        reason=say("You get this one mail because this address was entered on our page."),
    )


def _links(words: Words, name: str, values: Values) -> LetterText:
    say = words.say
    return LetterText(
        subject=say("You are on the list of %(name)s", name=name),
        preheader=say("Nothing needs doing. Here is the way to your own page."),
        title=say("You are on the list already."),
        paragraphs=(
            say("This address was entered on our page. It gets %(name)s already, and nothing has changed.", name=name),
            say("On your own page you can choose what you get, pause it, or leave."),
        ),
        button=say("Choose what you get"),
        url=values["preferences"],
        fine=(say("Keep it to yourself: whoever has the link can change what you get."),),
        reason=say("You get this one mail because this address was entered on our page."),
        links=((say("Unsubscribe"), values["unsubscribe"]),),
    )


def _welcome(words: Words, name: str, values: Values) -> LetterText:
    say = words.say
    return LetterText(
        subject=say("Welcome to %(name)s", name=name),
        preheader=say("From now on it comes to this address."),
        title=say("Welcome."),
        paragraphs=(
            say("You are on the list of %(name)s. From now on it comes to this address.", name=name),
            say("You can choose its sections, its hour and its language whenever you like."),
        ),
        button=say("Choose what you get"),
        url=values["preferences"],
        reason=say("You get this mail because you signed up for %(name)s.", name=name),
        links=((say("Choose what you get"), values["preferences"]), (say("Unsubscribe"), values["unsubscribe"])),
        latest=say("So that you need not wait, here is the latest edition."),
    )


def _goodbye(words: Words, name: str, values: Values) -> LetterText:
    say = words.say
    return LetterText(
        subject=say("You have left %(name)s", name=name),
        preheader=say("This is the last mail."),
        title=say("Goodbye."),
        paragraphs=(
            say("You will get no more mails of %(name)s at this address. This is the last one.", name=name),
            say("If that was a mistake, or if you miss it, you can sign up again."),
        ),
        button=say("Sign up again"),
        url=values["url"],
        reason=say("You get this mail because you unsubscribed from %(name)s.", name=name),
    )


def _address(words: Words, name: str, values: Values) -> LetterText:
    say = words.say
    return LetterText(
        subject=say("Please confirm your new address"),
        preheader=say("One click, and your mails come here."),
        title=say("Is this your new address?"),
        paragraphs=(say("Somebody, we hope you, asked for %(name)s to come to this address instead.", name=name),),
        button=say("Yes, this is my address"),
        url=values["url"],
        fine=(_hours(words, values), say("If you did not ask for this, do nothing: nothing changes.")),
        reason=say("You get this one mail because this address was entered on our page."),
    )


def _moved(words: Words, name: str, values: Values) -> LetterText:
    say = words.say
    return LetterText(
        subject=say("Your address was changed"),
        preheader=say("If that was not you, you can take it back."),
        title=say("Your address was changed."),
        paragraphs=(
            say("%(name)s comes to another address from now on; it was asked for with your own link.", name=name),
            words.count(
                "If that was not you, you can take it back within %(count)s day.",
                "If that was not you, you can take it back within %(count)s days.",
                int(values["days"]),
            ),
        ),
        button=say("Take it back"),
        url=values["url"],
        reason=say("You get this mail because this was the address of your subscription."),
    )


def _export(words: Words, name: str, values: Values) -> LetterText:
    say = words.say
    return LetterText(
        subject=say("Your data are ready"),
        preheader=say("Everything that we keep about you, in one file."),
        title=say("Your data are ready."),
        paragraphs=(say("Everything that we keep about you can be downloaded as one file."),),
        button=say("Download my data"),
        url=values["url"],
        fine=(_hours(words, values), say("Keep it to yourself: whoever has the link can read your data.")),
        reason=say("You get this mail because your data were asked for with your own link."),
    )


def _erase(words: Words, name: str, values: Values) -> LetterText:
    say = words.say
    return LetterText(
        subject=say("Please confirm: erase my data"),
        preheader=say("It cannot be undone."),
        title=say("Shall we erase everything?"),
        paragraphs=(
            say("Somebody, we hope you, asked us to erase everything that we keep about you. It cannot be undone."),
        ),
        button=say("Erase my data"),
        url=values["url"],
        fine=(_hours(words, values), say("If you did not ask for this, do nothing: nothing is erased.")),
        reason=say("You get this mail because it was asked for with your own link."),
    )


def _sign_in(words: Words, name: str, values: Values) -> LetterText:
    say = words.say
    return LetterText(
        subject=say("Your way into the desk"),
        preheader=say("The link works once, within 15 minutes, in the browser that asked for it."),
        title=say("Sign in to the desk."),
        paragraphs=(say("Somebody, we hope you, asked to sign in to the desk of %(name)s.", name=name),),
        button=say("Sign in"),
        url=values["url"],
        fine=(
            say("The link works once, within 15 minutes, in the browser that asked for it."),
            say("If you did not ask for this, do nothing: nobody gets in without this mail and that browser."),
        ),
        reason=say("You get this mail because you work at the desk of %(name)s.", name=name),
    )


def _device(words: Words, name: str, values: Values) -> LetterText:
    say = words.say
    return LetterText(
        subject=say("A new sign-in to the desk of %(name)s", name=name),
        preheader=say("If it was you, there is nothing to do."),
        title=say("Was it you?"),
        paragraphs=(
            say("Somebody signed in to the desk as you, with a browser that was not used for it before."),
            say("%(browser)s, at %(time)s.", browser=values["browser"], time=values["time"]),
        ),
        button=say("Look at my sessions"),
        url=values["url"],
        fine=(
            say("If it was you, there is nothing to do."),
            say("If it was not, end that session there, and ask an admin for a new invitation: it ends all the rest."),
        ),
        reason=say("You get this mail because you work at the desk of %(name)s.", name=name),
    )


def _trial(words: Words, name: str, values: Values) -> LetterText:
    say = words.say
    return LetterText(
        subject=say("A test: does mail of %(name)s arrive?", name=name),
        preheader=say("It does. Bring its code back to the desk."),
        title=say("It arrived."),
        paragraphs=(
            say("The code of this test: %(code)s", code=values["code"]),
            say("Look where it lies: among your mail, or among the junk? Then bring the code back to the desk."),
        ),
        button=say("Bring it back"),
        url=values["url"],
        reason=say("You get this mail because you work at the desk of %(name)s.", name=name),
    )


def _ready(words: Words, name: str, values: Values) -> LetterText:
    say = words.say
    stories = words.count("%(count)s story", "%(count)s stories", int(values["stories"]))
    blockers = words.count("%(count)s blocker", "%(count)s blockers", int(values["blockers"]))
    warnings = words.count("%(count)s warning", "%(count)s warnings", int(values["warnings"]))
    return LetterText(
        subject=say("%(edition)s is ready", edition=values["edition"]),
        preheader=values["subject"],
        title=say("%(edition)s is ready", edition=values["edition"]),
        paragraphs=(values["subject"], f"{stories} · {blockers} · {warnings}", _rule(words, values)),
        button=say("Open it on the desk"),
        url=values["url"],
        reason=say("You get this mail because you edit %(name)s.", name=name),
    )


def _rule(words: Words, values: Values) -> str:
    """What happens when nobody acts; `rule` is the newsletter's own."""
    blocked = int(values["blockers"]) > 0
    if values["rule"] == "hold":
        return words.say("If nobody approves it by %(time)s, it is held.", time=values["time"])
    if values["rule"] == "send_if_checks_pass" and blocked:
        return words.say("A check forbids it: if nobody acts by %(time)s, it is held.", time=values["time"])
    return words.say("If nobody acts, it goes out at %(time)s.", time=values["time"])


def _alert(words: Words, name: str, values: Values) -> LetterText:
    say = words.say
    return LetterText(
        subject=f"[{name}] {values['what']}",
        preheader=values["next"],
        title=values["what"],
        paragraphs=(
            values["why"],
            say("Next step: %(step)s", step=values["next"]),
            say("Noticed at %(time)s.", time=values["time"]),
        ),
        button=say("Look at it"),
        url=values["url"],
        reason=say("You get this mail because you run %(name)s.", name=name),
    )


def _hours(words: Words, values: Values) -> str:
    return words.count(
        "The link works for %(count)s hour.", "The link works for %(count)s hours.", int(values["hours"])
    )


_LINK = {"url": Field.URL}
_OWN_LINKS = {"preferences": Field.URL, "unsubscribe": Field.URL}
_PASSING_LINK = {"url": Field.URL, "hours": Field.NUMBER}

FIELDS: dict[Kind, Mapping[str, Field]] = {
    LetterKind.CONFIRM: _PASSING_LINK,
    LetterKind.LINKS: _OWN_LINKS,
    LetterKind.WELCOME: _OWN_LINKS,
    LetterKind.GOODBYE: _LINK,
    LetterKind.ADDRESS: _PASSING_LINK,
    LetterKind.MOVED: {"url": Field.URL, "days": Field.NUMBER},
    LetterKind.EXPORT: _PASSING_LINK,
    LetterKind.ERASE: _PASSING_LINK,
    DeskLetter.SIGN_IN: _LINK,
    DeskLetter.DEVICE: {"url": Field.URL, "browser": Field.TEXT, "time": Field.TEXT},
    DeskLetter.TRIAL: {"url": Field.URL, "code": Field.NUMBER},
    DeskLetter.READY: {
        "url": Field.URL,
        "edition": Field.TEXT,
        "subject": Field.TEXT,
        "stories": Field.NUMBER,
        "blockers": Field.NUMBER,
        "warnings": Field.NUMBER,
        "rule": Field.TEXT,
        "time": Field.TEXT,
    },
    DeskLetter.ALERT: {
        "url": Field.URL,
        "what": Field.TEXT,
        "why": Field.TEXT,
        "next": Field.TEXT,
        "time": Field.TEXT,
    },
}
"""The values that each letter takes: all of them, and no others."""

TEXTS: dict[Kind, Callable[[Words, str, Values], LetterText]] = {
    LetterKind.CONFIRM: _confirm,
    LetterKind.LINKS: _links,
    LetterKind.WELCOME: _welcome,
    LetterKind.GOODBYE: _goodbye,
    LetterKind.ADDRESS: _address,
    LetterKind.MOVED: _moved,
    LetterKind.EXPORT: _export,
    LetterKind.ERASE: _erase,
    DeskLetter.SIGN_IN: _sign_in,
    DeskLetter.DEVICE: _device,
    DeskLetter.TRIAL: _trial,
    DeskLetter.READY: _ready,
    DeskLetter.ALERT: _alert,
}
"""How each letter is worded, from our words, the newsletter's name and the values."""
