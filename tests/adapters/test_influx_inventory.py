"""What a server says of its field types, over a real wire."""

from collections.abc import Iterator

import pytest

from ha_bridge.adapters.influx_inventory import InfluxInventory
from ha_bridge.adapters.influx_server import InfluxServer
from ha_bridge.domain.failures import Refused, Unavailable
from ha_bridge.domain.field_types import Held
from tests.http_double import HttpDouble, Reply, free_port, http_double

PING = Reply(204, b"", {"X-Influxdb-Version": "v2.7.11"})
ANSWER = (
    b'{"results": [{"series": [{"name": "sensor", "columns": ["fieldKey", "fieldType"], "values": '
    b'[["state", "string"], ["value", "float"], ["value", "integer"]]}, {"name": "x"}, 5]}, {"statement_id": 0}]}'
)


@pytest.fixture
def double() -> Iterator[HttpDouble]:
    with http_double() as double:
        double.replies.append(PING)
        yield double


def inventory(url: str, database: str = "home/autogen") -> InfluxInventory:
    return InfluxInventory(InfluxServer(name="main", url=url, token="t0ken", timeout=2), database)


def test_the_types_of_the_fields_are_asked_of_the_bucket(double: HttpDouble) -> None:
    double.replies.append(Reply(200, ANSWER))
    held = inventory(double.url).held(["sensor", 'the "x"', "a\\\nb"])
    assert held == Held({"sensor": {"state": {"string"}, "value": {"float", "integer"}}})
    asked = double.requests[-1]
    assert (asked.path, asked.query["db"]) == ("/query", "home")
    assert asked.query["q"] == r'SHOW FIELD KEYS FROM "sensor", "the \"x\"", "a\\\nb"'
    assert asked.headers["authorization"] == "Token t0ken"


@pytest.mark.parametrize("body", [b"", b"[]", b"5", b'{"results": 5}', b'{"results": [{"series": {}}]}'])
def test_an_answer_of_another_shape_tells_nothing(double: HttpDouble, body: bytes) -> None:
    double.replies.append(Reply(200, body))
    assert inventory(double.url).held(["sensor"]) == Held()


@pytest.mark.parametrize("reply", [Reply(404, b"page not found"), Reply(401), Reply(403), Reply(500), Reply(drop=True)])  # fmt: skip
def test_a_server_that_does_not_tell_is_an_error(double: HttpDouble, reply: Reply) -> None:
    double.replies.append(reply)
    with pytest.raises(Unavailable):
        inventory(double.url).held(["sensor"])


def test_a_server_that_is_away_is_an_error() -> None:
    with pytest.raises((Unavailable, Refused)):
        inventory(f"http://127.0.0.1:{free_port()}").held(["sensor"])
