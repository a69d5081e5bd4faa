"""What `zhike check` has to say, and how it is shown."""

from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

from rich.console import Group
from rich.table import Table as Grid
from rich.text import Text

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """What was found of a table or of one of its columns. `error`: the run would fail, or a day would be refused."""

    table: str
    column: str | None
    level: Level
    message: str
    examples: list[str] = field(default_factory=list)
    share: float | None = None


MARKS = {"ok": Text("✓", "green"), "warning": Text("!", "yellow"), "error": Text("✗", "red")}


def render(findings: list[Finding]) -> Group:
    """The findings for the terminal, a grid a table; columns that fit share a line."""
    grids = [_grid(table, list(group)) for table, group in groupby(findings, key=group_of)]
    errors, warnings = (sum(finding.level == level for finding in findings) for level in ("error", "warning"))
    verdict = "The run would fail or refuse days until the errors are mended." if errors else "The shop can be run."
    return Group(*grids, Text(f"{errors} errors, {warnings} warnings. {verdict}", "red" if errors else "green"))


def group_of(finding: Finding) -> str:
    return "not declared" if finding.message.startswith("not declared") else finding.table


def _grid(title: str, findings: list[Finding]) -> Grid:
    grid = Grid(title=title, title_justify="left", title_style="bold", show_header=False, expand=True)
    for name, ratio in (("level", None), ("column", None), ("message", 3), ("examples", 2)):
        grid.add_column(name, ratio=ratio, overflow="fold")
    fitting: list[str] = []
    for finding in findings:
        if finding.level == "ok" and finding.column:
            _, is_told, written = finding.message.partition(", written as ")
            said = [f"{finding.share:.1%} empty"] if finding.share else []
            said += [f"as {written}"] if is_told else []
            fitting.append(f"{finding.column}{' (' + '; '.join(said) + ')' if said else ''}")
            continue
        share = f"{finding.share:.2%} " if finding.share and finding.column else ""
        about, message = finding.column or "", finding.message
        if title != finding.table:
            about, message = finding.table, message.removeprefix("not declared: ")
        grid.add_row(MARKS[finding.level], about, Text(share + message), Text("\n".join(finding.examples)))
    if fitting:
        grid.add_row(MARKS["ok"], "", Text("columns that fit: " + ", ".join(fitting)), "")
    return grid
