"""A small LSTM (Hochreiter & Schmidhuber, 1997) a series: a reported challenger, and an optional extra (torch, CPU).

It reads the last four weeks, on square roots and in units of their own mean, and tells all steps at once. One thread and
a fixed seed: the same history gives the same forecast.
"""

from typing import Any

import numpy as np

from assets.insights.forecast.methods.history import NOTHING, Floats, Known, prepared, require

WEEKS_NEEDED = 16
WEEKS_BACK = 4
UNITS, EPOCHS, LEARNING_RATE, DECAY, SEED = 16, 120, 0.01, 1e-3, 0


def lstm(history: Floats, horizon: int, season: int, known: Known = NOTHING) -> Floats:
    """Raises ModuleNotFoundError without torch: `pip install -e '.[lstm]'`."""
    import torch  # pyright: ignore[reportMissingImports]

    back = WEEKS_BACK * season
    require(history, max(WEEKS_NEEDED * season, back + horizon + season))
    values = np.sqrt(prepared(history, season).clip(0))
    if np.ptp(values) == 0:
        return np.full(horizon, values[0] ** 2)
    # A window that begins anywhere: what was before it, the weekday of its first step, what came.
    starts = np.arange(back, len(values) - horizon + 1)
    rows = [_inputs(values, start, back, season) for start in [*starts, len(values)]]
    units = np.array([unit for *_, unit in rows])
    coming = np.array([values[start : start + horizon] for start in starts]) / units[:-1, None]

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            past, weekday = (
                torch.tensor(np.array(column), dtype=torch.float32) for column in list(zip(*rows, strict=True))[:2]
            )
            forecasts, errors = _fitted(past, weekday, torch.tensor(coming, dtype=torch.float32), horizon, season)
    finally:
        torch.set_num_threads(threads)
    mean = forecasts.clip(0) * units[-1]
    return mean**2 + float(np.var(errors * units[:-1, None]))


def _inputs(values: Floats, start: int, back: int, season: int) -> tuple[Floats, Floats, float]:
    window = values[start - back : start]
    unit = float(window.mean()) or float(values.mean())
    weekday = np.zeros(season)
    weekday[start % season] = 1
    return window[:, None] / unit, weekday, unit


def _fitted(past: Any, weekday: Any, coming: Any, horizon: int, season: int) -> tuple[Floats, Floats]:
    """What is forecast after the last window, and the errors in all others."""
    import torch  # pyright: ignore[reportMissingImports]

    reader = torch.nn.LSTM(1, UNITS, batch_first=True)
    head = torch.nn.Linear(UNITS + season, horizon)
    weights = [*reader.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(weights, lr=LEARNING_RATE, weight_decay=DECAY)

    def forward() -> Any:
        _, (state, _) = reader(past)
        # What is learnt is how far the days to come lie from the mean of the four weeks.
        return 1 + head(torch.cat([state[0], weekday], dim=1))

    for _ in range(EPOCHS):
        optimizer.zero_grad()
        torch.nn.functional.smooth_l1_loss(forward()[:-1], coming).backward()
        optimizer.step()
    with torch.no_grad():
        forecasts = forward().numpy().astype(float)
    return forecasts[-1], coming.numpy().astype(float) - forecasts[:-1]
