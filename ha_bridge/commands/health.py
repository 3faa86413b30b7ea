"""`ha-bridge health`: asks a running bridge, for people and for Docker's HEALTHCHECK."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ha_bridge.commands.config import FILE, JSON
from ha_bridge.commands.wrong_settings import tell

TIMEOUT = 5.0
COLOURS = {"ok": "green", "up": "green", "degraded": "yellow", "starting": "yellow"}


@click.command()
@click.option("--url", help="The bridge's address, such as http://127.0.0.1:8126; else that of the settings.")
@FILE
@JSON
def health(url: str | None, config: Path | None, *, as_json: bool) -> None:
    """Ask a running bridge how it is.

    Exit code 0 when it is ready, 1 when it is not or does not answer.
    """
    try:
        answer = ask(checked(url) if url else configured(config))
    except NoAnswer as error:
        answer = {"ready": False, "error": str(error)}
    if as_json:
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    elif "error" in answer:
        click.echo(answer["error"], err=True)
    else:
        _print(answer)
    sys.exit(0 if answer["ready"] else 1)


class NoAnswer(Exception):
    """Says why there is none, and what to do."""


def checked(url: str) -> str:
    """Take the address of a bridge as somebody gave it."""
    if not url.startswith(("http://", "https://")):
        raise click.BadParameter("write it such as http://127.0.0.1:8126", param_hint="--url")
    return url.rstrip("/")


def configured(config: Path | None) -> str:
    """Find where the bridge of these settings answers; one that listens everywhere does so on the loopback too."""
    from ha_bridge.settings import SettingsError, load

    try:
        web = load(config).web
    except SettingsError as error:
        tell(error.problems)
        sys.exit(1)
    if not web.enabled:
        raise NoAnswer("the bridge answers nobody, because web.enabled is false: set it to true")
    if not web.port:
        raise NoAnswer("with web.port = 0 only the log tells where the bridge answers: give it with --url")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(web.host, web.host)  # noqa: S104 - read, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{web.port}"


def ask(url: str) -> dict[str, Any]:
    """Give what the bridge there says of itself; NoAnswer where there is none."""
    import urllib3

    address = f"{url}/health"
    try:
        answer = urllib3.request("GET", address, timeout=TIMEOUT, retries=False).json()
    except urllib3.exceptions.HTTPError as error:
        raise NoAnswer(f"no bridge answers at {address}: {_reason(error)}; does ha-bridge run?") from error
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not {"ready", "status", "children"} <= answer.keys():
        raise NoAnswer(f"something else than ha-bridge answers at {address}: is web.port right?")
    return answer


def _reason(error: Exception) -> str:
    """Give the operating system's words where urllib3 has wrapped them."""
    cause = error.__cause__ or error.__context__
    return getattr(cause, "strerror", None) or str(error).rpartition(": ")[2]


def _print(answer: dict[str, Any]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    status = Text(answer["status"], style=COLOURS.get(answer["status"], "red"))
    console.print(Text("ha-bridge ") + f"{answer['version']}: " + status + f", up {_span(answer['uptime'])}")
    table = Table("part", "state", "since", "restarts", "reason", box=box.SIMPLE_HEAD, pad_edge=False)
    table.columns[3].justify = "right"
    for name, child in answer["children"].items():
        state = Text(child["state"], style=COLOURS.get(child["state"], "red"))
        reason = Text(child["reason"], overflow="fold")
        table.add_row(name, state, _local(child["since"]), str(child["restarts"]), reason)
    console.print(table)


def _local(since: str) -> str:
    return f"{datetime.fromisoformat(since).astimezone():%Y-%m-%d %H:%M:%S}"


def _span(seconds: float) -> str:
    """Write a time in its two largest units: people want to know hours or days, not milliseconds."""
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return f"{days:.0f} d {hours % 24:.0f} h"
    if hours:
        return f"{hours:.0f} h {minutes % 60:.0f} min"
    return f"{minutes:.0f} min {seconds % 60:.0f} s" if minutes else f"{seconds:.0f} s"
