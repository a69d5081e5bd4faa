"""What the tests of the report's sentences share: a newest Monday, steady weeks before it, and a section as texts."""

from datetime import date, timedelta

from assets.outreach.report.methods.parts import Section

MONDAY = date(2026, 3, 2)
MONDAYS = [MONDAY - timedelta(days=7 * back) for back in range(13, -1, -1)]
# Thirteen weeks, of which four in five lie between 94.8 and 109.2.
STEADY = [100, 102, 98, 101, 99, 110, 94, 100, 103, 97, 108, 96, 100]


def texts(section: Section | None) -> list[tuple[str, ...]]:
    assert section
    return [tuple(sentence.plain) for sentence in section.sentences]
