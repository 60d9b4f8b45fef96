"""Writes ``docs/commands.md``: every command with its arguments and options, as the commands themselves say it.

python -m benchmarks.command_page
"""

from __future__ import annotations

from pathlib import Path

import click

from kmdigitize.cli import main

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"


def command_page() -> str:
    """The page as Markdown; nothing in it depends on the version of click."""
    assert isinstance(main, click.Group)
    parts = [
        "# Commands",
        "Written from the commands themselves by `python -m benchmarks.command_page`; `kmdigitize COMMAND --help` says "
        "the same. Exit codes stand under [output](output.md#exit-codes). Before the command, `--debug` shows "
        "tracebacks and the decisions of every stage, and `--version` the version.",
        *(_section(name, command) for name, command in sorted(main.commands.items())),
    ]
    return "\n\n".join(parts) + "\n"


def _section(name: str, command: click.Command) -> str:
    words = [str(one.metavar) for one in command.params if isinstance(one, click.Argument)]
    says = " ".join((command.help or "").split())
    rows = [_row(one) for one in command.params if isinstance(one, click.Option)]
    head = ["| option | meaning |", "|---|---|"]
    return "\n".join([f"## {name}", "", f"`kmdigitize {' '.join([name, *words])}`", "", says, "", *head, *rows])


def _row(option: click.Option) -> str:
    kind = option.type
    value = option.metavar or ("|".join(kind.choices) if isinstance(kind, click.Choice) else kind.name.upper())
    names = ", ".join(f"`{name}{'' if option.is_flag else f' {value}'}`" for name in option.opts)
    default = f" Default: {option.default}." if option.show_default is True else ""
    needed = " Required." if option.required else ""
    cells = (names, f"{option.help}{default}{needed}")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(command_page(), encoding="utf-8")
