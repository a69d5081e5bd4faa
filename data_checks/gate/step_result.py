"""What came of a step: its check results, its metadata, and what it says when partitions were refused."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg

from data_checks.gate.audit import Verdict
from data_checks.gate.expectation import MISSING, Expectation
from data_checks.gate.publish import Published
from data_checks.gate.telling import SHOWN, Judged, others_of, sample_of, table_of, waiting
from resources.evidence import Evidence
from resources.tables import WHOLE, Table

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
    plots: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


class StepResult:
    """What came of all chunks of a step. `files` gives the files that a partition was delivered in."""

    def __init__(
        self,
        table: Table,
        expectations: Sequence[Expectation],
        currency: str | None,
        files: Callable[[str], Sequence[str]],
    ):
        self.table = table
        self.expectations = expectations
        self.currency = currency
        self.files = files
        self.published: dict[str, int] = {}
        self.unchanged = 0
        self.bad: dict[str, list[str]] = {}
        self.keys: list[str] = []
        self.figures: dict[str, dict[str, Any]] = {e.name: {} for e in expectations}
        self.failed: dict[str, list[str]] = {e.name: [] for e in expectations}
        self.samples: dict[str, list[dict[str, Any]]] = {}
        self.inputs: dict[str, list[str]] = {}
        self.stale: list[str] = []
        self.upset: set[str] = set()
        self.notes: dict[str, Any] = {}
        self.problems: list[str] = []
        self.refused = 0
        self.evidence: dict[str, Evidence] = {}
        self.plots: dict[str, Mapping[str, float]] = {}

    def add(self, chunk: ChunkResult) -> None:
        self.published |= chunk.published.row_counts
        self.unchanged += chunk.published.unchanged
        self.stale += chunk.published.stale
        self.upset |= chunk.published.upset
        self.inputs |= chunk.inputs
        self.notes |= chunk.metadata
        self.problems += chunk.problems
        self.evidence |= chunk.evidence
        self.plots |= chunk.plots
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
            judged = self._judged(expectation)
            yield dg.AssetCheckResult(
                asset_key=self.table.asset_key,
                check_name=expectation.name,
                passed=not judged.failed,
                severity=dg.AssetCheckSeverity.WARN
                if expectation.severity == "warning"
                else dg.AssetCheckSeverity.ERROR,
                description=self._sentence(judged),
                metadata=self._shown(judged),
            )

    def _shown(self, judged: Judged) -> dict[str, Any]:
        """What stands below the sentence: numbers, which the web UI plots, and tables."""
        expectation, failed, file = judged.expectation, judged.failed, self._file(judged)
        worst = judged.figures[judged.worst] if judged.worst else None
        shown: dict[str, Any] = {"value": round(worst, 6)} if worst is not None else {}
        shown |= {"limit": judged.limit, "from": self.keys[0], "to": self.keys[-1]}
        if failed:
            shown["values"] = table_of([{"partition": key, "value": judged.figures.get(key)} for key in failed])
        if judged.sample:
            shown["sample"] = table_of(sample_of(self.table, expectation, judged.sample))
        if failed and expectation.name == INPUTS.name:
            waits = [{"partition": key, "waits_for": ", ".join(self.inputs.get(key, [])[:SHOWN])} for key in failed]
            shown["missing"] = table_of(waits)
        if file:
            shown["file"] = dg.MetadataValue.path(file)
        if failed and expectation.severity == "error":
            shown["problems"] = "\n".join(self.problems[:SHOWN])
        shown["worked_out_by"] = " ".join(expectation.figure.split())
        evidence = self.evidence.get(expectation.name)
        return shown | (evidence.metadata() if evidence else {})

    def _judged(self, expectation: Expectation) -> Judged:
        name = expectation.name
        return Judged(expectation, self.figures[name], self.failed[name], self.samples.get(name, []), self.currency)

    def _sentence(self, judged: Judged) -> str:
        failed, file = judged.failed, self._file(judged)
        if not failed:
            return judged.passed()
        if judged.expectation.name == INPUTS.name:
            return waiting(failed, self.inputs)
        if judged.expectation.tells_problems and self.problems:
            return self.problems[0] + others_of(failed[1:])
        return judged.failure("/".join(["…", *Path(file).parts[-2:]]) if file else None)

    def _file(self, judged: Judged) -> str | None:
        """The file of the partition that the sentence is about; of a table without partitions, that of the first row shown."""
        if not judged.failed:
            return None
        part = judged.worst_failed
        if part == WHOLE and judged.sample:
            part = str(judged.sample[0].get("delivered_on"))
        return next(iter(self.files(part)), None)

    def metadata(self) -> dict[str, Any]:
        metadata: dict[str, Any] = {
            "from": self.keys[0],
            "to": self.keys[-1],
            "published_partitions": len(self.published),
            "unchanged_partitions": self.unchanged,
        }
        if self.bad:
            metadata["not_published"] = dg.MetadataValue.json(dict(list(self.bad.items())[:SHOWN]))
        if self.stale:
            metadata["to_be_run_again"] = dg.MetadataValue.json(sorted(set(self.stale))[:SHOWN])
        return metadata | self.notes

    def numbers(self, key: str) -> dict[str, float]:
        """What the web UI plots of a published partition: its rows, and the figures that came with them."""
        return {"dagster/partition_row_count": self.published[key], **self.plots.get(key, {})}

    def complaint(self) -> str:
        named = "; ".join(f"{key}: {', '.join(names)}" for key, names in list(self.bad.items())[:5])
        more = f" and {len(self.bad) - 5} more" if len(self.bad) > 5 else ""
        sentences = [
            self._sentence(self._judged(each))
            for each in self.expectations
            if self.failed[each.name] and each.severity == "critical" and not each.tells_problems
        ]
        said = "".join(f"\n{text}" for text in [*sentences, *self.problems][:5])
        return (
            f"{self.table.qualified}: {len(self.bad)} of {len(self.keys) + self.refused} partitions not published, their last good rows stay. "
            f"{named}{more}. The failed checks show the rows; correct the source and run these partitions again.{said}"
        )
