"""Audiences: the shop's lists of customers, who of them may be reached at this moment and why the others may not, files for who sends, and the log of
what left the house."""

from typing import Any, get_args

from starlette.responses import Response

from resources import exports
from resources.audiences import REACHED, REACHES
from resources.words import Words
from serving import audiences
from serving.answers import Refused, Said
from serving.console.parts import sent
from serving.console.visit import Page, Room, Visit
from serving.exports import MEDIA

TITLE = Words("人群", "Audiences")
MOST = 100
HASH_SIGNS = 12
REASONS = {
    "refused": Words("拒绝个性化推荐和营销", "refuse to be treated by personal traits"),
    "no_consent": Words("没有同意接收营销信息", "have not agreed to be addressed"),
    "held_out": Words("本季是某项行动的对照组", "are held out of an action this season, for comparison"),
    "contacted_lately": Words("近期已被行动触达", "were reached by an action lately"),
}
WAYS = {
    "shop": Words("店铺自己的发送系统", "The shop's own sender"),
    "google": Words("Google", "Google"),
    "meta": Words("Meta", "Meta"),
    "tiktok": Words("TikTok", "TikTok"),
    "tencent": Words("腾讯广告", "Tencent Ads"),
    "oceanengine": Words("巨量引擎", "Ocean Engine"),
}
PLATFORMS = Words("广告平台", "Advertising platforms")
KINDS = {"csv": Words("CSV", "CSV"), "xlsx": Words("Excel", "Excel"), "parquet": Words("Parquet", "Parquet")}
FILES = {**MEDIA, "parquet": "application/vnd.apache.parquet", "zip": "application/zip"}
SAYS = {
    "lead": Words(
        "导出时会再查一次：不同意营销的、拒绝个性化的、对照组和近期已触达的客户，不会出现在任何文件里。",
        "Consent is asked again with every export: who has not agreed, refuses personal treatment, is held out or was reached lately is in no file.",
    ),
    "none": Words(
        "还没有人群。请在 store.yaml 的 audiences 下定义，运行店铺后就会出现在这里。",
        "There is no audience yet. Declare one under `audiences` in store.yaml: it is here after the next run.",
    ),
    "reached": Words(
        "选中 {chosen} 位客户，现在可以联系 {reached} 位。", "{chosen} customers chosen; {reached} may be reached now."
    ),
    "not_reached": Words("不能联系的客户", "Who may not be reached"),
    "count": Words("{count} 位{reason}", "{count} {reason}"),
    "export": Words("导出可以联系的客户", "Export who may be reached"),
    "empty": Words("现在没有可以联系的客户，不能导出。", "Nobody may be reached now, so there is nothing to export."),
    "log": Words("导出记录", "Log of exports"),
    "log_lead": Words(
        "每一份交出去的名单都在这里。客户要求删除时，可以查到其资料去过哪里。",
        "Every list that left the house. When somebody asks to be erased, it tells where they went.",
    ),
    "log_newest": Words(f"最近 {MOST} 次以内的导出", f"The newest exports, {MOST} at most"),
    "log_none": Words("还没有导出过。", "Nothing was exported yet."),
}
COLUMNS = (
    Words("时间", "When"),
    Words("名单", "List"),
    Words("导出人", "By"),
    Words("去向", "Form"),
    Words("截至", "As of"),
    Words("人数", "Customers"),
    Words("内容校验码", "Content hash"),
)
NO_FILE = Said(
    Words("没有这份人群文件", "There is no such file of an audience"),
    Words("请从人群页面选择。", "Choose one on the page of audiences."),
)


def page(visit: Visit) -> Page:
    """The lists of the newest week with their counts, and what was exported."""
    shop, home = visit.serving.shop, visit.serving.home
    found = audiences.counts(visit.reads, home)
    ways = audiences.ways(shop)
    shown: list[dict[str, Any]] = []
    for name, counts in found.items():
        said = SAYS["reached"].format(chosen=f"{counts['chosen']:,}", reached=f"{counts[REACHED]:,}")
        reasons = [
            SAYS["count"].format(count=f"{counts[reason]:,}", reason=REASONS[reason])
            for reason in REACHES
            if reason != REACHED and counts[reason]
        ]
        there = exports.platforms_of(home, name)
        files = _files(name, ways if counts[REACHED] else [way for way in ways if way in there])
        shown.append({"key": name, "name": shop.audiences[name].name, "said": said, "reasons": reasons, "ways": files})
    log = exports.listed(home)[:MOST]
    rows = [
        (visit.clock(each.at), _called(visit, each), each.who, WAYS.get(each.kind) or KINDS.get(each.kind, each.kind), each.as_of,
         f"{each.people:,}", each.content_hash[:HASH_SIGNS])
        for each in log
    ]  # fmt: skip
    return Page(TITLE, {"audiences": shown, "log": rows, "columns": COLUMNS, "says": SAYS}, "audiences.html.j2")


def _called(visit: Visit, export: exports.Export) -> Words | str:
    declared = visit.serving.shop.audiences.get(export.what)
    return declared.name if declared else export.what


def _files(name: str, ways: list[str]) -> list[tuple[Words, list[tuple[Words, str]]]]:
    """The files of a list with their addresses, by who takes them: the shop's own sender, and advertising platforms."""
    address = f"/console/audiences/{name}"
    own = [(called, f"{address}/{audiences.SHOP}/{kind}") for kind, called in KINDS.items()]
    platforms = [(WAYS[way], f"{address}/{way}/zip") for way in ways if way != audiences.SHOP]
    found = [(WAYS[audiences.SHOP], own)] if audiences.SHOP in ways else []
    return [*found, *([(PLATFORMS, platforms)] if platforms else [])]


def download(visit: Visit) -> Response:
    """A list as a file. Raises Refused (404) for a list, a way out or a kind of file that there is none of."""
    shop = visit.serving.shop
    name, way, kind = (visit.path[part] for part in ("name", "way", "kind"))
    kinds = get_args(audiences.Format) if way == audiences.SHOP else ("zip",)
    if name not in shop.audiences or way not in audiences.ways(shop) or kind not in kinds:
        raise Refused(404, NO_FILE)
    form: Any = kind if way == audiences.SHOP else "csv"
    made = audiences.export(visit.snapshot, visit.serving.home, shop, name, way, form, visit.language, who=visit.who)
    called = f"{getattr(shop.audiences[name].name, visit.language)} {way} {visit.snapshot.as_of}.{made.ending}"
    return sent(made.file, f"{name}-{way}.{made.ending}", called, FILES[made.ending])


ROOM = Room(
    "audiences",
    TITLE,
    {"": page},
    ("marketing",),
    needs=("insights.customer_360",),
    files={"/{name}/{way}/{kind}": download},
)
