"""What is installed has none of the faults that are known to us, and licences that leave a shop free."""

from pathlib import Path

from benchmarks.dependencies import FREE, audit, licences, locked

PAGE = Path(__file__).parents[2] / "docs" / "dependencies.md"


def test_neither_the_lock_nor_the_environment_has_a_version_with_a_known_fault() -> None:
    assert locked()["dagster"]
    assert audit() == []


def test_every_package_has_a_licence_that_leaves_a_shop_free_and_is_listed() -> None:
    page = PAGE.read_text("utf-8")
    for name, said in licences().items():
        assert FREE.search(said), name
        assert "GPL" not in said, name
        assert f"| {name} | {said} |" in page, name
