"""Input that no decent device sends. Each piece carries its number, so that it can be found again."""

import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

MARK = re.compile(r"poison\W{0,6}(\d+)")
"""The number of a piece: in JSON, in line protocol, in what is neither, and in a topic."""

EPOCH_MICROS = 1_710_000_000_000_000

CONFLICT = f'chaos_json,device=first conflict="a text" {EPOCH_MICROS}000'
"""In InfluxDB before anything else, so that it rejects every point that has a number for this field."""

MEGABYTE = 1_000_000

# `@` stands for the piece's number.
_UNREADABLE = (
    b'{"poison": @, "at": 17',
    b'{"poison": @} and more',
    b"poison @ \xff\xfe\x80 is no UTF-8",
    b"\x00\x01\x02 poison @",
    b'["poison @", "\\ud800"]',
    b"poison @ " + b"x" * MEGABYTE,
    b"poison @ " + b"x" * (MEGABYTE + 100_000),
    b'{"poison": @, "deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
)
_EMPTY = (b"", b"null", b"{}", b"[]", b"NaN", b"1e400", b'{"a": null, "b": [{}]}')
_DOCUMENTS: tuple[Mapping[str, Any], ...] = (
    {"text": 'a\nb\r\n\t"c" \\'},
    {"text": "\\"},
    {"text": "\x00\x1b[31m"},
    {"text": "x" * MEGABYTE},
    {"nan": float("nan"), "inf": float("inf"), "minus": float("-inf")},
    {"huge": 10**400, "large": 2**64, "small": -(2**63) - 1},
    {"a b,c=d\\": 1, "new\nline": 2, "": 3, "time": 4, '"': 5, "#": 6, "_field": 7},
    {"conflict": 1.5},
    {"at": "yesterday"},
    {"at": 1e300},
    {"at": True},
    {"at": [[]]},
    {f"key{nth}": nth for nth in range(5000)},
    {"list": list(range(1000)), "a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {"i": 1}}}}}}}}},
)
_DEVICES = ("", " ", "a b,c=d", "back\\", '"quoted"', "ünï→😀", "$SYS", "x" * 60_000, ", " * 32_000)
"""What a device may call itself; the last is too long for InfluxDB once it is escaped."""

KINDS = len(_UNREADABLE) + len(_EMPTY) + len(_DOCUMENTS) + len(_DEVICES)

_TEXTS = ("a\nb\r\nc", 'say "cheese"', "back\\slash \\", "a,b=c d", "ünï→😀", "\x00\x1b[0m", "i", "x" * 240)
NOISE = ("nan", "inf", "-inf", "1e400", "9" * 250, "unknown", "unavailable", "0x10", "1_000", "٣")
"""States that carry no number, so nobody looks for them."""


class Poison(NamedTuple):
    """A message. `leaves_nothing`: there is no reading in it, so none is written and nothing is wrong."""

    number: int
    topic: str
    payload: bytes
    leaves_nothing: bool = False


def doses(first: int, dice: random.Random) -> list[Poison]:
    """Every kind of poison once, numbered from `first`, in an order that the dice choose."""
    numbers = list(range(first, first + KINDS))
    dice.shuffle(numbers)
    return sorted(_kinds(numbers))


def odd_states(first: int) -> list[tuple[int, str]]:
    """Texts that a state may have, each of which begins with its number."""
    return [(first + nth, f"{first + nth} {text}") for nth, text in enumerate(_TEXTS)]


def _kinds(numbers: Iterable[int]) -> Iterator[Poison]:
    number = iter(numbers)
    for payload in _UNREADABLE:
        yield _message(next(number), payload)
    for payload in _EMPTY:
        yield _message(next(number), payload)._replace(leaves_nothing=True)
    for parts in _DOCUMENTS:
        which = next(number)
        yield _message(which, _document(which, parts))
    for device in _DEVICES:
        which = next(number)
        yield Poison(which, f"chaos/json/{device}", _document(which, {}))


def _message(number: int, payload: bytes) -> Poison:
    return Poison(number, f"chaos/json/poison-{number}", payload.replace(b"@", str(number).encode()))


def _document(number: int, parts: Mapping[str, Any]) -> bytes:
    named = {"poison": number, "at": EPOCH_MICROS + 1000 * number}
    return json.dumps({**named, **parts}).encode()
