"""Values of Home Assistant's YAML, read as its `helpers/config_validation.py` reads them."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

_ENTITY_ID = re.compile(r"(?!.+__)(?!_)[\da-z_]+(?<!_)\.(?!_)[\da-z_]+(?<!_)")
_DOMAIN = re.compile(r"[\da-z_]+", re.ASCII)
_WILDCARD = re.compile(r"[*?\[]")
_TRUE, _FALSE = ("1", "true", "yes", "on", "enable"), ("0", "false", "no", "off", "disable")


class Tagged(msgspec.Struct, frozen=True):
    """A value that stands elsewhere: `!secret name`, `!include file`, `!env_var NAME`."""

    tag: str
    text: str


class Unusable(ValueError):
    """A value that Home Assistant would not take either, and why; without the value, which may be secret."""


def text(value: Any) -> str:
    if value is None or isinstance(value, list | dict | Tagged):
        raise Unusable("write a text")
    return str(value)


def texts(value: Any) -> list[str]:
    """Give a list of texts, of one where a single one is written. An empty one names nothing."""
    found = value if isinstance(value, list) else [] if value is None else [value]
    return [each for each in map(text, found) if each]


def flag(value: Any) -> bool:
    word = str(value).lower().strip()
    if word not in (*_TRUE, *_FALSE):
        raise Unusable("write true or false")
    return word in _TRUE


def port(value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = 0
    if not 1 <= number <= 65535:
        raise Unusable("write a port, 1 to 65535")
    return number


def choice(*words: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in words:
            raise Unusable(f"write one of {', '.join(words)}")
        return str(value)

    return read


def entity_ids(value: Any) -> list[str]:
    """Read a list, or a text with commas; entity ids are in lower case."""
    found = value.split(",") if isinstance(value, str) else value
    if not isinstance(found, list):
        raise Unusable("write a list of entity ids")
    return [entity_id(each) for each in found]


def entity_id(value: Any) -> str:
    found = text(value).strip().lower()
    if not _ENTITY_ID.fullmatch(found):
        raise Unusable("this is no entity id")
    return found


def glob(pattern: str) -> str:
    """Keep a glob what it is: without a wildcard it is less exact than an entity id, between slashes no regular expression."""
    return pattern if _WILDCARD.search(pattern) and pattern[0] != "/" else f"[{pattern[0]}]{pattern[1:]}"


def is_domain(name: str) -> bool:
    """Tell whether an entity can be of this domain; Home Assistant takes any text, such as "sensor, light"."""
    return bool(_DOMAIN.fullmatch(name))


def glob_of_domain(name: str) -> str:
    """Name the entities of a domain, of which there are none where it is no name of one."""
    return _WILDCARD.sub(r"[\g<0>]", name) + ".*"
