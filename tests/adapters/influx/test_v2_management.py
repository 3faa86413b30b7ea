"""What is asked of an InfluxDB 2.x to manage it, as it goes over the wire, and what its answers mean."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ha_bridge.adapters.influx import flux
from ha_bridge.adapters.influx.keeper import influx_keeper
from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.adapters.influx.v2_management import InfluxV2Management
from ha_bridge.domain.failures import Refused, Unavailable
from ha_bridge.domain.ports import Keeper
from ha_bridge.domain.retention import (
    FOREVER,
    OWN,
    Alter,
    Found,
    Labels,
    Make,
    Sample,
    Sampling,
    Step,
    Unsample,
    Wanted,
)
from tests.http_double import HttpDouble, Reply, Request, free_port, http_double

HOUR, DAY = 3600, 86_400
HOURLY = Sampling(name="ha_bridge.main.1h.0a1b2c3d", source=OWN, target="1h", every=3600, fields=("value",))
OLD = Labels("sensor", {"entity_id": "old"})


@pytest.fixture
def server() -> Iterator[HttpDouble]:
    with http_double() as double:
        yield double


def keeper(url: str, bucket: str = "home", org: str = "my org") -> InfluxV2Management:
    server = InfluxServer(name="main", url=url, token="s3cret", timeout=5)
    return InfluxV2Management(server, product="InfluxDB 2.7", bucket=bucket, org=org, mark="ha_bridge.main.")


def reply(found: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(found).encode(), {"Content-Type": "application/json"})


def buckets(*lives: tuple[str, int | None], more: bool = False) -> Reply:
    links = {"self": "/api/v2/buckets", **({"next": "/api/v2/buckets?after=x"} if more else {})}
    return reply({"links": links, "buckets": [bucket(name, life) for name, life in lives]})


def bucket(name: str, life: int | None) -> dict[str, Any]:
    rules = [] if life is None else [{"type": "expire", "everySeconds": life}]
    return {"id": f"id of {name}", "orgID": "0123456789abcdef", "name": name, "retentionRules": rules}


def tasks(*names: str) -> Reply:
    found = [
        {"id": f"id of {name}", "orgID": "0123456789abcdef", "name": name, "flux": "x", "status": "active"}
        for name in names
    ]
    return reply({"links": {"self": "/api/v2/tasks"}, "tasks": found})


ORGS = reply({"links": {"self": "/api/v2/orgs"}, "orgs": [{"id": "0123456789abcdef", "name": "my org"}]})


def carried_out(server: HttpDouble, step: Step, *replies: Reply) -> list[Request]:
    server.replies.extend(replies)
    with_keeper = keeper(server.url)
    with_keeper.carry_out(step)
    return server.requests


def asked(request: Request) -> tuple[str, str, Any]:
    return request.method, request.path, json.loads(request.body) if request.body else None


def test_buckets_and_tasks_of_ours_are_found_page_by_page(server: HttpDouble) -> None:
    server.replies.extend(
        [
            buckets(("_monitoring", 7 * DAY), ("home", None), ("homely", 0), more=True),
            buckets(("home/debug", 7 * DAY), ("other/debug", DAY)),
            tasks("ha_bridge.main.1h.0a1b2c3d", "ha_bridge.other.1h.0a1b2c3d", "somebody's"),
        ]
    )
    found = keeper(server.url).found()
    assert found == Found(
        {OWN: 0, "debug": 7 * DAY},
        frozenset({"ha_bridge.main.1h.0a1b2c3d"}),
        frozenset({"ha_bridge.other.1h.0a1b2c3d"}),
    )
    first, second, third = server.requests
    assert (first.path, first.query) == (
        "/api/v2/buckets",
        {"org": "my org", "limit": "100", "offset": "0"},
    )
    assert second.query == {"org": "my org", "limit": "100", "offset": "3"}
    assert (third.path, third.query) == ("/api/v2/tasks", {"org": "my org", "limit": "100"})
    assert {request.headers["authorization"] for request in server.requests} == {"Token s3cret"}


def test_a_server_that_gives_the_first_page_again_and_again_is_not_asked_for_ever(server: HttpDouble) -> None:
    server.replies.extend([buckets(("home", 0), more=True), buckets(("home", 0), more=True), tasks()])
    assert keeper(server.url).found() == Found({OWN: 0})


def test_an_organization_may_be_named_by_its_id(server: HttpDouble) -> None:
    server.replies.extend([buckets(("home", 0)), tasks(), reply(bucket("home/debug", DAY), 201)])
    with_keeper = keeper(server.url, org="0123456789abcdef")
    with_keeper.found()
    with_keeper.carry_out(Make("debug", DAY))
    first, second, made = server.requests
    assert first.query["orgID"] == second.query["orgID"] == "0123456789abcdef"
    assert "org" not in first.query
    assert json.loads(made.body)["orgID"] == "0123456789abcdef"


def test_a_life_for_ever_is_said(server: HttpDouble) -> None:
    _, made = carried_out(server, Make("energy", FOREVER), ORGS, reply(bucket("home/energy", 0), 201))
    [rule] = json.loads(made.body)["retentionRules"]
    assert (rule["everySeconds"], rule["shardGroupDurationSeconds"]) == (0, 7 * DAY)
    server.requests.clear()
    _, changed = carried_out(
        server, Alter(OWN, DAY, FOREVER), buckets(("home", DAY)), reply(bucket("home", 0))
    )
    [rule] = json.loads(changed.body)["retentionRules"]
    assert rule["everySeconds"] == 0


def test_a_bucket_is_made_with_its_life(server: HttpDouble) -> None:
    found, made = carried_out(server, Make("debug", 7 * DAY), ORGS, reply(bucket("home/debug", 7 * DAY), 201))
    assert (found.path, found.query) == ("/api/v2/orgs", {"org": "my org"})
    method, path, body = asked(made)
    assert (method, path) == ("POST", "/api/v2/buckets")
    assert (body["name"], body["orgID"]) == ("home/debug", "0123456789abcdef")
    assert body["retentionRules"] == [
        {"type": "expire", "everySeconds": 7 * DAY, "shardGroupDurationSeconds": DAY}
    ]


def test_a_life_is_changed_and_nothing_else_of_the_bucket(server: HttpDouble) -> None:
    _, changed = carried_out(server, Alter(OWN, 0, DAY), buckets(("home", 0)), reply(bucket("home", DAY)))
    assert asked(changed) == (
        "PATCH",
        "/api/v2/buckets/id%20of%20home",
        {"retentionRules": [{"type": "expire", "everySeconds": DAY, "shardGroupDurationSeconds": 3600}]},
    )


FAILED = (
    b"#datatype,string,string\r\n#group,true,true\r\n#default,,\r\n,error,reference\r\n,no space left,897\r\n"
)


def test_a_summary_that_fails_on_the_way_is_told_and_no_task_is_made(server: HttpDouble) -> None:
    answers = (
        buckets(("home", 0), ("home/1h", 0)),
        tasks(),
        Reply(200, FAILED, {"Content-Type": "text/csv"}),
    )
    with pytest.raises(Refused, match="no space left"):
        carried_out(server, Sample(HOURLY), *answers)
    assert len(server.requests) == len(answers)


def test_a_place_with_a_life_is_summarised_as_far_back_as_it_takes_points(server: HttpDouble) -> None:
    requests = carried_out(
        server,
        Sample(HOURLY),
        buckets(("home", 0), ("home/1h", 30 * DAY)),
        tasks(),
        Reply(200, b"\r\n", {"Content-Type": "text/csv"}),
        ORGS,
        reply({"id": "1", "orgID": "0123456789abcdef", "name": HOURLY.name, "flux": "x"}, 201),
    )
    query = json.loads(requests[2].body)["query"]
    since = int(query.split("start = time(v: ")[1].split(")")[0]) / 1e9
    assert HOUR < since - (time.time() - 30 * DAY) <= 2 * HOUR


def test_where_no_window_is_whole_the_task_alone_is_made(server: HttpDouble) -> None:
    made = reply({"id": "1", "orgID": "0123456789abcdef", "name": HOURLY.name, "flux": "x"}, 201)
    home, there = ("home", HOUR // 2), ("home/1h", 0)
    requests = carried_out(server, Sample(HOURLY), buckets(home, there), tasks(), ORGS, made)
    assert [request.path for request in requests[2:]] == ["/api/v2/orgs", "/api/v2/tasks"]


def test_a_bucket_that_is_gone_meanwhile_is_said(server: HttpDouble) -> None:
    with pytest.raises(Refused, match="the bucket 'home' is gone"):
        carried_out(server, Alter(OWN, 0, DAY), buckets())


def test_what_is_there_is_summarised_before_the_task_is_made(server: HttpDouble) -> None:
    requests = carried_out(
        server,
        Sample(HOURLY),
        buckets(("home", 0), ("home/1h", 0)),
        tasks(),
        Reply(200, b"\r\n", {"Content-Type": "text/csv"}),
        ORGS,
        reply({"id": "1", "orgID": "0123456789abcdef", "name": HOURLY.name, "flux": "x"}, 201),
    )
    query, _, task = requests[2:]
    assert (query.method, query.path, query.query) == ("POST", "/api/v2/query", {"org": "my org"})
    assert json.loads(query.body)["query"] == flux.summarise("home", "home/1h", HOURLY, 0)
    method, path, body = asked(task)
    assert (method, path) == ("POST", "/api/v2/tasks")
    assert (body["flux"], body["status"]) == (flux.task("home", "home/1h", HOURLY), "active")
    assert body["orgID"] == "0123456789abcdef"


def test_what_is_kept_for_a_time_is_summarised_no_further_back(server: HttpDouble) -> None:
    requests = carried_out(
        server,
        Sample(HOURLY),
        buckets(("home", 0), ("home/1h", DAY)),
        tasks(),
        Reply(200, b"\r\n", {"Content-Type": "text/csv"}),
        ORGS,
        reply({"id": "1", "orgID": "0123456789abcdef", "name": HOURLY.name, "flux": "x"}, 201),
    )
    assert "start = time(v: 0)" not in json.loads(requests[2].body)["query"]


def test_a_task_that_is_no_longer_declared_goes(server: HttpDouble) -> None:
    _, gone = carried_out(
        server, Unsample(HOURLY.name), tasks(HOURLY.name, "ha_bridge.main.2h.x"), Reply(204)
    )
    assert asked(gone) == ("DELETE", "/api/v2/tasks/id%20of%20ha_bridge.main.1h.0a1b2c3d", None)


def test_an_entity_is_deleted_from_every_bucket_of_the_sink(server: HttpDouble) -> None:
    server.replies.extend([buckets(("home", 0), ("home/1h", 0)), tasks(), Reply(204), Reply(204)])
    with_keeper = keeper(server.url)
    with_keeper.forget(OLD)
    first, second = server.requests[2:]
    assert {each.query["bucket"] for each in (first, second)} == {"home", "home/1h"}
    assert asked(first) == (
        "POST",
        "/api/v2/delete",
        {
            "start": "1970-01-01T00:00:00Z",
            "stop": "2200-01-01T00:00:00Z",
            "predicate": '_measurement="sensor" AND "entity_id"="old"',
        },
    )
    assert first.query["org"] == "my org"


def test_before_that_the_buckets_and_the_predicate_are_shown(server: HttpDouble) -> None:
    server.replies.extend([buckets(("home", 0)), tasks()])
    assert keeper(server.url).traces(OLD) == ['home: _measurement="sensor" AND "entity_id"="old"']
    assert keeper(server.url).notes(Wanted()) == []


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, r"unauthorized access: check sinks\.main\.token"),
        (403, r"a token that may read and write buckets, tasks and organizations in sinks\.main\.token"),
        (404, r"check sinks\.main\.url and sinks\.main\.org"),
        (422, "unauthorized access"),
    ],
)
def test_a_no_says_what_to_mend(server: HttpDouble, status: int, said: str) -> None:
    server.replies.append(reply({"code": "x", "message": "unauthorized access"}, status))
    with pytest.raises(Refused, match=said):
        keeper(server.url).found()


def test_an_organization_that_is_unknown_is_named(server: HttpDouble) -> None:
    with pytest.raises(Refused, match=r"no organization 'my org': check sinks\.main\.org"):
        carried_out(server, Make(OWN, DAY), reply({"links": {"self": "/api/v2/orgs"}, "orgs": []}))


def test_a_server_in_trouble_and_one_that_is_away_are_said(server: HttpDouble) -> None:
    server.replies.append(reply({"code": "internal error", "message": "no space"}, 500))
    with pytest.raises(Unavailable, match="no space"):
        keeper(server.url).found()
    with pytest.raises(Unavailable, match="refused"):
        keeper(f"http://127.0.0.1:{free_port()}").found()


def test_an_answer_that_is_none_is_refused(server: HttpDouble) -> None:
    server.replies.append(reply({"buckets": 7}))
    with pytest.raises(Refused, match="no InfluxDB 2"):
        keeper(server.url).found()


# The text of Flux


def test_names_stay_text_in_flux() -> None:
    assert flux.string('a "b" \\ ${c}\n') == r'"a \"b\" \\ \${c}\n"'
    assert flux.predicate(Labels("", {"key": 'a"b\\\n'})) == r'"key"="a\"b\\\n"'


def test_a_task_makes_the_last_three_whole_windows_anew() -> None:
    text = flux.task("home", "home/1h", HOURLY)
    assert text.startswith(
        'import "types"\n\noption task = {name: "ha_bridge.main.1h.0a1b2c3d", every: 3600s, offset: 30s}\n\n'
    )
    assert "stop = time(v: int(v: now()) - int(v: now()) % 3600000000000)" in text
    assert "start = time(v: int(v: stop) - 10800000000000)" in text
    assert "\npart3 = data |> " in text
    assert text.count('to(bucket: "home/1h")') == text.count("yield(") == 4
    assert 'fn: max, createEmpty: false, timeSrc: "_start") |> set(key: "_field", value: "value_max")' in text
    assert 'fn: mean, createEmpty: false, timeSrc: "_start") |> set(key: "_field", value: "value")' in text


# Who is asked


def found_keeper(server: HttpDouble, ping: Reply, api: str = "auto", **more: str) -> Keeper:
    server.replies.append(ping)
    names = {"database": "", "retention_policy": "", "bucket": "", "org": "", "mark": "", **more}
    return influx_keeper(InfluxServer(name="main", url=server.url), api=api, **names)


def ping(version: str) -> Reply:
    return Reply(204, headers={"X-Influxdb-Version": version})


@pytest.mark.parametrize(
    ("version", "more", "place"),
    [
        ("1.8.10", {"bucket": "home/year"}, "home/year"),
        ("1.8.10", {"database": "home", "retention_policy": "year"}, "home/year"),
        ("v2.7.1", {"bucket": "home"}, "home"),
        ("v2.7.1", {"database": "home"}, "home"),
    ],
)
def test_who_answers_decides(server: HttpDouble, version: str, more: dict[str, str], place: str) -> None:
    found = found_keeper(server, ping(version), **more)
    assert type(found).__name__ == ("InfluxV1Management" if version.startswith("1") else "InfluxV2Management")
    assert (found.place(OWN), found.place("1h")) == (place, "home/1h")


@pytest.mark.parametrize(("api", "name"), [("v1", "InfluxV1Management"), ("v2", "InfluxV2Management")])
def test_where_nobody_says_who_it_is_the_settings_decide(server: HttpDouble, api: str, name: str) -> None:
    assert type(found_keeper(server, Reply(401), api, bucket="home")).__name__ == name


def test_influxdb_3_says_what_it_cannot_do(server: HttpDouble) -> None:
    found = found_keeper(server, ping("3.2.0"), bucket="home")
    assert found.product == "InfluxDB 3.2.0"
    assert found.found() is None
    notes = found.notes(Wanted({OWN: DAY}, (HOURLY,)))
    assert "--retention-period" in notes[0]
    assert notes[1:] == ["it makes no summaries"]
    assert len(found.notes(Wanted({OWN: DAY}))) == 1
    for call in (found.traces, found.forget):
        with pytest.raises(Refused, match="cannot delete"):
            call(OLD)
    with pytest.raises(Refused, match="cannot be told"):
        found.carry_out(Make(OWN, DAY))
