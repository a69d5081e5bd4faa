"""The newest plan of actions as people act on it: what each action is expected to bring, who approved it, and its file for the shop's own sender.

Nothing is sent. A file holds nobody who may not be reached at the moment it is made, whatever the plan said when it was worked out.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import IO, Any
from zoneinfo import ZoneInfo

from assets.outreach.report.make import ready
from assets.outreach.report.reads import Reads
from resources.approvals import Approval, approve, approved
from resources.consents import Consents
from resources.erased import Tombstones
from resources.home import Home
from resources.shop import Shop
from resources.snapshot import Snapshot, opened, reading, text_in_sql
from resources.wishes import not_leaving
from resources.words import Words
from serving import exports
from serving.answers import Refused, Said, filled

WINBACK, NOT_PLANNED, UPLIFT = "outreach.winback", "outreach.not_planned", "insights.uplift"
STATES = {
    "waiting": Words("等待审批", "waits for approval"),
    "changed": Words("审批后名单有变，需要重新审批", "changed since it was approved: approve it again"),
    "approved": Words("已审批", "approved"),
    "expired": Words("已过期，不能再导出", "expired: no longer to be sent"),
}
NO_ACTION = Said(
    Words("本周计划里没有这个动作", "this week's plan has no such action"), Words("计划里有：{0}", "it has: {0}")
)
NO_KIND = Said(Words("没有这种文件", "there is no such kind of file"), Words("可用的有：{0}", "there are: {0}"))
NOT_OPEN = Said(
    Words("「{0}」现在不能导出：{1}", "{0} cannot be exported: {1}"),
    Words("请先在“行动”页面审批；过期的计划等下一周的", "approve it in the room Actions first; of one that has expired wait for next week's"),
)  # fmt: skip
IS_OVER = Said(
    Words("「{0}」已经过期", "{0} has expired"), Words("请等下一周的计划", "wait for next week's plan")
)  # fmt: skip
COLUMNS = {
    "action_id": Words("动作编号", "Action ID"),
    "accounts": Words("客户账号", "Accounts"),
    "action": Words("动作", "Action"),
    "rule": Words("适用规则", "Who may get it"),
    "expires_on": Words("失效日期", "Not to be sent from"),
}
OFFERS = f"""
    SELECT w.action, any_value(w.action_zh) AS zh, any_value(w.action_en) AS en, any_value(w.rule_zh) AS rule_zh, any_value(w.rule_en) AS rule_en,
        count(*) FILTER (WHERE w.arm = 'treated') AS planned, count(*) FILTER (WHERE w.arm = 'held_out') AS held_out,
        sum(w.gain) FILTER (WHERE w.arm = 'treated') AS gain, sum(w.cost) FILTER (WHERE w.arm = 'treated') AS cost,
        any_value(w.one_more_place_brings) AS one_more_place_brings, min(w.expires_on) AS expires_on,
        sha256(coalesce(string_agg(w.action_id, ' ' ORDER BY w.action_id) FILTER (WHERE w.arm = 'treated'), '')) AS content
    FROM {WINBACK} AS w WHERE w.as_of = getvariable('as_of')
    GROUP BY w.action ORDER BY gain DESC NULLS LAST, w.action
"""
# By whichever of their accounts they were held out, in whichever week of the season.
HELD_OUT = f"""
    SELECT coalesce(p.person_id, w.person_id) AS person_id, w.action, w.season
    FROM {WINBACK} AS w LEFT JOIN people AS p ON p.customer_id = w.person_id
    WHERE w.arm = 'held_out'
"""

Row = dict[str, Any]


@dataclass(frozen=True)
class Offer:
    """An action of the newest plan: whom it is for, what it is expected to bring and to cost, and whether it may leave as a file."""

    action: str
    name: Words
    rule: Words
    planned: int
    held_out: int
    gain: float
    cost: float
    one_more_place_brings: float | None
    expires_on: date
    content: str
    approval: Approval | None
    is_expired: bool

    @property
    def state(self) -> str:
        """One of STATES."""
        if self.is_expired:
            return "expired"
        if self.approval is None:
            return "waiting"
        return "approved" if self.approval.content == self.content else "changed"


def today_of(shop: Shop) -> date:
    """The day by which a plan has expired: today; a shop with an end stands still on the day after it."""
    today = datetime.now(ZoneInfo(shop.time_zone)).date()
    return min(today, shop.end + timedelta(days=1)) if shop.end else today


def has_plan(reads: Reads) -> bool:
    """Whether the version holds a plan of its week, with what this release says of one."""
    return "plan_gain_at_most" in reads.columns(WINBACK)


def offers(reads: Reads, home: Home) -> list[Offer]:
    """The actions of the newest plan, the one that brings most first."""
    if not has_plan(reads):
        return []
    today, approvals = today_of(reads.shop), approved(home, reads.as_of)
    return [
        Offer(
            row["action"],
            Words(row["zh"], row["en"]),
            Words(row["rule_zh"], row["rule_en"]),
            row["planned"],
            row["held_out"],
            float(row["gain"] or 0),
            float(row["cost"] or 0),
            row["one_more_place_brings"],
            row["expires_on"],
            row["content"],
            approvals.get(row["action"]),
            row["expires_on"] <= today,
        )
        for row in rows(reads, OFFERS)
    ]


def offer(reads: Reads, home: Home, action: str) -> Offer:
    """One of them. Raises Refused (404) where the plan has none of the name."""
    found = {each.action: each for each in offers(reads, home)}
    if action not in found:
        raise Refused(404, filled(NO_ACTION, (), (", ".join(found) or "–",)))
    return found[action]


def accept(home: Home, shop: Shop, action: str, who: str, content: str | None = None) -> None:
    """Approves an action of the newest plan, in the name of `who`; `content` is the hash of what they saw, unless it is what is there now.
    Raises Refused (404) where there is none of the name, (409) where it has expired."""
    with opened(home) as reader:
        reads = ready(reader, shop)
        found = offer(reads, home, action)
        if found.is_expired:
            raise Refused(409, filled(IS_OVER, (found.name,)))
        approve(home, reads.as_of, action, who, found.content if content is None else content)


def export(
    snapshot: Snapshot, home: Home, shop: Shop, action: str, kind: exports.Kind, language: str, *, who: str
) -> tuple[IO[bytes], int]:
    """The file of an approved action, open at its beginning, and how many customers are in it: those who may be reached at this moment. `who` takes it
    stands in the log of exports. Raises Refused (404) where the plan has none of the name, (409) where it is not approved or has expired."""
    with reading(snapshot) as reader:
        reads = ready(reader, shop)
        found = offer(reads, home, action)
        if found.state != "approved":
            raise Refused(409, filled(NOT_OPEN, (found.name, STATES[found.state])))
        stop(reads, home)
        table, headings = _sent(action, language), [getattr(heading, language) for heading in COLUMNS.values()]
        return exports.handed_out(reads, home, kind, table, headings, what=getattr(found.name, language), who=who)


def rows(reads: Reads, sql: str) -> list[Row]:
    """The rows of a select over what a version holds."""
    cursor = reads.reader.connection.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def stop(reads: Reads, home: Home) -> int:
    """Names who may not be reached now, whatever the plan says, each time something is shown or leaves: in a table `gone` who is erased or waits to
    be, in `stopped` whoever of the week's plan must not be contacted. Returns how many of those who were to get an action that are."""
    connection = reads.reader.connection
    Consents(home, reads.reader.snapshot).lay(connection)
    reads.decide("FROM decided_now")
    planned = f"SELECT person_id FROM {WINBACK} WHERE as_of = getvariable('as_of')"
    if reads.columns(NOT_PLANNED):
        planned += f" UNION SELECT person_id FROM {NOT_PLANNED} WHERE as_of = getvariable('as_of')"
    staying = not_leaving(home, "w.person_id", "people")
    connection.execute(f"CREATE TEMP TABLE gone AS SELECT person_id FROM ({planned}) AS w WHERE NOT ({staying})")
    tombstones = Tombstones(home)
    if not tombstones.is_empty():
        erased = set(tombstones.hashes())
        accounts = f"{planned.replace('person_id', 'person_id, person_id AS account')} UNION SELECT person_id, customer_id FROM people"
        for person, account in connection.execute(accounts).fetchall():
            if tombstones.of(account) in erased:
                connection.execute(f"INSERT INTO gone VALUES ({text_in_sql(person)})")
    connection.execute(
        f"""
        CREATE TEMP TABLE stopped AS
        SELECT w.person_id, w.arm FROM {WINBACK} AS w WHERE w.as_of = getvariable('as_of') AND (
            w.person_id IN (SELECT person_id FROM gone)
            OR w.person_id NOT IN (SELECT person_id FROM agreed WHERE agrees AND NOT coalesce(refuses, false))
            OR EXISTS (SELECT 1 FROM ({HELD_OUT}) AS h WHERE h.person_id = w.person_id AND h.action = w.action AND h.season = w.season)
        )
        """
    )
    return connection.execute("SELECT count(*) FROM stopped WHERE arm = 'treated'").fetchall()[0][0]


def _sent(action: str, language: str) -> str:
    return f"""
        SELECT w.action_id, array_to_string(coalesce(a.accounts, [w.person_id]), ' ') AS accounts, w.action_{language} AS action,
            w.rule_{language} AS rule, w.expires_on, row_number() OVER (ORDER BY w.gain DESC, w.person_id) AS place,
            coalesce(a.accounts, [w.person_id]) AS whose
        FROM {WINBACK} AS w
        LEFT JOIN (SELECT person_id, list(customer_id ORDER BY customer_id) AS accounts FROM people GROUP BY person_id) AS a USING (person_id)
        WHERE w.as_of = getvariable('as_of') AND w.arm = 'treated' AND w.action = {text_in_sql(action)}
        AND w.person_id NOT IN (SELECT person_id FROM stopped)
    """
