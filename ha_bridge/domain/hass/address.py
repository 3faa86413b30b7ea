"""Where Home Assistant's WebSocket API is, from the address that a user knows."""

from urllib.parse import urlsplit

API_PATH = "/api/websocket"
SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


def websocket_url(url: str) -> str:
    """Complete an address as it stands in a browser; a ws or wss address with a path is complete.

    `ws://supervisor/core/websocket` is where an add-on finds Home Assistant. User name, query and fragment are left out.
    Raises ValueError for what is no such address.
    """
    parts = urlsplit(url.strip())
    scheme = SCHEMES.get(parts.scheme.lower())
    if scheme is None or not parts.hostname:
        raise ValueError(
            f"not the address of a Home Assistant, such as http://homeassistant.local:8123: {url}"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    path = parts.path.rstrip("/")
    complete = path.endswith(API_PATH) or (path and parts.scheme.lower() in ("ws", "wss"))
    return f"{scheme}://{host}{port}{path}{'' if complete else API_PATH}"
