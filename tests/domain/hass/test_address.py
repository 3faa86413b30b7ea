import pytest

from ha_bridge.domain.hass.address import websocket_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://homeassistant.local:8123", "ws://homeassistant.local:8123/api/websocket"),
        ("http://homeassistant.local:8123/", "ws://homeassistant.local:8123/api/websocket"),
        (" https://home.example.org ", "wss://home.example.org/api/websocket"),
        ("https://example.org/hass/", "wss://example.org/hass/api/websocket"),
        ("http://10.0.0.5:8123/api/websocket", "ws://10.0.0.5:8123/api/websocket"),
        ("HTTP://Home:8123", "ws://home:8123/api/websocket"),
        ("http://[fe80::1]:8123", "ws://[fe80::1]:8123/api/websocket"),
        ("ws://10.0.0.5:8123", "ws://10.0.0.5:8123/api/websocket"),
        ("wss://10.0.0.5:8123/", "wss://10.0.0.5:8123/api/websocket"),
        ("ws://supervisor/core/websocket", "ws://supervisor/core/websocket"),
        ("http://supervisor/core", "ws://supervisor/core/api/websocket"),
        ("https://user:secret@home.example.org/?a=1#b", "wss://home.example.org/api/websocket"),
    ],
)
def test_an_address_as_in_the_browser_becomes_that_of_the_api(url: str, expected: str) -> None:
    assert websocket_url(url) == expected
    assert websocket_url(expected) == expected


@pytest.mark.parametrize(
    "url", ["", "homeassistant.local:8123", "ftp://home", "http://", "http://home:0x1", "http://[::1"]
)
def test_what_is_no_address_is_a_value_error(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        websocket_url(url)
