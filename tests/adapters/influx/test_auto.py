"""Finding out which API a server speaks, over a real wire."""

from collections.abc import Iterator

import pytest

from ha_bridge.adapters.influx import lines as influx_lines
from ha_bridge.adapters.influx.auto import InfluxAuto
from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.domain.failures import Refused, Rejected, Unavailable
from tests.http_double import HttpDouble, Reply, free_port, http_double
from tests.making import point

POINTS = [point(1), point(2)]
LINES = b"m value=1 1000\nm value=1 2000"


@pytest.fixture
def double() -> Iterator[HttpDouble]:
    with http_double() as double:
        yield double


def server(url: str, token: str = "") -> InfluxServer:
    return InfluxServer(name="main", url=url, token=token, timeout=5)


PING_1_6 = Reply(204, b"", {"X-Influxdb-Version": "1.6.7~rc0"})
PING_1_8 = Reply(204, b"", {"X-Influxdb-Version": "1.8.10"})
PING_2 = Reply(204, b"", {"X-Influxdb-Version": "v2.7.11"})
PING_3 = Reply(200, b'{"version": "3.2.1"}', {"X-Influxdb-Version": "3.2.1"})
PING_VICTORIA = Reply(204, b"", {"X-Server-Hostname": "vm"})
PING_HIDDEN = Reply(401, b'{"error": "no"}')
PAGE_OF_A_PROXY = b"<html><title>Bad Gateway</title></html>"
V1, V2 = "/write", "/api/v2/write"
DATABASE, BUCKET = {"database": "home"}, {"bucket": "home/year"}


@pytest.mark.parametrize(
    ("ping", "settings", "path", "where"),
    [
        (PING_1_6, DATABASE, V1, {"db": "home"}),
        (PING_1_6, BUCKET, V1, {"db": "home", "rp": "year"}),
        (PING_1_8, DATABASE, V1, {"db": "home"}),
        (PING_1_8, BUCKET, V2, {"bucket": "home/year"}),
        (PING_2, DATABASE, V1, {"db": "home"}),
        (PING_2, {**DATABASE, "org": "us"}, V2, {"bucket": "home", "org": "us"}),
        (PING_2, {**BUCKET, "org": "us"}, V2, {"bucket": "home/year", "org": "us"}),
        (PING_3, DATABASE, V2, {"bucket": "home"}),
        (PING_3, BUCKET, V2, {"bucket": "home/year"}),
        (PING_VICTORIA, DATABASE, V1, {"db": "home"}),
        (PING_VICTORIA, BUCKET, V2, {"bucket": "home/year"}),
        (PING_HIDDEN, DATABASE, V1, {"db": "home"}),
        (PING_HIDDEN, BUCKET, V2, {"bucket": "home/year"}),
    ],
)
def test_the_api_is_the_one_the_server_speaks_and_the_settings_are_made_for(
    double: HttpDouble, ping: Reply, settings: dict[str, str], path: str, where: dict[str, str]
) -> None:
    double.replies.append(ping)
    sink = InfluxAuto(server(double.url, token="t"), **settings)
    sink.deliver(sink.encode(POINTS))
    sink.deliver(LINES)
    asked, first, second = double.requests
    assert (asked.method, asked.path, asked.headers["authorization"]) == ("GET", "/ping", "Token t")
    assert first.path == second.path == path
    assert where.items() <= first.query.items()
    sink.close()


def test_a_server_that_is_down_at_the_start_is_asked_when_it_is_there(double: HttpDouble) -> None:
    away = InfluxAuto(server(f"http://127.0.0.1:{free_port()}"), database="home")
    with pytest.raises(Unavailable, match="Connection refused"):
        away.deliver(LINES)
    away.close()
    double.replies.extend([Reply(502, PAGE_OF_A_PROXY), PING_1_6])
    sink = InfluxAuto(server(double.url), database="home")
    with pytest.raises(Unavailable, match="Bad Gateway"):
        sink.deliver(LINES)
    sink.deliver(LINES)
    assert [request.path for request in double.requests] == ["/ping", "/ping", "/write"]


@pytest.mark.parametrize("trouble", [Reply(503), Reply(404)])
def test_after_trouble_the_server_is_asked_anew(double: HttpDouble, trouble: Reply) -> None:
    double.replies.extend([PING_1_6, trouble, PING_2])
    sink = InfluxAuto(server(double.url), bucket="home", org="us")
    with pytest.raises((Unavailable, Refused)):
        sink.deliver(LINES)
    sink.deliver(LINES)
    assert [request.path for request in double.requests] == ["/ping", "/write", "/ping", "/api/v2/write"]


def test_rejected_lines_are_no_reason_to_ask_anew(double: HttpDouble) -> None:
    double.replies.extend([PING_1_6, Reply(400, b"partial write")])
    sink = InfluxAuto(server(double.url), database="home")
    with pytest.raises(Rejected):
        sink.deliver(LINES)
    sink.deliver(LINES)
    assert [request.path for request in double.requests] == ["/ping", "/write", "/write"]


def test_a_web_page_in_place_of_a_server_is_refused(double: HttpDouble) -> None:
    double.replies.append(Reply(200, b"<!doctype html><title>Grafana</title>"))
    with pytest.raises(Refused, match=r'/ping answers 200: a web page, "Grafana": check sinks\.main\.url'):
        InfluxAuto(server(double.url), database="home").deliver(LINES)


def test_auto_encodes_and_cuts_as_its_sinks_do() -> None:
    sink = InfluxAuto(server("http://nowhere"), database="home")
    assert sink.split(sink.encode(POINTS), 1) == influx_lines.split(LINES, 1)
