"""How the adapter gets on with the real Mosquitto: versions, credentials, TLS, rights."""

import json
import subprocess
from pathlib import Path

import pytest
from paho.mqtt.publish import single

from ha_bridge.adapters.mqtt.paho import Protocol
from ha_bridge.adapters.mqtt.tls import MqttTls
from ha_bridge.domain.failures import Lost, Refused
from ha_bridge.domain.mqtt.filters import parse
from tests.system.bridge import BridgeProcess, Json, mqtt
from tests.system.mqtt_clients import SYNC, Ear, Publisher, opener
from tests.system.servers import Mosquitto
from tests.system.servers.certificate import Certificate
from tests.system.servers.missing import installed, missing
from tests.system.servers.process import HOST
from tests.waiting import wait_for

pytestmark = pytest.mark.system

WANTED = {SYNC: 0}
VERSIONS: list[Protocol] = ["5", "3.1.1"]


@pytest.mark.parametrize("protocol", VERSIONS)
def test_credentials_are_wanted_and_given(tmp_path: Path, protocol: Protocol) -> None:
    with Mosquitto(tmp_path, users={"bridge": "secret"}) as broker:
        Ear(opener(broker, protocol, username="bridge", password="secret"), WANTED).client.close()
        for username, password in (("bridge", "wrong"), ("", "")):
            with pytest.raises(Refused, match=r"check mqtt\.username and mqtt\.password"):
                Ear(opener(broker, protocol, username=username, password=password), WANTED)


def test_tls_is_verified_against_the_authority_that_was_named(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Certificate(tmp_path / "other")
    with Mosquitto(tmp_path, tls=True) as broker:
        assert broker.certificate is not None
        for tls in (MqttTls(ca_file=str(broker.certificate.file)), MqttTls(verify=False)):
            ear = Ear(opener(broker, tls=tls), WANTED)
            assert ear.hears_itself()
            ear.client.close()
        for tls in (MqttTls(), MqttTls(ca_file=str(other.file))):
            with pytest.raises(Refused, match=r"not trusted: name its CA in mqtt\.ca_file"):
                Ear(opener(broker, tls=tls), WANTED)
        with pytest.raises(Refused, match=r"for another name: check mqtt\.host"):
            Ear(opener(broker, host="127.1", tls=MqttTls(ca_file=str(broker.certificate.file))), WANTED)


def test_long_and_short_messages_come_whole_over_tls(tmp_path: Path) -> None:
    with Mosquitto(tmp_path, "max_queued_messages 0", tls=True) as broker:
        ear = Ear(opener(broker, tls=MqttTls(verify=False)), WANTED)
        sent = [b"x" * size for size in (1, 100, 20_000, 300_000) * 50]
        for payload in sent:
            ear.client._client.publish(SYNC, payload)
        assert [message.payload for message in ear.wait(len(sent))] == sent
        ear.client.close()


def test_a_broker_that_wants_a_certificate_gets_ours(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    mine = Certificate(tmp_path / "mine")
    with Mosquitto(tmp_path, f"require_certificate true\ncafile {mine.file}", tls=True) as broker:
        tls = MqttTls(verify=False, cert_file=str(mine.file), key_file=str(mine.key))
        Ear(opener(broker, tls=tls), WANTED).client.close()
        with pytest.raises(Lost):
            Ear(opener(broker, tls=MqttTls(verify=False)), WANTED)


def test_a_broker_without_tls_is_lost(mosquitto: Mosquitto) -> None:
    with pytest.raises(Lost):
        Ear(opener(mosquitto, tls=MqttTls(verify=False), timeout=2), WANTED)


def test_a_topic_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    config = f"plugin {plugin()}\nplugin_opt_config_file {rights_without_reading(tmp_path)}"
    with Mosquitto(tmp_path, config) as broker:
        paho = opener(broker, username="admin", password="secret")
        with pytest.raises(Refused, match=r"'private/#' \(Not authorized\): allow"):
            Ear(paho, {"private/#": 1})


@pytest.mark.parametrize("protocol", VERSIONS)
def test_a_topic_that_may_not_be_read_is_said_on_health_and_the_others_are_heard(
    tmp_path: Path, protocol: Protocol
) -> None:
    config = f"plugin {plugin()}\nplugin_opt_config_file {rights_without_reading(tmp_path, 'open/#')}"
    routes: list[Json] = [{"topic": topic, "format": "value"} for topic in ("open/#", "private/#")]
    with Mosquitto(tmp_path, config) as broker:
        account: Json = {"username": "admin", "password": "secret"}
        (own := tmp_path / "bridge").mkdir()
        with BridgeProcess(own, mqtt(broker, *routes, protocol=protocol, **account)) as bridge:
            bridge.wait_child("mqtt", "degraded", reason="refuses to subscribe 'private/#'")
            single("open/a", "1", 1, hostname=HOST, port=broker.port, auth=account)  # type: ignore[arg-type]
            bridge.wait_settled("mqtt", written=1)


@pytest.mark.parametrize("protocol", VERSIONS)
def test_a_discovered_topic_that_may_not_be_read_is_said_on_health(
    tmp_path: Path, protocol: Protocol
) -> None:
    config = (
        f"plugin {plugin()}\nplugin_opt_config_file {rights_without_reading(tmp_path, 'homeassistant/#')}"
    )
    entity = {"name": "Power", "unique_id": "p", "state_topic": "private/plug"}
    with Mosquitto(tmp_path, config) as broker:
        topic = "homeassistant/sensor/plug/config"
        account: Json = {"username": "admin", "password": "secret"}
        login: Json = {"hostname": HOST, "port": broker.port, "auth": account}
        single(topic, json.dumps(entity), 1, retain=True, **login)
        route = {"topic": "homeassistant/#", "format": "discovery"}
        (own := tmp_path / "bridge").mkdir()
        with BridgeProcess(own, mqtt(broker, route, protocol=protocol, **account)) as bridge:
            bridge.wait_child("mqtt", "degraded", reason="refuses to subscribe 'private/plug'")


def plugin() -> Path:
    found = next(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"), None)
    return found or missing("mosquitto's dynamic security plugin")


def rights_without_reading(directory: Path, *but: str) -> Path:
    """Rights of an administrator who may do anything but read everything; what matches a filter in `but` all the same."""
    path = directory / "rights.json"
    control = installed("mosquitto_ctrl")
    subprocess.run([control, "dynsec", "init", path, "admin", "secret"], check=True, capture_output=True)
    rights = json.loads(path.read_text())
    for role in rights["roles"]:
        role["acls"] = [each for each in role["acls"] if each["topic"] != "#"]
        role["acls"] += [{"acltype": "subscribePattern", "topic": each, "allow": True} for each in but]
        role["acls"] += [{"acltype": "publishClientSend", "topic": "#", "allow": True}]
    path.write_text(json.dumps(rights))
    return path


def test_a_route_that_was_changed_brings_nothing_any_more(tmp_path: Path, mosquitto: Mosquitto) -> None:
    """The broker keeps its subscription with the session, and would send a message for each that matches it."""
    publisher = Publisher(mosquitto.port)
    for topic in ("a/#", "a/{x}/c", "a/b/c"):
        (own := tmp_path / "bridge").mkdir(exist_ok=True)
        with BridgeProcess(own, mqtt(mosquitto, {"topic": topic, "format": "value"})) as bridge:
            bridge.wait_up()
            wait_for(lambda: asked(own) == [str(parse(topic))], what="the other subscription to be ended")  # noqa: B023
            publisher.publish("a/b/c", "1", "2", "3")
            ledger = bridge.wait_settled("mqtt", written=3)["mqtt"]
            assert ledger.received == 3, topic
    publisher.close()


def asked(directory: Path) -> list[str]:
    """What a bridge has asked the broker for."""
    return json.loads((directory / "data" / "subscriptions.json").read_bytes())["filters"]  # type: ignore[no-any-return]


def test_a_client_that_another_of_its_name_replaces_is_lost(mosquitto: Mosquitto) -> None:
    paho = opener(mosquitto)
    first, second = Ear(paho, WANTED), Ear(paho, WANTED)
    assert first.wait_lost()
    assert second.hears_itself()
    second.client.close()
    assert len(first.losses) == 1


def test_a_broker_that_hangs_is_noticed(mosquitto: Mosquitto) -> None:
    ear = Ear(opener(mosquitto, keepalive=1), WANTED)
    mosquitto.pause()
    try:
        assert "has not answered for too long" in ear.wait_lost()
    finally:
        mosquitto.resume()


def test_a_client_leaves_a_broker_that_hangs(mosquitto: Mosquitto) -> None:
    ear = Ear(opener(mosquitto), WANTED)
    mosquitto.pause()
    try:
        ear.client.close()
    finally:
        mosquitto.resume()
    assert ear.losses == []
