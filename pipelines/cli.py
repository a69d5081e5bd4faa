"""`zhike`: the shell command. It prints for people; `--json` prints the same for programs. Exit codes: 0 fine, 1 failed, 2 usage."""

import io
import json
import os
import sys
import warnings
from contextvars import ContextVar
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from pipelines.grids import card_grid, grid, list_grid, segments_grid
from pipelines.sentences import sentence
from pipelines.stopping import Stop, Stopped, stoppable
from resources.catalogue import in_words
from resources.errors import ZhikeError
from resources.home import default_home, export_demo, open_home
from resources.shop import Shop, load_shop
from resources.words import language_of

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
# A pipe has no width of its own: the tables need some.
WIDTH = None if os.environ.get("COLUMNS") or (sys.stdout and sys.stdout.isatty()) else 120
# What is printed are data, whose square brackets and colons mean nothing.
console = Console(width=WIDTH, markup=False, emoji=False)
errors = Console(stderr=True, width=WIDTH, markup=False, emoji=False)

# What the shop people read, once a shop is known; see `_said`.
LANGUAGE: ContextVar[str] = ContextVar("language", default="")

Store = Annotated[str, typer.Option("--store", envvar="ZHIKE_STORE", help="Name of a folder in stores/, or a path.")]
HomeFolder = Annotated[str | None, typer.Option("--home", help="Where Zhike writes. Also ZHIKE_HOME; default .zhike.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"zhike {version('zhike')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Zhike 知客: know the customer."""


def main() -> None:
    """Runs the command; what people did wrong is told without a stack trace, and so is that they stopped it."""
    warnings.filterwarnings("ignore")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that knows no Chinese, or a file name that is no text, is shown question marks.
        sys.stdout.reconfigure(errors="replace")
    try:
        app()
    except Exception as error:
        known = sentence(error)
        if known is None:
            raise
        what, _, rest = _said(str(known)).partition("\n  ")
        errors.print(what, style="red", highlight=False, soft_wrap=True)
        errors.print(f"  {rest}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except Stopped as stopped:
        errors.print(str(stopped), highlight=False, soft_wrap=True)
        sys.exit(stopped.code)


def _said(text: str) -> str:
    """A sentence of Zhike in the language of the shop, before one is read in that of the terminal."""
    return getattr(in_words(text), LANGUAGE.get() or _of_terminal())


def _of_terminal() -> str:
    return language_of(os.environ.get("LC_ALL") or os.environ.get("LANG") or "")


def print_json(found: Any) -> None:
    # Programs read all of it, whatever the terminal can show.
    is_utf8 = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().startswith("utf")
    print(json.dumps(found, ensure_ascii=not is_utf8, default=str))


def shop_of(store: str, home: str | None) -> tuple[Shop, Path]:
    if home == "":
        raise typer.BadParameter("it is empty", param_hint="--home")
    try:
        folder = (Path(home) if home else default_home()).expanduser().resolve()
    except RuntimeError as error:
        raise typer.BadParameter("~ is nobody's folder: write the path in full", param_hint="--home") from error
    export_demo(folder)
    shop = load_shop(store)
    LANGUAGE.set(language_of(shop.locale))
    return shop, folder


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no date such as 2026-01-31") from error


@app.command()
def demo(
    home: HomeFolder = None,
    seed: Annotated[int, typer.Option(help="Another seed is another shop.")] = 7,
    customers: Annotated[int, typer.Option(min=50)] = 2000,
) -> None:
    """Makes the demo shop and runs it end to end."""
    from pipelines.bars import bars
    from stores.demo.generate import generate

    shop, folder = shop_of("demo", home)
    place = open_home(shop, folder)
    source = export_demo(folder)
    with stoppable() as stop:
        with bars(console) as listener:
            generate(source.parent, seed=seed, customers=customers, progress=listener)
        failed = _run(shop, folder, None, None, None, [], stop, as_json=False)
    from serving.customers import segments

    console.print(segments_grid(shop, segments(place)))
    console.print(
        f"\nThe web UI shows the graph, its checks and its runs:  zhike ui --store demo\n"
        f"What is there and how fresh:                          zhike status --store demo\n"
        f"The week on one page, in the browser:                 zhike report --store demo --open\n"
        f"The console, in the browser, with a key · 经营台：\n"
        f"  a key, shown once · 先生成密钥（只显示一次）：       zhike key make me --scope admin --store demo\n"
        f"  then open http://127.0.0.1:8000 · 再启动并打开：     zhike serve --store demo\n"
        f"All tables as Parquet and one DuckDB file:            {place.snapshot / 'current'}\n"
        f"Your own shop in ten lines:                           README.md, “Bring your own shop”",
        highlight=False,
        soft_wrap=True,
    )
    raise typer.Exit(1 if failed else 0)


@app.command()
def run(
    store: Store = "demo",
    home: HomeFolder = None,
    from_: Annotated[str | None, typer.Option("--from", help="First delivery day.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Last delivery day.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="Only this week: a Monday.")] = None,
    select: Annotated[
        list[str] | None, typer.Option("--select", help="Only these tables, as stage.table or stage/table; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Runs the shop: the days, then the weeks. Without options, all that its data cover."""
    shop, folder = shop_of(store, home)
    with stoppable() as stop:
        tables = [name.replace(".", "/", 1) for name in select or []]
        failed = _run(shop, folder, _day(from_), _day(to), _day(as_of), tables, stop, as_json=as_json)
    raise typer.Exit(1 if failed else 0)


def _run(
    shop: Shop,
    folder: Path,
    first: date | None,
    last: date | None,
    as_of: date | None,
    select: list[str],
    stop: Stop,
    *,
    as_json: bool,
) -> bool:
    """Runs and prints what came of it; says whether something failed."""
    from pipelines.bars import bars
    from pipelines.erasing.waiting import erase_waiting
    from pipelines.keeping import keep
    from pipelines.runs import (
        Report,
        days_covered,
        open_shop,
        run_job,
        tables_of,
        weeks_covered,
    )

    erase_waiting(shop, folder)
    place, instance, definitions, calendar = open_shop(shop, folder)
    unknown = set(select) - {key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()}
    if unknown:
        raise typer.BadParameter(f"no asset {', '.join(sorted(unknown))}", param_hint="--select")
    if as_of is not None and not calendar.weekly.has_partition_key(as_of.isoformat()):
        raise typer.BadParameter(f"{as_of} is not one of the shop's Mondays", param_hint="--as-of")
    report = Report()
    jobs = ["weekly"] if as_of else ["daily", "weekly"]
    with instance, bars(errors if as_json else console, tables_of(definitions, jobs, select)):
        if as_of is not None:
            run_job(definitions, instance, "weekly", as_of, as_of, select, report, stop)
        else:
            oldest, newest = days_covered(shop, first, last)
            run_job(definitions, instance, "daily", oldest, newest, select, report, stop)
            weeks = weeks_covered(shop, oldest, newest)
            if weeks:
                run_job(definitions, instance, "weekly", *weeks, select, report, stop)
    try:
        keep(place, shop)
    except ZhikeError as error:
        # What was run is run; what is older than is kept goes next time.
        report.warnings.append(str(error))
    if as_json:
        print_json({"published": report.published, "failures": report.failures, "warnings": report.warnings})
        return not report.is_fine
    tables = grid("table", "partitions", numbers=("partitions",), title=f"{shop.name.en} · {shop.name.zh}")
    for name, count in report.published.items():
        tables.add_row(name, f"{count:,}")
    console.print(tables)
    for text in report.warnings:
        console.print(f"warning {text}", style="yellow", highlight=False, soft_wrap=True)
    for text in report.failures:
        errors.print(f"{_said('failed')} {_said(text)}", style="red", highlight=False, soft_wrap=True)
    return not report.is_fine


@app.command()
def init(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="What your shop's system exported.")],
    into: Annotated[Path, typer.Option("--into", help="The shop's folder, which must not be there yet.")] = Path(
        "myshop"
    ),
    lang: Annotated[str, typer.Option("--lang", help="zh or en; unless told, that of the terminal.")] = "",
    dates: Annotated[
        str, typer.Option("--dates", help="dmy or mdy, for dates such as 05/01/2024 that no file settles.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Makes a shop's folder from its exported files, says what was taken for what, and checks it."""
    from dataclasses import asdict

    from pipelines.onboarding.findings import render
    from pipelines.onboarding.init import make_shop, told

    for option, value, known in (("--lang", lang, ("zh", "en")), ("--dates", dates, ("dmy", "mdy"))):
        if value and value not in known:
            raise typer.BadParameter(f"{value!r} is neither {' nor '.join(known)}", param_hint=option)
    language = lang or _of_terminal()
    LANGUAGE.set(language)
    made = make_shop(files, into, language, dates)
    if as_json:
        said = {"folder": str(made.shop.folder), "name": asdict(made.draft.name), "tables": list(made.draft.tables)}
        said |= {
            "took": [asdict(words) for words in made.draft.took],
            "missing": [asdict(words) for words in made.draft.missing],
        }
        print_json(said | {"findings": [asdict(each) for each in made.findings]})
    else:
        console.print(render(made.findings, language))
        console.print(getattr(told(made), language), highlight=False, soft_wrap=True, markup=False)
    raise typer.Exit(1 if any(finding.level == "error" for finding in made.findings) else 0)


@app.command()
def check(
    store: Annotated[str, typer.Argument(help="Name of a folder in stores/, or a path.")],
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Says what of a shop's mapping and files fits the contract and what does not, before anything is written."""
    from dataclasses import asdict

    from pipelines.onboarding.check import check_store
    from pipelines.onboarding.findings import render

    shop, _ = shop_of(store, home)
    findings = check_store(shop)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        console.print(render(findings, shop.locale))
    raise typer.Exit(1 if any(finding.level == "error" for finding in findings) else 0)


@app.command()
def status(store: Store = "demo", home: HomeFolder = None, as_json: AsJson = False) -> None:
    """What is there, how fresh, what failed and why."""
    from pipelines.status import render, status_of

    shop, folder = shop_of(store, home)
    found = status_of(shop, folder)
    console.print(render(found, LANGUAGE.get())) if not as_json else print_json(found)


@app.command()
def customer(
    person: Annotated[str, typer.Argument(metavar="ID")],
    store: Store = "demo",
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """One customer as a card: who, worth, risk and why, last orders, what to do next. With --json all that is published of them."""
    from serving.card import card
    from serving.customers import customer as find

    shop, folder = shop_of(store, home)
    place = open_home(shop, folder, to_read=True)
    if as_json:
        print_json(find(place, person))
    else:
        console.print(card_grid(card(place, shop, person)))


@app.command()
def recommend(
    person: Annotated[str, typer.Argument(metavar="ID")],
    store: Store = "demo",
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """What to show one customer next and what to offer again, with reasons, from the published snapshot."""
    from serving.customers import recommend as find

    shop, folder = shop_of(store, home)
    rows = find(open_home(shop, folder, to_read=True), person)
    if as_json:
        print_json(rows)
        return
    titles = {"discover": "新发现 new to the customer", "rebuy": "再次购买 to buy again"}
    for name, title in titles.items():
        chosen = [row for row in rows if row["list"] == name]
        if not chosen:
            console.print(f"{title}: –")
            continue
        console.print(list_grid(f"{title}, {chosen[0]['as_of']}", chosen))


@app.command()
def ui(
    store: Store = "demo",
    home: HomeFolder = None,
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 3000,
    exposed: Annotated[
        bool,
        typer.Option("--exposed", help="Serve at an address that others reach: the web UI asks nobody for a password."),
    ] = False,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="A name under which an exposed web UI is asked; repeatable.")
    ] = None,
) -> None:
    """Starts the Dagster web UI with its daemon: the graph, its checks, schedules, the sensor and backfills."""
    from pipelines.runs import instance_of
    from pipelines.ui import LOOPBACK, listening, serve
    from resources.calendar import oldest_kept, today_in

    if host not in LOOPBACK and not exposed:
        raise typer.BadParameter(
            f"{host} is reached by others, and the web UI asks nobody for a password: whoever reaches it can read and run everything. "
            "Put a proxy that asks for one before 127.0.0.1, or say --exposed",
            param_hint="--host",
        )
    shop, folder = shop_of(store, home)
    os.environ |= {"ZHIKE_STORE": str(shop.folder), "ZHIKE_HOME": str(folder), "PYTHONWARNINGS": "ignore"}
    os.environ["ZHIKE_WEEKS_FROM"] = oldest_kept(shop, today_in(shop)).isoformat()
    place = open_home(shop, folder)
    with listening(place, host, port) as listener, instance_of(place) as instance:
        if exposed:
            errors.print("Everybody who reaches this address can read and run everything.", style="yellow")
        console.print(
            f"The web UI of {shop.name.en} · {shop.name.zh}: http://{host}:{port}   (Ctrl-C stops it)", highlight=False
        )
        serve(instance, shop, listener, (*LOOPBACK, host, *(name or [])))


if __name__ == "__main__":
    main()
