"""The commands of what is served: `zhike serve`, `zhike key`, `zhike answer`."""

from typing import Annotated

import typer

from pipelines.cli import AsJson, HomeFolder, Store, app, console, errors, print_json, shop_of
from pipelines.grids import grid
from resources.home import open_home
from resources.words import Words, language_of
from serving import keys
from serving.own_site import LOOPBACK

key = typer.Typer(no_args_is_help=True, help="Keys of the API: made, listed, revoked.")
app.add_typer(key, name="key")
NO_KEY = (
    "There is no key yet. One that opens the console: zhike key make NAME --scope read --scope marketing\n"
    "还没有密钥。生成一个可登录经营台的密钥：zhike key make 名字 --scope read --scope marketing"
)
KeyName = Annotated[str, typer.Argument(metavar="NAME", help="Who holds it: a system or a person.")]


@app.command()
def serve(
    store: Store = "demo",
    home: HomeFolder = None,
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    exposed: Annotated[
        bool, typer.Option("--exposed", help="Serve at an address that others reach: keys then pass in plain text.")
    ] = False,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="A name under which an exposed API is asked; repeatable.")
    ] = None,
    rate: Annotated[float, typer.Option(min=1, help="Requests a second that one key may ask.")] = 300,
    tick: Annotated[
        float,
        typer.Option(min=0, help="Seconds after which new events reach cards and lists; 0 leaves them to the run."),
    ] = 60,
) -> None:
    """Serves the console for people and the API for programs: cards, lists, recommendations, insights, and the door for events."""
    from serving.server import serve as run

    if host not in LOOPBACK and not exposed:
        raise typer.BadParameter(
            f"{host} is reached by others, and this server speaks no TLS: keys and customers pass in plain text. "
            "Put a proxy with TLS before 127.0.0.1, or say --exposed",
            param_hint="--host",
        )
    shop, folder = shop_of(store, home)
    place = open_home(shop, folder)
    if exposed:
        errors.print("Whoever can listen on the way to this address reads keys and customers.", style="yellow")
    if not keys.listed(place):
        errors.print(NO_KEY, style="yellow", soft_wrap=True)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    console.print(
        f"{shop.name.en} · {shop.name.zh}\n"
        f"  console 经营台  {address}/   log in with a key, 用密钥登录\n"
        f"  API 接口        {address}/openapi.json\n"
        "Ctrl-C stops it · 按 Ctrl-C 停止",
        highlight=False,
        soft_wrap=True,
    )
    run(shop, place, host, port, (*LOOPBACK, host, *(name or [])), rate, tick)


@app.command()
def answer(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What a customer says.")],
    customer: Annotated[
        str | None, typer.Option("--customer", metavar="ID", help="Who says it, by any account: else nothing personal.")
    ] = None,
    store: Store = "demo",
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Answers as customer service does, from the published snapshot; nothing of it is kept."""
    from resources.values import named
    from serving.service.once import answered
    from serving.service.wording import KINDS, REASONS

    shop, folder = shop_of(store, home)
    found = answered(open_home(shop, folder, to_read=True), shop, text, customer)
    if as_json:
        print_json(found)
        return
    console.print(found["text"], highlight=False)
    for choice in found["choices"]:
        console.print(f"  · {choice['question']}", highlight=False)
    words = [KINDS[found["kind"]], *(REASONS[reason] for reason in found["reasons"])]
    if found["intent"] is not None:
        words.append(named(found["intent"]) + Words(*[f" {found['p']:.0%}"] * 2))
    said = Words.join(words, Words(" · ", " · "))
    console.print(getattr(said, language_of(shop.locale)), style="dim", highlight=False)


@key.command("chat")
def chat_secret(
    store: Store = "demo",
    home: HomeFolder = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="Make another: tokens signed with the one before are refused from then on.")
    ] = False,
) -> None:
    """Prints the secret with which the shop's own server signs who speaks in the chat."""
    from serving.service.tokens import Secret

    shop, folder = shop_of(store, home)
    secret = Secret(open_home(shop, folder))
    if renew:
        secret.renew()
    print(secret.value().decode())
    errors.print("For the shop's own server only: whoever has it can speak as any customer.", style="yellow")


@key.command("make")
def make_key(
    name: KeyName,
    scope: Annotated[
        list[str], typer.Option("--scope", help="read, service, marketing, feedback, privacy or admin; repeatable.")
    ],
    store: Store = "demo",
    home: HomeFolder = None,
) -> None:
    """Makes a key and prints it, the only time that it can be read."""
    unknown = [each for each in scope if each not in keys.SCOPES]
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: only {', '.join(keys.SCOPES)}", param_hint="--scope")
    shop, folder = shop_of(store, home)
    # Alone, so that a program can take it.
    print(keys.make(open_home(shop, folder), name, scope))
    errors.print("Keep it now: it is stored nowhere and shown only once.", style="yellow")


@key.command("list")
def list_keys(store: Store = "demo", home: HomeFolder = None, as_json: AsJson = False) -> None:
    """Lists the keys by name, without the keys themselves."""
    shop, folder = shop_of(store, home)
    found = keys.listed(open_home(shop, folder, to_read=True))
    if as_json:
        print_json([{"name": each.name, "scopes": each.scopes, "made_at": each.made_at} for each in found])
        return
    shown = grid("name", "scopes", "made")
    for each in found:
        shown.add_row(each.name, ", ".join(each.scopes), each.made_at)
    console.print(shown)


@key.command("revoke")
def revoke_key(name: KeyName, store: Store = "demo", home: HomeFolder = None) -> None:
    """Takes a key away; a running server refuses it from then on."""
    shop, folder = shop_of(store, home)
    keys.revoke(open_home(shop, folder), name)
    console.print(f"{name} is revoked", highlight=False)
