"""`ha-bridge health`: asks a running bridge, for people and for Docker's HEALTHCHECK."""

import json
import sys
from pathlib import Path
from typing import Any

import click

TIMEOUT = 5.0


@click.command()
@click.option("--url", help="The bridge's address; else that of the settings.")
@click.option(
    "--config", "config", type=click.Path(path_type=Path), help="A settings file on top of the usual ones."
)
@click.option("--json", "as_json", is_flag=True, help="Print the bridge's own answer.")
def health(url: str | None, config: Path | None, as_json: bool) -> None:
    """Ask a running bridge how it is: exit code 0 when it is ready, 1 when not or when it does not answer."""
    answer = _ask(url or _configured(config))
    if as_json:
        click.echo(json.dumps(answer, indent=2))
    else:
        _print(answer)
    sys.exit(0 if answer.get("ready") else 1)


def _configured(config: Path | None) -> str:
    from ha_bridge.settings import SettingsError, load

    try:
        web = load(config).web
    except SettingsError as error:
        raise click.ClickException("\n".join(map(str, error.problems))) from error
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(web.host, web.host)  # noqa: S104 - read, not bound
    return f"http://{host}:{web.port}"


def _ask(url: str) -> dict[str, Any]:
    import urllib3

    address = f"{url.rstrip('/')}/health"
    try:
        response = urllib3.request("GET", address, timeout=TIMEOUT, retries=False)
        answer = response.json()
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        raise click.ClickException(f"no bridge answers at {address}: {error}") from error
    if not isinstance(answer, dict) or "children" not in answer:
        raise click.ClickException(f"something else than ha-bridge answers at {address}")
    return answer


def _print(answer: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "part", "state", "reason", "since", title=f"ha-bridge {answer['version']}: {answer['status']}"
    )
    for name, child in answer["children"].items():
        table.add_row(name, child["state"], child["reason"], child["since"])
    Console().print(table)
