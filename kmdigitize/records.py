"""The records that pass between the stages: what was found, in the order in which it is found.

Every record is frozen, its arrays are read-only, and every field has its unit. Coordinates named ``x``/``y`` are
pixels of the (straightened) figure; ``time``/``survival`` exist only after the axis scales.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from kmdigitize.flags import Flag
from kmdigitize.geometry import AxisScale, BoolArray, Box, FloatArray, IntArray, Pixels, read_only
from kmdigitize.stepcurve import StepCurve

MOST_PIXELS = 1_000_000_000
"""More than any figure that is read has: the size of a stored one is not believed beyond it."""
Rgb = tuple[int, int, int]
Dash = Literal["solid", "dashed", "dotted", "dashdot", "unknown"]
Direction = Literal["down", "up"]


@dataclass(frozen=True, slots=True)
class TextToken:
    """One printed piece of text. ``angle`` is counter-clockwise in degrees (90: a usual y-axis title)."""

    text: str
    box: Box
    confidence: float = 1.0
    angle: float = 0.0


@dataclass(frozen=True, slots=True)
class NumberLabel:
    """A piece of text that reads as one number, such as a tick label; ``percent`` if a percent sign follows it."""

    value: float
    text: str
    box: Box
    percent: bool = False


@dataclass(frozen=True, slots=True)
class AxisTitles:
    """What the axis titles say. ``percent`` and ``direction`` are None where the words do not decide them.

    ``kind`` is "survival" for S(t) and its complements, else what the panel shows instead ("cumulative hazard",
    "log-log survival", …), which is a reason to skip it.
    """

    x_title: str = ""
    y_title: str = ""
    time_unit: str = ""
    end_point: str = ""
    percent: bool | None = None
    direction: Direction | None = None
    kind: str = "survival"


@dataclass(frozen=True, slots=True)
class DrawnPath:
    """One painted path of a vector figure, in px of its rendering.

    ``points`` is (n, 2) x, y with curves flattened; ``starts`` are the indices at which a new subpath begins (always
    0 first). ``stroke``/``fill`` are None where not painted; ``width`` and ``dash`` (on, off, …) are in px;
    ``alpha`` is the opacity of what is painted; ``order`` the painting order.
    """

    points: FloatArray
    starts: tuple[int, ...] = (0,)
    closed: bool = False
    stroke: Rgb | None = None
    fill: Rgb | None = None
    width: float = 0.0
    dash: tuple[float, ...] = ()
    alpha: float = 1.0
    order: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", read_only(self.points))
        if self.points.ndim != 2 or self.points.shape[1] != 2:
            raise ValueError(f"points must be (n, 2), got {self.points.shape}")


@dataclass(frozen=True, slots=True)
class Drawing:
    """The exact content of a vector figure. ``texts`` is empty where labels are drawn as outlines."""

    paths: tuple[DrawnPath, ...]
    texts: tuple[TextToken, ...] = ()
    pictures: tuple[Box, ...] = ()
    px_per_unit: float = 1.0


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture to digitize: ``pixels`` (height, width, 3) RGB, composed on white, plus its drawing if it has one.

    ``lossy`` is True where compression has blurred colours; ``angle`` is the tilt in degrees that was removed
    (counter-clockwise positive); ``sha256`` is of the input bytes. ``caption`` is what stands beside it on its page,
    ``article`` the running text of all pages.
    """

    name: str
    pixels: Pixels
    lossy: bool = False
    angle: float = 0.0
    sha256: str = ""
    drawing: Drawing | None = None
    caption: str = ""
    article: str = ""

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or self.pixels.dtype != np.uint8:
            raise ValueError(f"pixels must be (height, width, 3) uint8, got {self.pixels.shape} {self.pixels.dtype}")
        object.__setattr__(self, "pixels", read_only(self.pixels, np.uint8))

    @property
    def height(self) -> int:
        """Height in px."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Width in px."""
        return int(self.pixels.shape[1])

    def to_json(self) -> dict[str, object]:
        """All but the pixels, the drawing and the text around it, which stay in the input file."""
        kept = {name: getattr(self, name) for name in ("name", "lossy", "angle", "sha256")}
        return kept | {"height": self.height, "width": self.width}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Figure:
        """The figure that :meth:`to_json` described, as a white picture of its size."""
        kept = dict(data)
        shape = (int(kept.pop("height")), int(kept.pop("width")), 3)
        if min(shape) < 0 or shape[0] * shape[1] > MOST_PIXELS:
            raise ValueError(f"no figure is {shape[1]} × {shape[0]} px")
        return cls(pixels=np.full(shape, 255, dtype=np.uint8), **kept)


@dataclass(frozen=True, slots=True)
class Panel:
    """The plotting region of one pair of axes.

    ``frame`` is the region spanned by the axis lines (px of their centres) or, with ``has_lines`` False, by the
    labels or the filled background; ``axis_x_y`` is the row of the x-axis line, ``axis_y_x`` the column of the
    y-axis line (they may lie apart from the frame's corner). ``region`` is all that belongs to the panel: labels,
    titles, legend and table around the frame.
    """

    name: str
    frame: Box
    region: Box
    axis_x_y: float
    axis_y_x: float
    line_px: float = 1.0
    has_lines: bool = True
    closed_right: bool = False
    closed_top: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick mark (or grid line, or label centre) at ``position`` px along its axis with the value printed at it.

    ``value`` is None where no label was read; ``inlier`` says whether the label lies on the fitted scale.
    """

    position: float
    value: float | None = None
    label: str = ""
    inlier: bool = True


@dataclass(frozen=True, slots=True)
class TickRow:
    """Candidates along one axis in px: ticks ``outside`` and ``inside`` the panel and ``grid`` lines, each sorted.

    ``ends`` are the frame's own edges along the axis, ``width`` the thickness of the ticks (0 without any).
    """

    outside: FloatArray = field(default_factory=lambda: np.empty(0))
    inside: FloatArray = field(default_factory=lambda: np.empty(0))
    grid: FloatArray = field(default_factory=lambda: np.empty(0))
    ends: tuple[float, float] = (0.0, 0.0)
    width: float = 0.0

    def __post_init__(self) -> None:
        for name in ("outside", "inside", "grid"):
            object.__setattr__(self, name, read_only(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Ticks:
    """Tick candidates of both axes of a panel."""

    x: TickRow
    y: TickRow


@dataclass(frozen=True, slots=True)
class Scales:
    """Both axis scales of a panel.

    ``x`` maps px to time in ``time_unit`` as printed (e.g. "months", "" if unknown). ``y`` maps px to *survival
    fraction as drawn* after percent has been divided out: for ``direction`` "up" it is the drawn incidence, and
    survival is one minus it. ``percent`` tells whether the axis was labelled in percent; ``x_ticks``/``y_ticks``
    keep every tick with the printed value (percent if percent). ``snapped`` tells that the renderer put strokes on
    whole pixels; ``end_point`` is what the axis titles say is measured ("overall survival").
    """

    x: AxisScale
    y: AxisScale
    x_ticks: tuple[Tick, ...] = ()
    y_ticks: tuple[Tick, ...] = ()
    percent: bool = False
    direction: Direction = "down"
    time_unit: str = ""
    end_point: str = ""
    x_title: str = ""
    y_title: str = ""
    snapped: bool = False
    flags: tuple[Flag, ...] = ()

    def survival(self, y: FloatArray) -> FloatArray:
        """Survival fraction at rows ``y`` (px), whichever way the figure is drawn; not clipped."""
        drawn = self.y.to_value(y)
        return drawn if self.direction == "down" else 1.0 - drawn

    def row(self, survival: FloatArray) -> FloatArray:
        """Row in px at which ``survival`` is drawn."""
        return self.y.to_px(survival if self.direction == "down" else 1.0 - np.asarray(survival))


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One arm as the figure names it: its label and, if a line sample is drawn beside it, how that looks.

    ``sample`` is the box of the line sample (None for direct labels and bare table rows), ``color`` its colour,
    ``stroke_px`` its stroke width, ``period`` the dash pattern (on, off, … in px; empty: solid or unknown).
    ``n``/``events`` are counts printed with the label. ``place`` says what kind of label it is.
    """

    label: str
    box: Box
    sample: Box | None = None
    color: Rgb | None = None
    dash: Dash = "unknown"
    stroke_px: float | None = None
    period: tuple[float, ...] = ()
    n: int | None = None
    events: int | None = None
    place: Literal["legend", "direct", "table"] = "legend"


@dataclass(frozen=True, slots=True)
class RiskRow:
    """One arm's printed row. ``times`` (k,), ``counts`` (k,) at risk; events and censored where the cells print them.

    ``doubtful`` holds the indices of cells read with doubt, ``boxes`` the cells' places (px), ``alternatives`` the
    second reading of a doubtful cell by index.
    """

    label: str
    times: FloatArray
    counts: IntArray
    events: IntArray | None = None
    censored: IntArray | None = None
    color: Rgb | None = None
    label_box: Box | None = None
    boxes: tuple[Box, ...] = ()
    doubtful: tuple[int, ...] = ()
    alternatives: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "times", read_only(self.times))
        for name in ("counts", "events", "censored"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, read_only(value, np.int64))
                if getattr(self, name).shape != self.times.shape:
                    raise ValueError(f"{name} must have one value per time")


@dataclass(frozen=True, slots=True)
class RiskTable:
    """The number-at-risk table of a panel, rows in printed order."""

    rows: tuple[RiskRow, ...]
    box: Box | None = None
    title: str = ""
    flags: tuple[Flag, ...] = ()


MarkKind = Literal["tick", "vbar", "plus", "cross", "circle", "triangle", "square", "unknown"]


@dataclass(frozen=True, slots=True)
class CensorMark:
    """A censor mark centred at ``x``, ``y`` px. ``half_width`` is the uncertainty of x in px."""

    x: float
    y: float
    kind: MarkKind = "unknown"
    half_width: float = 0.5


@dataclass(frozen=True, slots=True)
class Trace:
    """One curve in px: flats at ``levels`` (k+1,) rows, joined by risers at ``risers`` (k,) columns, in order of x.

    The curve starts at column ``start`` on row ``levels[0]`` and ends at column ``end``. ``level_sd`` and
    ``riser_sd`` are standard deviations in px. ``seen`` (k+1,) is the share of each flat's columns whose ink was
    seen rather than bridged. ``marks`` is None when the figure draws no censor marks; ``mark_bands`` are column
    ranges in which marks touch.
    """

    start: float
    end: float
    levels: FloatArray
    risers: FloatArray
    level_sd: FloatArray
    riser_sd: FloatArray
    seen: FloatArray
    color: Rgb = (0, 0, 0)
    dash: Dash = "solid"
    stroke_px: float = 1.0
    marks: tuple[CensorMark, ...] | None = None
    mark_bands: tuple[tuple[float, float], ...] = ()
    entry: int | None = None
    """Index of the legend entry (or risk-table row) the tracer followed to find this curve, None if it had none."""
    flags: tuple[Flag, ...] = ()
    grain_px: float = 1.0
    """Size of the grid on which the figure shows positions, in px: one pixel, or the rounding of a vector drawing."""

    def __post_init__(self) -> None:
        for name in ("levels", "risers", "level_sd", "riser_sd", "seen"):
            object.__setattr__(self, name, read_only(getattr(self, name)))
        k = self.risers.size
        if self.levels.shape != (k + 1,) or self.level_sd.shape != (k + 1,) or self.seen.shape != (k + 1,):
            raise ValueError("a trace of k risers has k + 1 levels, level_sd and seen")
        if self.riser_sd.shape != (k,) or np.any(np.diff(self.risers) < 0):
            raise ValueError("risers must be in order of x, each with its standard deviation")

    def row_at(self, x: FloatArray) -> FloatArray:
        """Row in px of the curve at columns ``x``."""
        return self.levels[np.searchsorted(self.risers, x, side="right")]


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much of each pixel one ink covers, inside the panel's region of interest.

    ``coverage`` (h, w) float32 in [0, 1] is the share of the pixel covered by this ink; ``occluded`` (h, w) float32
    in [0, 1] is how far something else (another ink, frame, grid, text) hides whether it is there. ``left`` and
    ``top`` are the column and row of the figure at element [0, 0].
    """

    coverage: np.ndarray[tuple[int, int], np.dtype[np.float32]]
    occluded: np.ndarray[tuple[int, int], np.dtype[np.float32]]
    left: int
    top: int
    color: Rgb
    stroke_px: float

    def __post_init__(self) -> None:
        for name in ("coverage", "occluded"):
            object.__setattr__(self, name, read_only(getattr(self, name), np.float32))
        if self.coverage.ndim != 2 or self.coverage.shape != self.occluded.shape:
            raise ValueError("coverage and occluded must be two images of one shape")


@dataclass(frozen=True, slots=True)
class StepPath:
    """One monotone step path on whole pixels: ``rows[i]`` is the curve's row at column ``first + i`` (figure px).

    ``seen`` says where its own ink was seen. ``entry`` is the index of the legend entry (or table row) it follows.
    """

    first: int
    rows: IntArray
    seen: BoolArray
    dash: Dash = "solid"
    entry: int | None = None
    flags: tuple[Flag, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", read_only(self.rows, np.int64))
        object.__setattr__(self, "seen", read_only(self.seen, np.bool_))
        if self.rows.ndim != 1 or self.rows.shape != self.seen.shape:
            raise ValueError("rows and seen must be of one length")


@dataclass(frozen=True, slots=True)
class AtRisk:
    """Numbers at risk of one arm: ``count[i]`` patients are at risk just before ``time[i]``."""

    time: FloatArray
    count: IntArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", read_only(self.time))
        object.__setattr__(self, "count", read_only(self.count, np.int64))
        if self.time.ndim != 1 or self.time.shape != self.count.shape:
            raise ValueError("time and count must be of one length")
        if np.any(np.diff(self.time) <= 0):
            raise ValueError("times of numbers at risk must increase")
        if np.any(self.count < 0):
            raise ValueError("numbers at risk cannot be negative")


@dataclass(frozen=True, slots=True)
class DigitizedArm:
    """One arm of a panel, from pixels to step curve. ``trace`` is None for curves given as points."""

    name: str
    curve: StepCurve
    trace: Trace | None = None
    at_risk: AtRisk | None = None
    n: int | None = None
    events: int | None = None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class DigitizedPanel:
    """All that one panel shows."""

    panel: Panel
    scales: Scales
    arms: tuple[DigitizedArm, ...]
    legend: tuple[LegendEntry, ...] = ()
    risk_table: RiskTable | None = None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class SkippedPanel:
    """A panel that holds no survival curves (or could not be read), with the reason."""

    panel: Panel
    reason: str


@dataclass(frozen=True, slots=True)
class Digitized:
    """The answer of ``digitize``: the straightened figure, what was read on it, and every panel."""

    figure: Figure
    tokens: tuple[TextToken, ...]
    panels: tuple[DigitizedPanel, ...]
    skipped: tuple[SkippedPanel, ...] = ()
    flags: tuple[Flag, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
