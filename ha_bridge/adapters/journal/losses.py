"""What damage to the journal has cost, in words."""

from collections.abc import Collection, Iterator, Mapping

from ha_bridge.adapters.journal.tally import Tally, Waiting


def cost(had: Tally | None, saved: Tally, unsure: Collection[str]) -> str:
    """Say what could not be read. `had`: what was there, None when nothing tells; `unsure`: tables that were not counted exactly."""
    if had is None:
        return f"{_found(saved)} could be read, nothing tells how much there was"
    lost = [*_payloads(had.waiting, saved.waiting, "payloads" in unsure), *_others(had, saved, unsure)]
    if lost:
        return f"{', '.join(lost)} could not be read"
    return f"{'as far as can be told ' if unsure else ''}nothing was lost, {_found(saved)} could be read"


def _payloads(had: Mapping[str, Waiting], saved: Mapping[str, Waiting], unsure: bool) -> Iterator[str]:
    for sink, before in sorted(had.items()):
        after = saved.get(sink, Waiting(0, 0))
        payloads, points = before.payloads - after.payloads, max(0, before.points - after.points)
        if payloads > 0:
            of = f"{payloads:,} of {_some(before.payloads, 'payload')} with {_some(points, 'point')}"
            yield f"{_least(unsure)}{of} for sink {sink}"


def _others(had: Tally, saved: Tally, unsure: Collection[str]) -> Iterator[str]:
    others = (("letters", "dead letter", had.letters, saved.letters), ("gaps", "gap", had.gaps, saved.gaps))
    for table, name, before, after in others:
        if before > after:
            yield f"{_least(table in unsure)}{before - after:,} of {_some(before, name)}"
    if had.checkpoint > saved.checkpoint:
        yield "how far the coverage goes"


def _found(saved: Tally) -> str:
    waiting = saved.waiting.values()
    payloads = _some(sum(each.payloads for each in waiting), "payload")
    points = _some(sum(each.points for each in waiting), "point")
    return f"{payloads} with {points}, {_some(saved.letters, 'dead letter')} and {_some(saved.gaps, 'gap')}"


def _least(unsure: bool) -> str:
    return "at least " if unsure else ""


def _some(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"
