"""The gate and the hand-written SQL that it is timed against give the same figures."""

from benchmarks.gate import DAYS, run


def test_the_gate_and_plain_sql_give_the_same_figures() -> None:
    figures = run(50_000, repeats=1)

    assert (figures["partitions"], figures["expectations"], figures["differing_partitions"]) == (DAYS, 10, 0)
