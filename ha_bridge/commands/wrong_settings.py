"""Settings that cannot be used, as a command says it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ha_bridge.settings import Problem


def tell(problems: "Sequence[Problem]") -> None:
    """Print every problem on stderr: the key and where it was set, then what to do."""
    for problem in problems:
        value = f" = {problem.value}" if problem.value else ""
        origin = f"  ({problem.origin})" if problem.origin else ""
        hint = f"; did you mean {problem.suggestion}?" if problem.suggestion else ""
        click.echo(f"{click.style(problem.key, bold=True)}{value}{origin}", err=True)
        click.echo(f"    {problem.message}{hint}", err=True)
    click.echo(f"{len(problems)} to mend", err=True)
