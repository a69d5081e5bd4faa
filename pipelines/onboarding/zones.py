"""The zone of a shop whose times carry their offset."""

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

# One name an offset and its rule of summer time; where several hold, the first is meant by most shops.
ZONES = (
    "Asia/Shanghai", "Europe/London", "America/New_York", "America/Los_Angeles", "America/Chicago", "America/Denver",
    "Europe/Berlin", "Europe/Athens", "Europe/Istanbul", "Asia/Dubai", "Asia/Karachi", "Asia/Kolkata", "Asia/Dhaka", "Asia/Bangkok",
    "Asia/Tokyo", "Australia/Sydney", "Australia/Brisbane", "Australia/Perth", "Australia/Adelaide", "Pacific/Auckland",
    "America/Sao_Paulo", "America/Phoenix", "America/Bogota", "America/Halifax", "America/Caracas", "Africa/Johannesburg", "Africa/Lagos",
    "Pacific/Honolulu", "America/Anchorage", "UTC",
)  # fmt: skip
_WITH_OFFSET = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)? ?([+-]\d\d):?(\d\d)")


def zone_of(texts: Sequence[str]) -> str | None:
    """The zone whose offsets are those of all these times; None where they carry none, or no one zone has them."""
    found = [_WITH_OFFSET.fullmatch(text.strip()) for text in texts]
    times = [datetime.fromisoformat(f"{m[1]}T{m[2]}{m[3]}:{m[4]}") for m in found if m]
    if not times or len(times) < len(texts):
        return None
    return next(
        (
            name
            for name in ZONES
            if all(time.astimezone(ZoneInfo(name)).utcoffset() == time.utcoffset() for time in times)
        ),
        None,
    )
