"""Which days a run covers."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipelines.runs import days_covered
from resources.errors import ZhikeError
from tests.shop_builder import FIRST, Bench


def test_days_that_are_not_over_are_never_run(delivered: Bench) -> None:
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    yesterday = today - timedelta(days=1)
    for end in (None, today + timedelta(days=3)):
        shop = delivered.shop.model_copy(update={"end": end})
        assert days_covered(shop, None, yesterday) == (FIRST, yesterday)
        for last in (today, today + timedelta(days=1)):
            with pytest.raises(ZhikeError, match=f"to {yesterday}, which was yesterday"):
                days_covered(shop, None, last)
    assert days_covered(delivered.shop.model_copy(update={"end": today}), None, None) == (FIRST, yesterday)
    # The newest file of the orders, where the shop has no end.
    assert days_covered(delivered.shop.model_copy(update={"end": None}), None, None) == (FIRST, date(2024, 2, 4))
