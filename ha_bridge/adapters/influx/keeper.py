"""Who looks after a server of InfluxDB's kind: that depends on what it says it is."""

from ha_bridge.adapters.influx.auto import Identity, bucket_of, choose, identify, policy_of
from ha_bridge.adapters.influx.fixed import Influx3Management, VictoriaManagement
from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.adapters.influx.v1_management import InfluxV1Management
from ha_bridge.domain.ports import Keeper


def influx_keeper(
    server: InfluxServer,
    *,
    api: str,
    database: str,
    retention_policy: str,
    bucket: str,
    org: str,
    mark: str,
) -> Keeper:
    """Ask the server what it is. Raises Unavailable and Refused. 1.8 speaks InfluxQL here, whatever it is written with."""
    found = identify(server)
    product = " ".join(filter(None, (found.product or "a server that does not say what it is", found.text)))
    if found.product == "VictoriaMetrics":
        return VictoriaManagement(server, product)
    if found.version >= (3, 0):
        return Influx3Management(product)
    if _has_buckets(found, api, bucket, org):
        # influxdb-client takes as long to import as all the rest; who has a 1.x does not wait for it.
        from ha_bridge.adapters.influx.v2_management import InfluxV2Management  # noqa: PLC0415

        name = bucket_of(bucket, database, retention_policy)
        return InfluxV2Management(server, product=product, bucket=name, org=org, mark=mark)
    database, policy = policy_of(database, retention_policy, bucket)
    return InfluxV1Management(server, product=product, database=database, policy=policy, mark=mark)


def _has_buckets(found: Identity, api: str, bucket: str, org: str) -> bool:
    if found.product:
        return found.version >= (2, 0)
    return (choose(found, bucket=bucket, org=org) if api == "auto" else api) == "v2"
