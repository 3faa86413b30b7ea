"""What stands in the Dockerfile fits the checkout; tests/system/test_image.py carries it out."""

import configparser
import subprocess
from pathlib import PurePosixPath

import pytest

from ha_bridge.settings import LocalSinkSettings, WebSettings
from tests.dockerfile import CHECKOUT, copied, lets_through, stages

BUILD, FINAL = stages()


@pytest.fixture(scope="module")
def files() -> list[str]:
    """Give the files of the checkout as git has them, and those about to be added."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    answer = subprocess.run(listed, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return [file for file in answer.stdout.splitlines() if (CHECKOUT / file).exists()]


def test_everything_that_is_copied_is_there_and_let_through(files: list[str]) -> None:
    for source in [*copied(BUILD), *copied(FINAL)]:
        within = [file for file in files if file == source or file.startswith(f"{source}/")]
        assert within, f"{source} is not in the checkout"
        assert all(map(lets_through, within)), f"{source} is held back by .dockerignore"


def test_nothing_else_gets_into_the_build(files: list[str]) -> None:
    wanted = {source.partition("/")[0] for source in [*copied(BUILD), *copied(FINAL)]}
    assert {file.partition("/")[0] for file in files if lets_through(file)} == wanted
    for private in (".secrets.toml", "config/.secrets.toml", ".git/config", "ha_bridge/__pycache__/cli.pyc"):
        assert not lets_through(private)


def test_every_package_is_copied() -> None:
    setup = configparser.ConfigParser()
    setup.read(CHECKOUT / "setup.cfg")
    packages = {line.removesuffix("*") for line in setup["options.packages.find"]["include"].split()}
    assert packages <= set(copied(BUILD))
    assert {"setup.cfg", "pyproject.toml", setup["metadata"]["license_files"]} <= set(copied(BUILD))


def test_what_is_built_stays_in_its_place_because_an_environment_cannot_be_moved() -> None:
    [built] = [each for each in FINAL.all("COPY") if each.words[0].startswith("--from")]
    _, source, destination = built.words
    assert source == destination
    assert f"venv {source} " in BUILD.only("RUN").rest
    assert FINAL.environment["PATH"] == f"{destination}/bin:$PATH"


def test_it_runs_as_a_user_of_its_own_who_has_a_place_for_its_data() -> None:
    assert FINAL.only("USER").rest not in {"root", "0"}
    store = PurePosixPath(FINAL.only("WORKDIR").rest, LocalSinkSettings(kind="local").path)
    volume = FINAL.only("VOLUME").rest
    assert store.is_relative_to(volume)
    assert f"-g ha-bridge {volume}" in FINAL.only("RUN").rest


def test_the_endpoints_are_where_the_image_says() -> None:
    assert FINAL.only("EXPOSE").rest == str(WebSettings().port)
    assert FINAL.environment["HA_BRIDGE_WEB__HOST"] == "0.0.0.0"  # noqa: S104 - within the container


def test_both_stages_have_the_same_python() -> None:
    assert BUILD.base == FINAL.base
