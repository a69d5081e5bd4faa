"""What is installed beside our own code: `python -m benchmarks.dependencies > docs/dependencies.md`.

A database of advisories that is kept up is not to be had as a package (safety-db ends in 2021, pip-audit asks over the network). So there are two
looks: `make audit` asks for every advisory of today, on a machine with a network; and those known to concern packages of requirements.lock
are listed here, each with the version that mends it, for tests without one: a lock or an environment with an older one is named. The
page lists the licence that each package declares.
"""

import re
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.version import Version

LOCK = Path(__file__).parents[1] / "requirements.lock"
# Package, first version without it, advisory. Each is found at https://osv.dev/vulnerability/<advisory>.
ADVISORIES = [
    ("certifi", "2024.7.4", "CVE-2024-39689"),
    ("h11", "0.16.0", "CVE-2025-43859"),
    ("idna", "3.7", "CVE-2024-3651"),
    ("jinja2", "3.1.6", "CVE-2025-27516"),
    ("mistune", "2.0.3", "CVE-2022-34749"),
    ("pip", "25.3", "CVE-2025-8869"),
    ("protobuf", "6.31.1", "CVE-2025-4565"),
    ("pyarrow", "14.0.1", "CVE-2023-47248"),
    ("pyyaml", "5.4", "CVE-2020-14343"),
    ("requests", "2.32.4", "CVE-2024-47081"),
    ("scikit-learn", "1.5.0", "CVE-2024-5206"),
    ("setuptools", "78.1.1", "CVE-2025-47273"),
    ("starlette", "0.49.1", "CVE-2025-62727"),
    ("tqdm", "4.66.3", "CVE-2024-34062"),
    ("urllib3", "2.6.0", "CVE-2025-66418"),
]
# Licences that let a shop use, change and pass on what is installed without opening its own code.
FREE = re.compile(r"MIT|BSD|Apache|MPL|Mozilla Public|PSF|Python Software Foundation|ISC|0BSD|Zlib|CC0")


def locked() -> dict[str, str]:
    """Package to version, as the lock has it."""
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE))


def installed(name: str) -> str | None:
    try:
        return distribution(name).version
    except PackageNotFoundError:
        return None


def audit() -> list[str]:
    """Every advisory that the lock or this environment is open to, as a sentence."""
    lock = locked()
    found: list[str] = []
    for name, mended, advisory in ADVISORIES:
        for where, version in (("requirements.lock", lock.get(name)), ("this environment", installed(name))):
            if version and Version(version) < Version(mended):
                found.append(f"{name} {version} in {where}: {advisory}, mended in {mended}")
    return found


def licence(name: str) -> str | None:
    """What a package declares, or else the title of its licence; None where it is not installed (it is another platform's)."""
    try:
        package = distribution(name)
    except PackageNotFoundError:
        return None
    metadata = package.metadata
    classified = [
        line.split(" :: ")[-1] for line in metadata.get_all("Classifier") or [] if line.startswith("License ::")
    ]
    declared = metadata.get("License-Expression") or "; ".join(classified) or metadata.get("License")
    titled = package.read_text(f"licenses/{metadata.get('License-File')}")
    return (declared or titled or "").strip().split("\n")[0]


def licences() -> dict[str, str]:
    return {name: said for name in sorted(locked()) if (said := licence(name)) is not None}


def page() -> str:
    rows = "\n".join(f"| {name} | {said} |" for name, said in licences().items())
    advisories = "\n".join(f"| {name} | {mended} | {advisory} |" for name, mended, advisory in ADVISORIES)
    return (
        "# Dependencies\n\nWritten by `python -m benchmarks.dependencies > docs/dependencies.md`. Each direct dependency has its reason in "
        "`pyproject.toml`, each package its version and hashes in `requirements.lock`.\n\n"
        "## Licences, as the packages declare them\n\nNone asks a shop to open its own code. Packages of other platforms are not listed.\n\n"
        f"| package | licence |\n| --- | --- |\n{rows}\n\n"
        "## Advisories that are looked for\n\nA test compares the lock and the environment with this table, without a network. The table "
        "is kept by hand: no database of advisories that is kept up is to be had as a package. `make audit` asks for all advisories of "
        "today where there is a network, and fails where it is not answered; run it before a release and after `make lock`.\n\n"
        f"| package | mended in | advisory (https://osv.dev/vulnerability/…) |\n| --- | --- | --- |\n{advisories}\n"
    )


def main() -> int:
    print(page(), end="")
    for finding in audit():
        print(finding, file=sys.stderr)
    return 1 if audit() else 0


if __name__ == "__main__":
    sys.exit(main())
