"""What [retention] declares against what the servers have: looked at, shown, carried out."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ha_bridge import reach
from ha_bridge.domain.failures import Refused, Unavailable
from ha_bridge.domain.ports import Keeper
from ha_bridge.domain.retention import OWN, Found, Labels, Step, Wanted, steps
from ha_bridge.naming import all_labels
from ha_bridge.places import mark, wanted
from ha_bridge.settings import Settings


class Changed(Exception):
    """A server is not as it was when the plan was shown."""


class Plan(msgspec.Struct, frozen=True):
    """What is to be done for a sink, as its server was found; `notes` are for what nobody can or has to do."""

    sink: str
    keeper: Keeper
    wanted: Wanted
    found: Found | None
    steps: Sequence[Step]
    notes: Sequence[str]


class Survey(msgspec.Struct, frozen=True):
    """`unseen`: of which sinks it is not known whether summaries go on that nobody declares any longer, and why."""

    plans: Sequence[Plan]
    unseen: Mapping[str, str]


class Traces(msgspec.Struct, frozen=True):
    """What a sink has of an entity."""

    sink: str
    keeper: Keeper
    entity_id: str
    labels: Sequence[Labels]
    found: Sequence[str]


def survey(settings: Settings, sinks: Sequence[str]) -> Survey:
    """Look at the servers of these sinks; what is declared for none may have been once. Raises Unavailable and Refused."""
    plans, unseen = [], {}
    for name in sinks:
        declared = wanted(name, settings)
        try:
            plan = _plan(name, declared, settings)
        except (Unavailable, Refused) as error:
            if declared != Wanted():
                raise
            unseen[name] = str(error)
            continue
        if declared != Wanted() or plan.steps or plan.notes:
            plans.append(plan)
    return Survey(plans, unseen)


def carry_out(shown: Sequence[Plan]) -> Iterator[tuple[Plan, Step]]:
    """Do what was shown, giving each step when it is done. Raises Changed before the first where a server is not as shown."""
    for plan in shown:
        if plan.keeper.found() != plan.found:
            raise Changed(plan.sink)
    for plan in shown:
        # What two sinks share has been done for the first of them.
        left = steps(plan.wanted, plan.keeper.found() or Found()) if plan.steps else []
        for step in (each for each in plan.steps if each in left):
            plan.keeper.carry_out(step)
            yield plan, step


def traces(settings: Settings, sinks: Sequence[str], entity_ids: Sequence[str]) -> list[Traces]:
    """Look for the points of these entities. Raises Unavailable and Refused."""
    keepers = {name: reach.keeper(name, settings) for name in sinks}
    named = ((name, each, all_labels(name, settings, each)) for name in sinks for each in entity_ids)
    return [
        Traces(name, keepers[name], each, labels, _traces(keepers[name], labels))
        for name, each, labels in named
    ]


def forget(shown: Sequence[Traces]) -> None:
    """Delete what was shown. Raises Changed before anything where there is something else."""
    for each in shown:
        if _traces(each.keeper, each.labels) != each.found:
            raise Changed(each.sink)
    for each in (each for each in shown if each.found):
        for labels in each.labels:
            each.keeper.forget(labels)


def _traces(keeper: Keeper, labels: Sequence[Labels]) -> list[str]:
    return list(dict.fromkeys(trace for each in labels for trace in keeper.traces(each)))


def _plan(name: str, declared: Wanted, settings: Settings) -> Plan:
    keeper = reach.keeper(name, settings)
    found = keeper.found()
    for place in (place for place in declared.lives if found and place):
        if keeper.place(place) == keeper.place(OWN):
            called = keeper.place(place)
            raise Refused(f"sinks.{name} itself writes to {called}: call {place!r} in [retention] otherwise")
    todo = [] if found is None else steps(declared, found)
    notes = [] if declared == Wanted() else keeper.notes(declared)
    return Plan(name, keeper, declared, found, todo, [*notes, *_strangers(found or Found(), settings)])


def _strangers(found: Found, settings: Settings) -> list[str]:
    """Tell of summaries for a sink that these settings do not know: it was renamed, or it is another bridge's."""
    known = tuple(map(mark, settings.sinks))
    return [
        f"{name} summarises for a sink that is not in these settings: drop it there, unless another bridge has made it"
        for name in sorted(found.others)
        if not name.startswith(known)
    ]
