"""What the pages show, for tests to run.

Every block of ```toml is a settings file; one that begins with the comment `# config/.secrets.toml` is that file, beside the
settings of the block before. A block of ```preview behind it shows what it does to events: a line is a state
(`12:00:05 sensor.power = 1.5 {"unit_of_measurement": "kW"}`; clock and attributes may be left out), the indented lines below
it what is written of it, without its time; `(nothing)` where nothing is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ha_bridge.domain.cardinality import GuardedLayout
from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.line_protocol import line
from ha_bridge.domain.registry import Registered, Registry
from ha_bridge.domain.routing import Outlet, Router, Routing
from ha_bridge.domain.times import micros_of_iso
from ha_bridge.settings import Settings
from ha_bridge.shapes import layout_for, rules_for, selection_for, zone_for
from tests.making import batch
from tests.settings_home import Home

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
DAY = "2024-03-01"
CLOCK = "12:00:00"
_BLOCK = re.compile(r"^( *)```(\w[\w ]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_EVENT = re.compile(r"(?:(\d\d:\d\d:\d\d) )?(\S+) = ([^{]*?)\s*(\{.*\})?")
NOTHING = "(nothing)"
SECRETS = "config/.secrets.toml"


class Example(NamedTuple):
    """Where it stands, the files by name, and the preview behind them ("" when there is none)."""

    place: str
    files: Mapping[str, str]
    preview: str

    def __str__(self) -> str:
        return self.place


def blocks(page: str, kind: str) -> list[str]:
    """Give every block of a page in docs/ that is marked ```kind, in order."""
    return [_dedented(block) for block in _BLOCK.finditer(page_text(page)) if block[2] == kind]


def toml_blocks(page: str) -> list[str]:
    """Give the settings that a page shows."""
    return blocks(page, "toml")


def page_text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def pages() -> list[Path]:
    """Every page that users read."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def examples(paths: Iterable[Path]) -> Iterator[Example]:
    """Give every block of settings in the pages."""
    for path in paths:
        text = path.read_text(encoding="utf-8")
        blocks = list(_BLOCK.finditer(text))
        files: dict[str, str] = {}
        for block, behind in zip_longest(blocks, blocks[1:]):
            if block[2] == "toml":
                files = _files(_dedented(block), files)
                place = f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, block.start()) + 1}"
                yield Example(place, files, _preview(behind))


def load(example: Example, folder: Path) -> Settings:
    """Load the settings as they stand, in a home that has the token which no page shows."""
    home = Home(folder)
    home.environ["HA_BRIDGE_HOME_ASSISTANT__TOKEN"] = "token"
    for name, text in example.files.items():
        home.write(name, text)
    return home.load()


def previewed(settings: Settings, events: str, registry: Registry) -> list[str]:
    """Give the lines of a preview block as they should be: each state, and below it what the first sink gets of it."""
    layout = layout_for(next(iter(settings.sinks.values())), registry)
    selection = selection_for(settings.filter, registry, zone_for(settings))
    outlets = [
        Outlet(
            name, 1 << bit, selection_for(sink, registry, zone_for(settings)), GuardedLayout(layout, 10_000)
        )
        for bit, (name, sink) in enumerate(settings.sinks.items())
    ][:1]
    router = Router(Routing(selection, outlets, rules_for(settings, registry)))
    lines: list[str] = []
    for number, text in enumerate(each for each in events.splitlines() if not each.startswith(" ")):
        routed = router.route(batch([_event(text)], "home_assistant", number))
        points = [point for each in routed.points.values() for point in each.points]
        written = ["  " + line(point).rpartition(" ")[0] for point in points]
        lines += [text, *(written or [f"  {NOTHING}"])]
    return lines


def home_of(**entities: Registered) -> Registry:
    """What Home Assistant's registries say of entities (with __ for the dot)."""
    registry = Registry()
    registry.learn({name.replace("__", "."): entity for name, entity in entities.items()})
    return registry


def _files(text: str, before: Mapping[str, str]) -> dict[str, str]:
    if text.startswith(f"# {SECRETS}"):
        return {**before, SECRETS: text}
    return {"config/settings.toml": text}


def _dedented(block: "re.Match[str]") -> str:
    return "".join(each.removeprefix(block[1]) for each in block[3].splitlines(keepends=True))


def _preview(block: "re.Match[str] | None") -> str:
    return _dedented(block) if block and block[2] == "preview" else ""


def _event(text: str) -> StateEvent:
    found = _EVENT.fullmatch(text)
    assert found, f"not a state such as sensor.a = 1: {text}"
    clock, entity_id, value, attributes = found.groups()
    read: dict[str, Any] = msgspec.json.decode(attributes) if attributes else {}
    return StateEvent(micros_of_iso(f"{DAY}T{clock or CLOCK}+00:00"), entity_id, value, read, previous=value)
