"""The commands of the channels to the shop's own people: `zhike channel list`, `zhike channel test`."""

from typing import Annotated

import typer

from pipelines.cli import AsJson, HomeFolder, Store, app, console, print_json, shop_of
from pipelines.grids import grid
from resources.home import open_home
from resources.words import Words, language_of

channel = typer.Typer(no_args_is_help=True, help="Channels to the shop's own people: listed, tested.")
app.add_typer(channel, name="channel")
HEADS = (
    Words("渠道", "channel"),
    Words("类型", "kind"),
    Words("状态", "state"),
    Words("待发", "waiting"),
    Words("已送达", "sent"),
    Words("不确定", "perhaps sent"),
    Words("未送达", "given up"),
)
WORKS, BROKEN, PAUSES = (
    Words("正常", "works"),
    Words("发不出去：{0}", "delivers nothing: {0}"),
    Words("稍后再发：{0}", "has a pause: {0}"),
)
NONE = Words("store.yaml 里没有 channels", "store.yaml declares no channels")
TEST = Words("测试消息", "Test message")
READ = Words("看到这条消息，说明渠道可用。", "If you can read this, the channel works.")


@channel.command("list")
def list_channels(store: Store = "demo", home: HomeFolder = None, as_json: AsJson = False) -> None:
    """Lists the channels with what waits and what became of the rest."""
    from assets.outreach.delivery.outbox import Outbox

    shop, folder = shop_of(store, home)
    with Outbox(open_home(shop, folder)) as outbox:
        counts, holds = outbox.counts(), outbox.holds()
    found = []
    for name, each in shop.channels.items():
        hold = holds.get(name)
        state = (BROKEN if hold.is_broken else PAUSES).format(hold.words) if hold else WORKS
        found.append((name, each.kind, state, counts.get(name, {})))
    if as_json:
        print_json(
            [
                {"name": name, "kind": kind, "state": {"zh": state.zh, "en": state.en}, "messages": counted}
                for name, kind, state, counted in found
            ]
        )
        return
    language = language_of(shop.locale)
    if not found:
        console.print(getattr(NONE, language))
        return
    shown = grid(*(getattr(head, language) for head in HEADS), numbers=[getattr(head, language) for head in HEADS[3:]])
    for name, kind, state, counted in found:
        numbers = [counted.get(each, 0) for each in ("waiting", "sent", "perhaps_sent", "dead")]
        shown.add_row(name, kind, getattr(state, language), *(f"{number:,}" for number in numbers))
    console.print(shown)


@channel.command("test")
def send_test(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name under `channels` in store.yaml.")],
    store: Store = "demo",
    home: HomeFolder = None,
) -> None:
    """Sends a test message and says what the channel answered; one that arrives ends the channel's pause."""
    from assets.outreach.delivery.message import Message, keyed
    from assets.outreach.delivery.outbox import Outbox, now
    from assets.outreach.delivery.senders import sent
    from assets.outreach.delivery.texts import letter

    shop, folder = shop_of(store, home)
    if name not in shop.channels:
        known = ", ".join(shop.channels) or "none"
        raise typer.BadParameter(f"{name!r} is none of the shop's channels: {known}", param_hint="NAME")
    place, at = open_home(shop, folder), now()
    each, language = shop.channels[name], language_of(shop.locale)
    message = Message(keyed(f"test {at.isoformat()}", TEST, [READ]), TEST, (READ,))
    written = letter(message, shop.name, each.language or language, is_repeat=False, put_at=at, at=at)
    answer = sent(place, name, each, written)
    if answer.kind == "sent":
        with Outbox(place) as outbox:
            outbox.release(name)
    console.print(f"{name}: {getattr(answer.words, language)}", highlight=False, soft_wrap=True)
    raise typer.Exit(0 if answer.kind == "sent" else 1)
