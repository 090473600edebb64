"""The suppression lists of Mailgun, Postmark and Amazon SES, as their documentation describes them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.servers.http_door import HttpDoor, Reply, Request
from tests.servers.mailgun_api import DOMAIN


class MailgunListsServer(HttpDoor):
    """`GET /v3/<domain>/bounces` and so on, in pages; `next` names Mailgun's own host, as the real one does."""

    def __init__(self, **lists: list[dict[str, Any]]) -> None:
        super().__init__()
        self.lists = lists

    def answer_to(self, request: Request) -> Reply:
        address = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        name = address.path.rpartition("/")[2]
        if address.path != f"/v3/{DOMAIN}/{name}" or not request.headers["authorization"].startswith("Basic "):
            return Reply(status=404, body={"message": "Domain not found"})
        first, most = int(query.get("p", 0)), int(query["limit"])
        rows = self.lists.get(name, [])[first : first + most]
        following = f"https://api.mailgun.net/v3/{DOMAIN}/{name}?page=next&limit={most}&p={first + most}"
        return Reply(status=200, body={"items": rows, "paging": {"next": following}})


class PostmarkListsServer(HttpDoor):
    """`GET /message-streams/<stream>/suppressions/dump`."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        super().__init__()
        self.rows = rows

    def answer_to(self, request: Request) -> Reply:
        address = urlsplit(request.path)
        if address.path != "/message-streams/broadcast/suppressions/dump":
            return Reply(status=404)
        if request.headers.get("x-postmark-server-token") != "loopback-server-token-not-a-secret":
            return Reply(status=401, body={"ErrorCode": 10, "Message": "Bad or missing API token."})
        since = parse_qs(address.query).get("fromdate", [""])[0]
        return Reply(status=200, body={"Suppressions": [row for row in self.rows if row["CreatedAt"][:10] >= since]})


class SesListsServer(HttpDoor):
    """`GET /v2/email/suppression/addresses`, two entries a page."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        super().__init__()
        self.rows = rows

    def answer_to(self, request: Request) -> Reply:
        address = urlsplit(request.path)
        if address.path != "/v2/email/suppression/addresses" or "ses/aws4" not in request.headers["authorization"]:
            return Reply(status=404, body={"message": "no such operation"})
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        first = int(query.get("NextToken", 0))
        body: dict[str, Any] = {"SuppressedDestinationSummaries": list(self.rows[first : first + 2])}
        if first + 2 < len(self.rows):
            body["NextToken"] = str(first + 2)
        return Reply(status=200, body=body)
