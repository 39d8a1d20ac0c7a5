"""Loads knowledge: dated files in, one frozen value for one day out.

Files are read when first asked for, and every file that is read is held to the rules of `reading.py`.
`Knowledge.entries` reads all of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from collis.errors import BadInput, KnowledgeError
from collis.knowledge.aftercare import Aftercare, Emergency, build_aftercare, build_emergency
from collis.knowledge.antibodies import AntibodyModel, build_antibodies
from collis.knowledge.bibliography import read_bibliography
from collis.knowledge.codes import Codes, build_codes
from collis.knowledge.evidence import Evidence, build_evidence
from collis.knowledge.follow_up import FollowUp, build_follow_up
from collis.knowledge.harms import Count, Harms, build_counts, build_harms
from collis.knowledge.instruments import Instrument, build_instrument
from collis.knowledge.interactions import DrugClass, build_interactions
from collis.knowledge.muscles import MuscleFacts, build_muscles
from collis.knowledge.names import Muscle, Pattern, Region
from collis.knowledge.neck import NeckFigures, build_neck_figures
from collis.knowledge.outcomes import Outcomes, build_outcomes
from collis.knowledge.patterns import PatternFacts, build_patterns
from collis.knowledge.payers import Payer, build_payer
from collis.knowledge.populations import Populations, build_populations
from collis.knowledge.prices import PriceList, YearlyShare, build_price_list, build_yearly_share
from collis.knowledge.products import Label, LimitFact, Product, build_label, build_limit, build_product
from collis.knowledge.reading import Tree, entries_in, read_file, resolve
from collis.knowledge.redflags import RedFlag, build_redflags
from collis.knowledge.response import ResponseParameters, build_response, read_draws
from collis.knowledge.spread import SpreadParameters, build_spread
from collis.knowledge.supplies import Supplies, build_supplies
from collis.sources import Citation, Sourced

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """Everything Collis knows, as it holds on `day` (None: as it holds now).

    `version` is the hash of the whole content; it stands in every output.
    """

    root: Path
    day: date | None
    version: str

    def _tree(self, relative: str) -> Tree:
        path = self.root / relative
        name = relative.removesuffix(".toml").replace("/", ".").replace(".identity", "")
        tree = resolve(read_file(path), path=name, day=self.day)
        for entry in entries_in(tree):
            if entry.source not in self.citations:
                raise KnowledgeError(f"{entry.path}: the source {entry.source!r} is not in the bibliography.")
        return tree

    @cached_property
    def citations(self) -> Mapping[str, Citation]:
        """Every source by its key."""
        return read_bibliography(self.root / "references")

    @cached_property
    def products(self) -> Mapping[str, Product]:
        """Every product by its generic name."""
        found: dict[str, Product] = {}
        for folder in sorted(p for p in (self.root / "products").iterdir() if p.is_dir()):
            identity = self._tree(f"products/{folder.name}/identity.toml")
            labels = [
                build_label(self._tree(f"products/{folder.name}/{path.name}"))
                for path in sorted(folder.glob("*.toml"))
                if path.name != "identity.toml"
            ]
            product = build_product(identity, labels)
            found[product.name] = product
        return found

    @cached_property
    def common_limits(self) -> tuple[LimitFact, ...]:
        """Limits that hold for several products."""
        tree = self._tree("products/common.toml")
        return tuple(
            build_limit(t, regions=list(Region), products=[]) for t in tree.get("limit", ()) if "bound" in t
        )

    @cached_property
    def muscles(self) -> Mapping[Muscle, MuscleFacts]:
        """Every muscle."""
        return build_muscles(self._tree("muscles.toml"))

    @cached_property
    def groups(self) -> Mapping[str, tuple[Muscle, ...]]:
        """Lumped names of old records and the muscles they may mean."""
        return {
            name: tuple(Muscle(m) for m in table["members"])
            for name, table in self._tree("groups.toml").items()
            if "members" in table
        }

    @cached_property
    def _pattern_tree(self) -> Tree:
        return self._tree("patterns.toml")

    @cached_property
    def patterns(self) -> Mapping[Pattern, PatternFacts]:
        """Every posture pattern."""
        return build_patterns(self._pattern_tree)

    def pattern_fact(self, *keys: str) -> Sourced[Any]:
        """A figure beside the patterns, such as `pattern_fact("thresholds", "angle")`."""
        node: Any = self._pattern_tree
        for key in keys:
            node = node.get(key) if isinstance(node, Mapping) else None
        if not isinstance(node, Sourced):
            raise KnowledgeError(f"patterns.{'.'.join(keys)}: no such entry.")
        return node

    def injected_share(self, muscle: Muscle) -> float | None:
        """The share of patients injected in a muscle in the largest published cohort (0 to 1), None if unpublished."""
        entry = self._pattern_tree["frequencies"]["injected_interest_cd2"].get(muscle.value)
        return None if entry is None else float(entry.value) / 100

    @cached_property
    def _figures(self) -> dict[str, float]:
        return {}

    def figure(self, file: str, *keys: str) -> float:
        """One number of a knowledge file, such as `figure("inference", "role", "primary")`."""
        path = ".".join((file, *keys))
        if path not in self._figures:
            self._figures[path] = float(self.fact(file, *keys).value)
        return self._figures[path]

    def fact(self, file: str, *keys: str) -> Sourced[Any]:
        """One entry of a knowledge file with its ground, such as `fact("screening", "light_weight")`."""
        node: Any = self._own(file)
        for key in keys:
            node = node.get(key) if isinstance(node, Mapping) else None
        if not isinstance(node, Sourced):
            raise KnowledgeError(f"{'.'.join((file, *keys))}: no such entry.")
        return node

    def plain(self, file: str, *keys: str) -> str:
        """A plain word of a knowledge file, such as a hash or a name; empty where there is none."""
        node: Any = self._own(file)
        for key in keys:
            node = node.get(key) if isinstance(node, Mapping) else None
        return node if isinstance(node, str) else ""

    @cached_property
    def _own_trees(self) -> dict[str, Tree]:
        return {}

    def _own(self, file: str) -> Tree:
        if file not in self._own_trees:
            self._own_trees[file] = self._tree(f"{file}.toml")
        return self._own_trees[file]

    @cached_property
    def red_flags(self) -> tuple[RedFlag, ...]:
        """The red flags in the order they are asked."""
        return build_redflags(self._tree("redflags.toml"))

    @cached_property
    def drug_classes(self) -> tuple[DrugClass, ...]:
        """Drug classes that bear on toxin."""
        return build_interactions(self._tree("interactions.toml"))

    @cached_property
    def _side_effects(self) -> Tree:
        return self._tree("care/side_effects.toml")

    def side_effect_fact(self, effect: str, key: str) -> Sourced[Any]:
        """What is known of one side effect, such as `side_effect_fact("dysphagia", "usual_course")`."""
        entry = self._side_effects.get(effect, {}).get(key)
        if not isinstance(entry, Sourced):
            raise KnowledgeError(f"care.side_effects.{effect}.{key}: no such entry.")
        return entry

    def side_effect_label(self, effect: str) -> str:
        """The name of a side effect as shown."""
        label = self._side_effects.get(effect, {}).get("label")
        if not isinstance(label, str):
            raise KnowledgeError(f"care.side_effects.{effect}: there is no label.")
        return label

    @cached_property
    def supplies(self) -> Supplies:
        """Syringes, and how a draw-up is arranged."""
        return build_supplies(self._tree("pharmacy.toml"))

    @cached_property
    def emergency(self) -> Emergency:
        """When emergency services are called, and by what number."""
        return build_emergency(self._tree("care/emergency.toml"))

    @cached_property
    def aftercare(self) -> Aftercare:
        """What a patient is told to expect and to do, day by day."""
        return build_aftercare(self._tree("care/patient_page.toml"))

    @cached_property
    def follow_up(self) -> FollowUp:
        """When a patient is asked again after a session, and what is asked after a poor response."""
        return build_follow_up(self._tree("care/follow_up.toml"), self._tree("care/nonresponse.toml"))

    @cached_property
    def response(self) -> ResponseParameters:
        """Parameters of the response model."""
        return build_response(self._tree("evidence/response.toml"))

    @cached_property
    def response_draws(self) -> bytes:
        """The file of joint draws of the response model, checked; `course.population` reads it."""
        return read_draws(self.root / "evidence", self.response.draws)

    @cached_property
    def evidence(self) -> Evidence:
        """Published arms of trials and cohorts: change by visit, and durations."""
        return build_evidence(
            self._tree("evidence/trial_arms.toml"), self._tree("evidence/trial_durations.toml")
        )

    @cached_property
    def outcomes(self) -> Outcomes:
        """What a score means to the person."""
        return build_outcomes(self._tree("evidence/outcomes.toml"))

    @cached_property
    def spread(self) -> SpreadParameters:
        """How toxin spreads from the needle."""
        return build_spread(self._tree("evidence/spread.toml"), self._tree("evidence/muscle_distances.toml"))

    @cached_property
    def trial_safety(self) -> tuple[Count, ...]:
        """Published adverse events by arm."""
        return build_counts(self._tree("evidence/trial_safety.toml"))

    @cached_property
    def populations(self) -> Populations:
        """Whom virtual trials draw, and the published baselines they are matched to."""
        return build_populations(
            self._tree("evidence/populations.toml"), self._tree("evidence/trial_safety.toml")
        )

    @cached_property
    def antibodies(self) -> AntibodyModel:
        """Neutralising antibodies by product and scenario."""
        return build_antibodies(self._tree("evidence/antibodies.toml"))

    @cached_property
    def harm_inputs(self) -> Tree:
        """What the calibration of side effects takes as given."""
        return self._tree("evidence/harm_inputs.toml")

    @cached_property
    def harms(self) -> Harms:
        """The curves of side effects."""
        return build_harms(
            self._tree("evidence/harms.toml"),
            self.harm_inputs,
            swallow=self.swallow_weights,
            serotypes={
                name: str(self._tree(f"products/{name}/identity.toml")["serotype"].value)
                for name in self.harm_inputs["potency"]
            },
            folder=self.root / "evidence",
        )

    @cached_property
    def swallow_weights(self) -> Mapping[Muscle, float]:
        """How much a Unit in each muscle counts towards swallowing, sternocleidomastoid as one."""
        return {muscle: facts.number("swallow_weight") for muscle, facts in self.muscles.items()}

    @cached_property
    def neck(self) -> NeckFigures:
        """Figures of the neck: bones, muscles, control."""
        return build_neck_figures(
            skeleton=self._tree("neck/skeleton.toml"),
            muscles=self._tree("neck/muscles.toml"),
            groups=self._tree("neck/groups.toml"),
            control=self._tree("neck/control.toml"),
            build=self._tree("neck/build.toml"),
        )

    @cached_property
    def instruments(self) -> Mapping[str, Instrument]:
        """Rating scales by id."""
        built = [
            build_instrument(self._tree(f"scales/{p.name}"))
            for p in sorted((self.root / "scales").glob("*.toml"))
        ]
        return {instrument.id: instrument for instrument in built}

    @cached_property
    def codes(self) -> Codes:
        """Billing codes of the United States."""
        return build_codes(self._tree("codes_us.toml"))

    @cached_property
    def payers(self) -> Mapping[str, Payer]:
        """Payers by key."""
        built = [
            build_payer(self._tree(f"payers/{p.name}")) for p in sorted((self.root / "payers").glob("*.toml"))
        ]
        return {payer.key: payer for payer in built}

    @cached_property
    def price_lists(self) -> tuple[PriceList, ...]:
        """Every price list, oldest first; one that begins after `day` is empty."""
        names = sorted(p.name for p in (self.root / "prices").glob("*.toml"))
        return tuple(build_price_list(self._tree(f"prices/{name}")) for name in names)

    @cached_property
    def yearly_share(self) -> YearlyShare:
        """What a patient carries in the year of `day`."""
        return build_yearly_share(self._tree("cost_sharing_us.toml"))

    @cached_property
    def entries(self) -> Mapping[str, Sourced[Any]]:
        """Every sourced entry by its path; reads every file."""
        found: dict[str, Sourced[Any]] = {}
        for path in sorted(self.root.rglob("*.toml")):
            for entry in entries_in(self._tree(path.relative_to(self.root).as_posix())):
                if entry.path in found:
                    raise KnowledgeError(f"{entry.path}: two entries share this path.")
                found[entry.path] = entry
        return found

    def product(self, name: str) -> Product:
        """One product; an unknown name is refused with the names that exist."""
        found = self.products.get(name)
        if found is None:
            raise BadInput(
                where="product", read=repr(name), expected=f"one of {', '.join(sorted(self.products))}"
            )
        return found

    def payer(self, key: str) -> Payer:
        """One payer; an unknown key is refused with the keys that exist."""
        found = self.payers.get(key)
        if found is None:
            raise BadInput(where="payer", read=repr(key), expected=f"one of {', '.join(sorted(self.payers))}")
        return found

    def label(self, product: str, region: Region) -> Label | None:
        """The label of a product in a region, None where there is none."""
        return self.product(product).label(region)

    def limits_for(self, product: str, region: Region) -> tuple[LimitFact, ...]:
        """Every limit that holds for a product in a region, the label's own first."""
        label = self.label(product, region)
        own = label.limits if label else ()
        common = tuple(
            limit
            for limit in self.common_limits
            if (not limit.products or product in limit.products) and region in limit.regions
        )
        return own + common


def content_hash(root: Path) -> str:
    """The hash of every file's path and content, line ends aside."""
    digest = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.suffix in (".toml", ".bib")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]


@lru_cache(maxsize=8)
def load(day: date | None = None, root: Path = DATA) -> Knowledge:
    """Knowledge as it holds on `day`; None gives the newest. Loading twice gives the same value."""
    return Knowledge(root=root, day=day, version=content_hash(root))
