"""What came of a step: its check results, its metadata, and what it says when partitions were refused."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from data_checks.gate.audit import Verdict
from data_checks.gate.expectation import MISSING, Expectation
from data_checks.gate.publish import Published
from resources.evidence import Evidence
from resources.tables import Table

SAMPLE_ROWS = 5
NAMED = 31

INPUTS = Expectation(
    "its_inputs_are_there_and_up_to_date",
    "A partition whose inputs were not published, or changed since, would be silently incomplete.",
    MISSING,
    at_most=0,
    given=True,
)


@dataclass
class ChunkResult:
    """One chunk after the gate."""

    published: Published
    verdicts: list[Verdict]
    samples: dict[str, list[dict[str, Any]]]
    inputs: dict[str, list[str]]
    metadata: Mapping[str, Any]
    problems: Sequence[str]
    evidence: Mapping[str, Evidence]


class StepResult:
    """What came of all chunks of a step."""

    def __init__(self, table: Table, expectations: Sequence[Expectation]):
        self.table = table
        self.expectations = expectations
        self.published: dict[str, int] = {}
        self.unchanged = 0
        self.bad: dict[str, list[str]] = {}
        self.keys: list[str] = []
        self.figures: dict[str, dict[str, Any]] = {e.name: {} for e in expectations}
        self.failed: dict[str, list[str]] = {e.name: [] for e in expectations}
        self.samples: dict[str, list[dict[str, Any]]] = {}
        self.inputs: dict[str, list[str]] = {}
        self.stale: list[str] = []
        self.notes: dict[str, Any] = {}
        self.problems: list[str] = []
        self.refused = 0
        self.evidence: dict[str, Evidence] = {}

    def add(self, chunk: ChunkResult) -> None:
        self.published |= chunk.published.row_counts
        self.unchanged += chunk.published.unchanged
        self.stale += chunk.published.stale
        self.inputs |= chunk.inputs
        self.notes |= chunk.metadata
        self.problems += chunk.problems
        self.evidence |= chunk.evidence
        for verdict in chunk.verdicts:
            name = verdict.expectation.name
            self.figures[name] |= verdict.values
            self.failed[name] += verdict.bad
            self.samples.setdefault(name, []).extend(chunk.samples.get(name, []))
            if verdict.expectation.severity == "critical":
                for key in verdict.bad:
                    self.bad.setdefault(key, []).append(name)
        self.keys += list(chunk.verdicts[0].values) if chunk.verdicts else list(chunk.published.row_counts)

    def refuse(self, key: str, why: str) -> None:
        """Notes a partition whose rows cannot even be worked out."""
        self.bad[key] = ["its rows cannot be worked out"]
        self.problems.append(f"{key}: {why}")
        self.refused += 1

    def check_results(self) -> Iterator[dg.AssetCheckResult]:
        for expectation in self.expectations:
            name = expectation.name
            failed = self.failed[name]
            metadata: dict[str, Any] = {
                "from": self.keys[0],
                "to": self.keys[-1],
                "figure": " ".join(expectation.figure.split()),
                "bounds": f"{expectation.at_least if expectation.at_least is not None else '-∞'} to "
                f"{expectation.at_most if expectation.at_most is not None else '∞'}",
            }
            shown = failed or self.keys
            values = {key: self.figures[name].get(key) for key in (shown[:NAMED] if failed else shown[-1:])}
            metadata["values"] = dg.MetadataValue.json(values)
            if failed:
                metadata["failed_partitions"] = dg.MetadataValue.json(failed[:NAMED])
            if self.samples.get(name):
                metadata["sample"] = dg.MetadataValue.json(self.samples[name][:SAMPLE_ROWS])
            if name == INPUTS.name and failed:
                metadata["missing"] = dg.MetadataValue.json(
                    {key: self.inputs.get(key, [])[:NAMED] for key in failed[:NAMED]}
                )
            if expectation.severity == "error" and failed:
                metadata["problems"] = "\n".join(self.problems[:NAMED])
            if name in self.evidence:
                metadata |= self.evidence[name].metadata()
            yield dg.AssetCheckResult(
                asset_key=self.table.asset_key,
                check_name=name,
                passed=not failed,
                severity=dg.AssetCheckSeverity.WARN
                if expectation.severity == "warning"
                else dg.AssetCheckSeverity.ERROR,
                metadata=metadata,
            )

    def metadata(self) -> dict[str, Any]:
        metadata: dict[str, Any] = {
            "from": self.keys[0],
            "to": self.keys[-1],
            "published_partitions": len(self.published),
            "unchanged_partitions": self.unchanged,
        }
        if self.bad:
            metadata["not_published"] = dg.MetadataValue.json(dict(list(self.bad.items())[:NAMED]))
        if self.stale:
            metadata["to_be_run_again"] = dg.MetadataValue.json(sorted(set(self.stale))[:NAMED])
        return metadata | self.notes

    def complaint(self) -> str:
        named = "; ".join(f"{key}: {', '.join(names)}" for key, names in list(self.bad.items())[:5])
        more = f" and {len(self.bad) - 5} more" if len(self.bad) > 5 else ""
        problems = "".join(f"\n{text}" for text in self.problems[:5])
        return (
            f"{self.table.qualified}: {len(self.bad)} of {len(self.keys) + self.refused} partitions not published, their last good rows stay. "
            f"{named}{more}. The failed checks show the rows; correct the source and run these partitions again.{problems}"
        )
