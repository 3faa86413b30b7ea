"""Buckets, tasks and deletion of an InfluxDB 2.x: all that this program asks of its management API.

Through influxdb-client's own services, so that a request is what InfluxData thinks it is.
https://docs.influxdata.com/influxdb/v2/api/v2/
"""

# mypy: allow-untyped-calls

import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

import msgspec
from influxdb_client.client.bucket_api import BucketsApi
from influxdb_client.client.delete_api import DeleteApi
from influxdb_client.client.flux_csv_parser import FluxCsvParserException, FluxQueryException
from influxdb_client.client.organizations_api import OrganizationsApi
from influxdb_client.client.tasks_api import TasksApi
from influxdb_client.domain.bucket_retention_rules import BucketRetentionRules
from influxdb_client.domain.patch_bucket_request import PatchBucketRequest
from influxdb_client.domain.post_bucket_request import PostBucketRequest
from influxdb_client.domain.task_create_request import TaskCreateRequest
from influxdb_client.rest import ApiException
from influxdb_client.service.buckets_service import BucketsService

from ha_bridge.adapters.http.answer import Answer
from ha_bridge.adapters.http.unreachable import NETWORK_ERRORS, unreachable
from ha_bridge.adapters.influx import flux
from ha_bridge.adapters.influx.influxql import shard_seconds
from ha_bridge.adapters.influx.management_errors import refusal
from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.adapters.influx.v2 import opened, refusal_of
from ha_bridge.domain.failures import Refused
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
    beginning,
    sorted_out,
)

PATIENCE = 3600.0
"""Seconds that summing up all there is may take."""
PAGE = 100
"""Buckets and tasks are listed so many at a time: the most the API gives of buckets."""
DESCRIPTION = "made by ha-bridge retention apply"
ALL_TIME = ("1970-01-01T00:00:00Z", "2200-01-01T00:00:00Z")

_ID = re.compile("[0-9a-f]{16}")

T = TypeVar("T")


class InfluxV2Management:
    """Keeper. Places are the buckets `<bucket>/<place>`, which InfluxQL sees as retention policies of `<bucket>`."""

    def __init__(self, server: InfluxServer, *, product: str, bucket: str, org: str, mark: str) -> None:
        self.product = product
        self._server = server
        self._bucket = bucket
        self._org = org
        self._mark = mark
        self._client = opened(server)
        self._patient = opened(msgspec.structs.replace(server, timeout=max(server.timeout, PATIENCE)))
        self._patient.org = org

    def place(self, name: str) -> str:
        return f"{self._bucket.partition('/')[0]}/{name}" if name else self._bucket

    def found(self) -> Found:
        lives = {bucket.name: _life(bucket) for bucket in self._asked(self._buckets)}
        begin = self.place(" ").rstrip()
        places = {name.removeprefix(begin): life for name, life in lives.items() if name.startswith(begin)}
        own = {OWN: lives[self._bucket]} if self._bucket in lives else {}
        return Found({**places, **own}, *sorted_out(map(_name, self._asked(self._tasks)), self._mark))

    def notes(self, wanted: Wanted) -> list[str]:
        del wanted
        return []

    def carry_out(self, step: Step) -> None:
        match step:
            case Make():
                self._asked(lambda: self._make(step))
            case Alter():
                self._asked(lambda: self._alter(step))
            case Sample():
                self._asked(lambda: self._sample(step.sampling))
            case Unsample():
                self._asked(lambda: self._unsample(step.name))

    def traces(self, labels: Labels) -> list[str]:
        """Name the buckets and the predicate: counting what is there would take longer than deleting it."""
        return [f"{bucket}: {flux.predicate(labels)}" for bucket in self._places()]

    def forget(self, labels: Labels) -> None:
        for bucket in self._places():
            self._asked(partial(self._delete, bucket, flux.predicate(labels)))

    def _delete(self, bucket: str, predicate: str) -> None:
        DeleteApi(self._patient).delete(*ALL_TIME, predicate, bucket, self._org)

    def _places(self) -> list[str]:
        return [self.place(name) for name in self.found().lives]

    def _make(self, step: Make) -> None:
        request = PostBucketRequest(
            org_id=self._org_id(),
            name=self.place(step.place),
            description=DESCRIPTION,
            retention_rules=_rules(step.life),
        )
        BucketsApi(self._client).create_bucket(bucket=request)

    def _alter(self, step: Alter) -> None:
        name = self.place(step.place)
        bucket = next((each for each in self._buckets() if each.name == name), None)
        if bucket is None:
            raise Refused(f"{self._server.base}: the bucket {name!r} is gone")
        request = PatchBucketRequest(retention_rules=_rules(step.life))
        BucketsService(self._client.api_client).patch_buckets_id(bucket.id, request)

    def _sample(self, sampling: Sampling) -> None:
        """First what is there, then what comes: a task that is there says that all is summed up."""
        source, target = self.place(sampling.source), self.place(sampling.target)
        lives = self.found().lives
        source_life, target_life = (lives.get(each, FOREVER) for each in (sampling.source, sampling.target))
        now = int(time.time())
        since = beginning(now, sampling.every, source_life, target_life)
        if since < now - now % sampling.every:  # an empty range is an error
            # To its end: who hangs up ends the query, and what goes wrong on the way is said in the body.
            self._patient.query_api().query(flux.summarise(source, target, sampling, since))
        request = TaskCreateRequest(
            org_id=self._org_id(),
            status="active",
            flux=flux.task(source, target, sampling),
            description=DESCRIPTION,
        )
        TasksApi(self._client).create_task(task_create_request=request)

    def _unsample(self, name: str) -> None:
        for task in [each for each in self._tasks() if each.name == name]:
            TasksApi(self._client).delete_task(task.id)

    def _buckets(self) -> list[Any]:
        """Turn the pages by offset: 2.0 knows no `after` where the organization is named, and would begin anew for ever."""
        found: dict[str, Any] = {}
        more = True
        while more:
            page = BucketsApi(self._client).find_buckets(**self._of_org(), limit=PAGE, offset=len(found))
            fresh = {bucket.id: bucket for bucket in page.buckets if bucket.id not in found}
            found |= fresh
            more = bool(fresh) and page.links.next is not None
        return list(found.values())

    def _tasks(self) -> list[Any]:
        tasks: Iterator[Any] = TasksApi(self._client).find_tasks_iter(**self._of_org(), limit=PAGE)
        return list(tasks)

    def _of_org(self) -> dict[str, str]:
        """Choose by name or id, as writing does, which takes either under one name."""
        return {"org_id" if _ID.fullmatch(self._org) else "org": self._org}

    def _org_id(self) -> str:
        if _ID.fullmatch(self._org):
            return self._org
        found = OrganizationsApi(self._client).find_organizations(org=self._org) if self._org else []
        if not found:
            raise Refused(
                f"{self._server.base}: no organization {self._org!r}: check {self._server.key('org')}"
            )
        return str(found[0].id)

    def _asked(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except ApiException as error:
            raise self._refused(refusal_of(error)) from error
        except NETWORK_ERRORS as error:
            raise unreachable(error, self._server) from error
        except FluxQueryException as error:
            raise Refused(f"{self._server.base}: {self._server.masked(str(error.message))}") from error
        except (
            ValueError,
            TypeError,
            AttributeError,
            FluxCsvParserException,
        ) as error:  # the library's own, where an answer is not what it reads
            raise Refused(f"{self._server.base} answers as no InfluxDB 2 does: {error}") from error

    def _refused(self, answer: Answer) -> Exception:
        who = "a token that may read and write buckets, tasks and organizations"
        return refusal(answer, self._server, who, "url", "org")


def _name(task: Any) -> str:
    return str(task.name)


def _life(bucket: Any) -> int:
    return next((rule.every_seconds for rule in bucket.retention_rules or ()), FOREVER)


def _rules(life: int) -> list[BucketRetentionRules]:
    return [
        BucketRetentionRules(
            type="expire", every_seconds=life, shard_group_duration_seconds=shard_seconds(life)
        )
    ]
