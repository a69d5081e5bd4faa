"""The commands of the plan of actions: `zhike plan`, `zhike plan approve`, `zhike plan export`."""

import getpass
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from pipelines.cli import AsJson, HomeFolder, Store, app, console, errors, print_json, shop_of
from pipelines.grids import grid
from resources.errors import ZhikeError
from resources.home import open_home
from resources.snapshot import current, opened
from resources.words import Words, language_of

if TYPE_CHECKING:
    from serving.answers import Refused

plan = typer.Typer(help="The week's plan of actions: shown, approved, exported for the shop's own sender.")
app.add_typer(plan, name="plan")
Action = Annotated[str, typer.Argument(metavar="ACTION", help="Its name in store.yaml.")]


@plan.callback(invoke_without_command=True)
def show(context: typer.Context, store: Store = "demo", home: HomeFolder = None, as_json: AsJson = False) -> None:
    """The newest plan: each action, what it is expected to bring, what it brought so far, and whom the plan cannot reach."""
    if context.invoked_subcommand:
        return
    from dataclasses import asdict

    from assets.outreach.report.make import ready
    from assets.outreach.report.methods.parts import Figure, Sentence
    from serving.console.rooms.actions import sections
    from serving.plan import STATES, offers

    shop, folder = shop_of(store, home)
    place, language = open_home(shop, folder, to_read=True), language_of(shop.locale)
    with opened(place) as reader:
        reads = ready(reader, shop)
        found = offers(reads, place)
        if as_json:
            print_json([asdict(each) | {"state": each.state} for each in found])
            return

        def plain(cell: object) -> str:
            if isinstance(cell, Sentence):
                return getattr(cell.plain, language)
            words = cell.text if isinstance(cell, Figure) or hasattr(cell, "address") else cell
            return "–" if words is None else getattr(words, language) if isinstance(words, Words) else str(words)

        for each in found:
            console.print(f"{plain(each.name)} ({each.action}): {plain(STATES[each.state])}", highlight=False)
        for section in sections(reads, found):
            for sentence in section.sentences:
                console.print(plain(sentence), highlight=False, soft_wrap=True)
            for table in section.grids:
                shown = grid(*(plain(column) for column in table.columns), title=plain(section.title))
                for row in table.rows:
                    shown.add_row(*map(plain, row))
                console.print(shown)
    if not found:
        errors.print("Nothing is planned this week · 本周没有计划", style="yellow")


@plan.command("approve")
def approve(action: Action, store: Store = "demo", home: HomeFolder = None) -> None:
    """Approves an action of the newest plan, in the name of who is logged in to this machine."""
    from serving.answers import Refused
    from serving.plan import accept

    shop, folder = shop_of(store, home)
    place = open_home(shop, folder)
    try:
        accept(place, shop, action, getpass.getuser())
    except Refused as refused:
        raise _refused(refused, language_of(shop.locale)) from None
    console.print(f"{action}: approved · 已审批", highlight=False)


@plan.command("export")
def export(
    action: Action,
    out: Annotated[Path, typer.Option("--out", help="The file to write: .csv, .xlsx or .parquet.")],
    store: Store = "demo",
    home: HomeFolder = None,
) -> None:
    """Writes an approved action as a file for the shop's own sender: those only who may be reached at this moment."""
    from serving import exports
    from serving.answers import Refused
    from serving.plan import export as made

    kinds = {f".{kind}": kind for kind in get_args(exports.Kind)}
    path = out.expanduser().resolve()
    if path.suffix not in kinds:
        raise typer.BadParameter(f"{out.name!r} ends in none of {', '.join(kinds)}", param_hint="--out")
    shop, folder = shop_of(store, home)
    place = open_home(shop, folder)
    snapshot = current(place.snapshot)
    if snapshot is None:
        raise ZhikeError("nothing is published yet", str(place.snapshot), "run the shop first: zhike run --store …")
    kind, language = kinds[path.suffix], language_of(shop.locale)
    try:
        file, count = made(snapshot, place, shop, action, kind, language, who=getpass.getuser())
    except Refused as refused:
        raise _refused(refused, language) from None
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with file, os.fdopen(descriptor, "wb") as written:
        shutil.copyfileobj(file, written)
    console.print(f"{path}: {count:,}", highlight=False, soft_wrap=True)


def _refused(refused: "Refused", language: str) -> typer.Exit:
    errors.print(getattr(refused.said.what, language), style="red", highlight=False, soft_wrap=True)
    errors.print(f"  {getattr(refused.said.remedy, language)}", highlight=False, soft_wrap=True)
    return typer.Exit(1)
