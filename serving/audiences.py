"""The shop's lists of customers on their way out: who of them may be reached at this moment, and the files for the shop's own sender and for the
advertising platforms.

Who is on a list was worked out as of a Monday. Consent is asked again whenever a list is counted or exported, so a refusal that came since wins.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Literal, get_args
from zoneinfo import ZoneInfo

from assets.outreach.report.make import ready
from assets.outreach.report.reads import Reads
from resources import exports
from resources.audiences import REACHED, REACHES, Audience, Platform
from resources.consents import Consents
from resources.errors import ZhikeError
from resources.home import Home
from resources.quoting import literal
from resources.shop import Shop
from resources.snapshot import PLATFORM_KEYS, Snapshot, reading
from resources.wishes import not_leaving
from resources.words import Words
from serving import files, platform_files
from serving.exports import BOM, FORMULA, UNFINISHED, held_out, write_workbook

Format = Literal["csv", "xlsx", "parquet"]
TABLE = "outreach.audiences"
SHOP = "shop"
# Platforms find others like a list's people only from so many on.
LEAST_SEED = 100
COLUMNS: dict[str, Words] = {
    "person_id": Words("客户 ID", "Customer ID"),
    "accounts": Words("全部账号", "All accounts"),
    "audience": Words("人群", "Audience"),
    "entered_on": Words("进入人群的日期", "On the list since"),
    "as_of": Words("截至", "As of"),
}
# Who is on the lists of the newest week, with all of their accounts, and whether they may be reached now. What the week knew of actions stands.
NOW = """
    CREATE OR REPLACE TEMP TABLE listed_now AS
    SELECT a.audience, a.person_id, a.entered_on, a.as_of,
        coalesce(i.accounts, [a.person_id]) AS accounts,
        CASE
            WHEN s.refuses THEN 'refused'
            WHEN s.agrees IS DISTINCT FROM true THEN 'no_consent'
            WHEN a.person_id IN (FROM held_out) OR a.reach = 'held_out' THEN 'held_out'
            WHEN a.reach = 'contacted_lately' THEN 'contacted_lately'
            ELSE 'may_be_reached'
        END AS reach
    FROM outreach.audiences AS a
    LEFT JOIN agreed AS s ON s.person_id = a.person_id
    LEFT JOIN (SELECT person_id, list(customer_id ORDER BY customer_id) AS accounts FROM people GROUP BY 1) AS i ON i.person_id = a.person_id
    WHERE a.as_of = getvariable('as_of')
"""


@dataclass(frozen=True)
class Exported:
    """A file on its way out: open at its beginning and without a name, the end of its name, how many are on it and how many each reason keeps off it, and
    how many keys are taken back."""

    file: IO[bytes]
    ending: str
    people: int
    counts: Mapping[str, int]
    taken_back: int = 0


def counts(reads: Reads, home: Home) -> dict[str, dict[str, int]]:
    """By list of the newest week how many are chosen, may be reached now, and why the others may not. None where the shop has none."""
    if not reads.columns(TABLE):
        return {}
    _lay(reads, home)
    found = reads.reader.connection.execute(
        "SELECT audience, reach, count(*) FROM listed_now GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    by_list = {name: dict.fromkeys(("chosen", *REACHES), 0) for name in reads.shop.audiences}
    for audience, reach, count in found:
        if audience in by_list:
            by_list[audience][reach] += count
            by_list[audience]["chosen"] += count
    return by_list


def ways(shop: Shop) -> list[str]:
    """Where a list of the shop can go: to its own sender, and to the platforms that it names."""
    return [SHOP, *(shop.platforms.names if shop.platforms else ())]


def export(
    snapshot: Snapshot,
    home: Home,
    shop: Shop,
    name: str,
    way: str,
    kind: Format = "csv",
    language: str = "en",
    *,
    who: str,
) -> Exported:
    """A list as a file for one of the `ways`; nobody is on it who may not be reached at this moment. It is noted in the log of exports before it is
    handed out. Raises ZhikeError for a list or a way that there is none of, and where the export cannot be noted."""
    audience = _declared(shop, name, way)
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=home.folder) as temporary, reading(snapshot) as reader:
        folder = Path(temporary)
        reads = ready(reader, shop)
        found = counts(reads, home).get(name)
        # What is at a platform is taken back from a list that is empty too.
        if not found or not (found["chosen"] or way in exports.platforms_of(home, name)):
            raise ZhikeError(
                f"nobody is on audience {name} in the published week",
                snapshot.as_of,
                "run the shop: zhike run --store …",
            )
        reads.reader.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE going AS SELECT * FROM listed_now WHERE audience = {literal(name)} AND reach = {literal(REACHED)}"
        )
        if way == SHOP:
            return _for_the_shop(reads, home, name, audience, kind, language, who, folder, found)
        return _for_a_platform(reads, home, name, audience, way, who, folder, found)


def _declared(shop: Shop, name: str, way: str) -> Audience:
    if name not in shop.audiences:
        known = ", ".join(shop.audiences) or "none"
        raise ZhikeError(f"there is no audience {name!r}", "store.yaml, audiences", f"use one of: {known}")
    if way not in ways(shop):
        raise ZhikeError(
            f"the shop makes no keys for {way}",
            "store.yaml, platforms",
            "name it under `platforms` and run the shop: keys are made when customers arrive"
            if way in get_args(Platform)
            else f"use one of: {', '.join(ways(shop))}",
        )
    return shop.audiences[name]


def _lay(reads: Reads, home: Home) -> None:
    connection = reads.reader.connection
    Consents(home, reads.reader.snapshot).lay(connection)
    reads.decide("FROM decided_now")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW held_out AS {held_out(reads)}")
    connection.execute(f"{NOW} AND {not_leaving(home, 'a.person_id', 'people')}")


def _for_the_shop(
    reads: Reads,
    home: Home,
    name: str,
    audience: Audience,
    kind: Format,
    language: str,
    who: str,
    folder: Path,
    found: Mapping[str, int],
) -> Exported:
    execute = reads.reader.connection.execute
    path = folder / f"list.{kind}"
    called = literal(getattr(audience.name, language))
    accounts = "accounts" if kind == "parquet" else "array_to_string(accounts, ' ') AS accounts"
    rows = f"SELECT person_id, {accounts}, {called} AS audience, entered_on, as_of FROM going ORDER BY person_id"
    headings = [getattr(heading, language) for heading in COLUMNS.values()]
    if kind == "parquet":
        execute(f"COPY ({rows}) TO {literal(path)} (FORMAT parquet, COMPRESSION zstd)")
    elif kind == "xlsx":
        write_workbook(path, headings, execute(rows), (True, True, True, False, False))
    else:
        _write_csv(reads, path, headings, rows)
    accounts_of = [account for (account,) in execute("SELECT DISTINCT unnest(accounts) FROM going").fetchall()]
    exports.record(
        home,
        what=name,
        who=who,
        kind=kind,
        as_of=reads.as_of,
        accounts=accounts_of,
        content_hash=files.content_hash(path),
        people=found[REACHED],
    )
    return Exported(path.open("rb"), kind, found[REACHED], found)


def _write_csv(reads: Reads, path: Path, headings: Sequence[str], rows: str) -> None:
    # Behind an apostrophe nothing is a formula.
    safe = ", ".join(
        f"CASE WHEN regexp_matches({name}, {literal(FORMULA)}) THEN '''' || {name} ELSE {name} END AS {name}"
        for name in ("person_id", "accounts", "audience")
    )
    body = path.with_suffix(".rows")
    reads.reader.connection.execute(
        f"COPY (SELECT * REPLACE ({safe}) FROM ({rows})) TO {literal(body)} (FORMAT csv, HEADER false, USE_TMP_FILE false)"
    )
    path.write_bytes(BOM + ",".join(headings).encode() + b"\n" + body.read_bytes())


def _for_a_platform(
    reads: Reads, home: Home, name: str, audience: Audience, way: str, who: str, folder: Path, found: Mapping[str, int]
) -> Exported:
    keys = _keys(reads, way)
    platform: Any = way
    sent = [(account, key) for person in keys.values() for account, key in person]
    now = sorted({key for _, key in sent})
    today = datetime.now(ZoneInfo(reads.shop.time_zone)).date()
    gone = exports.to_take_back(home, way, name, now, today)
    if audience.lookalike_seed and len(keys) < LEAST_SEED:
        if not gone:
            raise ZhikeError(
                f"of audience {name} only {len(keys)} have a key of {way}, and a seed takes {LEAST_SEED} at least",
                "store.yaml, audiences",
                "ask for a larger seed, or hand over numbers or addresses of more customers",
            )
        # Who left is taken back all the same, and nobody is added.
        keys, sent = {}, []
    written = platform_files.write(platform, folder, "add", [[key for _, key in person] for person in keys.values()])
    if gone:
        written |= platform_files.write(platform, folder, "remove", [[key] for key in gone])
    path = folder / f"{way}.zip"
    files.pack(path, written)
    exports.record(
        home,
        what=name,
        who=who,
        kind=way,
        as_of=reads.as_of,
        accounts=[account for account, _ in sent],
        content_hash=files.content_hash(path),
        people=len(keys),
        sent=sent,
    )
    return Exported(path.open("rb"), "zip", len(keys), found, len(gone))


def _keys(reads: Reads, platform: str) -> dict[str, list[tuple[str, exports.Key]]]:
    """By person who is going the keys by which a platform knows them, each with the account that told it; who has none is not there."""
    path = reads.reader.snapshot.folder / PLATFORM_KEYS
    if not path.exists():
        raise ZhikeError(
            f"no key of {platform} is published",
            str(path),
            "run the shop: keys are made when customers arrive, of the files that are there",
        )
    rows = reads.reader.connection.execute(
        f"SELECT g.person_id, k.customer_id, k.key_type, k.key_value FROM (SELECT person_id, unnest(accounts) AS customer_id FROM going) AS g "
        f"JOIN read_parquet({literal(path)}) AS k ON k.customer_id = g.customer_id AND k.platform = {literal(platform)} ORDER BY ALL"
    ).fetchall()
    found: dict[str, list[tuple[str, exports.Key]]] = {}
    for person, account, key_type, value in rows:
        found.setdefault(person, []).append((account, (key_type, value)))
    return found
