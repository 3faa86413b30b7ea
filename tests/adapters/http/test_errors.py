"""What each answer of a server means for the points that were sent."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from ha_bridge.adapters.http.answer import Answer
from ha_bridge.adapters.http.errors import LONGEST_REASON, Failure, Target, failure
from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.domain.failures import Refused, Rejected, TooLarge, Unavailable

TOKEN, PASSWORD = "tok-s3cret", "pa55-word"
SERVER = InfluxServer(name="main", url="http://influx:8086/", token=TOKEN)
LOGIN = InfluxServer(name="main", url="http://influx:8086", username="writer", password=PASSWORD)
BUCKET = Target(SERVER, "bucket", "home", "/api/v2/write")
DATABASE = Target(LOGIN, "database", "home", "/write")
LINES = b'm v=1 1\nm v= 2\nm v=3 3\nx,a= v=1 4\nm v="a" 5'

CONFLICT = 'partial write: field type conflict: input field "v" on measurement "m" is type string, already exists as type float'
PAGE = b"<!DOCTYPE html><html><head><title>502 Bad\nGateway</title></head><body>nginx</body></html>"


def judged(
    status: int,
    body: bytes | Mapping[str, object] = b"",
    headers: Mapping[str, str] | None = None,
    target: Target = BUCKET,
    payload: bytes = LINES,
) -> Failure | None:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return failure(Answer.of(status, headers or {}, sent), target, payload)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (204, b""),
        (200, b""),
        (200, b"{}"),
        (200, b'{"results": [{"statement_id": 0}]}'),
        (201, b'{"message": "thanks"}'),
    ],
)
def test_success_is_no_failure(status: int, body: bytes) -> None:
    assert judged(status, body) is None


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, {"error": "unable to parse 'm v= 2': missing field value"}, "missing field value"),
        (400, {"error": CONFLICT + " dropped=1"}, "field type conflict"),
        (
            422,
            {
                "code": "unprocessable entity",
                "message": f"failure writing points to database: {CONFLICT} dropped=1",
            },
            "conflict",
        ),
        (
            500,
            {"code": "internal error", "message": f"unexpected error writing points to database: {CONFLICT}"},
            "conflict",
        ),
        (
            400,
            {"error": "partial write: points beyond retention policy dropped=1"},
            "beyond retention policy",
        ),
        (
            400,
            {
                "error": "partial write of line protocol occurred",
                "data": [{"error_message": "no fields", "line_number": 2}],
            },
            ": no fields",
        ),
        (200, {"error": CONFLICT}, "conflict"),
        (400, b"some words of a server we do not know", "some words"),
        (400, {"error": "unable to parse 'm,org=gzip\\ precision v=': missing field value"}, "missing"),
    ],
)
def test_bad_lines_are_rejected_in_the_servers_own_words(
    status: int, body: dict[str, object], said: str
) -> None:
    found = judged(status, body)
    assert isinstance(found, Rejected)
    assert said in str(found)


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (
            {
                "error": "partial write: unable to parse 'm v= 2': missing field value\nunable to parse 'x,a= v=1 4': missing tag value dropped=0"
            },
            (1, 3),
        ),
        ({"code": "invalid", "message": "unable to parse 'm v= 2': missing field value"}, (1,)),
        ({"error": "unable to parse 'cut short': missing field value"}, ()),
        (
            {
                "error": "partial write of line protocol occurred",
                "data": [
                    {"error_message": "no fields", "line_number": 2},
                    {"error_message": "type", "line_number": 5},
                ],
            },
            (1, 4),
        ),
        (
            {
                "error": "parsing failed for write_lp endpoint",
                "data": {"error_message": "no", "line_number": 4},
            },
            (3,),
        ),
        (
            {
                "error": "partial write of line protocol occurred",
                "data": [{"error_message": "no", "line_number": 6}, {"line_number": "1"}, 7],
            },
            (),
        ),
        ({"error": "partial write: points beyond retention policy dropped=5"}, (0, 1, 2, 3, 4)),
        ({"error": "partial write: points beyond retention policy dropped=4"}, ()),
    ],
)
def test_bad_lines_are_named_as_far_as_the_server_names_them(
    body: dict[str, object], lines: tuple[int, ...]
) -> None:
    found = judged(400, body)
    assert isinstance(found, Rejected)
    assert found.lines == lines


@pytest.mark.parametrize(
    ("status", "body", "target", "said"),
    [
        (
            401,
            {"code": "unauthorized", "message": "unauthorized access"},
            BUCKET,
            "unauthorized access: check sinks.main.token",
        ),
        (
            401,
            {"error": "authorization failed"},
            DATABASE,
            "check sinks.main.username and sinks.main.password",
        ),
        (
            403,
            {"code": "forbidden", "message": "insufficient permissions for write"},
            BUCKET,
            'give sinks.main.token the right to write to bucket "home"',
        ),
        (
            404,
            {"code": "not found", "message": 'bucket "home" not found'},
            BUCKET,
            'create the bucket "home", let sinks.main.token see it, or check sinks.main.bucket',
        ),
        (
            404,
            {"code": "not found", "message": 'organization name "us" not found'},
            BUCKET,
            "check sinks.main.org",
        ),
        (404, {"error": 'database not found: "home"'}, DATABASE, 'create the database "home"'),
        (200, {"error": 'database not found: "home"'}, DATABASE, 'create the database "home"'),
        (500, {"error": "retention policy not found: year"}, DATABASE, "retention policy not found: year"),
        (
            404,
            b"404 page not found",
            BUCKET,
            'it has no /api/v2/write: check sinks.main.url or set sinks.main.api = "v1"',
        ),
        (404, b"", DATABASE, 'it has no /write: check sinks.main.url or set sinks.main.api = "v2"'),
    ],
)
def test_a_refusal_says_what_to_mend(status: int, body: dict[str, object], target: Target, said: str) -> None:
    found = judged(status, body, target=target)
    assert isinstance(found, Refused)
    assert "http://influx:8086: " in str(found)
    assert said in str(found)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": "database is required"}),
        (400, {"code": "invalid", "message": "Please provide either orgID or org"}),
        (
            400,
            {"code": "invalid", "message": "invalid precision; valid precision units are ns, us, ms, and s"},
        ),
        (400, {"code": "invalid", "message": "gzipped HTTP body contains an invalid header"}),
        (400, b"Client sent an HTTP request to an HTTPS server.\n"),
        (400, b'remoteAddr: "127.0.0.1:1"; requestURI: /x/write; unsupported path requested: "/x/write"'),
        (400, PAGE),
        (200, PAGE),
        (405, b""),
        (409, b""),
        (411, b""),
        (415, b""),
        (418, b""),
        (301, b""),
    ],
)
def test_what_is_wrong_with_the_whole_request_costs_no_line(status: int, body: dict[str, object]) -> None:
    found = judged(status, body)
    assert isinstance(found, Refused)
    assert f"/api/v2/write answers {status}: " in str(found)
    assert "check sinks.main.url, sinks.main.org, sinks.main.bucket" in str(found)


def test_a_redirect_names_where_to_without_the_query() -> None:
    found = judged(308, headers={"Location": "https://influx/write?db=home&p=x"}, target=DATABASE)
    assert isinstance(found, Refused)
    assert "redirects to https://influx/write: check sinks.main.url, sinks.main.database" in str(found)


def test_too_large_is_said_so() -> None:
    assert isinstance(judged(413, {"error": "Request Entity Too Large"}), TooLarge)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_what_passes_by_waiting_is_unavailable(status: int) -> None:
    found = judged(status)
    assert isinstance(found, Unavailable)
    assert found.retry_after is None
    assert str(status) in str(found)


def test_a_body_that_broke_off_on_the_way_is_sent_again() -> None:
    assert isinstance(judged(400, {"error": "unexpected EOF"}), Unavailable)


NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": " 1.5 "}, 1.5),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": "86400"}, 3600),
        ({"Retry-After": "inf"}, 3600),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Tue, 99 Nov 2026 06:01:00 GMT"}, None),
        ({"Retry-After": "Tue, 24 Nov 2026 06:01:00 GMT"}, 60),
        ({"Retry-After": "Tue, 24 Nov 2026 06:01:00"}, 60),
        ({"Retry-After": "Tue, 24 Nov 2026 05:00:00 GMT"}, 0),
        ({"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"}, 3600),
        ({"Retry-After": "Thu, 01 Jan 1970 00:01:30 GMT", "Date": "Thu, 01 Jan 1970 00:00:00 GMT"}, 90),
    ],
)
def test_retry_after_is_seconds_or_a_date_within_reason(
    headers: Mapping[str, str], seconds: float | None
) -> None:
    assert Answer.of(429, headers, b"").retry_after(NOW) == seconds


def test_the_wish_to_wait_is_passed_on() -> None:
    found = judged(503, headers={"retry-after": "7"})
    assert isinstance(found, Unavailable)
    assert found.retry_after == 7


@pytest.mark.parametrize(
    ("body", "headers", "words"),
    [
        (b'{"error": "a\\n  b"}', {}, "a b"),
        (b"plain\ntext", {}, "plain text"),
        (b"\xff\xfe", {}, "\ufffd\ufffd"),
        (b"", {"X-Influxdb-Error": "said in a header"}, "said in a header"),
        (b"[1]", {}, "[1]"),
        (b'{"results": [{"error": "said by a query"}]}', {}, "said by a query"),
        (b'{"error": {"deep": 1}}', {}, '{"error": {"deep": 1}}'),
        (PAGE, {}, 'a web page, "502 Bad Gateway"'),
        (b"<html>", {}, "a web page"),
        (b"", {}, "502 Bad Gateway"),
    ],
)
def test_the_words_are_found_wherever_they_are(body: bytes, headers: Mapping[str, str], words: str) -> None:
    assert Answer.of(502, headers, body).words() == words


def test_a_status_without_a_name_is_still_said() -> None:
    assert Answer.of(799, {}, b"").words() == "status 799"


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 413, 418, 422, 429, 500])
@pytest.mark.parametrize("target", [BUCKET, DATABASE])
def test_no_failure_tells_a_secret_or_grows_without_limit(status: int, target: Target) -> None:
    echo = {
        "error": f"unable to parse '{TOKEN} {PASSWORD}': " + "x" * 470 + f"{TOKEN}{PASSWORD}" + "y" * 9999
    }
    found = judged(
        status, echo, headers={"Location": f"http://{TOKEN}{PASSWORD}" + "/" * 9999}, target=target
    )
    secret = target.server.token or target.server.password
    assert secret[:4] not in str(found)
    assert len(str(found)) < LONGEST_REASON * 2 + 400


def test_credentials_in_the_url_are_used_and_never_shown() -> None:
    server = InfluxServer(name="main", url="https://writer:pa%2F55@influx:8086/proxy/?x=1")
    assert server.base == "https://influx:8086/proxy"
    assert server.login == ("writer", "pa/55")
    assert server.masked("said pa/55") == "said ***"
    assert repr(server) == "<main at https://influx:8086/proxy>"


def test_a_url_without_a_scheme_is_plain_http() -> None:
    assert InfluxServer(name="main", url="influx:8086").base == "http://influx:8086"


def test_the_words_for_credentials_fit_those_in_use() -> None:
    both = InfluxServer(name="a", url="x", token=TOKEN, username="u", password="p")
    assert both.credentials() == "sinks.a.token"
    assert both.authorization() == {"Authorization": f"Token {TOKEN}"}
    assert InfluxServer(name="a", url="x").authorization() == {}
    assert InfluxServer(name="a", url="x", username="ü", password="p:ß").authorization() == {
        "Authorization": "Basic w7w6cDrDnw=="
    }


def test_a_token_that_would_break_the_header_is_refused() -> None:
    assert InfluxServer(name="a", url="x", token=" tok\n").authorization() == {"Authorization": "Token tok"}
    with pytest.raises(Refused, match=r"sinks\.a\.token contains a control character"):
        InfluxServer(name="a", url="x", token="tok\r\nX: y").authorization()
