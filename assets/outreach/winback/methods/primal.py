"""From prices to a plan that keeps its limits: who takes what at those prices, less what is too much, and what still fits."""

import numpy as np
from numpy.typing import NDArray

from assets.outreach.winback.methods.dual import NOTHING, Floats, Numbers, Offers

Bools = NDArray[np.bool_]

PASSES = 6
CORE, MOVES, ROUNDS = 1_000, 800, 100
TIE = 1e-9


def repaired(offers: Offers, prices: Floats) -> Numbers:
    """What each person takes at these prices, where a limit is passed without those to whom it matters least."""
    action, best = offers.taken(prices)
    margin = best - _second(offers, prices, action)
    for number, capacity in enumerate(offers.capacities):
        members = np.flatnonzero(action == number)
        if len(members) > capacity:
            dropped = np.argsort(margin[members], kind="stable")[: len(members) - int(capacity)]
            action[members[dropped]] = NOTHING
    chosen = np.flatnonzero(action >= 0)
    spend = offers.spend[action[chosen], chosen]
    excess = float(spend.sum()) - offers.budget
    if excess > 0:
        order = np.argsort(margin[chosen] / np.maximum(spend, 1e-300), kind="stable")
        enough = int(np.searchsorted(np.cumsum(spend[order]), excess)) + 1
        action[chosen[order[:enough]]] = NOTHING
    return action


def _second(offers: Offers, prices: Floats, action: Numbers) -> Floats:
    """What the next best action would leave, or nothing."""
    second = np.zeros(offers.count)
    for number in range(len(offers.gain)):
        left = offers.left(number, prices)
        np.maximum(second, left, out=second, where=action != number)
    return second


def filled(offers: Offers, prices: Floats, action: Numbers) -> Numbers:
    """Those without an action given what leaves them most, from the top, as far as money and places go."""
    action = action.copy()
    for _ in range(PASSES):
        used = offers.used(action)
        money, places = offers.budget - used[0], offers.capacities - used[1:]
        free = action == NOTHING
        best, choice = np.full(offers.count, -np.inf), np.full(offers.count, NOTHING, np.int64)
        for number in range(len(offers.gain)):
            if places[number] >= 1:
                left = np.where(free & (offers.spend[number] <= money), offers.left(number, prices), -np.inf)
                np.copyto(choice, number, where=left > best)
                np.maximum(best, left, out=best)
        rows = np.flatnonzero(choice >= 0)
        rows = rows[np.argsort(-np.round(best[rows], 9), kind="stable")]
        rows = rows[_rank_within(choice[rows]) < places[choice[rows]]]
        rows = rows[: int(np.searchsorted(np.cumsum(offers.spend[choice[rows], rows]), money, side="right"))]
        if not len(rows):
            break
        action[rows] = choice[rows]
    return action


def _rank_within(groups: Numbers) -> Numbers:
    """The place of each element among those of its group, from 0, in their order."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    first = np.searchsorted(ordered, ordered, side="left")
    rank = np.empty(len(groups), np.int64)
    rank[order] = np.arange(len(groups)) - first
    return rank


def improved(offers: Offers, prices: Floats, action: Numbers) -> Numbers:
    """Moves of one person, or of two at once, to another action or to none, that add gain and still fit: the best pair first, among those that
    are nearest to undecided at these prices."""
    core = _undecided(offers, prices, action)
    nothing = np.zeros((1, len(core)))
    gain, spend = (np.vstack([table[:, core], nothing]) for table in (offers.gain, offers.spend))
    left = gain - prices[0] * spend - np.append(prices[1:], 0.0)[:, None]
    options, people = np.arange(len(gain)), np.arange(len(core))
    action = action.copy()
    for _ in range(ROUNDS):
        slack = offers.limits - offers.used(action)
        now = action[core] % len(options)
        loss = np.where(options[:, None] == now, np.inf, left[now, people] - left)
        flat = np.round(loss.T.ravel(), 9)
        near = np.argsort(flat, kind="stable")[:MOVES]
        near = near[np.isfinite(flat[near])]
        row, to = near // len(options), near % len(options)
        found = _best_pair(
            # Before the moves one that changes nothing: a pair with it is a single move.
            np.append(-1, row),
            np.append(0.0, gain[to, row] - gain[now[row], row]),
            np.vstack([np.zeros(len(slack)), _taken_up(spend, row, to, now[row])]),
            slack,
        )
        if found is None:
            break
        for move in found:
            if move:
                action[core[row[move - 1]]] = NOTHING if to[move - 1] == options[-1] else to[move - 1]
    return action


def _undecided(offers: Offers, prices: Floats, action: Numbers) -> Numbers:
    """The CORE people whose next best choice, which may be nothing, is nearest to what they have."""
    has = np.flatnonzero(action >= 0)
    now = np.zeros(offers.count)
    now[has] = offers.gain[action[has], has] - prices[0] * offers.spend[action[has], has] - prices[1 + action[has]]
    nearest = np.where(action == NOTHING, np.inf, np.abs(now))
    for number in range(len(offers.gain)):
        np.minimum(nearest, np.abs(now - offers.left(number, prices)), out=nearest, where=action != number)
    return np.sort(np.argsort(np.round(nearest, 9), kind="stable")[:CORE])


def _taken_up(spend: Floats, row: Numbers, to: Numbers, now: Numbers) -> Floats:
    """What each move takes up of the budget and of the places."""
    actions = np.arange(len(spend) - 1)
    places = (to[:, None] == actions).astype(float) - (now[:, None] == actions)
    return np.column_stack([spend[to, row] - spend[now, row], places])


def _best_pair(row: Numbers, gain: Floats, taken_up: Floats, slack: Floats) -> tuple[int, int] | None:
    """The two moves of different people that fit together and add most."""
    both = gain[:, None] + gain[None, :]
    both[row[:, None] == row[None, :]] = -np.inf
    for limit in np.flatnonzero(np.isfinite(slack)):
        both[taken_up[:, None, limit] + taken_up[None, :, limit] > slack[limit]] = -np.inf
    best = int(both.argmax())
    return (best // len(row), best % len(row)) if both.ravel()[best] > TIE else None
