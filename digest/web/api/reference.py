"""docs/reference/api.md: the scopes and the addresses, written from the table that the routes are made from."""

from __future__ import annotations

from digest.model.api_token import Scope
from digest.web.api.table import ROOT, TABLE

_HEAD = f"""\
# The API for programs

Written from `digest/web/api/table.py` by `docs/reference/write_api.py`; a test walks every address with every scope.
Fields and answers: `{ROOT}/openapi.json` (OpenAPI 3.1), and the same to read at `{ROOT}/docs`. First steps:
[how-to/use-the-api.md](../how-to/use-the-api.md). What is told to you: [webhooks-out.md](webhooks-out.md).

**Tokens.** `digest token create NAME --scope SCOPE …` prints a token once; only its SHA-256 is kept. Send it as
`Authorization: Bearer dgt_…`. It can end (`--expires`). `digest token revoke` ends it from the next request on. No
cookie is read. Every change is in the log as `token NAME`.

**A token that is bound to lists** (`--list`) sees what belongs to them: editions and everything else of other lists are
not there (404), and what concerns all lists is refused (403). Of a reader it sees the address, in lower case, and the
subscriptions to its lists. Name, language, zone and attributes belong to all lists: it does not see them, and what it
sends of them with a sign-up or an enrolment is taken for somebody new only. A segment that asks for what belongs to all
lists, whoever saved it, is refused (403), and comes without its condition in the list of segments. Nor does it learn
whether an address is known elsewhere: readers have numbers of their own (2^52 and more, the same in webhooks of some
lists; a token that is bound to none may ask by them too), come in the order in which they joined, and every answer is
the same for a known address as for a new one. What it cannot help learning: that no mail goes to an address, but not
why, that somebody said no here before and is asked by mail, and, from the numbers of suppressions and editions, how
many others came in between.

**The same rules.** The API calls the functions that the pages and the commands call. A double opt-in list asks the
mailbox first; one letter to an address in 24 hours; nobody who left, was suppressed or erased is revived; a reader's
own unsubscribe can be lifted by the reader alone: who left or was erased is asked by mail, on a single opt-in list too.
`readers:enrol` adds people as confirmed, and asks for evidence; an address that is suppressed on the list is refused
(409), and where nothing changed the answer says why.
The limit of letters for a single client is not asked of a token; those for an address and for all are.

**Pages.** Lists are answered page by page (`limit` up to 200) with `next_cursor`; send it back as `cursor`. Readers,
members and suppressions come in the order of their ids: who was there from the beginning is told exactly once, however
many come meanwhile.

**Once.** A POST with an `Idempotency-Key` is done once: the same request under the same key gets the first answer for
a day, with `Idempotency-Replayed: true`. Another request under it is 422; while the first is at work, 409. A refusal
uses no key up. Answers to POST hold ids and never an address, so that what is kept for this is not personal.

**Limits.** `api.per_minute` requests a minute for each token, counted by each process for itself; `RateLimit` and
`RateLimit-Policy` say what is left, 429 comes with `Retry-After`. A body is 1 MB at most. Sites whose scripts may call
from a browser are named in `api.cors_on`.

**Refusals** are `application/problem+json` (RFC 9457); `errors` names the fields, and never repeats what was sent. A
parameter or a field that is not known is refused (422), not passed over. HEAD answers wherever GET does; OPTIONS says
in `Allow` what an address takes, without a token.

**Kept copies.** Lists, segments, editions and the archive have an `ETag`; `If-None-Match` gets 304. The others say
`no-store`.
"""


def page() -> str:
    """The whole page."""
    lines = [_HEAD, "## Scopes", "", "| scope | allows to |", "|---|---|"]
    lines += [f"| `{scope}` | {scope.says} |" for scope in Scope]
    lines += ["", f"## Addresses, below `{ROOT}`", "", "| | address | what | scopes |", "|---|---|---|---|"]
    for entry in TABLE:
        scopes = ", ".join(f"`{scope}`" for scope in entry.scopes) or "any token"
        whole = "; not bound to lists" if entry.whole else ""
        lines.append(f"| {entry.method} | `{entry.path}` | {entry.says} | {scopes}{whole} |")
    return "\n".join(lines) + "\n"
