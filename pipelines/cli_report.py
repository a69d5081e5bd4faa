"""The command of the report: `zhike report`."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli import HomeFolder, Store, app, console, shop_of
from resources.errors import ZhikeError
from resources.home import open_home, write_safely


@app.command()
def report(
    store: Store = "demo",
    home: HomeFolder = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write it to this file instead.")] = None,
    open_: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
) -> None:
    """Makes the week's report from the published snapshot: one HTML file in Chinese and English."""
    from assets.outreach.report.make import keep, make

    shop, folder = shop_of(store, home)
    place = open_home(shop, folder, to_read=True)
    path = out.expanduser().resolve() if out else None
    try:
        if path:
            write_safely(path, make(place, shop)[1])
        else:
            path, _ = keep(place, shop)
    except OSError as error:
        raise ZhikeError(
            f"the report cannot be written: {error.strerror}",
            str(path or place.reports),
            "free space there, make it writable, or name another file with --out",
        ) from error
    console.print(str(path), highlight=False, soft_wrap=True)
    if open_:
        typer.launch(path.as_uri())
