"""Erases who wished it through the API or the console: before every `zhike run`, and every night while the web UI is up."""

from pathlib import Path

import dagster as dg

from resources import wishes
from resources.home import Home, open_home
from resources.shop import Shop

HOUR = 1


def erase_waiting(shop: Shop, folder: Path) -> int:
    """Erases the persons of all wishes that wait, and returns how many proofs that gave. Raises ZhikeError as `erase` does."""
    home = open_home(shop, folder, to_read=True)
    count = 0
    for account in _accounts(home):
        # The wish of one account is fulfilled with that of another of the same person.
        if account in _accounts(home):
            from pipelines.erasing.erase import erase

            count += len(erase(shop, folder, account))
            # Of who was erased before nothing may be left to do.
            wishes.fulfil(home, [account])
    return count


def _accounts(home: Home) -> list[str]:
    return [wish.account for wish in wishes.waiting(home) if wish.account]


def build_erasures(shop: Shop, folder: Path) -> dg.ScheduleDefinition:
    """The job that erases who wished it, and when it runs by itself."""

    @dg.op
    def erase_who_wished(context: dg.OpExecutionContext) -> None:
        context.log.info(f"{erase_waiting(shop, folder)} proofs of erasure were written.")

    @dg.job(description="Erases the persons who wished it.", executor_def=dg.in_process_executor)
    def erasures() -> None:
        erase_who_wished()

    @dg.schedule(
        job=erasures,
        name="every_erasure",
        cron_schedule=f"0 {HOUR} * * *",
        execution_timezone=shop.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every night who wished it is erased, before yesterday's deliveries are read.",
    )
    def every_erasure() -> dg.RunRequest | dg.SkipReason:
        waiting = len(_accounts(open_home(shop, folder, to_read=True)))
        return dg.RunRequest(tags={"zhike/what": f"{waiting} wishes"}) if waiting else dg.SkipReason("Nobody waits.")

    return every_erasure
