"""What a text reports, collected by end point while it is read, and the record that comes of it.

Known arms go by plain words during the reading (:mod:`kmdigitize.text.stat_aliases`); the record has their names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kmdigitize.reported import HazardRatio, Landmark, PValue, Reported, ReportedArm, Source
from kmdigitize.text.stat_aliases import misread_arm
from kmdigitize.text.stat_points import known_arm


@dataclass
class FoundArm:
    """What is found about one arm for one end point, numbers as printed."""

    n: int | None = None
    events: int | None = None
    median: str | None = None
    limits: tuple[str, str] | None = None
    landmarks: list[Landmark] = field(default_factory=list)


@dataclass
class Group:
    """All that is found about one end point."""

    ratios: list[HazardRatio] = field(default_factory=list)
    p_values: list[PValue] = field(default_factory=list)
    arms: dict[str, FoundArm] = field(default_factory=dict)

    def arm(self, name: str) -> FoundArm:
        """What is found about the arm, begun where nothing is yet."""
        return self.arms.setdefault(name, FoundArm())

    @property
    def empty(self) -> bool:
        """Whether nothing is found."""
        return not (self.ratios or self.p_values or self.arms)


@dataclass
class State:
    """End points in order of appearance while a text is read.

    ``words`` stand for the names of the known arms, ``unit`` is the unit that times must have.
    """

    words: dict[str, str]
    unit: str
    annotation: bool
    groups: dict[str, Group] = field(default_factory=dict)
    current: str = ""
    listing: bool = False
    """Whether the line before announced medians or was one of them."""

    @property
    def arm_names(self) -> list[str]:
        """The plain words that stand for the known arms."""
        return list(self.words.values())

    def known(self, name: str, others: Sequence[str] = ()) -> str:
        """The word of the arm that ``name`` means, else ``name`` itself; printed names may be misread."""
        found = known_arm(name, [*self.arm_names, *others])
        if self.annotation and found == name and name not in self.arm_names:
            found = misread_arm(name, list(self.words))
        return self.words.get(found, found)

    def group(self, end_point: str) -> Group:
        """All about ``end_point``; what was found before any was named belongs to the first that is."""
        if end_point and "" in self.groups and end_point not in self.groups and len(self.groups) == 1:
            self.groups = {end_point: self.groups.pop("")}
        return self.groups.setdefault(end_point, Group())


def report(end_point: str, group: Group, n: int | None, origin: tuple[Source, dict[str, str]]) -> Reported:
    """The record of one end point; ``origin`` is the source and the names that the plain words stand for."""
    source, names = origin
    arms = tuple(
        ReportedArm(
            name=names.get(name, name),
            n=arm.n,
            events=arm.events,
            median=arm.median,
            median_limits=arm.limits,
            landmarks=tuple(arm.landmarks),
        )
        for name, arm in group.arms.items()
        if sum(word in name for word in names) < 2
    )
    ratios = tuple(
        ratio.model_copy(update={"arm": _named(ratio.arm, names), "reference": _named(ratio.reference, names)})
        for ratio in group.ratios
    )
    p_values = tuple(
        p.model_copy(update={"arms": tuple(names.get(arm, arm) for arm in p.arms)}) for p in group.p_values
    )
    return Reported(end_point=end_point or None, n=n, arms=arms, hazard_ratios=ratios, p_values=p_values, source=source)


def _named(arm: str | None, names: dict[str, str]) -> str | None:
    return None if arm is None else names.get(arm, arm)
