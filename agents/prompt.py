"""Prompt files: Markdown with `## sections` and `$placeholders`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import Template

from tools.errors import ConfigError, UnknownName

FOLDER = Path(__file__).with_name("prompts")


@dataclass(frozen=True)
class Prompt:
    """The sections of one prompt file, by heading; a heading inside a section makes `a/b`."""

    name: str = ""
    sections: dict[str, str] = field(default_factory=dict)

    def fill(self, section: str, **values: str) -> str:
        """Return a section with its placeholders filled.

        Raises:
            ConfigError: the section is not there, or names a placeholder without a value.
        """
        if section not in self.sections:
            raise ConfigError(
                f"the prompt {self.name!r} has no section {section!r}; "
                f"add `## {section}` to agents/prompts/{self.name}.md"
            )
        try:
            return Template(self.sections[section]).substitute(values)
        except (KeyError, ValueError) as error:
            raise ConfigError(
                f"the section {section!r} of the prompt {self.name!r} has a placeholder that "
                f"nothing fills ({error}); known are: {', '.join(sorted(values)) or 'none'}"
            ) from error

    @property
    def private(self) -> tuple[str, ...]:
        """Every text that no reply may repeat: all but the openings, which are meant for it."""
        return tuple(text for key, text in self.sections.items() if not key.startswith("openings/"))

    def entries(self, section: str) -> dict[str, str]:
        """Return the `### name` parts of a section, in order."""
        return {
            key.removeprefix(f"{section}/"): text
            for key, text in self.sections.items()
            if key.startswith(f"{section}/")
        }


def with_told(prompts: Mapping[str, Prompt]) -> dict[str, Prompt]:
    """Return the prompts of a graph, each with words for the thoughts of all.

    What a prompt file says of its thoughts under `## told` is how they are told to every other
    node, unless that one's own file words them under `## thoughts`.
    """
    told = {
        f"thoughts/{name}": text
        for prompt in prompts.values()
        for name, text in prompt.entries("told").items()
    }
    return {
        node: replace(prompt, sections={**told, **prompt.sections})
        for node, prompt in prompts.items()
    }


def read_prompt(name: str, folder: Path = FOLDER) -> Prompt:
    """Read the prompt file called `name`.

    Raises:
        UnknownName: there is no such file.
    """
    path = folder / f"{name}.md"
    if Path(name).name != name or not path.is_file():
        raise UnknownName("prompt", name, (p.stem for p in folder.glob("*.md")))
    sections: dict[str, list[str]] = {}
    part = section = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("### "):
            part = f"{section}/{line[4:].strip()}"
        elif line.startswith("## "):
            part = section = line[3:].strip()
        elif part:
            sections.setdefault(part, []).append(line)
    return Prompt(name, {key: "\n".join(lines).strip() for key, lines in sections.items()})
