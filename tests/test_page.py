"""Tilt is found to a few thousandths of a degree, upright figures are left alone, the page's lengths are measured."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from axes_drawing import blank, figure_of, line, survival_axes

from kmdigitize.detect.page import background_color, measure_page, middle_and_spread, straighten
from kmdigitize.records.figure import Figure


def drawn(paper: float = 255.0) -> Figure:
    picture = blank(440, 320, paper)
    survival_axes().draw(picture, width=1.6)
    return figure_of(picture)


def tilted(figure: Figure, angle: float) -> Figure:
    """Counter-clockwise by ``angle`` degrees on a sheet with a margin."""
    pixels = cv2.copyMakeBorder(figure.pixels, 30, 30, 30, 30, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
    turned = cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=(255, 255, 255))
    return Figure("tilted", turned)


def test_an_upright_figure_is_returned_as_it_is() -> None:
    figure = drawn()
    assert straighten(figure) is figure


def test_a_figure_without_lines_is_returned_as_it_is() -> None:
    figure = figure_of(blank(200, 150))
    assert straighten(figure) is figure


@pytest.mark.parametrize("angle", [-1.9, -0.4, 0.25, 1.3, 2.0])
def test_tilt_is_removed(angle: float) -> None:
    figure = straighten(tilted(drawn(), angle))
    assert figure.angle == pytest.approx(angle, abs=0.02)
    assert abs(straighten(figure).angle - figure.angle) <= 1e-9


def test_a_falling_curve_on_a_grey_panel_is_not_tilt() -> None:
    """The panel has no frame: its white grid and its print stand upright, the longest dark stroke falls 6 degrees."""
    pixels = np.full((380, 420, 3), 255, np.uint8)
    pixels[10:330, 60:410] = 235
    pixels[40:330:60, 60:410] = pixels[10:330, 80:410:70] = 255
    cv2.line(pixels, (110, 60), (170, 260), (0, 0, 0), 3, cv2.LINE_AA)
    cv2.line(pixels, (170, 260), (400, 284), (0, 0, 0), 3, cv2.LINE_AA)
    for column in range(80, 410, 70):
        cv2.putText(pixels, "48", (column - 8, 350), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (80, 80, 80), 1, cv2.LINE_AA)
    figure = Figure("grey", pixels)
    assert straighten(figure) is figure


def test_the_lines_of_a_fine_grid_hold_a_page_whose_only_dark_ink_falls() -> None:
    pixels = np.full((700, 840, 3), 255, np.uint8)
    pixels[20:660, 120:820] = 235
    for width in range(4):
        pixels[20 + width : 660 : 105, 120:820] = pixels[20:660, 120 + width : 820 : 100] = 255
    cv2.line(pixels, (130, 30), (810, 60), (70, 40, 90), 9, cv2.LINE_AA)
    figure = Figure("grid", pixels)
    assert straighten(figure) is figure


def test_flats_of_falling_curves_do_not_turn_a_scan_back() -> None:
    """Where the frame is lost in the noise, dashes pile up into rows; the one long stroke that falls is a curve's."""
    pixels = np.full((320, 440, 3), 255, np.uint8)
    for row in (40, 100, 160, 220, 280):
        for column in range(60, 400, 40):
            pixels[row : row + 2, column : column + 22] = 0
    cv2.line(pixels, (100, 120), (300, 123), (0, 0, 0), 2, cv2.LINE_AA)
    straight = straighten(tilted(Figure("scan", pixels), 0.8))
    assert straight.angle == pytest.approx(0.8, abs=0.1)


def test_nothing_is_cut_off_and_the_page_is_continued() -> None:
    figure = tilted(drawn(), 1.5)
    straight = straighten(figure)
    assert straight.width > figure.width
    assert straight.height > figure.height
    assert tuple(straight.pixels[0, 0]) == (255, 255, 255)


def test_page_lengths() -> None:
    page = measure_page(drawn())
    assert page.background == (255, 255, 255)
    assert page.text_px == pytest.approx(10, abs=1)
    assert page.stroke_px == pytest.approx(2, abs=1)


def test_background_is_what_surrounds_the_panel() -> None:
    picture = blank(300, 200)
    picture[20:180, 30:290] = 235
    line(picture, (2.0, 2.0), (297.0, 2.0))
    assert background_color(figure_of(picture).pixels) == (255, 255, 255)


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_medians_by_counting_are_those_of_numpy(size: int) -> None:
    levels = np.random.default_rng(size).integers(0, 256, (size, size + 1)).astype(np.uint8)
    middle = np.median(levels)
    assert middle_and_spread(levels) == (middle, np.median(np.abs(levels - middle)))
