"""Whole lists of customers as files, CSV, workbooks and Parquet: every member, who allows marketing in a column of its own; who is held out of an action
there is nobody to be written to. Every file is noted in the log of exports before it is handed out, and the same list gives the same bytes.

A spreadsheet runs a text that begins as a formula does; no cell of these files is one. Files are written in the home, readable by its owner only,
and are gone once they are sent.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import duckdb

from assets.outreach.report.make import ready
from assets.outreach.report.reads import Reads
from resources import exports
from resources.cards import FACTS, FILTERS
from resources.consents import Consents
from resources.home import Home
from resources.quoting import identifier, literal
from resources.shop import Shop
from resources.snapshot import Snapshot, reading
from resources.wishes import not_leaving
from resources.words import Words
from serving import files

Kind = Literal["csv", "xlsx", "parquet"]
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
# Spreadsheets in Chinese take a file without it for one in GBK.
BOM = b"\xef\xbb\xbf"
# What a spreadsheet takes for the beginning of a formula, full-width signs too.
FORMULA = "^[=+\\-@\\t\\r\\n＝＋－＠]"
MOST_ROWS_A_SHEET = 1_048_576
WIDTH = 18
UNFINISHED = "export-"
BATCH = 10_000
CONSENT = {True: Words("同意", "yes"), False: Words("不同意", "no"), None: Words("未知", "not known")}
HELD_OUT = Words("对照组，请勿联系", "held out, do not contact")
COLUMNS: dict[str, Words] = {
    "person_id": Words("客户 ID", "Customer ID"),
    "accounts": Words("全部账号", "All accounts"),
    "consent": Words("同意营销", "Agrees to marketing"),
    "segment_{language}": Words("客群", "Segment"),
    "class_{language}": Words("RFM 类别", "RFM class"),
    "group_{language}": Words("生命周期", "Lifecycle group"),
    "clv_12m": Words("未来 12 个月价值{unit}", "Value in 12 months{unit}"),
    "spend": Words("累计消费{unit}", "Spent so far{unit}"),
    "frequency": Words("购买天数", "Days with a purchase"),
    "last_purchase_on": Words("最近购买日期", "Last purchase"),
    "p_purchase": Words("再次购买概率", "Probability of another purchase"),
    "p_churn": Words("流失概率", "Probability of leaving"),
    "reasons_{language}": Words("主要原因", "Main reasons"),
    "next_order_on": Words("预计下次下单日期", "Next order expected"),
    "category": Words("最关注的品类", "Favourite category"),
}


@dataclass(frozen=True)
class Members:
    """Who is on a list: `by` is a filter of cards with its value, `list` with the name of a list of the week, or `all`."""

    by: str
    value: Any = None

    def condition(self) -> str:
        """The members as a condition in SQL. Raises KeyError for a filter that is none."""
        if self.by == "all":
            return "true"
        if self.by == "list":
            return f"c.person_id IN (SELECT person_id FROM listed WHERE list = {literal(str(self.value))})"
        return f"c.{FILTERS[self.by]} = {literal(str(self.value))}"


def export(
    snapshot: Snapshot, home: Home, shop: Shop, members: Members, kind: Kind, language: str, *, what: str, who: str
) -> tuple[IO[bytes], int]:
    """The file of a list in one language, open at its beginning, and how many customers are on it. It has no name any more: when it is
    closed it is gone. `what` it is called and `who` takes it stand in the log. Raises ZhikeError where the version cannot be read or is
    gone, or where the export cannot be noted."""
    with reading(snapshot) as reader:
        reads = ready(reader, shop)
        Consents(home, snapshot).lay(reader.connection)
        reads.decide("FROM decided_now")
        there = reads.columns("insights.customer_360")
        headings, columns = _columns(there, shop, language)
        staying = not_leaving(home, "c.person_id", "people")
        reader.connection.execute(f"CREATE TEMP VIEW held_out AS {held_out(reads)}")
        table = f"SELECT {', '.join(columns)} FROM ({_rows(members, staying, 'clv_12m' in there)})"
        return handed_out(reads, home, kind, table, headings, what=what, who=who)


def handed_out(
    reads: Reads, home: Home, kind: Kind, table: str, headings: Sequence[str], *, what: str, who: str
) -> tuple[IO[bytes], int]:
    """The same of any select: a column a heading, then `place`, by which its rows are sorted, and `whose`, a list of the accounts that a row is of.
    Parquet keeps the columns' own names."""
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=home.folder) as folder:
        path = Path(folder) / f"list.{kind}"
        execute = reads.reader.connection.execute
        (count,) = execute(f"CREATE TEMP TABLE exported AS {table}").fetchall()[0]
        if kind == "csv":
            _write_csv(reads, path, headings)
        elif kind == "xlsx":
            _write_workbook(reads, path, headings)
        else:
            rows = "SELECT * EXCLUDE (place, whose) FROM exported ORDER BY place"
            execute(f"COPY ({rows}) TO {literal(str(path))} (FORMAT parquet)")
        accounts = execute("SELECT DISTINCT unnest(whose) FROM exported").fetchall()
        exports.record(
            home,
            what=what,
            who=who,
            kind=kind,
            as_of=reads.as_of,
            accounts=[account for (account,) in accounts],
            content_hash=files.content_hash(path),
            people=count,
        )
        return path.open("rb"), count


def held_out(reads: Reads) -> str:
    """The select of who is held out of an action of the shop in the season of the newest week, whichever account of theirs was drawn."""
    actions = reads.shop.actions
    if actions is None or not reads.columns("outreach.winback"):
        return "SELECT NULL::VARCHAR AS person_id WHERE false"
    names = ", ".join(literal(name) for name in actions.offers)
    return (
        "SELECT DISTINCT coalesce(p.person_id, w.person_id) AS person_id FROM outreach.winback AS w LEFT JOIN people AS p ON p.customer_id = w.person_id "
        f"WHERE w.arm = 'held_out' AND w.season = {literal(actions.season_of(reads.as_of))} AND w.action IN ({names})"
    )


def sweep(home: Home) -> None:
    """Removes what a killed server left of its exports."""
    for folder in home.folder.glob(f"{UNFINISHED}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _rows(members: Members, staying: str, has_value: bool) -> str:
    """Who is on a list: who refuses to be treated by personal traits on that of all alone, in no place that says their value."""
    order = "CASE WHEN NOT refuses THEN clv_12m END DESC NULLS LAST, person_id" if has_value else "person_id"
    who = "" if members.by == "all" else " AND NOT coalesce(a.refuses, false)"
    return (
        f"SELECT *, row_number() OVER (ORDER BY {order}) AS place FROM (SELECT c.*, a.agrees, coalesce(a.refuses, false) AS refuses, "
        "c.person_id IN (FROM held_out) AS is_held_out FROM insights.customer_360 AS c "
        f"LEFT JOIN agreed AS a USING (person_id) WHERE c.as_of = getvariable('as_of') AND {members.condition()}{who} AND {staying})"
    )


def _columns(there: set[str], shop: Shop, language: str) -> tuple[list[str], list[str]]:
    """The headings in a language, and each column as SQL; last their place in the list, and whose accounts they are."""
    headings: list[str] = []
    columns: list[str] = []
    unit = Words(f"（{shop.currency}）", f" ({shop.currency})") if shop.currency else Words("", "")
    for name, heading in COLUMNS.items():
        column = name.format(language=language)
        if name == "consent":
            cases = " ".join(
                f"WHEN {said} THEN {literal(getattr(CONSENT[value], language))}"
                for value, said in ((True, "agrees"), (False, "NOT agrees"))
            )
            held = f"WHEN is_held_out THEN {literal(getattr(HELD_OUT, language))}"
            sql = f"CASE {held} {cases} ELSE {literal(getattr(CONSENT[None], language))} END"
        elif name == "accounts":
            sql = "coalesce(array_to_string(customer_ids, ' '), person_id)" if "customer_ids" in there else "person_id"
        elif column not in there:
            continue
        else:
            sql = _shown(column) if column in FACTS else f"CASE WHEN NOT refuses THEN {_shown(column)} END"
        headings.append(getattr(heading.format(unit=unit), language))
        columns.append(f"{sql} AS {identifier(name)}")
    whose = "coalesce(customer_ids, [person_id])" if "customer_ids" in there else "[person_id]"
    return headings, [*columns, "place", f"{whose} AS whose"]


def _shown(column: str) -> str:
    digits = {"clv_12m": 2, "spend": 2, "p_purchase": 4, "p_churn": 4}.get(column)
    return f"CAST(round({column}, {digits}) AS DOUBLE)" if digits else column


def _texts(reads: Reads) -> list[tuple[str, bool]]:
    """The columns of the list, and whether each is text."""
    cursor = reads.reader.connection.execute("SELECT * EXCLUDE (place, whose) FROM exported LIMIT 0")
    return [(name, str(kind) == "VARCHAR") for name, kind, *_ in cursor.description or []]


def _write_csv(reads: Reads, path: Path, headings: Sequence[str]) -> None:
    columns = ", ".join(
        # Behind an apostrophe nothing is a formula.
        f"CASE WHEN regexp_matches({identifier(name)}, {literal(FORMULA)}) THEN '''' || {identifier(name)} ELSE {identifier(name)} END AS {identifier(heading)}"
        if is_text
        else f"{identifier(name)} AS {identifier(heading)}"
        for (name, is_text), heading in zip(_texts(reads), headings, strict=True)
    )
    rows = path.with_suffix(".rows")
    reads.reader.connection.execute(
        f"COPY (SELECT {columns} FROM exported ORDER BY place) TO {literal(str(rows))} (FORMAT csv, HEADER, USE_TMP_FILE false)"
    )
    with path.open("wb") as file, rows.open("rb") as written:
        file.write(BOM)
        while piece := written.read(1 << 20):
            file.write(piece)


def _write_workbook(reads: Reads, path: Path, headings: Sequence[str]) -> None:
    texts = [is_text for _, is_text in _texts(reads)]
    rows = reads.reader.connection.execute("SELECT * EXCLUDE (place, whose) FROM exported ORDER BY place")
    write_workbook(path, headings, rows, texts)


def write_workbook(path: Path, headings: Sequence[str], rows: duckdb.DuckDBPyConnection, texts: Sequence[bool]) -> None:
    """Writes rows as a workbook, on as many sheets as they need; `texts`: whether each column is text, which stays text also where it begins as a
    formula does."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet, left = None, 0
    while (batch := rows.fetchmany(BATCH)) or sheet is None:
        for row in batch or [()]:
            if sheet is None or not left:
                sheet, left = book.create_sheet(), MOST_ROWS_A_SHEET - 1
                sheet.freeze_panes = "A2"
                for place in range(len(headings)):
                    sheet.column_dimensions[get_column_letter(place + 1)].width = WIDTH
                sheet.append(list(headings))
            cells: list[Any] = list(row)
            for place, value in enumerate(row):
                if texts[place] and value is not None:
                    cells[place] = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
                    cells[place].data_type = "s"
            if row:
                sheet.append(cells)
                left -= 1
        if not batch:
            break
    book.save(path)
    files.settle(path)
