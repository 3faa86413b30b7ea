"""Templates of the forms that are read, by the grammar, from a random generator."""

from collections.abc import Callable
from random import Random

DEEPEST = 3


def templates(number: int, seed: int) -> list[str]:
    random = Random(seed)  # noqa: S311 - the same ones each time
    return [_template(random) for _ in range(number)]


def _template(random: Random) -> str:
    forms: list[Callable[[], str]] = [
        lambda: f"{{{{ {_choice(random, 0)} }}}}",
        lambda: f"{{{{ {_choice(random, 1)} if {_choice(random, 1)} }}}}",
        lambda: f'{{"a": "{{{{ {_choice(random, 1)} }}}}", "b": {{{{- {_choice(random, 1)} -}}}} }}',
        lambda: f"{{% if {_choice(random, 1)} %}} ON {{%else%}}OFF{{% endif %}}",
        lambda: (
            f"{{%- if {_choice(random, 1)} -%}} {{{{ {_choice(random, 2)} }}}} "
            f"{{% elif {_choice(random, 2)} %}}b{{% endif %}}"
        ),
        lambda: f"{{% set x = {_choice(random, 1)} %}} {{{{ x }}}}-{{{{ {_choice(random, 2)} }}}}",
    ]
    return random.choice(forms)()


def _choice(random: Random, depth: int) -> str:
    if depth >= DEEPEST:
        return _value(random)

    def one() -> str:
        return _choice(random, depth + 1)

    def number() -> str:
        return f"({one()} | float(2))"

    forms: list[Callable[[], str]] = [
        lambda: _value(random),
        lambda: _value(random),
        lambda: f"{_value(random)} | {_filter(random)}",
        lambda: f"{_value(random)} | {_filter(random)} | {_filter(random)}",
        lambda: f"{number()} {random.choice('+-*/')} {number()} {random.choice('+-*/')} 2 | round(1)",
        lambda: f"-{number()}",
        lambda: (
            f"({one()}) {random.choice(['==', '!=', '<', '<=', '>', '>=', 'in', 'not in'])} {_value(random)}"
        ),
        lambda: f"({one()} {random.choice(['and', 'or'])} not {one()})",
        lambda: f"({one()} if {one()} else {one()}) | {_filter(random)}",
        lambda: f"({_value(random)} is {random.choice(['', 'not '])}defined)",
    ]
    return random.choice(forms)()


def _value(random: Random) -> str:
    return random.choice(
        [
            *("value", "value_json", "value_json.a", "value_json.a.b", "value_json['a']", "value_json.b"),
            *('value_json["a"][0]', "value_json[-1]", "value_json.get('a')", "value_json['a'].get('b', 'c')"),
            *("{'x': 1, none: 'nothing', 21: 'many', true: 'yes'}[value_json.a]", "['ON', 'b', 21.5]"),
            *("'b'", '"ON"', "21", "0.5", "none", "false"),
        ]
    )


def _filter(random: Random) -> str:
    return random.choice(
        [
            "float",
            "float(0)",
            "int",
            "int('x')",
            "round(1)",
            "round",
            "default('d')",
            "is_defined",
            "lower",
            "upper",
        ]
    )
