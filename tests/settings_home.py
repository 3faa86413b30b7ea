"""A folder of settings files of its own, loaded without the machine's files and environment."""

from pathlib import Path

from ha_bridge.settings import Problem, Settings, SettingsError, load


class Home:
    """Write files, set variables, then `load` or ask for the `problems`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.system_file = folder / "etc" / "settings.toml"
        self.environ: dict[str, str] = {}

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def settings(self, text: str) -> Path:
        return self.write("config/settings.toml", text)

    def load(self, config: Path | None = None) -> Settings:
        return load(config, cwd=self.folder, environ=self.environ, system_file=self.system_file)

    def problems(self, config: Path | None = None) -> dict[str, Problem]:
        """Give the problems by their key; none where the settings load."""
        try:
            self.load(config)
        except SettingsError as error:
            return {problem.key: problem for problem in error.problems}
        return {}
