"""Reads the Dockerfile and the .dockerignore, as far as this project's go."""

import json
import re
import shlex
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import NamedTuple

CHECKOUT = Path(__file__).parents[1]


class Instruction(NamedTuple):
    """One line of a Dockerfile, its continuation lines joined."""

    word: str
    rest: str

    @property
    def words(self) -> list[str]:
        """What follows the first word: a JSON list, or words as a shell would split them."""
        return json.loads(self.rest) if self.rest.startswith("[") else shlex.split(self.rest)


class Stage(NamedTuple):
    """The instructions from one FROM to the next."""

    base: str
    instructions: list[Instruction]

    def all(self, word: str) -> list[Instruction]:
        return [each for each in self.instructions if each.word == word]

    def only(self, word: str) -> Instruction:
        [found] = self.all(word)
        return found

    @property
    def environment(self) -> dict[str, str]:
        pairs = [pair.partition("=") for each in self.all("ENV") for pair in each.words]
        return {name: value for name, _, value in pairs}


def stages() -> list[Stage]:
    text = re.sub(r"^\s*#.*\n", "", (CHECKOUT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    found: list[Stage] = []
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append(Stage(rest.split()[0], []))
        else:
            found[-1].instructions.append(Instruction(word, rest.strip()))
    return found


def copied(stage: Stage) -> dict[str, str]:
    """What a stage takes from the checkout: source to destination. Options such as --from mean another source."""
    pairs: dict[str, str] = {}
    for each in stage.all("COPY"):
        *sources, destination = each.words
        if not sources[0].startswith("--"):
            pairs |= dict.fromkeys(sources, destination)
    return pairs


def lets_through(path: str) -> bool:
    """Tell whether .dockerignore lets a file of the checkout into the build: the last pattern that fits decides."""
    through = True
    for line in (CHECKOUT / ".dockerignore").read_text().split():
        pattern = line.removeprefix("!")
        # A pattern that fits a folder fits all that is in it.
        if any(fnmatchcase(str(part), pattern) for part in (path, *PurePosixPath(path).parents)):
            through = line.startswith("!")
    return through
