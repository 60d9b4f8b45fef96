from __future__ import annotations

import numpy as np
import pytest
from ipd_examples import founding_trial

from kmdigitize.agreement import compare, match_arm
from kmdigitize.ipd.reconstruct import reconstruct
from kmdigitize.ipd.records import IPD, Draw, Reconstruction, ReconstructionInputs
from kmdigitize.ipd.rows import life_table
from kmdigitize.records.printed import AtRisk
from kmdigitize.reported import HazardRatio, Landmark, PValue, Reported, ReportedArm
from kmdigitize.stepcurve import StepCurve
from kmdigitize.survival import km_steps
from kmdigitize.verdicts import half_digit

REPORTED = Reported(
    arms=(
        ReportedArm(name="cik", n=114, median="44.0", landmarks=(Landmark(time="36", survival="56"),)),
        ReportedArm(name="CONTROL.", n=112, median="30.0"),
    ),
    hazard_ratios=(HazardRatio(value="0.63", limits=("0.43", "0.94"), arm="CIK", reference="control"),),
    p_values=(PValue(value=".010", sides=1, test="log-rank"),),
)


def verdicts(agreement) -> dict[str, str]:
    return {f"{check.quantity} {check.subject}": check.verdict for check in agreement.checks}


def test_the_true_patients_agree_with_everything_reported():
    arms = founding_trial()
    level = 100 * float(arms[0].fit().predict(36.0))
    arm = REPORTED.arms[0].model_copy(update={"landmarks": (Landmark(time="36", survival=f"{level:.0f}"),)})
    found = compare(arms, REPORTED.model_copy(update={"arms": (arm, REPORTED.arms[1])}))
    assert set(verdicts(found).values()) == {"agrees"}, verdicts(found)
    assert found.verdict == "agrees"
    assert {check.verdict for check in found.consistency} == {"agrees"}


def test_guyot_on_the_founding_trial_differs_nowhere():
    arms = founding_trial()
    rebuilt = []
    for arm in arms:
        when, level, _, _ = km_steps(arm.time, arm.event)
        times = np.arange(0.0, 61.0, 12.0)
        table = AtRisk(times, np.array([np.sum(arm.time >= t) for t in times]))
        curve = StepCurve(when, level, float(arm.time.max()))
        rebuilt.append(reconstruct(ReconstructionInputs(curve, table, arm=arm.arm), method="guyot"))
    assert [int(arm.event.sum()) for arm in arms] == [45, 57]
    assert [abs(r.ipd.events - int(arm.event.sum())) <= 1 for r, arm in zip(rebuilt, arms, strict=True)] == [True] * 2
    told = REPORTED.model_copy(update={"arms": tuple(a.model_copy(update={"landmarks": ()}) for a in REPORTED.arms)})
    found = compare([r.ipd for r in rebuilt], told, reconstructions=rebuilt)
    by_name = {check.quantity: check.verdict for check in found.checks}
    assert by_name["hazard ratio"] == "agrees"
    assert by_name["hazard ratio, lower limit"] == by_name["hazard ratio, upper limit"] == "agrees"
    assert by_name["P value"] in ("agrees", "cannot say")
    assert "differs" not in by_name.values()


@pytest.mark.parametrize(
    ("change", "quantity"),
    [
        ({"hazard_ratios": (HazardRatio(value="0.73", arm="CIK", reference="Control"),)}, "hazard ratio"),
        ({"p_values": (PValue(value=".04", sides=1),)}, "P value"),
        ({"arms": (ReportedArm(name="CIK", median="47.1"),)}, "median"),
        ({"arms": (ReportedArm(name="CIK", median="NR"),)}, "median"),
        ({"arms": (ReportedArm(name="CIK", n=113),)}, "patients"),
        ({"arms": (ReportedArm(name="CIK", events=46),)}, "events"),
        ({"arms": (ReportedArm(name="CIK", landmarks=(Landmark(time="36", survival="66"),)),)}, "survival at 36"),
    ],
)
def test_a_wrong_number_differs_and_says_how(change, quantity):
    found = compare(founding_trial(), Reported(**change))
    wrong = [check for check in found.checks if check.verdict == "differs"]
    assert [check.quantity for check in wrong] == [quantity]
    assert "reported" in wrong[0].reason
    assert found.verdict == "differs"


def test_direction_stated_the_other_way_round_and_not_stated():
    arms = founding_trial()
    turned = HazardRatio(value="1.58", limits=("1.07", "2.34"), arm="Control", reference="CIK")
    assert set(verdicts(compare(arms, Reported(hazard_ratios=(turned,)))).values()) == {"agrees"}
    unnamed = HazardRatio(value="1.58")
    assert set(verdicts(compare(arms, Reported(hazard_ratios=(unnamed,)))).values()) == {"agrees"}
    exchanged = HazardRatio(value="1.58", arm="CIK", reference="Control")
    check = compare(arms, Reported(hazard_ratios=(exchanged,))).checks[0]
    assert check.verdict == "differs"
    assert "exchanged" in check.reason


def test_p_of_unstated_sides_names_the_side_that_fits():
    arms = founding_trial()
    one = compare(arms, Reported(p_values=(PValue(value="0.010"),))).checks[0]
    two = compare(arms, Reported(p_values=(PValue(value="0.021"),))).checks[0]
    assert (one.verdict, two.verdict) == ("agrees", "agrees")
    assert "one-sided" in one.reason
    assert "two-sided" in two.reason
    assert compare(arms, Reported(p_values=(PValue(value="0.05", relation="<"),))).checks[0].verdict == "agrees"


def test_any_point_of_a_flat_agrees_with_a_reported_median():
    ipd = IPD("1", "A", np.array([1.0, 2.0, 6.0, 7.0]), np.ones(4, bool))
    for printed, verdict in (("2", "agrees"), ("4.0", "agrees"), ("6", "agrees"), ("6.6", "differs")):
        assert compare([ipd], Reported(arms=(ReportedArm(name="A", median=printed),))).checks[0].verdict == verdict


def test_unmatched_arms_cannot_be_judged():
    found = compare(founding_trial(), Reported(arms=(ReportedArm(name="Placebo", n=3),)))
    assert found.checks[0].verdict == "cannot say"
    assert "'CIK'" in found.checks[0].reason


@pytest.mark.parametrize(
    ("name", "index"), [("arm-a", 0), ("ARM B", 1), ("Arm B (n=12)", 1), ("Arm", None), ("placebo", None)]
)
def test_names_match_whatever_their_case_and_punctuation(name, index):
    assert match_arm(name, ["Arm A", "Arm B"]) == index


def test_numbers_that_contradict_each_other_are_named():
    ratio = HazardRatio(value="0.63", limits=("0.53", "0.94"))
    found = compare(founding_trial(), Reported(hazard_ratios=(ratio,), p_values=(PValue(value="0.3"),)))
    by_name = {check.quantity: check for check in found.consistency}
    assert by_name["ratio inside its limits"].verdict == "differs"
    assert by_name["P value against the limits"].verdict == "differs"
    assert by_name["events implied by the limits"].verdict == "cannot say"


@pytest.mark.parametrize(
    ("printed", "half"), [("0.63", 0.005), ("44.0", 0.05), (".010", 0.0005), ("12", 0.5), ("1e-3", 0.0005)]
)
def test_half_a_digit(printed, half):
    assert half_digit(printed) == pytest.approx(half)


def test_few_events_split_unevenly_do_not_contradict_their_ratio() -> None:
    """3 of 30 against 12 of 30: the limits of a ratio of 0.22 imply 15 events; a balanced split would imply 9."""
    time = np.arange(1.0, 31.0)
    few, many = IPD("1", "A", time, time <= 3), IPD("1", "B", time, time <= 12)
    ratio = HazardRatio(value="0.22", limits=("0.062", "0.78"), arm="A", reference="B")
    p_value = PValue(value="0.010", sides=2, test="log-rank")
    checks = compare([few, many], Reported(hazard_ratios=(ratio,), p_values=(p_value,))).consistency
    by_name = {check.quantity: check for check in checks}
    assert by_name["events implied by the limits"].verdict == "agrees"
    assert by_name["events implied by the limits"].found == pytest.approx(15, abs=1.5)
    assert by_name["P value against the limits"].verdict == "agrees"


def test_an_estimated_number_of_patients_cannot_say_that_something_differs() -> None:
    curve = StepCurve(np.array([1.0, 2.0, 3.0]), np.array([0.75, 0.5, 0.25]), 4.0, survival_resolution=0.002)
    rebuilt = reconstruct(ReconstructionInputs(curve, arm="A"))
    reported = Reported(arms=(ReportedArm(name="A", n=400, median="2"),))
    checks = compare([rebuilt.ipd], reported, 0.01, 0.002, [rebuilt]).checks
    assert [check.verdict for check in checks] == ["cannot say", "agrees"]
    assert "estimated" in checks[0].reason


def three_arms(gap: float) -> list[IPD]:
    """Three arms of 40 whose events lie 1, 1 + gap, 1 + 2·gap apart; nobody is censored."""
    times = np.arange(1.0, 41.0)
    return [IPD("1", name, times * (1 + gap * k), np.ones(40, dtype=bool)) for k, name in enumerate("ABC")]


@pytest.mark.parametrize(
    ("gap", "relation", "value", "verdict"),
    [
        (0.0, "=", "1.00", "agrees"),
        (0.0, "<", "0.001", "differs"),
        (2.0, "<", "0.001", "agrees"),
        (2.0, ">", "0.5", "differs"),
        (0.0, ">", "0.5", "agrees"),
    ],
)
def test_the_p_value_of_three_arms_together(gap, relation, value, verdict):
    found = compare(three_arms(gap), Reported(p_values=(PValue(value=value, relation=relation),)))
    (check,) = found.checks
    assert (check.quantity, check.subject, check.verdict) == ("P value", "all arms", verdict)
    assert bool(check.reason) == (verdict == "differs")


def test_a_p_value_or_ratio_of_arms_that_are_not_there_cannot_be_judged():
    p = PValue(value="0.01", arms=("A", "Z"))
    ratio = HazardRatio(value="0.5", arm="Y", reference="Z")
    found = compare(three_arms(1.0), Reported(p_values=(p,), hazard_ratios=(ratio,)))
    assert {check.verdict for check in found.checks} == {"cannot say"}
    assert all("not among" in check.reason for check in found.checks)


def test_patients_of_all_arms_together():
    reported = Reported(n=120, arms=tuple(ReportedArm(name=name) for name in "ABC"))
    (check,) = compare(three_arms(0.0), reported).checks
    assert (check.subject, check.verdict) == ("all arms", "agrees")


@pytest.mark.parametrize(
    ("limits", "verdict"), [(("16", "27"), "agrees"), (("12", "32"), "differs"), (("NR", "NR"), "differs")]
)
def test_limits_of_the_median_by_the_usual_transforms(limits, verdict):
    # times 1..40, all events: the median is 20.5
    reported = Reported(arms=(ReportedArm(name="A", median="20.5", median_limits=limits),))
    by_name = {check.quantity: check for check in compare(three_arms(0.0), reported).checks}
    assert by_name["median"].verdict == "agrees"
    assert by_name["median, 95% limits"].verdict == verdict


def test_limits_of_the_median_a_few_drops_off_are_left_open():
    # log-log limits of times 1..40 are 14 and 26; conventions differ by up to three drops
    reported = Reported(arms=(ReportedArm(name="A", median="20.5", median_limits=("17", "29")),))
    by_name = {check.quantity: check for check in compare(three_arms(0.0), reported).checks}
    assert by_name["median, 95% limits"].verdict == "cannot say"
    assert "conventions" in by_name["median, 95% limits"].reason


def test_one_name_of_two_arms_tells_the_other():
    first, _, third = three_arms(2.0)
    ratio = HazardRatio(value="0.1", arm="C")
    (check, *_) = compare([first, third], Reported(hazard_ratios=(ratio,))).checks
    assert check.subject == "C versus A"
    (check, *_) = compare([first, third], Reported(hazard_ratios=(HazardRatio(value="0.1", reference="A"),))).checks
    assert check.subject == "C versus A"


def test_a_ratio_of_an_arm_without_events_cannot_be_judged():
    time = np.arange(1.0, 11.0)
    arms = [IPD("1", "A", time, np.zeros(10, dtype=bool)), IPD("1", "B", time, np.ones(10, dtype=bool))]
    (check, *_) = compare(arms, Reported(hazard_ratios=(HazardRatio(value="0.2", arm="A", reference="B"),))).checks
    assert check.verdict == "cannot say"
    assert "cannot be estimated" in check.reason


@pytest.mark.parametrize(("relation", "verdict"), [("exact", "agrees"), ("guyot", "agrees")])
def test_events_of_a_reconstruction_carry_what_its_method_leaves_open(relation, verdict):
    arm = founding_trial()[0]
    when, level, _, _ = km_steps(arm.time, arm.event)
    table = AtRisk(np.array([0.0, 24.0, 48.0]), np.array([np.sum(arm.time >= t) for t in (0.0, 24.0, 48.0)]))
    inputs = ReconstructionInputs(StepCurve(when, level, float(arm.time.max())), table, arm="CIK")
    rebuilt = reconstruct(inputs, method=relation)
    reported = Reported(arms=(ReportedArm(name="CIK", events=int(arm.event.sum())),))
    (check,) = compare([rebuilt.ipd], reported, reconstructions=[rebuilt]).checks
    assert check.verdict == verdict
    assert check.interval == (None if relation == "exact" else (rebuilt.ipd.events - 1, rebuilt.ipd.events + 1))


def test_a_median_that_only_some_draws_reach_has_an_open_interval():
    arm = founding_trial()[0]
    reached, not_reached = Draw(arm.time, arm.event), Draw(arm.time, arm.event & (arm.time < 12.0))
    draws = (reached,) * 30 + (not_reached,) * 10
    rebuilt = Reconstruction(arm, "exact", life_table(arm.time, arm.event), draws=draws)
    reported = Reported(arms=(ReportedArm(name="CIK", median="44.0"),))
    (check,) = compare([arm], reported, reconstructions=[rebuilt]).checks
    assert check.verdict == "agrees"
    assert check.interval == (pytest.approx(43.99, abs=0.01), np.inf)


@pytest.mark.parametrize("value", ["1e308", "1e-308", "0"])
def test_a_ratio_beyond_all_numbers_is_judged_but_not_checked_against_its_limits(value):
    first, _, third = three_arms(2.0)
    ratio = HazardRatio(value=value, limits=("0.1", "0.9"), arm="A", reference="C")
    found = compare([first, third], Reported(hazard_ratios=(ratio,), p_values=(PValue(value="0.01"),)))
    assert found.consistency == ()
    assert found.checks[0].verdict in ("differs", "cannot say")
