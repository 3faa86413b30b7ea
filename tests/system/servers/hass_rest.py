import json
import urllib.parse
from typing import Any

from urllib3.exceptions import HTTPError

from tests.system.servers.http_call import HttpError, answers, http_call

Json = dict[str, Any]


class HassRest:
    """Home Assistant's REST API; `token` is None until the owner has been created."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token: str | None = None

    def call(self, method: str, path: str, body: Json | None = None) -> Any:
        """Return the JSON answered; HttpError where HA refuses."""
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        content = http_call(method, f"{self.url}{path}", json.dumps(body or {}).encode(), headers)
        return json.loads(content) if content else None

    def is_running(self) -> bool:
        """Tell whether HA has started all the way."""
        try:
            running: bool = self.call("GET", "/api/config")["state"] == "RUNNING"
        except (HTTPError, HttpError):
            return False
        return running

    def shows_onboarding(self) -> bool:
        return answers(f"{self.url}/api/onboarding")

    def create_owner(self) -> str:
        """Return an access token, good for half an hour, of the owner just made."""
        client = f"{self.url}/"
        owner = {
            "client_id": client,
            "name": "Owner",
            "username": "owner",
            "password": "secret",
            "language": "en",
        }
        code = self.call("POST", "/api/onboarding/users", owner)["auth_code"]
        form = urllib.parse.urlencode({"grant_type": "authorization_code", "code": code, "client_id": client})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = http_call("POST", f"{self.url}/auth/token", form.encode(), headers)
        token: str = json.loads(answer)["access_token"]
        return token

    def set_state(self, entity_id: str, state: str, attributes: Json | None = None) -> Json:
        """Put a state into HA, of an entity that may not exist so far; return it as HA has it, with its times."""
        body = {"state": state, "attributes": attributes or {}}
        new_state: Json = self.call("POST", f"/api/states/{entity_id}", body)
        return new_state

    def remove_state(self, entity_id: str) -> None:
        self.call("DELETE", f"/api/states/{entity_id}")

    def states(self) -> list[Json]:
        states: list[Json] = self.call("GET", "/api/states")
        return states

    def fire_event(self, event_type: str, data: Json | None = None) -> None:
        self.call("POST", f"/api/events/{event_type}", data or {})

    def call_service(self, domain: str, service: str, data: Json | None = None) -> None:
        self.call("POST", f"/api/services/{domain}/{service}", data or {})
