"""How long data live, and what is kept of them in short."""

from collections.abc import Mapping

from ha_bridge.settings.kinds import EntityFilterSettings, Life, Name, Names, Section, SomeTime
from ha_bridge.settings.units import duration_text


class KeepSettings(Section, frozen=True, kw_only=True):
    """A selection with a life of its own, kept in a place of its own within each of the `sinks` (none named: all)."""

    name: Name
    include: EntityFilterSettings
    exclude: EntityFilterSettings = EntityFilterSettings()
    raw: Life
    downsample: bool = True
    sinks: Names = ()


class DownsampleSettings(Section, frozen=True, kw_only=True):
    """A summary of every window of time, in a place called `name`, else as `every` is written."""

    name: str = ""
    every: SomeTime
    keep: Life
    fields: Names = ("value",)
    sinks: Names = ()

    @property
    def place(self) -> str:
        return self.name or duration_text(self.every)


class RetentionSettings(Section, frozen=True, kw_only=True):
    """Lives in seconds: infinity is for ever, 0 is not said. `sinks` has those that differ from `raw`, by name."""

    raw: Life = 0.0
    sinks: Mapping[str, Life] = {}
    keep: tuple[KeepSettings, ...] = ()
    downsample: tuple[DownsampleSettings, ...] = ()

    def life(self, sink: str) -> float:
        """How long this sink's data live, unless they are of a `keep`."""
        return self.sinks.get(sink, self.raw)

    def kept(self, sink: str) -> list[KeepSettings]:
        """The selections that have a place of their own within this sink, the first that wants an event gets it."""
        return [keep for keep in self.keep if not keep.sinks or sink in keep.sinks]

    def downsampled(self, sink: str) -> list[DownsampleSettings]:
        return [each for each in self.downsample if not each.sinks or sink in each.sinks]
