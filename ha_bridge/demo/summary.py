"""What a demo says at its end."""

from ha_bridge.adapters.local.reader import LocalReader
from ha_bridge.domain.board import Snapshot
from ha_bridge.domain.events import Disposition
from ha_bridge.domain.failures import Refused, Unavailable
from ha_bridge.domain.figures import balances
from ha_bridge.domain.intake import Ledger
from ha_bridge.domain.supervision import ChildState


def is_settled(ledger: Ledger) -> bool:
    """Tell whether something came in, every event reached an end, and the sum is right."""
    return ledger.received > 0 and not ledger.in_flight and balances(ledger)


def summary(ledger: Ledger, snapshot: Snapshot, reader: LocalReader) -> str:
    """Tell in a few lines what became of everything, what is in the store, and what went wrong."""
    return "\n".join(
        (f"Ledger   {equation(ledger)}", f"Stored   {_stored(reader)}", *_verdict(ledger, snapshot))
    )


def equation(ledger: Ledger) -> str:
    """Write what came in as the sum of what became of it, without the ends that no event took."""
    terms = [f"{count:,} {_words(each)}" for each, count in ledger.settled.items() if count]
    if ledger.in_flight:
        terms.append(f"{ledger.in_flight:,} in flight")
    sign = "=" if balances(ledger) else "is not"
    return f"{ledger.received:,} received {sign} {' + '.join(terms) or '0'}"


def _words(disposition: Disposition) -> str:
    return disposition.value.replace("_", "-")


def _stored(reader: LocalReader) -> str:
    try:
        totals = reader.count()
    except (Unavailable, Refused) as error:
        return f"unknown: {error}"
    return f"{totals.values:,} values of {totals.series:,} series in {totals.size / 1e6:.1f} MB"


def _verdict(ledger: Ledger, snapshot: Snapshot) -> list[str]:
    if is_settled(ledger):
        return ["Verdict  every event is accounted for"]
    if not ledger.received:
        reason = "nothing came in"
    else:
        reason = f"{ledger.in_flight:,} events have not reached an end"
    unwell = [child for child in snapshot.children if child.state is not ChildState.UP]
    return [
        f"Verdict  {reason}",
        *(f"         {each.child} is {each.state}: {each.reason}" for each in unwell),
    ]
