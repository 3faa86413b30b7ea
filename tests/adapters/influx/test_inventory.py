"""What a server says of its field types, over a real wire."""

from collections.abc import Iterator

import pytest

from ha_bridge.adapters.influx.inventory import InfluxInventory
from ha_bridge.adapters.influx.server import InfluxServer
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


def inventory(url: str, **named: str) -> InfluxInventory:
    server = InfluxServer(name="main", url=url, token="t0ken", timeout=2)
    return InfluxInventory(server, **(named or {"bucket": "home/energy"}))


def test_the_types_of_the_fields_are_asked_of_the_bucket(double: HttpDouble) -> None:
    double.replies.append(Reply(200, ANSWER))
    held = inventory(double.url).held(["sensor", 'the "x"', "a\\\nb"])
    assert held == Held({"sensor": {"state": {"string"}, "value": {"float", "integer"}}})
    asked = double.requests[-1]
    assert (asked.path, asked.query["db"]) == ("/query", "home")
    assert asked.query["q"] == (
        r'SHOW FIELD KEYS FROM "energy"."sensor", "energy"."the \"x\"", "energy"."a\\\nb"'
    )
    assert asked.headers["authorization"] == "Token t0ken"


@pytest.mark.parametrize(
    ("version", "named", "database", "asked"),
    [
        ("1.8.10", {"database": "home"}, "home", '"m"'),
        ("1.8.10", {"database": "home", "retention_policy": "year"}, "home", '"year"."m"'),
        ("1.8.10", {"bucket": "home/year"}, "home", '"year"."m"'),
        ("v2.3.0", {"bucket": "home"}, "home", '"m"'),
        ("v2.7.1", {"bucket": "home"}, "home", '"autogen"."m"'),
        ("v2.7.1", {"bucket": "home/energy", "retention_policy": "energy"}, "home", '"energy"."m"'),
        ("v2.7.1", {"database": "home"}, "home", '"m"'),
        ("3.2.0", {"bucket": "home/energy"}, "home/energy", '"m"'),
    ],
)
def test_the_place_is_named_as_each_server_knows_it(
    double: HttpDouble, version: str, named: dict[str, str], database: str, asked: str
) -> None:
    double.replies.clear()
    double.replies.extend([Reply(204, b"", {"X-Influxdb-Version": version}), Reply(200, ANSWER)])
    inventory(double.url, **named).held(["m"])
    query = double.requests[-1].query
    assert (query["db"], query["q"]) == (database, f"SHOW FIELD KEYS FROM {asked}")


@pytest.mark.parametrize("body", [b"", b"[]", b"5", b'{"results": 5}', b'{"results": [{"series": {}}]}'])
def test_an_answer_of_another_shape_tells_nothing(double: HttpDouble, body: bytes) -> None:
    double.replies.append(Reply(200, body))
    assert inventory(double.url).held(["sensor"]) == Held()


@pytest.mark.parametrize("reply", [Reply(500), Reply(503), Reply(drop=True)])
def test_a_server_in_trouble_is_an_error(double: HttpDouble, reply: Reply) -> None:
    double.replies.append(reply)
    with pytest.raises(Unavailable):
        inventory(double.url).held(["sensor"])


NOT_FOUND = b'{"results": [{"statement_id": 0, "error": "database not found: home"}]}'


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(404, b"page not found"), "page not found"),
        (Reply(401, b'{"code": "unauthorized", "message": "unauthorized access"}'), "unauthorized"),
        (Reply(200, NOT_FOUND), "database not found: home: InfluxQL sees a bucket by its DBRP mapping"),
    ],
)
def test_a_server_that_refuses_to_tell_says_why(double: HttpDouble, reply: Reply, said: str) -> None:
    double.replies.append(reply)
    with pytest.raises(Refused, match=said):
        inventory(double.url).held(["sensor"])


def test_a_1x_without_the_database_says_that_alone(double: HttpDouble) -> None:
    double.replies.clear()
    double.replies.extend([Reply(204, b"", {"X-Influxdb-Version": "1.8.10"}), Reply(200, NOT_FOUND)])
    with pytest.raises(Refused, match='create the database "home"'):
        inventory(double.url).held(["sensor"])


def test_a_server_that_is_away_is_an_error() -> None:
    with pytest.raises((Unavailable, Refused)):
        inventory(f"http://127.0.0.1:{free_port()}").held(["sensor"])
