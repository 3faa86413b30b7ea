"""The expressions of plain templates: a small part of Jinja's, with its precedence, compiled to functions of the payload.

Values, dotted and bracketed steps into them, `.get('a', 'b')`, filters, calculating with numbers, comparisons, `in`,
`is defined`, `and`, `or`, `not`, `a if b else c`, and lists and dicts of constants. Nothing repeats and nothing grows, so
an expression costs as much as it is long. Python's calculating with texts is left out.
"""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from ha_bridge.domain.mqtt.discovery import nodes
from ha_bridge.domain.mqtt.discovery.filters import filter_named
from ha_bridge.domain.mqtt.discovery.nodes import Node
from ha_bridge.domain.mqtt.discovery.rendering import MISSING, NotPlain

Token = str | tuple[Any]
"""A sign or a word, or a constant, which stands in a tuple; "" is the end."""

DEEPEST = 20  # brackets within brackets

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<word>[A-Za-z]\w*) | (?P<number>\d+(?:\.\d+)?)(?![\w.])
        | (?P<text>'[^'\\]*'|"[^"\\]*") | (?P<sign>==|!=|<=|>=|[-+*/<>()\[\]{}.,:|])
    )\s*""",
    re.ASCII | re.VERBOSE,
)
_CONSTANTS = {"true": True, "false": False, "none": None, "True": True, "False": False, "None": None}
# `{{ value_json.items }}` is a method of Python's dict to Home Assistant, whatever the payload says.
_METHODS = {name for kind in (dict, list, str, int, float) for name in dir(kind)}
_AFTER_TEST = {
    "",
    "else",
    "or",
    "and",
    ")",
    "]",
    "|",
    ",",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "/",
}
_ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_SUMS = {"+": operator.add, "-": operator.sub}
_PRODUCTS = {"*": operator.mul, "/": operator.truediv}


def expression(text: str, names: Mapping[str, Node]) -> Node:
    """Read an expression, in which `names` stand for others; raises NotPlain."""
    reader = _Reader(text, names)
    node = reader.choice()
    reader.expect("")
    return node


class _Reader:
    """Reads from left to right, with a method for each level of precedence."""

    def __init__(self, text: str, names: Mapping[str, Node]) -> None:
        self._text = text
        self._names = names
        self._tokens = _tokens(text)
        self._position = 0
        self._depth = 0

    def choice(self) -> Node:
        self._deeper()
        node = self._either()
        if self._take("if"):
            node = nodes.choice(self._either(), node, self._otherwise())
        self._depth -= 1
        return node

    def _otherwise(self) -> Node:
        """Without an `else` there is nothing, and in brackets that would be a nothing of another type than all else."""
        if self._take("else"):
            return self.choice()
        if self._depth > 1:
            raise NotPlain(self._text)
        return nodes.constant(MISSING)

    def expect(self, token: str) -> None:
        if not self._take(token):
            raise NotPlain(self._text)

    def _either(self) -> Node:
        node = self._both()
        while self._take("or"):
            node = nodes.either(node, self._both())
        return node

    def _both(self) -> Node:
        node = self._negated()
        while self._take("and"):
            node = nodes.both(node, self._negated())
        return node

    def _negated(self) -> Node:
        return nodes.negated(self._compared()) if self._take("not") else self._compared()

    def _compared(self) -> Node:
        node = self._sum()
        sign = self._next()
        if sign in _ORDERS:
            return nodes.ordered(_ORDERS[self._pop()], node, self._sum())
        if self._take("=="):
            return nodes.equal(node, self._sum())
        if self._take("!="):
            return nodes.negated(nodes.equal(node, self._sum()))
        if self._take("not"):
            self.expect("in")
            return nodes.negated(nodes.within(node, self._sum()))
        return nodes.within(node, self._sum()) if self._take("in") else node

    def _sum(self) -> Node:
        node = self._product()
        while self._next() in _SUMS:
            node = nodes.calculated(_SUMS[self._pop()], node, self._product())
        return node

    def _product(self) -> Node:
        node = self._filtered()
        while self._next() in _PRODUCTS:
            node = nodes.calculated(_PRODUCTS[self._pop()], node, self._filtered())
        return node

    def _filtered(self) -> Node:
        node = nodes.negative(self._stepped()) if self._take("-") else self._stepped()
        while self._next() in ("|", "is"):
            node = self._tested(node) if self._pop() == "is" else nodes.piped(node, self._filter())
        return node

    def _tested(self, node: Node) -> Node:
        odd = self._take("not")
        self.expect("defined")
        if self._next() not in _AFTER_TEST:  # Jinja takes it for an argument
            raise NotPlain(self._text)
        return nodes.negated(nodes.defined(node)) if odd else nodes.defined(node)

    def _filter(self) -> Callable[[Any], Any]:
        name, argument = self._word(), MISSING
        if self._take("(") and not self._take(")"):
            argument = self._value()
            self.expect(")")
        return filter_named(name, argument)

    def _stepped(self) -> Node:
        node = self._atom()
        while self._next() in (".", "["):
            if self._pop() == "[":
                node = self._bracket(node)
            elif (name := self._word()) == "get":
                node = self._get(node)
            elif name in _METHODS:
                raise NotPlain(self._text)
            else:
                node = nodes.inside(node, name)
        return node

    def _bracket(self, node: Node) -> Node:
        token = self._next()
        if isinstance(token, tuple) and self._tokens[self._position + 1] == "]":
            self._position += 2
            return nodes.inside(node, token[0])
        key = self.choice()
        self.expect("]")
        return nodes.looked_up(node, key)

    def _get(self, node: Node) -> Node:
        self.expect("(")
        key, default = self._value(), None
        if self._take(","):
            default = self._value()
        self.expect(")")
        return nodes.got(node, key, default)

    def _atom(self) -> Node:
        if self._take("("):
            node = self.choice()
            self.expect(")")
            return node
        token = self._next()
        if isinstance(token, str) and token in self._names:
            return self._names[self._pop()]
        return nodes.constant(self._value())

    def _value(self) -> Any:
        """A constant."""
        sign = self._any()
        if isinstance(sign, tuple):
            return sign[0]
        if sign == "[":
            return self._list()
        if sign == "{":
            return self._dict()
        if sign == "-" and isinstance(number := self._value(), int | float):
            return -number
        if sign not in _CONSTANTS:
            raise NotPlain(self._text)
        return _CONSTANTS[sign]

    def _list(self) -> list[Any]:
        self._deeper()
        values: list[Any] = []
        while not self._take("]"):
            values.append(self._value())
            if self._next() != "]":
                self.expect(",")
        self._depth -= 1
        return values

    def _dict(self) -> dict[Any, Any]:
        self._deeper()
        values: dict[Any, Any] = {}
        while not self._take("}"):
            key = self._value()
            self.expect(":")
            try:
                values[key] = self._value()
            except TypeError:
                raise NotPlain(self._text) from None
            if self._next() != "}":
                self.expect(",")
        self._depth -= 1
        return values

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise NotPlain(self._text)

    def _next(self) -> Token:
        return self._tokens[self._position]

    def _any(self) -> Token:
        token = self._tokens[self._position]
        if token == "":
            raise NotPlain(self._text)
        self._position += 1
        return token

    def _pop(self) -> str:
        """The sign or word that is known to come."""
        return str(self._any())

    def _take(self, token: str) -> bool:
        if self._tokens[self._position] != token:
            return False
        self._position += token != ""
        return True

    def _word(self) -> str:
        token = self._any()
        if isinstance(token, tuple) or not token[:1].isalpha():
            raise NotPlain(self._text)
        return token


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    position = 0
    while match := _TOKEN.match(text, position):
        position = match.end()
        found.append(_token(match))
    if position < len(text):
        raise NotPlain(text)
    return [*found, ""]


def _token(match: re.Match[str]) -> Token:
    if number := match["number"]:
        return (float(number) if "." in number else int(number),)
    if text := match["text"]:
        return (text[1:-1],)
    return match["word"] or match["sign"]
