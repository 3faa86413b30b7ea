"""What is wrong with filters and rules is said with the rule's name, its key and its mend."""

from pathlib import Path

import pytest

from ha_bridge.settings import rows
from tests.settings_home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def problem(home: Home, text: str, key: str) -> str:
    """Give what is said of a key, which must be all that is wrong."""
    home.settings(text)
    problems = home.problems()
    assert list(problems) == [key]
    return str(problems[key])


@pytest.mark.parametrize(
    ("rule", "key", "said"),
    [
        ("round = 'one'", "rules[1].round", 'rule 2 "second": write a whole number from -12 to 12'),
        ("rate_limit = 'often'", "rules[1].rate_limit", 'rule 2 "second": write a duration'),
        ("type = 'numbr'", "rules[1].type", "did you mean number?"),
        ("default = []\ntype = 'text'", "rules[1].default", "a text in quotes, a number, or true or false"),
        ("rond = 1", "rules[1].rond", 'rule 2 "second": there is no such key'),
        ("match = ['light']\ndrop = true", "rules[1].match", "this is a table"),
        ("match = {area = ['x']}\ndrop = true", "rules[1].match.area", "did you mean rules[1].match.areas?"),
        (
            "match = {times = ['noon']}\ndrop = true",
            "rules[1].match.times",
            'rule 2 "second": write such as "22:00',
        ),
        ("convert = 'wat'", "rules[1].convert", 'rule 2 "second": there is no such unit'),
        ("sinks = ['x']", "rules[1].sinks", "there is no sink of that name; there are local"),
        ("", "rules[1]", 'rule 2 "second": it does nothing'),
    ],
)
def test_a_mistake_in_a_rule_names_the_rule_and_the_key(home: Home, rule: str, key: str, said: str) -> None:
    text = problem(home, f"[[rules]]\ndrop = true\n[[rules]]\nname = 'second'\n{rule}\n", key)
    assert said in text
    assert text.startswith(key)
    assert "config/settings.toml:" in text


def test_a_rule_without_a_name_is_called_by_its_number(home: Home) -> None:
    assert ": rule 1: it does nothing" in problem(home, "[[rules]]\n", "rules[0]")


def test_rules_are_a_list(home: Home) -> None:
    assert "write [[rules]] once for each" in problem(home, "[rules]\ndrop = true\n", "rules")


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ('include = ["/(/"]', "filter.include.entities", "no regular expression"),
        ('exclude = {attributes = ["a < b"]}', "filter.exclude.attributes", "b is no number"),
        ('exclude = {weekdays = ["noday"]}', "filter.exclude.weekdays", "mon-fri"),
        ('time_zone = "Mars/Olympus"', "filter.time_zone", "Europe/Berlin"),
        ('time_zone = "../etc/passwd"', "filter.time_zone", "Europe/Berlin"),
        ('include = ["area:/(/"]', "filter.include.areas", "no regular expression"),
        ('exclude = ["sensor.Hall"]', "filter.exclude.entities", '"sensor.hall"'),
        ('include = ["area:"]', "filter.include", '"area:Kitchen"'),
        ('include = ["what:ever"]', "filter.include", '"area:Kitchen"'),
    ],
)
def test_a_mistake_in_the_filter_is_told(home: Home, text: str, key: str, said: str) -> None:
    told = problem(home, f"[filter]\n{text}\n", key)
    assert said in told
    assert "config/settings.toml:2" in told


def test_a_mistake_in_a_sinks_selection_is_told(home: Home) -> None:
    text = '[sinks.a]\nkind = "local"\ninclude = {times = ["x"]}\n'
    assert "22:00-06:00" in problem(home, text, "sinks.a.include.times")


def test_of_selectors_and_rules_those_keys_are_listed_that_say_something(home: Home) -> None:
    home.settings('[filter]\nexclude = ["area:Hall"]\n[[rules]]\nmatch = {units = ["W"]}\nround = 1\n')
    found = {row.key: (row.value, row.origin) for row in rows(home.load())}
    where = "config/settings.toml"
    assert {key: value for key, value in found.items() if key.startswith(("filter", "rules"))} == {
        "filter.include": ("{}", "default"),
        "filter.exclude.areas": ('["Hall"]', f"{where}:2"),
        "filter.time_zone": ("", "default"),
        "rules[0].match.units": ('["W"]', f"{where}:4"),
        "rules[0].round": ("1", f"{where}:5"),
    }


def test_the_short_form_of_a_filter_sorts_its_words(home: Home) -> None:
    words = ["light", "sensor.a", "sensor.*", "/x y$/", "event:call_*", "measurement:m", "area:Living room"]
    words += [
        "floor:1",
        "device:Lamp",
        "label:x",
        "integration:zha",
        "category:config",
        "device_class:power",
        "unit:W",
    ]
    home.settings(f"[filter]\ninclude = {words!r}\n")
    include = home.load().filter.include
    assert include.domains == ("light",)
    assert include.entities == ("sensor.a", "sensor.*", "/x y$/")
    assert (include.event_types, include.measurements) == (("call_*",), ("m",))
    assert (include.areas, include.floors, include.devices) == (("Living room",), ("1",), ("Lamp",))
    assert (include.labels, include.integrations, include.categories) == (("x",), ("zha",), ("config",))
    assert (include.device_classes, include.units) == (("power",), ("W",))


@pytest.mark.parametrize(
    "written",
    [
        {"file": "[[rules]]\nround = 0\nname = 'x'\nscale = 2\nmap = {a = 1}\n"},
        {"variable": '[{round = 0, name = "x", scale = 2, map = {a = 1}}]'},
        {
            "file": "[[rules]]\nmap = {a = 1}\nround = 0\nscale = 2\n",
            "variable": "[{round = 0, scale = 2, map = {a = 1}}]",
        },
    ],
)
def test_what_a_rule_does_is_kept_and_shown_as_it_is_written(home: Home, written: dict[str, str]) -> None:
    home.settings(written.get("file", ""))
    home.environ = {"HA_BRIDGE_RULES": written["variable"]} if "variable" in written else {}
    [rule] = home.load().rules
    assert rule.rule().actions() == ["round", "scale", "map"]
    shown = [row.key for row in rows(home.load()) if row.key.startswith("rules")]
    assert [key for key in shown if "name" not in key] == [
        "rules[0].round",
        "rules[0].scale",
        "rules[0].map.a",
    ]


def test_the_order_of_a_rule_is_no_key_of_it(home: Home) -> None:
    text = problem(home, "[[rules]]\ndrop = true\norder = ['drop']\n", "rules[0].order")
    assert "there is no such key" in text
