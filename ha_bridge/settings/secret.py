"""Values that must not be seen: secrets, and URLs with a user and a password in them."""

import json
import re
from urllib.parse import unquote, urlsplit

MASK = "••••"
_USER_AND_PASSWORD = re.compile(r"(?<=://)[^/?#]*@")


class Secret:
    """A password or token. Printing it in any way shows a mask; `reveal` gives the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"Secret({str(self)!r})"

    def __str__(self) -> str:
        return MASK if self._text else ""


class Url(str):
    """A URL as written. Its repr hides the user and password that it may contain."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(mask_url(self))

    def password(self) -> str:
        """Give the password inside the URL, decoded; empty where there is none."""
        return unquote(urlsplit(self).password or "")


def mask_url(text: str) -> str:
    return _USER_AND_PASSWORD.sub(f"{MASK}@", text)


def shown(value: object) -> str:
    """Write a value on one line for people, as it would stand in a settings file, nothing secret in it."""
    if isinstance(value, Secret):
        return str(value)
    if value is None:
        return "not set"
    if isinstance(value, str):
        return mask_url(value)
    return mask_url(json.dumps(value, ensure_ascii=False, default=str))
