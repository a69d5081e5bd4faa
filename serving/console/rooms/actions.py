"""Actions: the week's plan, what it is expected to bring and what earlier ones brought, who is in it and who is not, approval, and files for the sender."""

from collections.abc import Mapping
from typing import Any, get_args

from starlette.responses import Response

from assets.outreach.report.methods.parts import Cell, Grid, Section, Sentence, count, money, percent, say, share
from assets.outreach.report.reads import Reads
from assets.outreach.winback.methods.wording import NOT_SPENT, ONE_MORE, ONE_PLACE, SEEN, one_unit
from resources.money import amount
from resources.words import Words
from serving import exports, plan
from serving.answers import Refused, filled
from serving.console.parts import FIGURES, Link, Row, rows, sent
from serving.console.visit import Page, Room, Tile, Visit
from serving.console.words import NO_PAGE, NO_ROOM
from serving.shared import Serving

TITLE = Words("行动", "Actions")
ROWS_A_PAGE = 50
TONES = {"waiting": "warm", "changed": "warm", "approved": "good", "expired": "bad"}
ACTION, NET, COST = Words("动作", "Action"), Words("预计净赚", "Expected net"), Words("预计花费", "Expected cost")
PLANNED, HELD_OUT, EXPIRES = Words("计划联系", "Planned"), Words("对照组", "Held out"), Words("失效日期", "Expires")
# In the order in which they are asked, each person for the first that holds.
REASONS = {
    "refused": Words("拒绝个性化", "Refuse personal treatment"),
    "no_consent": Words("没有同意接收营销信息", "Have not agreed to be addressed"),
    "contacted_lately": Words("近期刚联系过", "Addressed lately"),
    "held_out": Words("对照组：什么也不做，用来比较", "Held out: they get nothing, for comparison"),
    "no_place": Words("预算或名额给了更合适的客户", "The budget or the places went to others"),
}
RULES = (
    Words(
        "预计净赚 =（毛利 − 优惠）× 提高的购买概率 − 成本 − 优惠 × 本来就会买的概率。",
        "Expected net = (margin − subsidy) × the added chance of a purchase − cost − subsidy × the chance to buy anyway.",
    ),
    Words(
        "对照组按抽签决定，一季内不变；没有对照组，就不知道动作带来了什么。",
        "Who is held out is drawn, and stays so for the season: without them nobody knows what an action brings.",
    ),
)
BROUGHT_RULES = (
    Words(
        "只算执行过、观察期已满的周：全部应得的客户与全部对照客户相比，不论是否真的送达。",
        "Of weeks that were carried out and whose window has closed: everybody who was to get it against everybody held out, delivered or not.",
    ),
    Words("区间不含 0，才算有效或适得其反。", "Only where the interval leaves out 0 does an action work, or do harm."),
)
SAYS = {
    "act": Words("审批与导出", "Approve and export"),
    "lead": Words(
        "知客不发送任何内容：审批后导出名单，交给您自己的发送系统；送达后把结果用 outcomes 传回，才能知道带来了什么。",
        "Zhike sends nothing: an approved list leaves as a file for your own sender. Tell what was delivered in outcomes, so that what it brought is known.",
    ),
    "approve": Words("审批「{action}」", "Approve {action}"),
    "by": Words("{who} 于 {at} 审批", "{who}, {at}"),
    "file": Words("导出名单：", "As a file: "),
    "again": Words(
        "导出时会再次核对同意、拒绝和对照组，因此人数可能少于计划。",
        "Consent, refusals and the hold-out are asked again as the file is made: it may hold fewer people than the plan.",
    ),
    "stopped": Words(
        "计划定下之后，有 {count} 位不能再联系（撤回同意、拒绝个性化、要求删除，或属于对照组），导出的名单里没有他们。",
        "{count} who were planned may no longer be reached (consent withdrawn, personal treatment refused, erased, or held out): no file holds them.",
    ),
    "until": Words("{day} 起失效", "expires on {day}"),
    "people": Words("计划联系的客户", "Who is in the plan"),
    "left": Words("不在计划里的客户", "Who is not in the plan"),
    "nobody": Words("这里没有客户。", "Nobody is here."),
    "next": Words("下一页", "Next page"),
    "none": Words("本周没有计划可做：没有值得联系又可以联系的客户。", "Nothing is planned this week: nobody worth an action may be reached."),
}  # fmt: skip


def page(visit: Visit) -> Page:
    """The plan of the week, action by action."""
    reads = visit.reads
    if not plan.has_plan(reads):
        raise Refused(404, filled(NO_ROOM, (TITLE,)))
    found = plan.offers(reads, visit.serving.home)
    content = {
        "tiles": _tiles(reads, found),
        "sections": sections(reads, found),
        "acts": [_act(visit, each) for each in found],
        "stopped": plan.stop(reads, visit.serving.home),
        "kinds": get_args(exports.Kind),
        "says": SAYS,
    }
    return Page(TITLE, content, "actions.html.j2")


def sections(reads: Reads, found: list[plan.Offer]) -> list[Section]:
    """What is said of the plan: of its actions, of what they brought so far, and of whom it reaches."""
    return [section for section in (_plan(reads, found), _brought(reads), _reach(reads)) if section]


def _tiles(reads: Reads, found: list[plan.Offer]) -> list[Tile]:
    currency, actions = reads.shop.currency, reads.shop.actions
    gain, cost = sum(each.gain for each in found), sum(each.cost for each in found)
    (row,) = plan.rows(
        reads,
        "SELECT any_value(plan_gain_at_most) AS most FROM outreach.winback WHERE as_of = getvariable('as_of')",
    )
    bound = say("达到理论上限的 {share}", "{share} of what any plan could bring", share=share(gain / row["most"], "actions.share_of_most")) if row["most"] else None  # fmt: skip
    budget = actions.budget if actions else None
    of_budget = say("预算 {budget}", "of a budget of {budget}", budget=amount(budget, currency)) if budget else None
    return [
        Tile(NET, money(gain, currency, "actions.all_gain"), bound),
        Tile(COST, money(cost, currency, "actions.all_cost"), of_budget),
        Tile(PLANNED, count(sum(each.planned for each in found), "actions.all_planned"), Words("位客户", "customers")),
        Tile(HELD_OUT, count(sum(each.held_out for each in found), "actions.all_held_out"), Words("位客户", "customers")),
    ]  # fmt: skip


def _plan(reads: Reads, found: list[plan.Offer]) -> Section | None:
    if not found:
        return None
    currency = reads.shop.currency
    (row,) = plan.rows(
        reads,
        "SELECT any_value(one_more_of_budget_brings) AS brings FROM outreach.winback WHERE as_of = getvariable('as_of')",
    )
    sentences: list[Sentence] = []
    if reads.shop.actions and reads.shop.actions.budget is not None and row["brings"] is not None:
        brings = money(row["brings"], currency, "actions.budget_price")
        fields = {"one": one_unit(currency), "brings": brings}
        sentences.append(Sentence(ONE_MORE, fields) if row["brings"] >= SEEN else Sentence(NOT_SPENT))
    sentences += [
        Sentence(
            ONE_PLACE,
            {"action": each.name, "brings": money(each.one_more_place_brings, currency, "actions.place_price", each.action)},
        )
        for each in found
        if each.one_more_place_brings is not None and each.one_more_place_brings >= SEEN
    ]  # fmt: skip
    columns = (ACTION, PLANNED, HELD_OUT, NET, COST, EXPIRES, Words("谁能得到", "Who may get it"))
    cells: list[list[Cell]] = [
        [
            each.name,
            count(each.planned, "actions.planned", each.action),
            count(each.held_out, "actions.held_out", each.action),
            money(each.gain, currency, "actions.gain", each.action),
            money(each.cost, currency, "actions.cost", each.action),
            each.expires_on.isoformat(),
            each.rule,
        ]
        for each in found
    ]
    grid = Grid(Words("各个动作", "Each action"), columns, cells)
    return Section("plan", Words("本周计划", "The plan of the week"), sentences, grids=[grid], rules=RULES)


def _brought(reads: Reads) -> Section | None:
    found = rows(reads, "actions_brought") if reads.columns(plan.UPLIFT) else []
    if not found:
        return None
    columns = (
        ACTION,
        Words("结论", "What is known"),
        Words("执行组购买率", "Bought, of those who got it"),
        Words("对照组购买率", "Bought, of those held out"),
        Words("下次留出", "To be held out next"),
    )
    title = Words("到目前为止带来了什么", "What they brought so far")
    grid = Grid(Words("各个动作的效果", "The effect of each action"), columns, [_effect(row) for row in found])
    return Section("brought", title, [], grids=[grid], rules=BROUGHT_RULES)


def _effect(row: Row) -> list[Cell]:
    key = row["action"]
    rates: list[Cell] = [
        say("{count} 位中 {rate}", "{rate} of {count}", count=count(row[f"{arm}_count"], f"actions.{arm}_count", key), rate=share(row[f"{arm}_rate"], f"actions.{arm}_rate", key))
        if row[f"{arm}_rate"] is not None
        else None
        for arm in ("treated", "control")
    ]  # fmt: skip
    held = percent(row["next_holdout_share"])
    return [Words(row["action_zh"], row["action_en"]), Words(row["verdict_zh"], row["verdict_en"]), *rates, Words(held, held)]  # fmt: skip


def _reach(reads: Reads) -> Section | None:
    """How many are worth an action, and why some of them get none."""
    counts = _left(reads)
    if not counts:
        return None
    (row,) = plan.rows(reads, f"SELECT count(*) AS planned FROM {plan.WINBACK} WHERE as_of = getvariable('as_of') AND arm = 'treated'")  # fmt: skip
    lead = say(
        "值得联系的客户 {worth} 位，本周计划联系 {planned} 位，其余按下面的原因不联系。",
        "{worth} customers are worth an action; {planned} of them are in the plan, the others are not, for these reasons.",
        worth=count(sum(counts.values()) + row["planned"], "actions.worth"),
        planned=count(row["planned"], "actions.all_planned"),
    )
    cells: list[list[Any]] = [
        [Link(REASONS[name], f"/console/actions/left?reason={name}"), count(number, "actions.left", name)] for name, number in counts.items()
    ]  # fmt: skip
    grid = Grid(Words("不在计划里的原因", "Why they are not in the plan"), (Words("原因", "Reason"), Words("客户", "Customers")), cells)  # fmt: skip
    return Section("reach", Words("谁能联系，谁不能", "Who may be reached, and who may not"), [lead], grids=[grid])


def _left(reads: Reads) -> dict[str, int]:
    """By reason how many are worth an action and get none."""
    found: dict[str, int] = {}
    if reads.columns(plan.NOT_PLANNED):
        query = f"SELECT reason, count(*) AS people FROM {plan.NOT_PLANNED} WHERE as_of = getvariable('as_of') GROUP BY reason"
        found = {row["reason"]: row["people"] for row in plan.rows(reads, query)}
    held = f"SELECT count(*) AS people FROM {plan.WINBACK} WHERE as_of = getvariable('as_of') AND arm = 'held_out'"
    found["held_out"] = plan.rows(reads, held)[0]["people"]
    return {name: found[name] for name in REASONS if found.get(name)}


def _act(visit: Visit, each: plan.Offer) -> dict[str, Any]:
    approval = each.approval
    return {
        "action": each.action,
        "name": each.name,
        "state": plan.STATES[each.state],
        "tone": TONES[each.state],
        "until": each.expires_on,
        "by": SAYS["by"].format(who=approval.who, at=visit.clock(approval.at)) if approval else None,
        "content": each.content,
        "may_be_approved": each.state in ("waiting", "changed") and each.planned > 0,
        "may_leave": each.state == "approved",
    }


def people(visit: Visit) -> Page:
    """Who is in the plan, page by page, each with why."""
    action, place = visit.asked.get("action", ""), _place(visit)
    name = plan.offer(visit.reads, visit.serving.home, action).name if action else SAYS["people"]
    plan.stop(visit.reads, visit.serving.home)
    found = rows(visit.reads, "actions_people", action=action, place=str(place))
    currency = visit.serving.shop.currency
    shown = [
        (
            row["person_id"],
            [
                amount(float(row["gain"]), currency),
                amount(float(row["margin_value"]), currency),
                row["expires_on"].isoformat(),
                Words(row["action_zh"], row["action_en"]),
                Words(row["why_zh"], row["why_en"]),
            ],
        )
        for row in found
    ]
    columns = [NET, Words("多成交一单毛利", "Margin of a purchase more"), EXPIRES, ACTION, Words("为什么", "Why")]
    return _listed(name, columns, shown, place, {"action": action} if action else {}, "people")


def left(visit: Visit) -> Page:
    """Who is worth an action and gets none, for one reason, page by page. Raises Refused (404) for a reason that there is none of."""
    reason, place = visit.asked.get("reason", ""), _place(visit)
    if reason not in REASONS or not visit.reads.columns(plan.NOT_PLANNED):
        raise Refused(404, NO_PAGE)
    plan.stop(visit.reads, visit.serving.home)
    found = rows(visit.reads, "actions_left", reason=reason, place=str(place))
    return _listed(REASONS[reason], [], [(row["person_id"], []) for row in found], place, {"reason": reason}, "left")


def _listed(
    title: Words, columns: list[Words], found: list[tuple[str, list[Any]]], place: int, kept: Mapping[str, str], path: str
) -> Page:  # fmt: skip
    following = {**kept, "from": place + ROWS_A_PAGE} if len(found) > ROWS_A_PAGE else None
    content = {"columns": columns, "rows": found[:ROWS_A_PAGE], "next": following, "path": path, "says": SAYS}
    return Page(title, content, "actions_list.html.j2")


def _place(visit: Visit) -> int:
    """Where a list begins. Raises Refused (404) for what no page gave."""
    text = visit.asked.get("from", "0")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Refused(404, NO_PAGE)
    return int(text)


def approve(serving: Serving, who: str, path: Mapping[str, str], form: Mapping[str, str]) -> str:
    """Approves an action of the week, as it was seen. Raises Refused as plan.accept does."""
    plan.accept(serving.home, serving.shop, path["action"], who, form.get("content", ""))
    return "/console/actions#act"


def download(visit: Visit) -> Response:
    """An approved action as a file for the shop's own sender. Raises Refused as plan.export does, and (404) for a kind of file that there is none of."""
    action, kind, serving = visit.path["action"], visit.path["kind"], visit.serving
    if kind not in get_args(exports.Kind):
        raise Refused(404, filled(plan.NO_KIND, (), (", ".join(get_args(exports.Kind)),)))
    file, _ = plan.export(visit.snapshot, serving.home, serving.shop, action, kind, visit.language, who=visit.who)
    return sent(file, f"{action}.{kind}", f"{action} {visit.snapshot.as_of}.{kind}", exports.MEDIA[kind])


ROOM = Room(
    "actions",
    TITLE,
    {"": page, "/people": people, "/left": left},
    ("marketing",),
    needs=(plan.WINBACK,),
    figures=FIGURES / "actions.sql",
    forms={"/{action}": approve},
    files={"/{action}/{kind}": download},
)
