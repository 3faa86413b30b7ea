"""Prints what pip has to install before Home Assistant starts with the named integrations; run by HA's own Python.

HA installs these by itself at its first start. Installed beforehand, it starts in seconds and without a network.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from homeassistant import bootstrap, components  # type: ignore[import-not-found]

COMPONENTS = Path(components.__path__[0])


def platforms(domain: str) -> Iterator[str]:
    """Yield the integrations whose entities `domain` offers: demo/light.py needs light."""
    return (file.stem for file in (COMPONENTS / domain).glob("*.py"))


def manifest(domain: str) -> dict[str, list[str]]:
    path = COMPONENTS / domain / "manifest.json"
    content: dict[str, list[str]] = json.loads(path.read_text()) if path.exists() else {}
    return content


def closure(domains: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = set(domains)
    while waiting:
        domain = waiting.pop()
        found.add(domain)
        waiting |= set(manifest(domain).get("dependencies", [])) - found
    return found


def main(*domains: str) -> None:
    offered = (platform for domain in domains for platform in platforms(domain))
    needed = closure({*domains, *offered, *bootstrap.DEFAULT_INTEGRATIONS})
    print(
        *sorted(
            {requirement for domain in needed for requirement in manifest(domain).get("requirements", [])}
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
