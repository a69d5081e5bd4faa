"""What `zhike check` has to say, and how it is shown."""

from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

from rich.console import Group
from rich.table import Table as Grid
from rich.text import Text

from resources.catalogue import in_words
from resources.words import Words, language_of

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """What was found of a table or of one of its columns. `error`: the run would fail, or a day would be refused. `where` is the file, and
    where it can be told the line, of the first example."""

    table: str
    column: str | None
    level: Level
    says: Words
    examples: list[str] = field(default_factory=list)
    share: float | None = None
    where: str = ""

    @property
    def message(self) -> str:
        return self.says.en


MARKS = {"ok": Text("✓", "green"), "warning": Text("!", "yellow"), "error": Text("✗", "red")}


EMPTY = Words("{} 为空", "{} empty")
AS = Words("写作 {}", "as {}")
FIT = Words("合适的列：{}", "columns that fit: {}")
NOT_DECLARED = Words("没有声明", "not declared")
TOTAL = Words("{} 个错误，{} 个警告。", "{} errors, {} warnings. ")
VERDICTS = {
    True: Words(
        "错误改正之前，运行会失败，或有日子被拒收。", "The run would fail or refuse days until the errors are mended."
    ),
    False: Words("可以运行。", "The shop can be run."),
}


def render(findings: list[Finding], locale: str = "en") -> Group:
    """The findings for the terminal in the language of a locale, a grid a table; columns that fit share a line."""
    language = language_of(locale)
    grids = [_grid(table, list(group), language) for table, group in groupby(findings, key=group_of)]
    errors, warnings = (sum(finding.level == level for finding in findings) for level in ("error", "warning"))
    told = TOTAL.format(errors, warnings) + VERDICTS[errors > 0]
    return Group(*grids, Text(getattr(told, language), "red" if errors else "green"))


def group_of(finding: Finding) -> str:
    return NOT_DECLARED.en if finding.message.startswith(NOT_DECLARED.en) else finding.table


def _grid(table: str, findings: list[Finding], language: str) -> Grid:
    def own(words: Words) -> str:
        return getattr(words, language)

    is_declared = table != NOT_DECLARED.en
    title = table if is_declared else own(NOT_DECLARED)
    grid = Grid(title=title, title_justify="left", title_style="bold", show_header=False, expand=True)
    for name, ratio in (("level", None), ("column", None), ("message", 3), ("examples", 2)):
        grid.add_column(name, ratio=ratio, overflow="fold")
    fitting: list[str] = []
    for finding in findings:
        if finding.level == "ok" and finding.column:
            said = [own(EMPTY.format(f"{finding.share:.1%}"))] if finding.share else []
            said += [own(AS.format(finding.examples[0]))] if finding.examples else []
            fitting.append(f"{finding.column}{' (' + '; '.join(said) + ')' if said else ''}")
            continue
        share = f"{finding.share:.2%} " if finding.share and finding.column else ""
        about = (finding.column or "") if is_declared else finding.table
        message = own(finding.says) if is_declared else own(finding.says).removeprefix(title).lstrip(":： ")
        # Of a column they are values, which stay as they are; of a table reasons and places.
        examples = finding.examples if finding.column else [own(in_words(text)) for text in finding.examples]
        shown = Text("\n".join([*examples, *([own(in_words(finding.where))] if finding.where else [])]))
        grid.add_row(MARKS[finding.level], about, Text(share + message), shown)
    if fitting:
        grid.add_row(MARKS["ok"], "", Text(own(FIT.format(", ".join(fitting)))), "")
    return grid
