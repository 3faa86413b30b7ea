"""The plain forms of `value_template`, read and never run: a template is a program, and these come from strangers.

Text with expressions in it, `{{ … }}`, and `{% if … %}`, `{% elif … %}`, `{% else %}`, `{% endif %}`; before it, values may be
named: `{% set a = … %}`. `expressions.py` says what an expression may be. What they give is what Home Assistant's template
engine gives (`helpers/template`); it makes a value that is missing an empty text.
"""

import re
from collections.abc import Iterator
from operator import attrgetter

import msgspec

from ha_bridge.domain.mqtt.discovery.expressions import expression
from ha_bridge.domain.mqtt.discovery.nodes import Node, choice, constant
from ha_bridge.domain.mqtt.discovery.rendering import NotPlain, NoValue, Payload

LONGEST = 2000  # characters
DEEPEST = 20  # ifs within ifs, or one after the other

Part = tuple[str, str]
"""Its kind, which is "text", "value" or the first word of a tag, and what there is of it."""

_PART = re.compile(r"\{\{(-?)(.*?)(-?)\}\}|\{%(-?)\s*(\w+)\b(.*?)(-?)%\}", re.DOTALL)
_SET = re.compile(r"\s*([A-Za-z]\w*)\s*=(?!=)(.*)", re.ASCII | re.DOTALL)
_PAYLOAD: dict[str, Node] = {"value": attrgetter("text"), "value_json": attrgetter("document")}


class Template(msgspec.Struct, frozen=True):
    """A plain template: what makes its text of a payload."""

    written: Node

    def render(self, payload: Payload) -> str:
        """The text that Home Assistant would make of the payload; raises NoValue."""
        try:
            return str(self.written(payload)).strip()
        except NoValue:
            raise
        except (ValueError, RecursionError):
            raise NoValue("too long a number, or too deep") from None


def parse(text: str) -> Template:
    """Read a template; raises NotPlain."""
    if len(text) > LONGEST:
        raise NotPlain(text)
    parts = list(_parts(text.strip()))
    if all(kind == "text" for kind, _ in parts):
        raise NotPlain(text)
    return Template(_Reader(text, parts).whole())


def _parts(text: str) -> Iterator[Part]:
    position, trimmed = 0, ""
    for found in _PART.finditer(text):
        before, position = text[position : found.start()], found.end()
        yield _text(before.lstrip() if trimmed else before, trim=found[1] or found[4])
        yield ("value", found[2]) if found[5] is None else (found[5], found[6])
        trimmed = found[3] or found[7]
    rest = text[position:]
    yield _text(rest.lstrip() if trimmed else rest, trim="")


def _text(text: str, trim: str | None) -> Part:
    if any(sign in text for sign in ("{{", "{%", "{#")):
        raise NotPlain(text)
    return "text", text.rstrip() if trim else text


class _Reader:
    def __init__(self, text: str, parts: list[Part]) -> None:
        self._text = text
        self._parts = [*parts, ("", "")]
        self._position = 0
        self._names = dict(_PAYLOAD)

    def whole(self) -> Node:
        named: dict[str, Node] = {}
        while self._parts[self._position][0] == "set" or self._is_blank():
            kind, what = self._part()
            if kind == "set":
                name, node = self._set(what)
                named[name] = node
        self._names |= named
        pieces = self._pieces(0)
        if self._part()[0]:
            raise NotPlain(self._text)
        return _joined(pieces)

    def _is_blank(self) -> bool:
        """Text that is nothing where the whole is stripped."""
        return self._parts[self._position][0] == "text" and not self._parts[self._position][1].strip()

    def _set(self, what: str) -> tuple[str, Node]:
        """A name for a value; none is made of others, or a short template could ask for a long calculation."""
        found = _SET.fullmatch(what)
        if found is None or found[1] in _PAYLOAD:
            raise NotPlain(self._text)
        return found[1], expression(found[2], _PAYLOAD)

    def _part(self) -> Part:
        self._position += 1
        return self._parts[self._position - 1]

    def _pieces(self, depth: int) -> list[Node]:
        """Up to a tag that ends them."""
        pieces: list[Node] = []
        while (kind := self._parts[self._position][0]) in ("text", "value", "if"):
            what = self._part()[1]
            if kind == "if":
                pieces.append(self._if(what, depth + 1))
            elif kind == "value":
                pieces.append(expression(what, self._names))
            elif what:
                pieces.append(constant(what))
        return pieces

    def _if(self, what: str, depth: int) -> Node:
        if depth > DEEPEST:
            raise NotPlain(self._text)
        condition, chosen = expression(what, self._names), self._pieces(depth)
        kind, more = self._part()
        if kind == "elif":
            return choice(condition, _joined(chosen), self._if(more, depth + 1))
        other: list[Node] = []
        if kind == "else" and not more.strip():
            other = self._pieces(depth)
            kind, more = self._part()
        if kind != "endif" or more.strip():
            raise NotPlain(self._text)
        return choice(condition, _joined(chosen), _joined(other))


def _joined(pieces: list[Node]) -> Node:
    if len(pieces) == 1:
        return pieces[0]
    return lambda payload: "".join([str(piece(payload)) for piece in pieces])
