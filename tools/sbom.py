"""The bill of materials, docs/sbom.json: every package of the locks and every file of others in the tree (CycloneDX).

`python -m tools.sbom` writes it; `--check` says whether it is that of today's locks. A package that the program or
the clinic needs to run has the scope `required`, one that only building and testing need `excluded`. Hashes stand in
the locks. Nothing in it depends on the day or the machine.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools.check_locks import pins
from tools.locks import LOCKS, ROOT

BILL = ROOT / "docs" / "sbom.json"
VENDORED = (
    ("htmx", "src/collis_clinic/web/static/vendor/htmx/VERSION", "0BSD", ComponentScope.REQUIRED),
    ("axe-core", "tests/browser/vendor/axe/VERSION", "MPL-2.0", ComponentScope.EXCLUDED),
)


def bill() -> str:
    """The bill as text, the same for the same locks."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    bom = Bom(components=components(), version=1)
    root = Component(
        name=project["name"],
        version=project["version"],
        type=ComponentType.APPLICATION,
        bom_ref=project["name"],
        licenses=[LicenseExpression(project["license"])],
    )
    bom.metadata.component = root
    bom.metadata.timestamp = None  # type: ignore[assignment] # the day is git's to know
    bom.metadata.tools.components.clear()
    by_name = {part.name: part for part in bom.components}
    bom.register_dependency(root, [by_name[name] for name in sorted(_direct(project)) if name in by_name])
    installed = _installed()
    for part in bom.components:
        needs = _needs(part.name) if part.name in installed else frozenset()
        bom.register_dependency(part, [by_name[name] for name in sorted(needs) if name in by_name])
    text: str = JsonV1Dot6(bom).output_as_string(indent=1)
    return "\n".join(line for line in text.splitlines() if '"serialNumber"' not in line) + "\n"


def components() -> Iterator[Component]:
    """Every package of every lock once, then what lies in the tree."""
    needed = running()
    found: dict[str, tuple[Version, list[str]]] = {}
    for lock in LOCKS:
        for name, version in pins(lock.path.read_text("utf-8")).items():
            found.setdefault(name, (version, []))[1].append(lock.name)
    for name, (version, locks) in sorted(found.items()):
        purl = PackageURL("pypi", None, name, str(version))
        yield Component(
            name=name,
            version=str(version),
            bom_ref=purl.to_string(),
            purl=purl,
            scope=ComponentScope.REQUIRED if name in needed else ComponentScope.EXCLUDED,
            properties=[Property(name="collis:locks", value=" ".join(locks))],
        )
    for name, place, licence, scope in VENDORED:
        version_said = (ROOT / place).read_text("utf-8").split(",")[0].split()[-1]
        yield Component(
            name=name,
            version=version_said,
            bom_ref=f"pkg:npm/{name}@{version_said}",
            purl=PackageURL("npm", None, name, version_said),
            scope=scope,
            licenses=[LicenseExpression(licence)],
            properties=[Property(name="collis:place", value=str(Path(place).parent))],
        )


def running() -> frozenset[str]:
    """The names of what the program and the clinic need to run: those asked for, and all that these ask for in turn."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    reached: set[str] = set()
    ahead = [*pins(LOCKS[0].path.read_text("utf-8")), *_direct(project)]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += _needs(name)
    return frozenset(reached)


def _installed() -> frozenset[str]:
    """The packages whose own needs are told: those `make test` installs; of the site's builder only names are."""
    return frozenset(
        name for lock in LOCKS if lock.name != "docs" for name in pins(lock.path.read_text("utf-8"))
    )


def _direct(project: dict[str, object]) -> frozenset[str]:
    extras: dict[str, list[str]] = project["optional-dependencies"]  # type: ignore[assignment]
    plain: list[str] = project["dependencies"]  # type: ignore[assignment]
    lines = [*plain, *extras["clinic"], *extras["cluster"]]
    return frozenset(canonicalize_name(Requirement(line).name) for line in lines)


def _needs(name: str, extras: Iterable[str] = ("", "mfa", "binary", "webauthn")) -> frozenset[str]:
    """The packages a package asks for on this machine, extras we use included; none where it is not installed."""
    try:
        lines = requires(name) or []
    except PackageNotFoundError:
        return frozenset()
    environment = {str(k): str(v) for k, v in default_environment().items()}
    asked = [Requirement(line) for line in lines]
    return frozenset(
        canonicalize_name(one.name)
        for one in asked
        if one.marker is None or any(one.marker.evaluate({**environment, "extra": extra}) for extra in extras)
    )


def standing() -> str:
    """Empty where the bill is that of today's locks, else what to do."""
    if not BILL.exists():
        return "docs/sbom.json is missing; `python -m tools.sbom` writes it"
    if BILL.read_text("utf-8") != bill():
        return "docs/sbom.json is not that of the locks; `python -m tools.sbom` writes it anew"
    return ""


def main(argv: Sequence[str] | None = None) -> int:
    """Write the bill, or check it."""
    parser = argparse.ArgumentParser(prog="python -m tools.sbom")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where the bill is out of date")
    if parser.parse_args(argv).check:
        wrong = standing()
        print(wrong or "the bill of materials is current")
        return 1 if wrong else 0
    BILL.write_text(bill(), "utf-8")
    print(BILL.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
