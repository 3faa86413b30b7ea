"""The Docker image, as far as it can be had without Docker: built for real, and run as a user who may write nothing."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ha_bridge.adapters.local.reader import LocalReader
from ha_bridge.demo.simulation import Simulation
from tests.dockerfile import CHECKOUT, stages
from tests.system.bridge import LONG
from tests.system.image import Container, Image
from tests.system.servers import free_port
from tests.system.simulated import tell
from tests.waiting import wait_for

# Building takes a while where other things go on.
pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]


@contextmanager
def public_folder() -> Iterator[Path]:
    """Give a folder that others may look into, other than those of pytest."""
    with tempfile.TemporaryDirectory(prefix="ha-bridge-image-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    with public_folder() as folder:
        made = Image(folder)
        made.build()
        yield made


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    made = Simulation(rate=0, mqtt=False)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def container(image: Image, simulation: Simulation) -> Iterator[Container]:
    """Give a container with the settings that docker run would give, and no file of settings."""
    settings = {
        "HA_BRIDGE_HOME_ASSISTANT__URL": simulation.hass.url,
        "HA_BRIDGE_HOME_ASSISTANT__TOKEN": simulation.hass.token,
        # Every address within a container is every address of this machine here.
        "HA_BRIDGE_WEB__HOST": "127.0.0.1",
        "HA_BRIDGE_WEB__PORT": str(free_port()),
    }
    with public_folder() as folder:
        made = Container(folder, image, settings)
        yield made
        pid = made.program_pid
        made.kill()
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_the_build_installs_every_module_and_what_it_needs(image: Image) -> None:
    program = "import ha_bridge, actors; print(ha_bridge.__path__[0], actors.__path__[0])"
    for place in map(Path, image.run("python", "-I", "-c", program).split()):
        installed = {str(file.relative_to(place)) for file in place.rglob("*.py")}
        source = CHECKOUT / place.name
        assert installed == {str(file.relative_to(source)) for file in source.rglob("*.py")}
        assert place.is_relative_to(image.home)
    assert "No broken requirements" in image.run("pip", "check")


def test_it_runs_as_nobody_and_its_health_check_tells_how_it_is(
    container: Container, simulation: Simulation
) -> None:
    assert container.health() == 1
    container.start(LONG)
    wait_for(lambda: container.health() == 0, LONG, f"the health check; {container}")
    tell(simulation, 1, 2, 3)
    wait_for(
        lambda: LocalReader(container.data / "ha-bridge.db").count().values > 3, LONG, "a store in /data"
    )
    if os.geteuid() == 0:
        assert Path(f"/proc/{container.program_pid}").owner() == "nobody"
    container.stop()
    assert "stopped: ha-bridge (exit status 0)" in container.log.read_text()
    assert container.health() == 1


def test_it_writes_nowhere_but_into_its_data_and_tmp(container: Container, image: Image) -> None:
    before = set(image.home.rglob("*"))
    container.start(LONG)
    wait_for(lambda: container.health() == 0, LONG, f"the health check; {container}")
    container.stop()
    assert set(image.home.rglob("*")) == before
    written = {file for file in container.directory.rglob("*") if file.is_file()}
    own = {container.log, container.file}
    assert all(file.is_relative_to(container.data) for file in written - own)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_dependency_has_a_wheel_for_the_images_python(image: Image, machine: str) -> None:
    """Let pip choose for another machine than this one, with wheels alone."""
    python = stages()[-1].base.removeprefix("python:").partition("-")[0]
    kinds = [f"--platform=manylinux{version}_{machine}" for version in ("2014", "_2_28")]
    place = [*kinds, f"--python-version={python}", "--implementation=cp", f"--target={image.home / 'none'}"]
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--dry-run",
        "--report=-",
        "--only-binary=:all:",
    ]
    chosen = subprocess.run(
        [*command, *place, ".", "supervisor"], cwd=image.source, check=True, stdout=subprocess.PIPE
    )
    urls = [each["download_info"]["url"] for each in json.loads(chosen.stdout)["install"]]
    others = [url for url in urls if not url.endswith(".whl")]
    assert others == [image.source.as_uri()]
    assert len(urls) > 14
