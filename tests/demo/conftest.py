from collections.abc import Callable, Iterator

import pytest

from ha_bridge.demo.hass_server import HassServer
from tests.demo.hass_peer import HassPeer


@pytest.fixture
def hass() -> Iterator[HassServer]:
    server = HassServer(auth_timeout=5)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def connect(hass: HassServer) -> Iterator[Callable[[], HassPeer]]:
    """Connect authenticated peers; they are closed after the test."""
    peers: list[HassPeer] = []

    def connected() -> HassPeer:
        peers.append(HassPeer(hass.websocket_url, hass.token))
        return peers[-1]

    yield connected
    for peer in peers:
        peer.close()


@pytest.fixture
def peer(connect: Callable[[], HassPeer]) -> HassPeer:
    return connect()
