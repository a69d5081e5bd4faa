"""The commands of lists of customers: `zhike audience list`, `zhike audience export`. They read the published snapshot only."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli import AsJson, HomeFolder, Store, app, console, errors, print_json, shop_of
from pipelines.grids import grid
from resources.home import open_home
from resources.words import language_of

audience = typer.Typer(no_args_is_help=True, help="Lists of customers: who is on them, and files for who sends.")
app.add_typer(audience, name="audience")
# Columns of counts, in the order in which reasons are looked at.
HEADINGS = {
    "chosen": "chosen",
    "may_be_reached": "may be reached",
    "refused": "refused",
    "no_consent": "no consent",
    "held_out": "held out",
    "contacted_lately": "contacted lately",
}


@audience.command("list")
def list_audiences(store: Store = "demo", home: HomeFolder = None, as_json: AsJson = False) -> None:
    """Lists the audiences of the newest week: how many are on each, and how many of them may be reached now."""
    from assets.outreach.report.make import ready
    from resources.snapshot import opened
    from serving.audiences import counts

    shop, folder = shop_of(store, home)
    place = open_home(shop, folder, to_read=True)
    with opened(place) as reader:
        found = counts(ready(reader, shop), place)
        as_of = reader.snapshot.as_of
    language = language_of(shop.locale)
    if as_json:
        print_json(
            [
                {"audience": name, "name": getattr(shop.audiences[name].name, language), "as_of": as_of, **each}
                for name, each in found.items()
            ]
        )
        return
    if not found:
        errors.print("This shop declares no audience: docs/audiences.md says how.", style="yellow")
        return
    shown = grid("audience", "name", *HEADINGS.values())
    for name, each in found.items():
        shown.add_row(name, getattr(shop.audiences[name].name, language), *(f"{each[key]:,}" for key in HEADINGS))
    console.print(shown)


@audience.command("export")
def export_audience(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The audience, by its name in store.yaml.")],
    way: Annotated[
        str, typer.Option("--for", help="shop, for its own sender; or google, meta, tiktok, tencent, oceanengine.")
    ] = "shop",
    kind: Annotated[str, typer.Option("--format", help="csv, xlsx or parquet, for the shop.")] = "csv",
    out: Annotated[Path | None, typer.Option("--out", help="The file to write; by default in this folder.")] = None,
    store: Store = "demo",
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Writes a list as a file of those who may be reached at this moment, and notes it in the log of exports."""
    import os
    import shutil
    from typing import get_args

    from resources.errors import ZhikeError
    from resources.snapshot import current
    from serving.audiences import Format, export

    if kind not in get_args(Format):
        raise typer.BadParameter(f"{kind}: only {', '.join(get_args(Format))}", param_hint="--format")
    shop, folder = shop_of(store, home)
    place = open_home(shop, folder)
    snapshot = current(place.snapshot)
    if snapshot is None:
        raise ZhikeError("nothing is published yet", str(place.snapshot), "run the shop first: zhike run --store …")
    language = language_of(shop.locale)
    made = export(snapshot, place, shop, name, way, kind, language, who=f"cli:{getpass.getuser()}")  # pyright: ignore[reportArgumentType]
    path = out or Path(f"{name}-{way}-{snapshot.as_of}.{made.ending}")
    with made.file, os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
        shutil.copyfileobj(made.file, target)
    if as_json:
        print_json({"file": str(path), "people": made.people, "taken_back": made.taken_back, **made.counts})
        return
    console.print(f"{path}: {made.people:,} customers", highlight=False)
    kept = ", ".join(f"{made.counts[key]:,} {HEADINGS[key]}" for key in list(HEADINGS)[2:] if made.counts[key])
    errors.print(f"of {made.counts['chosen']:,} chosen{f': {kept}' if kept else ''}", highlight=False)
    if without := made.counts["may_be_reached"] - made.people:
        errors.print(f"{without:,} have no key that {way} knows", highlight=False)
    if made.taken_back:
        errors.print(f"{made.taken_back:,} keys are to be taken back: upload the files `remove` too", highlight=False)
