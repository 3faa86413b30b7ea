"""`ha-bridge demo`: everything at work, without any server."""

import signal
import sys
import tempfile
import threading
from pathlib import Path

import click


@click.command()
@click.option("--duration", default="", help="How long, such as 30s or 5m; else until Ctrl-C.")
@click.option("--rate", default=20.0, show_default=True, help="Changes of state per second.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same home.")
@click.option(
    "--port", default=8126, show_default=True, help="Where the endpoints are; 0 takes any free port."
)
@click.option("--store", type=click.Path(path_type=Path), help="Keep the points in this file.")
def demo(duration: str, rate: float, seed: int, port: int, store: Path | None) -> None:
    """Carry a simulated home's events over both roads into an embedded store, and show how it goes."""
    from rich.console import Console

    from ha_bridge.demo.show import Demo

    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with tempfile.TemporaryDirectory(prefix="ha-bridge-demo-") as folder:
        show = Demo(store or Path(folder) / "demo.db", rate=rate, seed=seed, port=port)
        sys.exit(show.run(_seconds(duration), stopped.is_set, Console()))


def _seconds(duration: str) -> float:
    from ha_bridge.settings.units import duration as seconds

    if not duration:
        return float("inf")
    try:
        return seconds(duration)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--duration") from error
