"""Customer segments: K-means on log recency, frequency and spend, fitted seldom, applied with frozen centroids.

Lloyd's algorithm from k-means++ starts (Arthur and Vassilvitskii 2007), on a sample of stated size; the space is in
space.py, the choice of measures and k in selection.py.

A refit keeps the numbers of segments: each new segment's centre in the old scaled space is matched to the old centroids
by the Hungarian method (Kuhn 1955); a segment without a partner gets a number never used before. A refit also keeps
measures and k, unless they no longer serve, are too few to act on, or the shop has doubled since they were chosen (only then are
the other k judged), and starts from the old centroids where that costs next to nothing in fit: otherwise a fifth of the customers
moves because the model does. A refit that would still give too many customers another segment is not accepted: the
caller keeps the previous fit.

Limitation: recency, frequency and spend are one continuous cloud in most shops. Segments are a useful cut through it,
not groups that nature made, and customers near a border change sides easily.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from assets.features.methods.cut_points import CutPoints, Scores, scores
from assets.insights.segments.methods.selection import (
    Candidate,
    Draws,
    Later,
    Selection,
    Settings,
    centroids_of,
    challengers,
    choose_k,
    select,
)
from assets.insights.segments.methods.space import (
    BASE,
    EXTRAS,
    Floats,
    Labels,
    Space,
    group_means,
    log_measures,
    nearest,
    rounded,
)
from assets.insights.segments.methods.wording import Claims, at_the_edge, claims_of, holds, name_segments
from resources.errors import NotEnough
from resources.learning.threads import one_thread
from resources.words import Words

MIN_POINTS = 3
CHUNK_ROWS = 100_000
GROWTH_TO_RECONSIDER = 2
WARM_START_MARGIN = 1.02


@dataclass(frozen=True, eq=False)
class Fit:
    space: Space
    centroids: Floats
    segment_ids: Labels
    names: tuple[Words, ...]
    claims: tuple[Claims, ...]
    """What each name says of its members."""
    cut_points: CutPoints
    customers: int
    chosen_at_customers: int
    """How many customers there were when measures and k were last chosen freely."""
    highest_id: int
    """The highest segment number ever given, so that none is given twice."""
    accepted: bool = True
    reason: str = ""
    figures: Mapping[str, float | None] = field(default_factory=dict)
    tables: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """The candidates for k, other algorithms on the same customers, the measures kept or dropped, and the segments."""

    @property
    def features(self) -> tuple[str, ...]:
        return self.space.features

    def labels(self, logs: pd.DataFrame) -> Labels:
        return self.segment_ids[nearest(self.space.points(logs), self.centroids)[0]]

    def parameters(self) -> dict[str, Any]:
        return {
            "features": list(self.features),
            "fill": self.space.fill.tolist(),
            "mean": self.space.mean.tolist(),
            "scale": self.space.scale.tolist(),
            "clip": self.space.clip,
            "centroids": self.centroids.tolist(),
            "segment_ids": self.segment_ids.tolist(),
            "names_zh": [name.zh for name in self.names],
            "names_en": [name.en for name in self.names],
            "claims": [{score: list(claim) for score, claim in of.items()} for of in self.claims],
            "cut_points": self.cut_points.parameters(),
            "customers": self.customers,
            "chosen_at_customers": self.chosen_at_customers,
            "highest_id": self.highest_id,
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> "Fit":
        return cls(
            space=Space(
                features=tuple(parameters["features"]),
                fill=np.array(parameters["fill"], float),
                mean=np.array(parameters["mean"], float),
                scale=np.array(parameters["scale"], float),
                clip=parameters["clip"],
            ),
            centroids=np.array(parameters["centroids"], float),
            segment_ids=np.array(parameters["segment_ids"], np.int64),
            names=tuple(map(Words, parameters["names_zh"], parameters["names_en"])),
            claims=tuple({score: (low, high) for score, (low, high) in of.items()} for of in parameters["claims"]),
            cut_points=CutPoints.from_parameters(parameters["cut_points"]),
            customers=parameters["customers"],
            chosen_at_customers=parameters["chosen_at_customers"],
            highest_id=parameters["highest_id"],
        )


def fit(
    frame: pd.DataFrame,
    cut_points: CutPoints,
    *,
    later: pd.DataFrame | None = None,
    seed: int = 0,
    previous: Fit | None = None,
    settings: Settings | None = None,
) -> Fit:
    """Segment the customers of a frame: person_id, recency_days, frequency, and optionally spend and further measures.

    `cut_points` are those by which names are given. `later`: customers as of an earlier day, with the same columns, later_purchases
    and later_spend, what they did in the period after it. The order of the rows does not matter. Raises NotEnough where there
    is too little to segment.
    """
    from sklearn import config_context

    # Sums in parallel depend on the number of threads: another machine would draw other borders.
    with one_thread(), config_context(skip_parameter_validation=True):
        return _fit(frame, cut_points, later, seed, previous, settings or Settings())


def assign(fit: Fit, frame: pd.DataFrame) -> pd.DataFrame:
    """Each customer's segment by the frozen fit: one row a row of the frame, in its order.

    `is_typical` says whether all that the segment's name says is true of the customer, `label_…` what they are called.
    `distance` is to the segment's centroid, in standard deviations.
    """
    starts = range(0, max(len(frame), 1), CHUNK_ROWS)
    return pd.concat([_assign_chunk(fit, frame.iloc[at : at + CHUNK_ROWS]) for at in starts], ignore_index=True)


def _assign_chunk(fit: Fit, frame: pd.DataFrame) -> pd.DataFrame:
    labels, squared = nearest(fit.space.points(log_measures(frame, fit.features)), fit.centroids)
    scored = scores(frame, fit.cut_points)
    fitting = np.array([holds(scored, claims) for claims in fit.claims])
    is_typical = fitting[labels, np.arange(len(frame))]
    names = [*fit.names, *map(at_the_edge, fit.names)]
    called = np.where(is_typical, labels, labels + len(fit.names))
    return pd.DataFrame(
        {
            "person_id": frame["person_id"].array,
            "segment_id": fit.segment_ids[labels],
            "segment_zh": _texts(name.zh for name in fit.names)[labels],
            "segment_en": _texts(name.en for name in fit.names)[labels],
            "is_typical": is_typical,
            "label_zh": _texts(name.zh for name in names)[called],
            "label_en": _texts(name.en for name in names)[called],
            "distance": np.sqrt(squared).round(6),
        }
    )


def _texts(values: Iterable[str]) -> Any:
    return pd.array(list(values), dtype="str")


def _fit(
    frame: pd.DataFrame,
    cut_points: CutPoints,
    later: pd.DataFrame | None,
    seed: int,
    previous: Fit | None,
    settings: Settings,
) -> Fit:
    if len(frame) < settings.min_customers:
        raise NotEnough(f"{settings.min_customers} customers", len(frame))
    frame = frame.sort_values("person_id", kind="stable", ignore_index=True)
    frame_of_logs = frame
    logs = log_measures(frame, [column for column in (*BASE, *EXTRAS) if column in frame])
    different = len(logs[[column for column in BASE if column in logs]].drop_duplicates())
    if different < MIN_POINTS:
        raise NotEnough(f"{MIN_POINTS} customers who differ in recency, frequency or spend", different)
    if len(logs) > settings.fit_rows:
        picked = np.random.default_rng(seed).permutation(len(logs))[: settings.fit_rows]
        logs = logs.iloc[np.sort(picked)].reset_index(drop=True)
        frame_of_logs = frame.iloc[np.sort(picked)]
    scored = scores(frame_of_logs, cut_points)

    comparable = previous if previous and set(previous.features) <= set(logs) else None
    is_kept = comparable and len(frame) < GROWTH_TO_RECONSIDER * comparable.chosen_at_customers
    in_force = comparable if is_kept and comparable and len(comparable.centroids) >= settings.k_to_act_on else None
    draws = Draws.of(len(logs), settings, seed, Later.of(later, list(logs)) if later is not None else None)
    k_most = max(settings.k_min, len(frame) // settings.customers_a_segment)
    ks = range(settings.k_min, min(settings.k_max, k_most, different) + 1)
    selection = _selection_in_force(logs, in_force, ks, draws, settings) if in_force else None
    if selection is None:
        selection = select(logs, ks, draws, settings, in_force.features if in_force else None)
    numbers_from = previous.highest_id if previous else 0

    first, *others = _attempts(selection.candidates, comparable, in_force is not None, settings)
    settled = _settle(logs, selection, *first, comparable, numbers_from, (cut_points, scored), settings)
    for other in others:
        if settled.accepted:
            break
        settled = _settle(logs, selection, *other, comparable, numbers_from, (cut_points, scored), settings)
    judged = selection.points[draws.judges]
    labels, _ = nearest(judged, settled.centroids)
    return replace(
        settled,
        customers=len(frame),
        chosen_at_customers=in_force.chosen_at_customers if in_force else len(frame),
        figures={"customers": len(frame), "fit_customers": len(logs), **settled.figures},
        tables={
            "candidates": [{"model": f"{c.k} segments"} | c.row(judged, settings) for c in selection.candidates],
            "challengers": challengers(judged, labels, len(settled.centroids), seed),
            "measures": [{"measure": name, "reason": why} for name, why in selection.reasons.items()],
            **settled.tables,
        },
    )


def _selection_in_force(
    logs: pd.DataFrame, in_force: Fit, ks: range, draws: Draws, settings: Settings
) -> Selection | None:
    """The measures and the k in force judged alone, a sixth of the work of judging every k; None where that k will not do."""
    k = len(in_force.centroids)
    if k not in ks:
        return None
    selection = select(logs, [k], draws, settings, in_force.features)
    (candidate,) = selection.candidates
    return selection if candidate.is_admissible(settings, leeway=settings.k_in_force_leeway) else None


def _attempts(
    candidates: Sequence[Candidate], previous: Fit | None, is_k_in_force: bool, settings: Settings
) -> list[tuple[Candidate, str]]:
    """Which k to try, in this order: while the shop has not doubled, its k; else the rule's, then its k after all."""
    by_rule = choose_k(candidates, settings)
    same_k = [
        c
        for c in candidates
        if previous and c.k == len(previous.centroids) and c.is_admissible(settings, leeway=settings.k_in_force_leeway)
    ]
    if same_k and is_k_in_force:
        return [(same_k[0], "the k in force, still admissible")]
    is_too_few = bool(same_k) and same_k[0].k < settings.k_to_act_on <= by_rule[0].k
    if not same_k or same_k[0] is by_rule[0] or is_too_few:
        return [by_rule]
    return [by_rule, (same_k[0], "the k in force, still admissible; the k by rule would relabel too many")]


def _settle(
    logs: pd.DataFrame,
    selection: Selection,
    chosen: Candidate,
    why: str,
    previous: Fit | None,
    numbers_from: int,
    naming: tuple[CutPoints, Mapping[str, Scores]],
    settings: Settings,
) -> Fit:
    """Number and name a candidate's segments, and judge it against the fit in force."""
    centroids = _steadied(chosen, selection, previous, settings) if previous else chosen.centroids
    found = np.unique(nearest(selection.points, centroids)[0])
    profile = _profile(logs, nearest(selection.points, centroids[found])[0], len(found))
    value = profile[["recency", "frequency", *(["spend"] if "spend" in profile else [])]].sum(axis=1).to_numpy()
    by_value = np.argsort(-value, kind="stable")
    centroids, profile = rounded(centroids[found][by_value]), profile.iloc[by_value]
    labels, squared = nearest(selection.points, centroids)

    ids = np.arange(1, len(centroids) + 1) + numbers_from
    accepted, reason = True, "first fit" if numbers_from == 0 else "the fit in force rests on measures the frame lacks"
    relabelled, distances = None, dict[str, float]()
    if previous:
        old_labels = previous.labels(logs)
        ids, distances = _matched(previous, group_means(previous.space.points(logs), labels, len(centroids)), settings)
        relabelled = round(float(np.mean(ids[labels] != old_labels)), 6)
        had_enough, has_enough = (len(of) >= settings.k_to_act_on for of in (previous.centroids, ids))
        accepted = relabelled <= settings.max_relabelled
        verb = "within" if accepted else "above"
        reason = f"{relabelled:.1%} of customers relabelled, {verb} the limit of {settings.max_relabelled:.0%}"
        # More segments cannot come without new labels, and fewer than enough are no reason to give up those that are in use.
        if has_enough and not had_enough:
            accepted, reason = (
                True,
                f"{reason}, which does not hold from {len(previous.centroids)} segments to enough to act on",
            )
        elif had_enough and not has_enough:
            accepted, reason = False, f"{reason}; too few to act on, so those in force stay"
    order = np.argsort(ids)
    cut_points, scored = naming
    said = {
        score: values for score, values in scored.items() if score != "m_score" or "spend" in selection.space.features
    }
    claims = [claims_of({score: values[labels == i] for score, values in said.items()}) for i in range(len(ids))]
    typical = [round(float(np.mean(holds(said, of)[labels == i])), 6) for i, of in enumerate(claims)]
    names = name_segments(claims, profile)
    shares = np.bincount(labels, minlength=len(ids)) / len(labels)
    segments = [
        {
            "segment_id": int(ids[i]),
            "zh": names[i].zh,
            "en": names[i].en,
            "share": round(float(shares[i]), 6),
            "typical_share": typical[i],
            "moved_by": distances.get(str(ids[i])),
        }
        for i in order
    ]
    return Fit(
        space=selection.space,
        centroids=centroids[order],
        segment_ids=ids[order],
        names=tuple(names[i] for i in order),
        claims=tuple(claims[i] for i in order),
        cut_points=cut_points,
        customers=0,
        chosen_at_customers=0,
        highest_id=max(numbers_from, int(ids.max())),
        accepted=accepted,
        reason=f"{len(ids)} segments: {why}; {reason}",
        figures={
            "k": len(ids),
            "is_fallback": float(why.startswith("fallback")),
            "relabelled_share": relabelled,
            "smallest_share": round(float(shares.min()), 6),
            "typical_share": min(typical),
            "next_period": chosen.next_period,
            "explained_variance": round(1 - float(squared.mean() / selection.points.var(axis=0).sum()), 6),
            "explained_spend": _explained(logs["spend"].to_numpy(float), labels, len(ids)) if "spend" in logs else None,
        },
        tables={"segments": segments},
    )


def _steadied(chosen: Candidate, selection: Selection, previous: Fit, settings: Settings) -> Floats:
    """The solution reached from the old centroids, if it fits about as well as the best one found."""
    if previous.features != selection.space.features or len(previous.centroids) != chosen.k:
        return chosen.centroids
    start = selection.space.points_from(previous.space, previous.centroids)
    warm = centroids_of(selection.points, chosen.k, start=start)
    labels, squared = nearest(selection.points, warm)
    is_big_enough = np.bincount(labels, minlength=chosen.k).min() >= settings.min_share * len(labels)
    best = nearest(selection.points, chosen.centroids)[1].sum()
    return warm if is_big_enough and squared.sum() <= WARM_START_MARGIN * best else chosen.centroids


def _matched(previous: Fit, centres: Floats, settings: Settings) -> tuple[Labels, dict[str, float]]:
    """Segment numbers for centres given in the old scaled space, and how far each kept number moved."""
    from scipy.optimize import linear_sum_assignment

    distances = np.sqrt(((centres[:, None, :] - previous.centroids[None, :, :]) ** 2).sum(axis=2))
    ids = np.zeros(len(centres), np.int64)
    moved: dict[str, float] = {}
    for new, old in zip(*linear_sum_assignment(distances), strict=True):
        if distances[new, old] <= settings.max_match_distance:
            ids[new] = previous.segment_ids[old]
            moved[str(ids[new])] = round(float(distances[new, old]), 6)
    fresh = ids == 0
    ids[fresh] = previous.highest_id + np.arange(1, fresh.sum() + 1)
    return ids, moved


def _profile(logs: pd.DataFrame, labels: Labels, k: int) -> pd.DataFrame:
    """Mean of each segment in standard deviations of the population, in the direction in which more is better."""
    measures = {"recency": "recency_days", "frequency": "frequency", "spend": "spend"}
    present = {measure: column for measure, column in measures.items() if column in logs}
    values = logs[list(present.values())]
    scaled = ((values - values.mean()) / values.std(ddof=0)).fillna(0).to_numpy(float)
    profile = pd.DataFrame(group_means(scaled, labels, k), columns=list(present)).round(9)
    profile["recency"] *= -1
    return profile


def _explained(values: Floats, labels: Labels, k: int) -> float | None:
    """Share of a measure's variance that lies between segments."""
    known = ~np.isnan(values)
    values, labels = values[known], labels[known]
    sums, counts = np.bincount(labels, weights=values, minlength=k), np.bincount(labels, minlength=k)
    within = ((values - (sums / np.maximum(counts, 1))[labels]) ** 2).sum()
    total = ((values - values.mean()) ** 2).sum() if len(values) else 0.0
    return round(1 - float(within / total), 6) if total > 0 else None
