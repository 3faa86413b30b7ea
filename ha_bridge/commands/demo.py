"""`ha-bridge demo`: everything at work, without any server."""

import signal
import sys
import tempfile
import threading
from pathlib import Path

import click


@click.command()
@click.option("--duration", default="", help="How long, such as 30s or 5m; else until Ctrl-C.")
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    default=20.0,
    show_default=True,
    help="Changes of state per second.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same home.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8126,
    show_default=True,
    help="Where the endpoints are; any free port for 0, or where that one is taken.",
)
@click.option(
    "--store", type=click.Path(dir_okay=False, path_type=Path), help="Keep the points in this file."
)
def demo(duration: str, rate: float, seed: int, port: int, store: Path | None) -> None:
    """Carry a simulated home's events over both roads into an embedded store, and show how it goes.

    Exit code 0 when every event is accounted for in the end, 1 when not.
    """
    from rich.console import Console

    from ha_bridge.demo.show import Demo

    seconds = _seconds(duration)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    # What rich takes for a terminal, as with FORCE_COLOR in CI, may be a file that no cursor moves in.
    console = Console(force_terminal=sys.stdout.isatty())
    with tempfile.TemporaryDirectory(prefix="ha-bridge-demo-") as folder:
        show = Demo(store or Path(folder) / "demo.db", rate=rate, seed=seed, port=port)
        sys.exit(show.run(seconds, stopped.is_set, console))


def _seconds(duration: str) -> float:
    from ha_bridge.settings.units import duration as seconds

    if not duration:
        return float("inf")
    try:
        return seconds(duration)
    except ValueError as error:
        raise click.BadParameter('write it such as "30s" or "5m"', param_hint="--duration") from error
