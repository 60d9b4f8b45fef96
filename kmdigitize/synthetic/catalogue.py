"""Which sample figures there are: their patients, their look, and where they come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kmdigitize.synthetic.hcc import ALL_CAUSE, CANCER_RELATED, RECURRENCE_FREE, simulate_hcc
from kmdigitize.synthetic.style import Damage, FigureStyle
from kmdigitize.synthetic.trials import DAYS_PER_MONTH, TrueArm

PAPER = "Lee JH et al., Gastroenterology 2015;148:1383-91, doi:10.1053/j.gastro.2015.02.055 (statistics only)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One sample figure. ``reported`` are the paper's numbers as printed; None: computed from the patients."""

    name: str
    arms: Callable[[], tuple[TrueArm, ...]]
    style: FigureStyle
    origin: str
    note: str
    simulated: bool = False
    reported: dict[str, Any] | None = None


def _public(loader: str, time: str, event: str, unit: float, split: Callable[[Any], dict[str, Any]]) -> Any:
    """A function that loads a lifelines data set and splits it into arms, times divided by ``unit``."""

    def arms() -> tuple[TrueArm, ...]:
        from lifelines import datasets

        data = getattr(datasets, f"load_{loader}")()
        return tuple(
            TrueArm(name, data.loc[rows, time].to_numpy(float) / unit, data.loc[rows, event].to_numpy() == 1)
            for name, rows in split(data).items()
        )

    return arms


def _hcc_reported(end_point: str, ratio: tuple[str, str, str], p: str, sides: int) -> dict[str, Any]:
    return {
        "end_point": end_point,
        "arms": [{"name": "Immunotherapy", "n": 114}, {"name": "Control", "n": 112}],
        "hazard_ratios": [
            {
                "value": ratio[0],
                "limits": list(ratio[1:]),
                "arm": "Immunotherapy",
                "reference": "Control",
                "adjusted": False,
            }
        ],
        "p_values": [{"value": p, "sides": sides, "test": "log-rank"}],
    }


def _recurrence_free_reported() -> dict[str, Any]:
    reported = _hcc_reported("recurrence-free survival", ("0.63", "0.43", "0.94"), "0.010", 1)
    for arm, median in zip(reported["arms"], ("44.0", "30.0"), strict=True):
        arm["median"] = median
    return reported


_TWO_SIDED = (
    " Ratio and limits imply so few events that the one-sided log-rank P would be about {}: the printed P can only be "
    "the two-sided one, and the facts say so."
)
_HCC = FigureStyle(
    width_in=6.4,
    height_in=4.9,
    dpi=125,
    stroke_pt=1.6,
    palette=("#0072B5", "#BC3C29"),
    censor="vbar",
    censor_pt=5,
    risk="plain",
    x_axis=(0, 72, 12),
    risk_until=60,
    x_title="Months since randomization",
    y_title="Recurrence-free survival",
)


def _hcc_sample(name: str, end_point: Any, note: str, reported: dict[str, Any], **look: Any) -> Sample:
    from dataclasses import replace

    return Sample(
        name=name,
        arms=lambda: simulate_hcc(end_point),
        style=replace(_HCC, **look),
        origin=PAPER,
        note=note,
        simulated=True,
        reported=reported,
    )


SAMPLES: tuple[Sample, ...] = (
    _hcc_sample(
        "cik-hcc-rfs",
        RECURRENCE_FREE,
        "Recurrence-free survival after curative treatment of liver cancer, 114 v 112 patients: a simulated trial "
        "whose medians, hazard ratio with limits and one-sided log-rank P round to the published numbers (45 v 57 "
        "events).",
        _recurrence_free_reported(),
    ),
    _hcc_sample(
        "cik-hcc-os",
        ALL_CAUSE,
        "All-cause death in the same trial: 3 v 12 events, so the axis is truncated and every step counts."
        + _TWO_SIDED,
        _hcc_reported("overall survival", ("0.21", "0.06", "0.75"), "0.008", 2),
        y_axis=(0.5, 1.0, 0.1),
        y_title="Overall survival",
    ),
    _hcc_sample(
        "cik-hcc-css",
        CANCER_RELATED,
        "Cancer-related death in the same trial: 2 v 9 events on a truncated percent axis." + _TWO_SIDED.format(".009"),
        _hcc_reported("cancer-specific survival", ("0.19", "0.04", "0.87"), "0.02", 2),
        y_axis=(0.6, 1.0, 0.1),
        percent="numbers",
        y_title="Cancer-specific survival (%)",
    ),
    Sample(
        name="gbsg2-grey-dashed",
        arms=_public(
            "gbsg2",
            "time",
            "cens",
            DAYS_PER_MONTH,
            lambda d: {"No hormones": d.horTh == "no", "Hormones": d.horTh == "yes"},
        ),
        style=FigureStyle(
            inks="mono_styled",
            censor="none",
            frame="box",
            font="serif",
            dpi=120,
            legend="inside",
            stroke_pt=1.3,
            x_axis=(0, 84, 12),
            y_title="Recurrence-free survival",
            risk="plain",
            height_in=4.8,
        ),
        origin="German Breast Cancer Study Group 2 (Schumacher 1994), data set gbsg2 of lifelines",
        note="Black on white, arms told apart by line type only.",
    ),
    Sample(
        name="lung-percent-grid",
        arms=_public("lung", "time", "status", 1.0, lambda d: {"Male": d.sex == 1, "Female": d.sex == 2}),
        style=FigureStyle(
            percent="signs",
            grid="full",
            frame="box",
            offset=0.04,
            legend="top",
            censor="plus",
            dpi=110,
            palette=("#F8766D", "#00BFC4"),
            x_axis=(0, 1000, 250),
            y_axis=(0, 1, 0.25),
            x_title="Days",
            time_unit="days",
            risk="swatches",
            height_in=4.6,
            median_lines=True,
            y_title="Survival probability",
        ),
        origin="North Central Cancer Treatment Group (Loprinzi 1994), data set lung of lifelines",
        note="Percent signs on the axis, grid, axes that meet away from the origin, median lines.",
    ),
    Sample(
        name="rossi-truncated",
        arms=_public("rossi", "week", "arrest", 1.0, lambda d: {"No aid": d.fin == 0, "Financial aid": d.fin == 1}),
        style=FigureStyle(
            y_axis=(0.6, 1.0, 0.1),
            x_axis=(0, 52, 13),
            x_title="Weeks since release",
            time_unit="weeks",
            censor="none",
            frame="detached",
            font="times",
            font_pt=10.5,
            stroke_pt=1.8,
            palette=("#4D4D4D", "#D6604D"),
            legend="direct",
            y_title="Free of arrest",
            dpi=120,
            risk="plain",
            height_in=4.6,
        ),
        origin="Recidivism of released prisoners (Rossi 1980), data set rossi of lifelines",
        note="Truncated axis, detached axis lines, names written at the curves.",
    ),
    Sample(
        name="leukemia-shaded",
        arms=_public("leukemia", "t", "status", 1.0, lambda d: {"6-MP": d.Rx == 0, "Placebo": d.Rx == 1}),
        style=FigureStyle(
            limits="shaded",
            censor="cross",
            legend="right",
            x_axis=(0, 36, 6),
            x_title="Weeks in remission",
            time_unit="weeks",
            y_title="Still in remission",
            width_in=6.6,
            dpi=110,
            renderer="snapped",
        ),
        origin="Remission of acute leukaemia (Freireich 1963), data set leukemia of lifelines",
        note="Shaded 95% bands that overlap, few patients with large steps.",
    ),
    Sample(
        name="larynx-four-stages",
        arms=_public(
            "larynx",
            "time",
            "death",
            1.0,
            lambda d: {
                "Stage I": (d.Stage_II + d.Stage_III + d.Stage_IV) == 0,
                "Stage II": d.Stage_II == 1,
                "Stage III": d.Stage_III == 1,
                "Stage IV": d.Stage_IV == 1,
            },
        ),
        style=FigureStyle(
            censor="tick",
            x_axis=(0, 10, 2),
            x_title="Years since diagnosis",
            time_unit="years",
            risk="coloured",
            height_in=5.2,
            dpi=120,
            grid="horizontal",
        ),
        origin="Cancer of the larynx (Kardaun 1983), data set larynx of lifelines",
        note="Four arms that cross, coloured numbers at risk.",
    ),
    Sample(
        name="kidney-incidence",
        arms=_public(
            "kidney_transplant",
            "time",
            "death",
            365.25,
            lambda d: {"Men": (d.black_male + d.white_male) == 1, "Women": (d.black_male + d.white_male) == 0},
        ),
        style=FigureStyle(
            upward=True,
            percent="numbers",
            y_axis=(0, 0.4, 0.1),
            x_axis=(0, 9, 1),
            x_title="Years after transplantation",
            time_unit="years",
            censor="none",
            inks="two_shades",
            stroke_pt=2.0,
            dpi=110,
            frame="L",
            y_title="Cumulative incidence of death (%)",
            risk="plain",
            height_in=4.7,
        ),
        origin="Kidney transplants at Ohio State University (Klein & Moeschberger 1997), data set kidney_transplant of "
        "lifelines",
        note="Upward curves on a percent axis, in two shades of one hue.",
    ),
    Sample(
        name="waltons-low-jpeg",
        arms=_public(
            "waltons", "T", "E", 1.0, lambda d: {"miR-137": d.group == "miR-137", "Control": d.group == "control"}
        ),
        style=FigureStyle(
            dpi=72,
            damage=Damage(jpeg=55),
            font_pt=10,
            stroke_pt=1.6,
            x_axis=(0, 80, 10),
            x_title="Days",
            time_unit="days",
            censor="plus",
            palette=("#D62728", "#1F77B4"),
            y_title="Survival",
        ),
        origin="Life times of fruit flies, data set waltons of lifelines",
        note="Low resolution, compressed by JPEG.",
    ),
)


def sample_named(name: str) -> Sample:
    """The sample of that name (KeyError if there is none)."""
    return {sample.name: sample for sample in SAMPLES}[name]
