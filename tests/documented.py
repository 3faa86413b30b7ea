"""What the pages show, for tests to run."""

import re
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
_BLOCK = re.compile(r"^( *)```(\w[\w ]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, kind: str) -> list[str]:
    """Give every block of a page in docs/ that is marked ```kind, in order."""
    return [text for _, marked, text in _BLOCK.findall(page_text(page)) if marked == kind]


def toml_blocks(page: str) -> list[str]:
    """Give the settings that a page shows."""
    return blocks(page, "toml")


def page_text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")
