"""What the figures of a shop's deliveries say: their files, days, keys, and whose values they hold."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pipelines.onboarding.findings import NOT_DECLARED, Finding, Level
from resources.catalogue import in_words
from resources.contract import CONTRACT, ContractTable
from resources.errors import ZhikeError
from resources.files import place
from resources.reader import Delivery
from resources.records import Refused
from resources.shop import Shop
from resources.words import Words

EXAMPLES = 3
WITHOUT = {
    "events": Words(
        "没有客户的浏览、加购和会话，也没有由浏览得来的推荐",
        "no views, carts and sessions of customers, and no recommendations from what they looked at",
    ),
    "reviews": Words("没有情感分析", "no sentiment"),
    "outcomes": Words(
        "看不出营销动作带来了什么，计划只能按预设值",
        "what actions brought is not seen, and plans rest on what is thought of them",
    ),
    "consents": Words(
        "客户的同意与拒绝只看客户资料里的当前值，不知道何时、以何种方式表态；退订也不能即时接收",
        "what customers agree to and refuse is known as an attribute alone, without when and how, and opt-outs cannot be posted",
    ),
    "customers": Words(
        "没有客户的年龄、性别、地区和注册时长，也不知道谁同意接收消息",
        "no age, gender, region and tenure of customers, and nobody's consent to be addressed is known",
    ),
    "products": Words(
        "没有品类，推荐里只显示商品编号，没有名称", "no categories, and recommendations show ids in place of titles"
    ),
    "messages": Words(
        "没有客服分析：不知道客户为什么找客服、回复得怎么样",
        "nothing of service: neither what customers ask it nor how it answers",
    ),
    "answers": Words(
        "没有知识库：机器人没有现成的答案，也看不出哪些问题还没有答案",
        "no knowledge base: nothing to answer with, and no list of what no answer is there for",
    ),
    "links": Words(
        "同一个人在几个渠道的账号合不到一起（没有 features.identities）",
        "accounts of one person on several channels stay apart (no features.identities)",
    ),
}
KEPT_ONLY = Words(
    "会规范、保存并发布，但目前还没有分析用到它", "is typed, kept and published, but no analysis rests on it yet"
)
NOT_MISSED = Words("目前还没有分析用到它", "no analysis rests on it yet")
MISNAMED = Words(
    "文件名里的日期在日历上不存在，永远不会被读到：请改名",
    "a file is named after a day that no calendar has, so it is never read: rename it",
)
NO_FILE = Words(
    "还没有它的文件，表会是空的：见 store.yaml 的 `sources`",
    "no file of it is there yet, so the table will be empty: see `sources` in store.yaml",
)
NO_ROWS = Words("文件里没有行", "the files hold no rows")
NO_PRICES = Words(
    "store.yaml 没有 `currency`：这是没有价格的店，没有金额列",
    "no `currency` in store.yaml: a shop without prices, so there are no money columns",
)
UNUSED = Words(
    "来源 {} 不在任何映射里：从它选取，或从 store.yaml 里去掉",
    "source {} is in no mapping: select from it, or remove it from store.yaml",
)
REFUSED = Words(
    "{:,} 条记录成不了行，进隔离区：改正这些行，或改正来源里写的格式",
    "{:,} records are no rows and go to quarantine: correct these lines, or the dialect at their source",
)
PERSONS = Words(
    "有的值是邮箱、电话或证件号：入库前换成带密钥的哈希，或在正文里遮住；用店里的叫法仍能查到",
    "holds e-mail addresses, telephone or identity numbers: on arrival they become keyed hashes, inside text ***; look such a customer up as "
    "the shop calls them",
)


@dataclass
class Counts:
    """Figures of all rows of the deliveries looked at; `keys` and `contents` count different ones; `persons` the sampled values of a
    column that are a person's."""

    rows: int = 0
    sampled: int = 0
    keys: int = 0
    contents: int = 0
    unreadable_known_on: int = 0
    refused: list[Refused] = field(default_factory=list)
    persons: Counter[str] = field(default_factory=Counter)
    first: date | None = None
    last: date | None = None
    before: int = 0
    on_first: int = 0
    after: int = 0
    on_last: int = 0


def about_shop(shop: Shop) -> Iterator[Finding]:
    if not shop.has_prices:
        yield Finding("shop", None, "ok", NO_PRICES)
    used: set[str] = set()
    for name in shop.tables:
        try:
            used |= set(shop.sources_of(name))
        except ZhikeError:
            return  # told with the table
    for name in shop.sources:
        if name not in used:
            yield Finding("shop", None, "warning", UNUSED.format(name))
    for name, table in CONTRACT.items():
        if name not in shop.tables:
            lacking = NOT_MISSED if table.is_kept_only else WITHOUT[name]
            yield Finding(name, None, "ok", NOT_DECLARED + Words("：", ": ") + lacking)
        elif table.is_kept_only:
            yield Finding(name, None, "ok", KEPT_ONLY)


def told(table: str, error: ZhikeError, also: Sequence[date] = ()) -> Finding:
    more = Words("（另有 {} 天也如此，如 {}）", " (so too on {} more days, such as {})")
    more = more.format(len(also), also[0]) if also else ""
    says = Words("{}{}。在：{}。怎么办：{}。", "{}{}. Where: {}. What to do: {}.")
    return Finding(
        table, None, "error", says.format(in_words(error.what), more, in_words(error.where), in_words(error.remedy))
    )


def about_files(
    shop: Shop,
    table: ContractTable,
    found: Sequence[Delivery],
    looked_at: Sequence[Delivery],
    counts: Counts,
    dropped: int,
) -> Iterator[Finding]:
    days = sorted(delivery.day for delivery in found if delivery.day and not delivery.is_history)
    kinds = [
        Words("{} 交来的历史", "the history, delivered on {}").format(delivery.day)
        for delivery in found
        if delivery.is_history
    ]
    if len(days) > 1:
        kinds.append(
            Words("每天一个文件，共 {} 天，{} 至 {}", "a file a day on {} days, {} to {}").format(
                len(days), days[0], days[-1]
            )
        )
    elif days:
        kinds.append(Words("{} 的一个文件", "a file a day on {}").format(days[0]))
    split = Words("一次交清，按每行自己的日期拆开", "one delivery, split by its rows' own day")
    whole = split if table.is_fact else Words("一次交清", "one delivery")
    kinds += [whole for delivery in found if delivery.day is None]
    part = Words("（{} 次交付中的 {} 次）", " in {1} of the {0} deliveries").format(len(found), len(looked_at))
    sampled = (
        Words("全部看过", "all of them looked at")
        if counts.sampled == counts.rows
        else Words("看了其中 {:,} 行", "{:,} of them looked at").format(counts.sampled)
    )
    says = Words("{}：{:,} 行{}，{}", "{}: {:,} rows{}, {}").format(
        Words.join(kinds, Words("和", " and ")), counts.rows, part if len(looked_at) < len(found) else "", sampled
    )
    files = [Path(path).name for delivery in looked_at for path in delivery.files.values()]
    yield Finding(table.name, None, "ok", says, list(dict.fromkeys(files))[:EXAMPLES])
    if counts.refused:
        lines = [f"{place(record.file, record.line)}: {record.why}" for record in counts.refused[:EXAMPLES]]
        share = len(counts.refused) / (counts.rows + len(counts.refused))
        yield Finding(table.name, None, "warning", REFUSED.format(len(counts.refused)), lines, share)
    if table.name in shop.drops:
        says = Words(
            "映射略去来源里的 {:,} 行，按 `drops` 计",
            "{:,} rows of the sources are left out by the mapping, as `drops` counts them",
        )
        yield Finding(table.name, None, "ok", says.format(dropped))
    if table.is_fact and days and shop.end and days[-1] < shop.end:
        says = Words(
            "最新的文件是 {} 的，store.yaml 却写着 `end: {}`：请交齐其余的",
            "the newest file is of {}, but store.yaml says `end: {}`: deliver the rest",
        )
        yield Finding(table.name, None, "warning", says.format(days[-1], shop.end))


def about_days(shop: Shop, table: ContractTable, counts: Counts) -> Iterator[Finding]:
    limit = shop.limits.quarantine_share
    for rows, at, day, word, name, furthest in (
        (counts.before, counts.on_first, shop.start, Words("早于", "before"), "start", counts.first),
        (counts.after, counts.on_last, shop.end, Words("晚于", "after"), "end", counts.last),
    ):
        if rows and furthest:
            is_refused = rows / at > limit
            consequence = (
                Words("占那天的 {:.0%}，那天会被拒收", "so many of that day's rows ({:.0%}) that it is refused").format(
                    rows / at
                )
                if is_refused
                else Words("进那天的隔离区", "in quarantine of that day")
            )
            says = Words(
                "{1:,} 行中有 {0:,} 行{2} `{3}: {4}`，{5}：改正其一",
                "{:,} of {:,} rows lie {} `{}: {}` and end {}: correct either",
            ).format(rows, counts.rows, word, name, day, consequence)
            level: Level = "error" if is_refused else "warning"
            yield Finding(table.name, table.happened_at, level, says, [str(furthest)], rows / counts.rows)
    if table.name == "orders" and counts.first and (counts.first - shop.start).days > 31:
        says = Words(
            "第一笔订单在 {}，远在 `start: {}` 之后：把 `start` 设为第一天",
            "the first order is of {}, long after `start: {}`: set `start` to the first day",
        )
        yield Finding(table.name, table.happened_at, "warning", says.format(counts.first, shop.start))


def about_keys(table: ContractTable, counts: Counts) -> Iterator[Finding]:
    key = ", ".join(table.key)
    same, differing = counts.rows - counts.contents, counts.contents - counts.keys
    if same > 0:
        says = Words(
            "与另一行完全相同：{1:,} 行中有 {0:,} 行；只算一次",
            "duplicates, the same in full as another row: {:,} of {:,} rows; they are counted once",
        ).format(same, counts.rows)
        yield Finding(table.name, None, "warning" if table.is_fact else "ok", says, share=same / counts.rows)
    if differing > 0:
        what = (
            Words("每行都算作对前一行的更正", "each counts as a correction of the one before it")
            if table.is_fact
            else Words("每天只认最后一行", "only the last one of a day holds")
        )
        says = Words(
            "{1:,} 行中有 {0:,} 行的 {2} 与另一行相同而内容不同：{3}；如果本是不同的行，请在映射里让 {2} 唯一",
            "{0:,} of {1:,} rows have the {2} of another row but differ: {3}; if they are different {4} rows, make {2} unique in the mapping",
        ).format(differing, counts.rows, key, what, table.grain.split()[0])
        yield Finding(table.name, None, "warning", says, share=differing / counts.rows)
    if counts.unreadable_known_on:
        says = Words(
            "不是日期：这样的行算作开店起就知道，过去各周会知道得太早",
            "is no date: such a row counts as known from the shop's start, so past weeks would see it too early",
        )
        yield Finding(table.name, "known_on", "warning", says, share=counts.unreadable_known_on / counts.rows)


def about_persons(table: ContractTable, counts: Counts) -> Iterator[Finding]:
    for contract_field in table.fields:
        if rows := counts.persons[contract_field.name]:
            # An id that is a person's is worth a look; texts have always had some.
            level: Level = "ok" if contract_field.arrival == "mask" else "warning"
            name, says = contract_field.name, PERSONS
            name, says = (name, says) if level == "warning" else (None, Words("{}：{}", "{} {}").format(name, says))
            yield Finding(table.name, name, level, says, share=rows / counts.sampled)
