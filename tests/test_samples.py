"""Sample figures: the printed numbers are those of the patients, and the files in the repository are what is drawn."""

from __future__ import annotations

import io
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from kmdigitize.facts import facts_from
from kmdigitize.pipeline import run
from kmdigitize.sources.read import read_figures
from kmdigitize.synthetic.samples import SAMPLES, Sample, compute_reported, draw_sample, main, sample_facts
from kmdigitize.synthetic.trials import life_table

FOLDER = Path(__file__).parents[1] / "sample_figures"
HCC = [sample for sample in SAMPLES if sample.simulated]


def printed(sample: Sample) -> tuple[tuple[str, ...], str]:
    """Hazard ratio with limits, and P, of the patients in the direction and with the digits of the facts."""
    assert sample.reported is not None
    ratio, p = sample.reported["hazard_ratios"][0], sample.reported["p_values"][0]
    treated, control = sample.arms()
    found: dict[str, Any] = compute_reported((control, treated))
    two_sided = p_value(treated, control)
    decimals = len(p["value"].partition(".")[2])
    assert (ratio["arm"], ratio["reference"]) == (treated.name, control.name)
    values = found["hazard_ratios"][0]
    return (values["value"], *values["limits"]), f"{two_sided / (2 if p['sides'] == 1 else 1):.{decimals}f}"


def p_value(treated: Any, control: Any) -> float:
    from lifelines.statistics import logrank_test

    return float(logrank_test(treated.time, control.time, treated.event, control.event).p_value)


@pytest.mark.parametrize("sample", HCC, ids=lambda s: s.name)
def test_simulated_trials_reproduce_every_printed_number(sample: Sample) -> None:
    assert sample.reported is not None
    ratio = sample.reported["hazard_ratios"][0]
    numbers, p = printed(sample)
    assert numbers == (ratio["value"], *ratio["limits"])
    assert p == sample.reported["p_values"][0]["value"]
    for arm, reported in zip(sample.arms(), sample.reported["arms"], strict=True):
        assert arm.n == reported["n"]
        if "median" in reported:
            assert f"{life_table(arm).median:.1f}" == reported["median"]


def test_events_of_the_simulated_trials() -> None:
    assert [tuple(arm.events for arm in sample.arms()) for sample in HCC] == [(45, 57), (3, 12), (2, 9)]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.name)
def test_facts_are_valid_and_give_nothing_away(sample: Sample) -> None:
    facts = sample_facts(sample)
    assert facts_from(facts, sample.name).sample
    assert set(facts) == {"schema", "sample", "reported"}
    assert json.loads((FOLDER / sample.name / f"{sample.name}.facts.json").read_text()) == facts
    if sample.simulated:
        assert "imulated" in facts["sample"]
        assert "Simulated" in (FOLDER / sample.name / "SOURCE.md").read_text()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.name)
def test_figures_in_the_repository_are_what_is_drawn(sample: Sample) -> None:
    drawn = draw_sample(sample)
    stored = (FOLDER / sample.name / f"{sample.name}.{drawn.suffix}").read_bytes()
    truth = json.loads((FOLDER / sample.name / "truth.json").read_text())
    assert truth["arms"] == json.loads(json.dumps(drawn.truth["arms"]))
    if version("matplotlib") != truth["drawn_with"]["matplotlib"]:
        pytest.skip(f"drawn with matplotlib {truth['drawn_with']['matplotlib']}; text differs between versions")
    picture = np.asarray(Image.open(io.BytesIO(stored)).convert("RGB"))
    np.testing.assert_array_equal(picture, drawn.pixels)


def test_command_needs_a_folder() -> None:
    said: list[str] = []
    assert main([], said.append) == 2
    assert "usage" in said[0]


TRUE_DOUBTS = {
    "cik-hcc-rfs": {"starts_below_one"},
    "gbsg2-grey-dashed": {"steps_below_one_pixel"},
    "kidney-incidence": {"starts_below_one"},
    "leukemia-shaded": {"n_unknown"},
    "waltons-low-jpeg": {"n_unknown", "tail_extrapolated"},
}
"""What cannot be known from a sample: events below a pixel or on the first day, hidden curves, no table."""


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.name)
def test_no_sample_is_doubted_without_a_cause(sample: Sample) -> None:
    stored = next(path for path in (FOLDER / sample.name).iterdir() if path.suffix in (".png", ".jpg"))
    (figure,) = read_figures(stored.read_bytes(), sample.name)
    found = run(figure)
    assert {flag.code for flag in found.flags} == TRUE_DOUBTS.get(sample.name, set())
    truth = json.loads((FOLDER / sample.name / "truth.json").read_text())
    names = [arm.name for panel in found.digitized.panels for arm in panel.arms]
    assert sorted(names) == sorted(arm["label"] for arm in truth["arms"])
