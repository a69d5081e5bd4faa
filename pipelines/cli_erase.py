"""The command of erasure: `zhike erase`."""

from dataclasses import asdict
from typing import Annotated

import typer

from pipelines.cli import LANGUAGE, AsJson, HomeFolder, Store, app, console, errors, print_json, shop_of
from resources.words import Words


@app.command()
def erase(
    person: Annotated[str, typer.Argument(metavar="ID", help="One account of theirs, as the shop writes it.")],
    store: Store = "demo",
    home: HomeFolder = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erases one person, with all accounts of theirs, from all that this home holds, and keeps them out when old days are read again."""
    from pipelines.erasing import wording
    from pipelines.erasing.erase import erase as run
    from pipelines.erasing.erase import find

    shop, folder = shop_of(store, home)
    said = LANGUAGE.get()

    def tell(words: Words) -> None:
        if not as_json:
            console.print(getattr(words, said), highlight=False, soft_wrap=True)

    found = find(shop, folder, person)
    if not yes:
        errors.print(getattr(wording.asked(found), said), highlight=False, soft_wrap=True)
        typer.confirm(getattr(wording.SURE, said), abort=True, err=True)
    proofs = run(shop, folder, person)
    if not found.is_known and not found.was_erased:
        tell(wording.UNKNOWN)
    if as_json:
        print_json([asdict(proof) for proof in proofs])
        return
    for proof in proofs:
        tell(wording.proof(proof))
    if not proofs:
        tell(wording.NOTHING_LEFT)
