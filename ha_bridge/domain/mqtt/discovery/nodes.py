"""What expressions do, as functions of the payload: each makes one of others. They fail as Jinja's fail."""

import operator
from collections.abc import Callable
from typing import Any

from ha_bridge.domain.mqtt.discovery.rendering import MISSING, NoValue, Payload, Undefined

Node = Callable[[Payload], Any]


def constant(value: Any) -> Node:
    return lambda _payload: value


def choice(condition: Node, one: Node, other: Node) -> Node:
    return lambda payload: one(payload) if condition(payload) else other(payload)


def either(one: Node, other: Node) -> Node:
    return lambda payload: one(payload) or other(payload)


def both(one: Node, other: Node) -> Node:
    return lambda payload: one(payload) and other(payload)


def negated(node: Node) -> Node:
    return lambda payload: not node(payload)


def defined(node: Node) -> Node:
    return lambda payload: node(payload) is not MISSING


def piped(node: Node, through: Callable[[Any], Any]) -> Node:
    return lambda payload: through(node(payload))


def equal(one: Node, other: Node) -> Node:
    return lambda payload: one(payload) == other(payload)


def within(one: Node, other: Node) -> Node:
    def node(payload: Payload) -> bool:
        what, whole = one(payload), other(payload)
        try:
            return whole is not MISSING and what in whole
        except TypeError:
            raise NoValue("in") from None

    return node


def ordered(compare: Callable[[Any, Any], bool], one: Node, other: Node) -> Node:
    def node(payload: Payload) -> bool:
        left, right = _both_there(one(payload), other(payload))
        try:
            return compare(left, right)
        except TypeError:
            raise NoValue("no order") from None

    return node


def calculated(calculate: Callable[[Any, Any], Any], one: Node, other: Node) -> Node:
    def node(payload: Payload) -> Any:
        left, right = _both_there(one(payload), other(payload))
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            raise NoValue("no numbers")
        try:
            return calculate(left, right)
        except ArithmeticError:
            raise NoValue("no result") from None

    return node


def negative(node: Node) -> Node:
    return calculated(operator.mul, node, constant(-1))


def _both_there(left: Any, right: Any) -> tuple[Any, Any]:
    if left is MISSING or right is MISSING:
        raise Undefined("nothing to compare or to calculate with")
    return left, right


def inside(node: Node, step: Any) -> Node:
    """The step that most templates are made of, without a call that could be spared."""

    def found(payload: Payload) -> Any:
        value = node(payload)
        if value is MISSING:
            raise Undefined(step)
        try:
            return value[step]
        except (KeyError, IndexError, TypeError):
            return MISSING

    return found


def looked_up(node: Node, key: Node) -> Node:
    return lambda payload: inside(node, key(payload))(payload)


def got(node: Node, key: Any, default: Any) -> Node:
    def got(payload: Payload) -> Any:
        value = node(payload)
        if not isinstance(value, dict):
            raise Undefined("get")
        try:
            return value.get(key, default)
        except TypeError:
            raise NoValue("get") from None

    return got
