"""The settings that the pages show, for tests to run."""

import re
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
_BLOCK = re.compile(r"^( *)```toml\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def toml_blocks(page: str) -> list[str]:
    """Give every ```toml block of a page in docs/, in order."""
    return [block for _, block in _BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))]
