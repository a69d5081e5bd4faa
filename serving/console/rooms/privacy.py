"""Privacy: who wishes to be erased, what is known of them, where their data went, and what became of earlier wishes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from resources import exports, proofs, wishes
from resources.quoting import identifier, literal
from resources.snapshot import HISTORY
from resources.words import Words
from serving import erasures
from serving.answers import INVALID, Refused, filled
from serving.console.visit import Page, Room, Visit
from serving.service import keeping, posted
from serving.shared import Serving

TITLE = Words("隐私", "Privacy")
MOST, LONGEST = 100, 200
# What a shop calls the rows of a table of the contract, and what waits in the inbox.
TABLES = {
    "orders": Words("订单行", "Order lines"),
    "events": Words("行为记录", "Events"),
    "reviews": Words("评价", "Reviews"),
    "messages": Words("客服消息", "Messages with service"),
    "outcomes": Words("触达结果", "Outcomes of actions"),
    "customers": Words("客户资料", "Versions of their details"),
    "links": Words("关联标识", "Links between accounts"),
    "consents": Words("同意与拒绝", "Decisions on consent"),
    "conversations": Words("在线会话", "Live conversations"),
}
SAYS = {
    "lead": Words(
        "客户要求删除个人信息时，在这里登记。登记后立即对所有页面、接口、客服和导出生效；下次运行时从全部数据里删除，并留下不含个人信息的证明。",
        "Where a customer asks to be erased. From that moment no page, program, chat or export knows them; the next run erases them from everything kept, and "
        "leaves a proof that names nobody.",
    ),
    "who": Words("客户 ID、手机号或邮箱", "Customer id, phone number or e-mail"),
    "look": Words("查看", "Look up"),
    "hint": Words("该客户名下的其他账号会一起删除。", "Other accounts of the same person are erased with it."),
    "found": Words("将删除的内容", "What would be erased"),
    "accounts": Words("名下账号", "Accounts"),
    "published": Words("已发布的数据里", "In what is published"),
    "inbox": Words("收件箱里", "In the inbox"),
    "nothing": Words(
        "最新数据里没有这个 ID 的记录。仍可登记：更早的、被拦下的和刚收到的数据也会检查。",
        "Nothing of this id is in the newest data. It can be erased all the same: what is older, was refused or has just come is looked through too.",
    ),
    "stays": Words(
        "销售汇总保持不变，但不再对应任何人。店铺自己的系统和源文件不在删除范围内，请另行处理。",
        "What was sold stays in the totals, as of nobody. The shop's own systems and source files are not touched: erase there too.",
    ),
    "gone_to": Words("曾出现在这些导出名单里", "Lists they were on that left the house"),
    "tell": Words("请通知这些名单的使用方一并删除。", "Ask whoever has these lists to erase them there too."),
    "never": Words("没有出现在任何导出名单里。", "They were on no list that left the house."),
    "confirm": Words(
        "我已核实对方身份；删除后无法恢复。", "I have checked who asks. What is erased cannot be brought back."
    ),
    "erase": Words("登记删除", "Erase this person"),
    "already": Words("已登记，等待下次运行。", "This wish is kept and waits for the next run."),
    "wishes": Words("删除请求", "Wishes"),
    "proofs": Words("删除证明", "Proofs of erasure"),
    "proof": Words("证明编号", "Proof"),
    "accounts_gone": Words("账号数", "Accounts"),
    "rows_gone": Words("删除或改写的记录数", "Rows erased or rewritten"),
    "named_nobody": Words(
        "证明里没有任何个人信息；全文在店铺目录的 erasures 文件夹。",
        "No proof names anybody; they lie whole in the home's folder erasures.",
    ),
    "whose": Words(
        "不显示是谁：编号是接口返回的 erasure_id 的前 8 位。",
        "It is not told whose they are: a number is the first 8 signs of the API's erasure_id.",
    ),
    "none": Words("还没有删除请求。", "Nobody has asked yet."),
    "number": Words("编号", "Number"),
    "wished": Words("登记时间", "Asked"),
    "state": Words("状态", "State"),
    "done": Words("完成时间", "Erased"),
    "waits": Words("等待运行", "waiting"),
    "fulfilled": Words("已删除", "erased"),
    "list": Words("名单", "List"),
    "at": Words("导出时间", "Exported"),
    "by": Words("导出人", "By"),
    "kind": Words("形式", "Form"),
}


@dataclass(frozen=True)
class Known:
    """What is held of a person: their accounts, rows by table as published and in the inbox, the exports that they were in."""

    accounts: Sequence[str]
    published: Sequence[tuple[Words, int]]
    inbox: Sequence[tuple[Words, int]]
    exports: Sequence[Mapping[str, str]]
    is_waiting: bool


def page(visit: Visit) -> Page:
    """The form, what is known of who was typed in, and the newest wishes."""
    home, typed = visit.serving.home, visit.asked.get("q", "").strip()[:LONGEST]
    told = [
        {
            "number": each.wish_id[:8],
            "is_new": each.wish_id == visit.asked.get("told"),
            "wished": visit.clock(each.wished_at),
            "done": visit.clock(each.done_at) if each.done_at else None,
        }
        for each in wishes.told(home, MOST)
    ]
    kept = [(each, visit.clock(each.asked_at), visit.clock(each.erased_at)) for each in proofs.listed(home, MOST)]
    content = {
        "typed": typed,
        "proofs": kept,
        "known": _known(visit, typed) if typed else None,
        "told": told,
        "says": SAYS,
    }
    return Page(TITLE, content, "privacy.html.j2")


def _known(visit: Visit, typed: str) -> Known:
    home = visit.serving.home
    account = erasures.account_of(visit.serving, typed)
    person = visit.cards.person(account)
    accounts = sorted({account, person, *_accounts(visit, person)})
    found = [
        {"what": each.what, "at": visit.clock(each.at), "by": each.who, "kind": each.kind}
        for each in exports.of(home, accounts)
    ]
    return Known(
        accounts,
        _named(_counts(visit, accounts)),
        _named(keeping.counted(home, accounts)),
        found,
        account in visit.cards.leaving or person in visit.cards.gone,
    )


def _accounts(visit: Visit, person: str) -> list[str]:
    return [row["customer_id"] for row in visit.reader.rows("identities", person_id=person)]


def _counts(visit: Visit, accounts: Sequence[str]) -> dict[str, int]:
    """Rows by table of the contract, in the analysts' file and, of events, in that of the server."""
    execute = visit.reader.connection.execute
    history = visit.snapshot.folder / HISTORY
    if history.exists():
        execute(f"ATTACH IF NOT EXISTS {literal(history)} AS history (READ_ONLY)")
    tables = execute(
        "SELECT database_name, schema_name, table_name FROM duckdb_columns() JOIN duckdb_tables() USING (database_name, schema_name, table_name) "
        "WHERE column_name = 'customer_id' AND (schema_name = 'clean' OR (database_name = 'history' AND table_name = 'events')) ORDER BY ALL"
    ).fetchall()
    named = ", ".join(map(literal, accounts))
    counts: dict[str, int] = {}
    for table in tables:
        query = f"SELECT count(*) FROM {'.'.join(map(identifier, table))} WHERE customer_id IN ({named})"
        ((counts[table[2]],),) = execute(query).fetchall()
    return counts


def _named(counts: Mapping[str, int]) -> list[tuple[Words, int]]:
    return [(words, counts[table]) for table, words in TABLES.items() if counts.get(table)]


def act(serving: Serving, who: str, path: Mapping[str, str], form: Mapping[str, str]) -> str:
    """Keeps the wish for the account that was typed in. Raises Refused (422) where nobody is named, or it was not confirmed."""
    typed = posted.cleaned(form.get("customer_id", ""))[:LONGEST]
    if not typed or form.get("confirmed") != "yes":
        raise Refused(422, filled(INVALID, ("customer_id, confirmed",)))
    return f"/console/privacy?{urlencode({'told': erasures.wish(serving, typed).wish_id})}"


ROOM = Room("privacy", TITLE, {"": page}, scopes=("admin",), forms={"": act})
