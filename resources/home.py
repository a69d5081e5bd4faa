"""Where everything of a shop lives: `<home>/<shop>/` with warehouse, Dagster home, models, landing, snapshot, reports."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from resources.errors import ZhikeError
from resources.shop import Shop

ROOT = Path(__file__).resolve().parent.parent


def default_home() -> Path:
    return Path(os.environ.get("ZHIKE_HOME") or ROOT / ".zhike")


@dataclass(frozen=True)
class Home:
    folder: Path

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def lock(self) -> Path:
        return self.folder / "warehouse.lock"

    @property
    def dagster(self) -> Path:
        return self.folder / "dagster"

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def snapshot(self) -> Path:
        return self.folder / "snapshot"

    @property
    def models(self) -> Path:
        return self.folder / "models"

    @property
    def spill(self) -> Path:
        return self.folder / "spill"

    @property
    def key(self) -> Path:
        return self.folder / "hash.key"


def open_home(shop: Shop, home: Path) -> Home:
    """The shop's place under `home`, made on first use. Raises ZhikeError where another shop lives there, or a full disk."""
    place = Home(home.expanduser().resolve() / shop.id)
    marker = place.folder / "shop.json"
    identity = {
        "name": shop.name.en,
        "time_zone": shop.time_zone,
        "currency": shop.currency,
        "start": shop.start.isoformat(),
        "history_on": shop.history_on.isoformat() if shop.history_on else None,
    }
    try:
        if marker.exists():
            known = json.loads(marker.read_text(encoding="utf-8"))
            differing = [
                f"{name} {known.get(name)} (now {value})"
                for name, value in identity.items()
                if known.get(name) != value
            ]
            if differing:
                raise ZhikeError(
                    f"this home was made for another shop: {'; '.join(differing)}",
                    str(place.folder),
                    "give this shop a home of its own with --home or ZHIKE_HOME",
                )
            return place
        place.dagster.mkdir(parents=True, exist_ok=True)
        place.landing.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / "dagster.yaml", place.dagster / "dagster.yaml")
        temporary = marker.with_suffix(".tmp")
        temporary.write_text(json.dumps(identity, indent=1), encoding="utf-8")
        temporary.replace(marker)
    except OSError as error:
        raise ZhikeError(
            f"the shop's home cannot be written: {error.strerror}",
            str(place.folder),
            "free space there, or choose another --home",
        ) from error
    return place


def export_demo(home: Path) -> Path:
    """The folder of the demo shop's files, told to its store.yaml as ZHIKE_DEMO unless that is set."""
    return Path(os.environ.setdefault("ZHIKE_DEMO", str(home.expanduser().resolve() / "demo" / "shop" / "source")))
