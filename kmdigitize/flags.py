"""Quality flags: doubts that travel with a number. One table, one line of meaning each.

A flag is raised where the doubt arises and never removed; flagged numbers must be worse on average than unflagged
ones, which the benchmark checks.
"""

from __future__ import annotations

from dataclasses import dataclass

MEANING: dict[str, str] = {
    "axis_from_facts": "The axis scale was stated by the user, not read from the figure.",
    "axis_from_labels": "No tick marks were found; the axis scale rests on the centres of the tick labels.",
    "axis_shared": "The panel has no tick labels of its own; the scale is that of a panel in its row or column.",
    "axis_poor_fit": "Tick marks and labels do not lie on one line to within the expected fraction of a pixel.",
    "axis_ends_early": "Curves run on beyond the end of the axis line, where no tick or label confirms the scale.",
    "axis_few_labels": "Fewer than three tick labels support the axis scale.",
    "figure_rotated": "The picture was tilted and has been rotated back.",
    "curve_doubtful": "The ink supports this curve weakly; it may not be a survival curve.",
    "curves_overlap": "This curve is hidden under another one for a long stretch and is taken to follow it there.",
    "curves_ambiguous": "The ink cannot decide which curve goes where at a crossing.",
    "curve_count_doubtful": "The number of curves found differs from the legend or the risk table.",
    "trace_bridged": "A long gap in the curve was bridged.",
    "not_a_step_curve": "The curve is drawn with sloping lines; its drops are where the line was sampled.",
    "starts_below_one": "The curve does not start at a survival of 1.",
    "steps_below_one_pixel": "Single events are smaller than a pixel; event counts are estimates.",
    "censor_marks_saturated": "Censor marks touch each other; their number in the band is an estimate.",
    "arm_unnamed": "No legend, label or table row could be matched to the curve.",
    "arm_name_doubtful": "The name was matched to the curve by exclusion only.",
    "risk_table_doubtful": "A cell of the number-at-risk table was read with doubt.",
    "risk_table_conflicts_with_curve": "The curve, by its drops or its end, cannot meet a printed number at risk.",
    "risk_table_rises": "Numbers at risk rise with time (delayed entry); the reconstruction does not hold then.",
    "n_unknown": "No number of patients was printed or stated; it was estimated from the size of the drops.",
    "events_unmatched": "The stated number of events could not be met.",
    "tail_extrapolated": "After the last number at risk the censoring is an extrapolation.",
    "inputs_relaxed": "The inputs contradict each other; the reconstruction had to relax one of them.",
    "hr_without_event_count": "The hazard ratio rests on estimated event counts.",
    "statistics_from_picture": "The reported statistics were read from the picture itself.",
    "competing_causes": "Curves of several causes share the panel; survival is one minus each incidence alone.",
    "vector_behind_raster": "Part of the curve is drawn as a picture inside the vector figure.",
}


@dataclass(frozen=True, slots=True)
class Flag:
    """A doubt about one result. ``code`` is a key of :data:`MEANING`, ``detail`` says where and by how much."""

    code: str
    detail: str = ""

    def __post_init__(self) -> None:
        if self.code not in MEANING:
            raise ValueError(f"unknown flag {self.code!r}")

    @property
    def meaning(self) -> str:
        """The line of the table for this flag."""
        return MEANING[self.code]
