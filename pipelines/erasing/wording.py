"""What erasure says, in Chinese and English; nothing of it names anybody but the question before it begins."""

from pipelines.erasing.erase import Found, Proof
from resources.words import Words

SURE = Words("确定要删除吗？删除后无法恢复", "Erase them? This cannot be undone")
UNKNOWN = Words(
    "这个编号目前没有任何记录。已记下：以后交付的数据里如果出现，不会再入库。",
    "Nothing is known of this id. It is noted: if it comes in a later delivery, it is kept out.",
)
NOTHING_LEFT = Words(
    "这位客户此前已经删除，没有新的记录，无需再做。",
    "They were erased before, and nothing of theirs has come since: there is nothing to do.",
)
PLACES = {
    "snapshot": Words("旧快照与模型文件", "old snapshots and files of models"),
    "landing": Words("落地文件", "landed files"),
    "dagster": Words("运行记录与日志", "records and logs of runs"),
    "reports": Words("周报", "reports"),
}


def asked(found: Found) -> Words:
    """Whom it concerns, before it is confirmed."""
    accounts = "、".join(found.accounts), ", ".join(found.accounts)
    if not found.is_known:
        return Words(
            f"目前没有 {accounts[0]} 的记录；确认后，以后交付的也不会入库。",
            f"Nothing is known of {accounts[1]}; what comes later is kept out.",
        )
    return Words(
        f"将删除同一位客户的 {len(found.accounts)} 个账号：{accounts[0]}",
        f"One person, {len(found.accounts)} {'account' if len(found.accounts) == 1 else 'accounts'}: {accounts[1]}",
    )


def proof(of: Proof) -> Words:
    """A proof in words."""
    count = sum(of.rows.values())
    tables_zh = "、".join(f"{name} {rows:,} 行" for name, rows in of.rows.items()) or "无"
    tables_en = ", ".join(f"{name} {rows:,}" for name, rows in of.rows.items()) or "none"
    places = [(PLACES.get(name, Words(name, name)), number) for name, number in of.elsewhere.items()]
    places_zh = "、".join(f"{name.zh} {number:,} 处" for name, number in places) or "无"
    places_en = ", ".join(f"{name.en} {number:,}" for name, number in places) or "none"
    exports_zh = "、".join(of.exports) or "无"
    exports_en = ", ".join(of.exports) or "none"
    return Words(
        f"已删除一位客户（{of.account_count} 个账号），凭证 {of.proof_id}，完成时间 {of.erased_at}\n"
        f"  数据仓库：共 {count:,} 行（{tables_zh}）；其中订单明细改为游客订单保留，销售合计不变\n"
        f"  其他地方：{places_zh}\n"
        f"  曾出现在这些导出中（请通知收到的人）：{exports_zh}\n"
        f"  凭证文件：{of.file}\n"
        f"  备份和店铺自己的系统不在此列，见 docs/erasure.md",
        f"One person is erased ({of.account_count} {'account' if of.account_count == 1 else 'accounts'}); proof {of.proof_id}, done at {of.erased_at}\n"
        f"  warehouse: {count:,} rows ({tables_en}); lines of orders stay, as those of guests, so what was sold is unchanged\n"
        f"  elsewhere: {places_en}\n"
        f"  they were in these exports (tell who received them): {exports_en}\n"
        f"  the proof: {of.file}\n"
        f"  backups and the shop's own systems are not reached: docs/erasure.md",
    )
