from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.statistics import logrank_test, multivariate_logrank_test
from lifelines.utils import restricted_mean_survival_time

from kmdigitize import survival
from kmdigitize.ipd.records import IPD

rows = st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=3, max_size=40)


def arrays(pairs):
    return np.array([t for t, _ in pairs], float), np.array([e for _, e in pairs], bool)


def simulated(seed: int, n: int = 80) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    event, censoring = rng.exponential(10, n), rng.uniform(2, 20, n)
    return np.ceil(np.minimum(event, censoring) * 4) / 4, event <= censoring


def test_median_is_the_middle_of_an_exact_flat():
    # S falls to exactly 1/2 at t = 2 and below it at t = 6: R gives 4
    time, event = np.array([1.0, 2.0, 6.0, 7.0]), np.array([True, True, True, True])
    assert survival.median(time, event) == 4.0


def test_median_of_a_flat_that_lasts_to_the_end_and_median_not_reached():
    assert survival.median(np.array([1.0, 2.0, 8.0, 8.0]), np.array([True, True, False, False])) == 5.0
    assert survival.median(np.array([1.0, 2.0, 3.0]), np.array([True, False, False])) is None


@given(rows)
@settings(max_examples=60, deadline=None)
def test_median_limits_and_rmst_agree_with_lifelines(pairs):
    time, event = arrays(pairs)
    fitted = KaplanMeierFitter().fit(time, event)
    end = float(time.max())
    assert survival.rmst(time, event, end)[0] == pytest.approx(restricted_mean_survival_time(fitted, t=end))
    for when in (0.0, 5.0, 17.0):
        assert survival.survival_at(time, event, when) == pytest.approx(float(fitted.predict(when)))


def test_log_log_limits_of_the_median_are_those_of_lifelines():
    from lifelines.utils import median_survival_times

    time, event = simulated(5)
    fitted = KaplanMeierFitter().fit(time, event)
    assert survival.median_limits(time, event) == tuple(median_survival_times(fitted.confidence_interval_).iloc[0])


@pytest.mark.parametrize("seed", range(4))
def test_cox_and_log_rank_agree_with_lifelines(seed):
    import pandas as pd

    arm, reference = simulated(seed), simulated(seed + 100, 60)
    frame = pd.DataFrame(
        {
            "t": np.concatenate([arm[0], reference[0]]),
            "e": np.concatenate([arm[1], reference[1]]),
            "x": np.repeat([1.0, 0.0], [80, 60]),
        }
    )
    fitted = CoxPHFitter().fit(frame, "t", "e")
    beta, se = survival.cox_log_ratio(arm, reference)
    assert beta == pytest.approx(fitted.params_.iloc[0], abs=1e-5)
    assert se == pytest.approx(fitted.standard_errors_.iloc[0], rel=1e-4)
    test = logrank_test(arm[0], reference[0], arm[1], reference[1])
    assert survival.logrank_z(arm, reference) ** 2 == pytest.approx(test.test_statistic)


@pytest.mark.parametrize("seed", range(5))
def test_the_log_rank_test_of_many_arms_agrees_with_lifelines(seed):
    arms = [simulated(seed + 10 * k, 30 + 20 * k) for k in range(2 + seed)]
    time, event = (np.concatenate([arm[i] for arm in arms]) for i in (0, 1))
    test = multivariate_logrank_test(time, np.repeat(np.arange(len(arms)), [arm[0].size for arm in arms]), event)
    assert survival.logrank_chi2(arms) == pytest.approx(test.test_statistic)


def test_arms_without_an_event_do_not_differ():
    arm = np.array([1.0, 2.0, 3.0]), np.zeros(3, bool)
    assert survival.logrank_chi2([arm, arm, arm]) == 0.0


@given(rows, rows)
@settings(max_examples=40, deadline=None)
def test_swapping_the_arms_turns_the_sign(a, b):
    one, two = arrays(a), arrays(b)
    assert survival.logrank_z(one, two) == pytest.approx(-survival.logrank_z(two, one), abs=1e-9)
    forth, back = survival.cox_log_ratio(one, two)[0], survival.cox_log_ratio(two, one)[0]
    assert (math.isnan(forth) and math.isnan(back)) or forth == pytest.approx(-back, abs=1e-6)


def test_two_arms_as_the_user_sees_them_agree_with_lifelines():
    import pandas as pd

    arm, reference = IPD("1", "A", *simulated(1)), IPD("1", "B", *simulated(2))
    both = survival.compare_arms(arm, reference)
    frame = pd.concat([one.to_frame() for one in (arm, reference)])[["time", "event", "arm"]]
    frame["arm"] = (frame["arm"] == "A").astype(float)
    fitted = CoxPHFitter().fit(frame, "time", "event", fit_options={"precision": 1e-10})
    assert both.hazard_ratio == pytest.approx(math.exp(fitted.params_.iloc[0]), rel=1e-5)  # lifelines stops there
    assert both.limits == pytest.approx(np.exp(fitted.confidence_intervals_.to_numpy()[0]), rel=1e-4)
    test = logrank_test(arm.time, reference.time, arm.event, reference.event)
    assert both.p_two_sided == pytest.approx(test.p_value)
    assert both.p_one_sided == pytest.approx(test.p_value / 2.0)


def test_no_events_in_an_arm_gives_no_hazard_ratio():
    none = IPD("1", "A", np.array([1.0, 2.0]), np.array([False, False]))
    some = IPD("1", "B", np.array([1.0, 2.0]), np.array([True, False]))
    assert survival.compare_arms(none, some).hazard_ratio is None


def test_arms_whose_events_do_not_overlap_have_no_finite_ratio():
    early, late = (np.array([1.0, 2.0, 3.0]), np.ones(3, bool)), (np.array([10.0, 11.0, 12.0]), np.ones(3, bool))
    assert all(math.isnan(value) for value in survival.cox_log_ratio(early, late))
    assert survival.compare_arms(IPD("1", "A", *early), IPD("1", "B", *late)).hazard_ratio is None
