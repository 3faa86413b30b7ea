"""As much of an InfluxDB 2's management API as is written down, with a memory: no server of that kind can be had here.

https://docs.influxdata.com/influxdb/v2/api/v2/ (buckets, tasks, orgs, query, delete).
"""

import json
from itertools import count
from typing import Any
from urllib.parse import unquote

from tests.http_double import HttpDouble, Reply, Request

Json = dict[str, Any]
ORG = {"id": "0123456789abcdef", "name": "my org"}


class Influx2Double(HttpDouble):
    """Buckets and tasks by id. A task's name is read from the option in its Flux, as the server does."""

    def __init__(self) -> None:
        super().__init__()
        self.buckets: dict[str, Json] = {}
        self.tasks: dict[str, Json] = {}
        self.deleted: list[Json] = []
        self._ids = count(1)

    def lives(self) -> dict[str, int]:
        rules = {each["name"]: each["retentionRules"] for each in self.buckets.values()}
        return {name: found[0]["everySeconds"] if found else 0 for name, found in rules.items()}

    def names(self) -> list[str]:
        """Of the tasks."""
        return [task["name"] for task in self.tasks.values()]

    def reply_to(self, request: Request) -> Reply:
        _, _, rest = request.path.partition("/api/v2/")
        kind, _, number = unquote(rest).partition("/")
        body = json.loads(request.body) if request.body else {}
        if request.path == "/ping":
            return Reply(204, headers={"X-Influxdb-Version": "v2.7.1"})
        match request.method, kind:
            case "GET", _:
                return self._page(kind, request)
            case "POST", "query":
                return Reply(200, b"\r\n", {"Content-Type": "text/csv"})
            case "POST", "buckets" | "tasks":
                return self._made(kind, body)
            case "PATCH", _:
                self.buckets[number] |= body
                return _json(200, self.buckets[number])
            case "POST", _:
                self.deleted.append({**body, "bucket": request.query["bucket"]})
            case _:
                del self._of(kind)[number]
        return Reply(204)

    def _page(self, kind: str, request: Request) -> Reply:
        """Give two at a time, whatever is asked for: who does not turn the page misses the rest."""
        if kind == "orgs":
            return _json(200, {"links": {"self": "/"}, "orgs": [ORG]})
        ids = sorted(self._of(kind))
        after, offset = request.query.get("after", ""), int(request.query.get("offset", "0"))
        page = [each for each in ids if each > after][offset : offset + 2]
        more: Json = {"next": "/"} if page and page[-1] != ids[-1] else {}
        links: Json = {"self": "/", **more}
        return _json(200, {"links": links, kind: [self._of(kind)[each] for each in page]})

    def _made(self, kind: str, body: Json) -> Reply:
        number = f"{next(self._ids):016x}"
        if kind == "buckets" and body["name"] in self.lives():
            return _json(
                422, {"code": "conflict", "message": f"bucket with name {body['name']} already exists"}
            )
        name = body["name"] if kind == "buckets" else body["flux"].split('name: "')[1].split('"')[0]
        self._of(kind)[number] = {**body, "id": number, "orgID": body["orgID"], "name": name}
        return _json(201, self._of(kind)[number])

    def _of(self, kind: str) -> dict[str, Json]:
        return self.buckets if kind == "buckets" else self.tasks


def _json(status: int, found: object) -> Reply:
    return Reply(status, json.dumps(found).encode(), {"Content-Type": "application/json"})
