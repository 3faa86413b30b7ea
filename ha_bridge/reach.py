"""Settings become adapters: how this bridge reaches the world."""

from collections.abc import Callable

from ha_bridge.adapters.hass.websocket import HassWebSocketOpener
from ha_bridge.adapters.influx.auto import InfluxAuto
from ha_bridge.adapters.influx.inventory import InfluxInventory
from ha_bridge.adapters.influx.keeper import influx_keeper
from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.adapters.influx.v1 import InfluxV1
from ha_bridge.adapters.local.keeper import LocalKeeper
from ha_bridge.adapters.local.store import LocalStore
from ha_bridge.adapters.local.summaries import LocalSummary
from ha_bridge.adapters.mqtt.paho import MqttPaho
from ha_bridge.adapters.mqtt.tls import MqttTls
from ha_bridge.domain.board import Board
from ha_bridge.domain.hass.history import HistoryOptions
from ha_bridge.domain.hass.protocol import HassOptions
from ha_bridge.domain.ports import Clock, Inventory, Keeper, MqttOpener, Server, Sink, SocketOpener
from ha_bridge.places import Place, Summary, mark
from ha_bridge.settings import (
    HistorySettings,
    HomeAssistantSettings,
    InfluxdbSinkSettings,
    LocalSinkSettings,
    MqttSettings,
    Settings,
    WebSettings,
)

MQTT_TIMEOUT = 10.0
"""Seconds until a broker has answered."""


def sink(place: Place) -> Sink:
    """The sink that writes into that place; it connects when it first delivers."""
    wanted = place.sink
    if isinstance(wanted, LocalSinkSettings):
        summaries = tuple(_local_summary(place.owner, each) for each in place.summaries)
        return LocalStore(wanted.path, name=place.owner, life=place.life, summaries=summaries)
    server = influx_server(place.owner, wanted)
    if wanted.api == "v1":
        return InfluxV1(server, database=wanted.database, retention_policy=wanted.retention_policy)
    if wanted.api == "v2":
        return _influx_v2(server, wanted)
    return InfluxAuto(
        server,
        database=wanted.database,
        retention_policy=wanted.retention_policy,
        bucket=wanted.bucket,
        org=wanted.org,
    )


def _local_summary(owner: str, wanted: Summary) -> LocalSummary:
    assert isinstance(wanted.sink, LocalSinkSettings)  # noqa: S101 - it is within a local one
    return LocalSummary(wanted.sampling, LocalStore(wanted.sink.path, name=owner, life=wanted.life))


def inventory(name: str, wanted: InfluxdbSinkSettings) -> Inventory:
    """What the server of that sink, or of a place within it, holds."""
    return InfluxInventory(
        influx_server(name, wanted),
        database=wanted.database,
        retention_policy=wanted.retention_policy,
        bucket=wanted.bucket,
    )


def upkeep(sink: Sink) -> Callable[[int], bool] | None:
    """What the bridge itself has to do for what a sink holds: servers look after their own."""
    return sink.tidy if isinstance(sink, LocalStore) else None


def keeper(name: str, settings: Settings) -> Keeper:
    """Who looks after what the sink of that name holds. Raises Unavailable and Refused."""
    wanted = settings.sinks[name]
    if isinstance(wanted, LocalSinkSettings):
        kept = (each.name for each in settings.retention.kept(name))
        made = (each.place for each in settings.retention.downsampled(name))
        return LocalKeeper(name, {each: wanted.file(each) for each in ("", *kept, *made)})
    return influx_keeper(
        influx_server(name, wanted),
        api=wanted.api,
        database=wanted.database,
        retention_policy=wanted.retention_policy,
        bucket=wanted.bucket,
        org=wanted.org,
        mark=mark(name),
    )


def influx_server(name: str, wanted: InfluxdbSinkSettings) -> InfluxServer:
    return InfluxServer(
        name=name,
        url=wanted.url,
        token=wanted.token.reveal(),
        username=wanted.username,
        password=wanted.password.reveal(),
        ca_file=wanted.ca_file,
        verify_tls=wanted.verify_tls,
        gzip=wanted.gzip,
        timeout=wanted.timeout,
    )


def _influx_v2(server: InfluxServer, wanted: InfluxdbSinkSettings) -> Sink:
    # influxdb-client takes as long to import as all the rest; who writes to a 1.x does not wait for it.
    from ha_bridge.adapters.influx.v2 import InfluxV2  # noqa: PLC0415

    return InfluxV2(server, bucket=wanted.bucket, org=wanted.org)


def hass_options(wanted: HomeAssistantSettings) -> HassOptions:
    return HassOptions(
        token=wanted.token.reveal(),
        subscription=wanted.subscription,
        event_types=wanted.event_types,
        exclude_event_types=wanted.exclude_event_types,
        events=wanted.rules(),
        ping_interval=wanted.ping_interval,
        ping_timeout=wanted.ping_timeout,
        timeout=wanted.timeout,
    )


def history_options(home: HomeAssistantSettings, wanted: HistorySettings) -> HistoryOptions:
    return HistoryOptions(
        token=home.token.reveal(),
        entities=wanted.entities_per_request,
        delay=wanted.delay,
        other_events=bool(home.event_types or home.events),
        ping_interval=home.ping_interval,
        ping_timeout=home.ping_timeout,
        timeout=home.timeout,
    )


def web_server(wanted: WebSettings, board: Board, clock: Clock) -> Callable[[], Server]:
    """Opens the endpoints when called."""

    def opened() -> Server:
        # Flask and waitress are a good part of the start; who has web.enabled = false is spared them.
        from ha_bridge.web.endpoints import create  # noqa: PLC0415
        from ha_bridge.web.server import WebServer  # noqa: PLC0415

        return WebServer(create(board, clock.micros), wanted.host, wanted.port)

    return opened


def hass_socket(wanted: HomeAssistantSettings) -> SocketOpener:
    return HassWebSocketOpener(
        wanted.url, ca_file=wanted.ca_file or None, verify_tls=wanted.verify_tls, timeout=wanted.timeout
    )


def mqtt_client(wanted: MqttSettings, clock: Clock) -> MqttOpener:
    return MqttPaho(
        wanted.host,
        wanted.port,
        client_id=wanted.client_id,
        username=wanted.username,
        password=wanted.password.reveal(),
        protocol=wanted.protocol,
        tls=_mqtt_tls(wanted),
        keepalive=wanted.keepalive,
        session_expiry=wanted.session_expiry,
        receive_maximum=wanted.receive_maximum,
        timeout=MQTT_TIMEOUT,
        micros=clock.micros,
    )


def _mqtt_tls(wanted: MqttSettings) -> MqttTls | None:
    if not wanted.tls:
        return None
    return MqttTls(
        ca_file=wanted.ca_file,
        cert_file=wanted.cert_file,
        key_file=wanted.key_file,
        verify=wanted.verify_tls,
    )
