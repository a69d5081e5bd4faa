"""What a channel is told of alerts and failures: how many messages, what stands in them, and what never does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from assets.outreach.alerts.methods.alert import Alert, allowed
from assets.outreach.alerts.methods.digests import Digest, digests, due, plain
from assets.outreach.alerts.operations import Operation, failing, operations
from resources.alert_marks import Mark
from resources.words import Words

MONDAY, NOW = date(2026, 1, 12), datetime(2026, 1, 12, 3, tzinfo=UTC)
FAILURE = Operation("f1", Words("数据没有通过检查", "data failed a check"))


def alert(number: int, cause: str = "entered_risk", urgency: int = 2, **own: object) -> Alert:
    made = Alert(
        f"a{number}", MONDAY, cause, Words("新增流失风险", "Newly at risk"), f"c{number}", None, None, urgency, number, 100.0 + number,
        Words("怎么算的", "how it is worked out"), Words("很久没来", "no visit for long"), date(2026, 2, 9),
    )  # fmt: skip
    return replace(made, **own)


def told(alerts: Sequence[Alert], found: Sequence[Operation] = ()) -> list[Digest]:
    return digests(alerts, found, 10, "CNY", NOW)


def test_sixty_alerts_at_once_are_one_message_that_names_ten_and_counts_fifty() -> None:
    (digest,) = told([alert(number) for number in range(60)])
    message = digest.message
    assert message.title == Words(
        "本周预警 60 条，面临风险的金额合计 7,770 元", "60 alerts this week, CNY 7,770 at stake in all"
    )
    assert len(message.lines) == 11 and not message.urgent
    assert message.lines[0].zh == "1. 新增流失风险 · 客户 c59 · 159 元：很久没来"
    assert message.lines[-1] == Words("其余 50 条请到经营台的「预警」页查看", "50 more: see Alerts in the console")
    assert message.accounts == tuple(f"c{number}" for number in range(50, 60))
    assert len(digest.told) == 60, "what is counted is told too"
    assert message.expires_at == datetime(2026, 1, 20, tzinfo=UTC)


def test_what_is_urgent_is_a_second_message_before_the_week() -> None:
    urgent, week = told([alert(1), alert(2, "complained", 3)], [FAILURE])
    assert urgent.message.urgent and not week.message.urgent
    assert urgent.message.title.zh == "请今天处理：1 位重要客户投诉，1 项运行异常"
    assert [line.en for line in urgent.message.lines[:1]] == ["data failed a check"]
    assert {name for name, _ in urgent.told} == {"f1", "a2"} and [name for name, _ in week.told] == ["a1"]
    assert told([]) == []


def test_a_message_has_the_same_key_for_the_same_alerts_and_words_only() -> None:
    alerts = [alert(1), alert(2)]
    (first,), (again,) = told(alerts), told(alerts[::-1])
    assert first.message.key == again.message.key
    (other,) = told([alert(1), alert(2, reasons=Words("别的", "something else"))])
    (fewer,) = told([alert(1)])
    assert len({first.message.key, other.message.key, fewer.message.key}) == 3


@pytest.mark.parametrize(
    "harm",
    [
        "[点我](http://evil.example/x)", "@all", "<at user_id=\"all\">", "<!channel>", "# 标题", "**粗**", "`code`", "www.evil.example", "a\nb\rc\u2028d",
        "＠13800138000 @13800138000", "\u202eexe.gnp",
    ],
)  # fmt: skip
def test_what_others_wrote_mentions_nobody_and_links_nowhere(harm: str) -> None:
    product = alert(1, "aspect_falling", person_id=None, product_id="p1", title=f"茶 {harm}")
    reasons = alert(2, reasons=Words(harm, harm))
    for digest in (told([product]), told([reasons])):
        for text in (*digest[0].message.title, *(text for line in digest[0].message.lines for text in line)):
            assert not set("@<>[]*`#\n\r\u2028\u202e") & set(text), text
            assert "://" not in text and "evil.example" not in text
    assert len(plain("长" * 1000, 40)) == 40


def test_a_customer_is_named_by_id_and_an_id_that_is_a_number_of_a_phone_is_masked() -> None:
    (digest,) = told([alert(1, person_id="user_17"), alert(2, person_id="13800138000")])
    text = "\n".join(line.zh for line in digest.message.lines)
    assert "客户 user_17 " in text and "13800138000" not in text


def test_nothing_is_told_twice_or_late_or_against_what_people_did() -> None:
    alerts = [alert(number) for number in range(1, 6)] + [alert(9, as_of=date(2026, 1, 5))]
    done = {
        "a2": Mark("acknowledge", "anna", "", None, ""),
        "a3": Mark("snooze", "anna", "", date(2026, 1, 14), ""),
        "a9": Mark("snooze", "anna", "", date(2026, 1, 10), ""),
        "a4": Mark("reopen", "anna", "", None, ""),
    }

    def names(today: date, given: Sequence[Alert] = alerts) -> list[str]:
        return [each.alert_id for each in due(given, [], {"a1"}, done, "team", today)[0]]

    assert names(MONDAY) == ["a4", "a5", "a9"], "of earlier weeks only what was put off until now"
    assert names(date(2026, 1, 14)) == ["a3", "a4", "a5", "a9"]
    assert names(date(2026, 1, 19)) == ["a3", "a4", "a5", "a9"]
    assert names(date(2026, 1, 20)) == [], "the newest week is older than seven days"
    assert names(MONDAY, [alert(5, expires_on=MONDAY)]) == []
    broken = failing("team", Words("发不出去", "delivers nothing"), "2026-01-12")
    assert due([], [broken], set(), {}, "team", MONDAY)[1] == []
    assert due([], [broken], set(), {}, "other", MONDAY)[1] == [broken]


def test_of_who_left_nothing_is_told_and_of_who_refuses_nothing_predicted() -> None:
    given = [alert(1), alert(2), alert(2, "complained", 3), alert(3)]
    assert [(each.alert_id, each.cause, each.at_stake) for each in allowed(given, {"c1"}, {"c2"})] == [
        ("a2", "complained", None),
        ("a3", "entered_risk", 103.0),
    ]


def test_what_goes_wrong_in_running_the_shop_is_told_while_it_runs() -> None:
    refused = [
        {"table_name": "clean.orders", "partition_key": key, "check_name": "days_have_orders"}
        for key in ("2025-11-01", "2026-01-10", "2026-01-11")
    ]
    fits = [
        {"name": "purchase", "fitted_as_of": date(2024, 10, 7), "in_force": True},
        {"name": "purchase", "fitted_as_of": date(2026, 1, 5), "in_force": False},
        {"name": "sentiment", "fitted_as_of": date(2026, 1, 5), "in_force": False},
        {"name": "clv", "fitted_as_of": date(2024, 1, 1), "in_force": True},
    ]
    found = operations(refused, fits, date(2026, 1, 5), date(2026, 1, 14), is_running=True)
    assert [each.words.en for each in found] == [
        "clean.orders: 2026-01-10, 2026-01-11 failed a check (days have orders) and is not used; what came before stays",
        "Who buys again, who leaves: the fit in force is of 2024-10-07, 464 days old: those made since are no better",
        "What reviews say: no fit is in force; that of 2026-01-05 is no better than something simpler",
        "the newest week is that of 2026-01-05, 9 days ago: look at the weekly job",
    ]
    again = operations(refused, fits, date(2026, 1, 5), date(2026, 1, 15), is_running=True)
    assert [each.name for each in again] == [each.name for each in found], "told once, not once a day"
    assert operations(refused, fits, date(2026, 1, 5), date(2026, 1, 14), is_running=False) == []
