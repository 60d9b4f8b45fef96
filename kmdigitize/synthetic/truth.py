"""The truth of a drawn figure as a JSON-ready dict: patients, curves, marks, numbers at risk, axes to the pixel."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from kmdigitize.geometry import FloatArray
from kmdigitize.synthetic.contents import Contents
from kmdigitize.synthetic.style import FigureStyle

CORNERS = ("x0y0", "x1y0", "x0y1", "x1y1")


def panel_truth(contents: Contents, corners: FloatArray, tilt: float, shape: tuple[int, ...]) -> dict[str, Any]:
    """Axes and arms of one panel; ``corners`` (4, 2) are where the axis ends lie on the finished picture of ``shape``.

    Coordinates are continuous pixels: origin at the top left, pixel centres at +0.5.
    """
    return {
        "axes": _axes_truth(contents, corners, tilt, shape),
        "arms": [_arm_truth(contents, index) for index in range(len(contents.arms))],
    }


def style_truth(style: FigureStyle, panels: int) -> dict[str, Any]:
    """The style, flat, under the names by which results are grouped."""
    flat: dict[str, Any] = asdict(style)
    damage: dict[str, Any] = flat.pop("damage")
    flat["risk_style"], flat["risk"] = flat["risk"], flat["risk"] != "none"
    return flat | {"panels": panels, "scan": damage["tilt"] != 0 or damage["noise"] > 0} | damage


def _axes_truth(contents: Contents, corners: FloatArray, tilt: float, shape: tuple[int, ...]) -> dict[str, Any]:
    style, axes = contents.style, contents.axes
    factor = 1.0 if style.percent == "no" else 100.0
    places = {name: [float(x), float(y)] for name, (x, y) in zip(CORNERS, corners, strict=True)}
    return {
        "x": list(axes.x[:2]),
        "y": [round(v * factor, 9) for v in axes.y[:2]],
        "y_unit": "proportion" if factor == 1 else "percent",
        "x_unit": style.time_unit,
        "direction": "up" if style.upward else "down",
        "ticks_x": axes.x_ticks,
        "ticks_y": [round(v * factor, 9) for v in axes.y_ticks],
        "pixel": {
            "x0": places["x0y0"][0],
            "x1": places["x1y0"][0],
            "y0": places["x0y0"][1],
            "y1": places["x0y1"][1],
            "width": int(shape[1]),
            "height": int(shape[0]),
            "rotation_deg": tilt,
            "corners": places,
            "convention": "continuous pixels, origin top-left, pixel centres at +0.5",
        },
    }


def _arm_truth(contents: Contents, index: int) -> dict[str, Any]:
    arm, table, style = contents.arms[index], contents.tables[index], contents.style
    order = np.lexsort((~arm.event, arm.time))
    ticks, end = contents.risk_times, contents.end(index)
    censored = np.repeat(table.time, table.censored)
    return {
        "label": arm.name,
        "color": style.colour(index),
        "lty": style.dash_name(index),
        "n": arm.n,
        "events": arm.events,
        "t_end_plotted": end,
        "times": table.time.tolist(),
        "surv": table.survival.tolist(),
        "n_event": table.events.tolist(),
        "n_censor": table.censored.tolist(),
        "censor_times": censored[censored <= end].tolist(),
        "censor_marks_drawn": style.censor != "none",
        "risk_times": list(ticks),
        "risk_counts": arm.at_risk(ticks).tolist(),
        "median": table.median,
        "ipd": [[float(arm.time[i]), int(arm.event[i])] for i in order],
    }
