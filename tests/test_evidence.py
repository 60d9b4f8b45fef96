"""Coverage of pixels by inks: linear mixtures are undone exactly."""

import cv2
import numpy as np
import pytest

from kmdigitize.detect.background import find_background
from kmdigitize.detect.evidence import departures, measure_evidence
from kmdigitize.detect.shades import shade_of_strokes

RED, BLUE, GREY = (220, 40, 30), (20, 60, 200), (140, 140, 140)


def blank(height=60, width=120, paper=(255, 255, 255)):
    return np.tile(np.array(paper, np.float32), (height, width, 1))


def draw(pixels, rows, columns, color, share=1.0):
    pixels[rows, columns] = (1 - share) * pixels[rows, columns] + share * np.array(color, np.float32)


def evidence(pixels, inks, stroke=2.0, lossy=False):
    colors = np.array(inks, np.float32)
    return measure_evidence(pixels, find_background(pixels, stroke, lossy, colors), colors, lossy, stroke)


def test_anti_aliased_line_is_unmixed():
    pixels = blank()
    draw(pixels, 20, slice(None, 60), RED, 0.3)
    draw(pixels, 21, slice(None, 60), RED)
    draw(pixels, 22, slice(None, 60), RED, 0.7)
    found = evidence(pixels, [RED, BLUE]).coverage
    assert found[0][20:23, 30] == pytest.approx([0.3, 1.0, 0.7], abs=0.05)
    assert found[1].max() < 0.05


def test_inks_are_told_apart_on_a_grey_panel():
    pixels = blank(paper=(235, 235, 235))
    draw(pixels, slice(20, 22), slice(None, 60), RED)
    draw(pixels, slice(40, 42), slice(None, 60), BLUE)
    red, blue = evidence(pixels, [RED, BLUE]).coverage
    assert red[20, 30] > 0.95
    assert blue[40, 30] > 0.95
    assert max(red[40].max(), blue[20].max()) < 0.05


def test_greys_are_told_apart_by_their_sum_across_the_stroke():
    pixels = blank()
    draw(pixels, 20, slice(None, 60), (0, 0, 0), 0.5)
    draw(pixels, slice(21, 23), slice(None, 60), (0, 0, 0))
    draw(pixels, 23, slice(None, 60), (0, 0, 0), 0.5)
    draw(pixels, slice(40, 43), slice(None, 60), GREY)
    black, grey = evidence(pixels, [(0, 0, 0), GREY], 3.0).coverage
    assert black[20:24, 30] == pytest.approx([0.5, 1, 1, 0.5], abs=0.1)
    assert grey[41, 30] > 0.9
    assert grey[20:24, 30].max() < 0.15


def test_black_marks_are_no_colour():
    pixels = blank()
    draw(pixels, slice(20, 22), slice(None, 60), BLUE)
    draw(pixels, slice(15, 27), slice(30, 32), (0, 0, 0))
    found = evidence(pixels, [BLUE])
    assert found.black[17, 30] > 0.8
    assert found.coverage[0][17, 30] < 0.1
    assert found.coverage[0][20, 10] > 0.95


@pytest.mark.parametrize("over", [False, True])
def test_line_in_its_band_is_its_ink_whichever_was_drawn_first(over):
    pixels = blank()
    if over:
        draw(pixels, slice(30, 33), slice(None, 60), RED)
    draw(pixels, slice(10, 50), slice(None, 60), BLUE, 0.25)
    if not over:
        draw(pixels, slice(30, 33), slice(None, 60), RED)
    found = evidence(pixels, [RED, BLUE], 3.0)
    assert found.coverage[0][31, 30] > 0.6
    assert found.coverage[1][31, 30] < 0.1
    assert found.coverage[:, 20, 30].max() < 0.1


def test_grid_is_paper_and_axis_is_a_line():
    pixels = blank()
    pixels[30] = 225
    pixels[:, 60] = 225
    pixels[55] = 0
    draw(pixels, slice(10, 12), slice(None, 60), RED)
    background = find_background(pixels, 2.0, False)
    assert background.paper[30, 10] == pytest.approx([225] * 3, abs=1)
    assert background.paper[20, 60] == pytest.approx([225] * 3, abs=1)
    assert background.lines[55].min() > 0.9
    assert background.lines[:30].max() == 0
    assert not background.banded


def test_a_long_flat_beside_flats_of_other_curves_is_no_line_across_the_panel():
    pixels = blank(60, 320)
    draw(pixels, slice(30, 32), slice(80, 320), (165, 165, 165))
    draw(pixels, slice(26, 28), slice(0, 82), (40, 90, 200))
    draw(pixels, slice(35, 37), slice(0, 82), (220, 130, 60))
    background = find_background(pixels, 2.0, False)
    assert background.lines.max() == 0
    assert background.paper[30, 200].tolist() == [255, 255, 255]


def test_a_pale_line_of_a_grid_goes_on_under_curves_and_between_them():
    pixels = blank(60, 320)
    pixels[30] = 245
    draw(pixels, slice(26, 29), slice(0, 82), (40, 90, 200))
    draw(pixels, slice(32, 35), slice(0, 82), (220, 130, 60))
    assert find_background(pixels, 2.0, False).paper[30, 200] == pytest.approx([245] * 3, abs=1)


def test_a_pale_line_full_of_marks_is_not_taken_for_a_darker_one_after_compression():
    pale, dark = (170, 170, 170), (110, 110, 110)
    pixels = blank()
    draw(pixels, slice(29, 32), slice(None), pale)
    for column in range(3, 117, 6):
        draw(pixels, slice(24, 32), slice(column, column + 3), pale)
    found = evidence(pixels, [pale, dark], stroke=3.0, lossy=True).coverage
    assert found[0][30, 10:110].mean() > 0.9
    assert found[1][30, 10:110].mean() < 0.1


def test_thin_coloured_lines_keep_to_the_hues_of_pale_samples_after_compression():
    red, blue, green = (228, 26, 28), (55, 126, 184), (77, 175, 74)
    pixels = blank()
    for row, color in ((12, red), (27, blue), (42, green)):
        draw(pixels, row, slice(None, 60), color)
        draw(pixels, row - 1, slice(None, 60), color, 0.33)
    _, code = cv2.imencode(".jpg", pixels[..., ::-1].astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 75])
    stored = cv2.imdecode(code, cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32)
    # As samples that lie half in each of two rows show these inks once their chroma is halved.
    found = evidence(stored, [(202, 148, 154), (156, 187, 197), (170, 200, 173)], lossy=True).coverage
    for k, row in enumerate((12, 27, 42)):
        seen = found[:, row - 1 : row + 2, 10:50].max(axis=1).mean(axis=1)
        assert seen[k] > 0.7
        assert np.delete(seen, k).max() < 0.25


def test_a_thin_line_is_no_deeper_under_crowded_marks_than_where_it_stands_alone():
    pixels = blank()
    draw(pixels, 20, slice(5, 115), (155, 155, 155))
    for column in range(40, 112, 4):
        draw(pixels, slice(17, 24), column, (155, 155, 155))
    depth, _, shade = shade_of_strokes(departures(pixels, find_background(pixels, 1.7, True), True), 1.7, True)
    assert depth[20, 20] == pytest.approx(100, abs=1)
    assert shade[20, 42:110].max() < 1.1 * 100


def test_a_pale_line_shows_between_crowded_black_marks():
    pale, dark = (107, 174, 214), (8, 48, 107)
    pixels = blank()
    draw(pixels, 20, slice(None, 60), pale)
    draw(pixels, 21, slice(None, 60), pale, 0.6)
    for column in range(20, 56, 3):
        draw(pixels, slice(10, 21), column, (0, 0, 0))
    found = evidence(pixels, [dark, pale], stroke=1.6).coverage
    between = [column for column in range(20, 54) if column % 3 != 2]
    assert found[1][20, between].min() > 0.9
    assert found[0][20, between].max() < 0.1


def test_an_ink_that_fits_a_little_better_takes_nearly_all_of_a_pixel_after_compression():
    violet, pink = (117, 112, 179), (231, 41, 138)
    pixels = blank()
    draw(pixels, 20, slice(5, 115), (128, 126, 161))
    found = evidence(pixels, [violet, pink], stroke=1.5, lossy=True).coverage
    assert found[0][20, 10:110].mean() > 0.75
    assert found[1][20, 10:110].max() < 0.05


def test_paper_of_a_noisy_band_is_as_dark_as_the_band():
    pixels = blank(120, 240, (235, 235, 235))
    draw(pixels, slice(30, 90), slice(None), (0, 0, 0), 0.2)
    noisy = np.clip(pixels + np.random.default_rng(1).normal(0, 5, (*pixels.shape[:2], 1)), 0, 255)
    background = find_background(noisy.astype(np.float32), 2.0, True)
    assert background.banded
    assert np.median(background.paper[40:80]) == pytest.approx(188, abs=1.5)


@pytest.mark.parametrize(("spaced", "banded"), [(False, True), (True, False)])
def test_a_flat_area_nearly_as_deep_as_a_pale_ink_is_a_band_and_a_block_of_its_marks_is_none(spaced, banded):
    pixels = np.full((160, 240, 3), 255, np.float32)
    pixels[60:90, 20:220] = 191
    if spaced:
        pixels[60:90, 20:220] = 166
        pixels[60:90, 22:220:7] = 192
    inks = np.array([(0, 0, 0), (166, 166, 166)], np.float32)
    assert find_background(pixels, 2.0, False, inks).banded == banded


@pytest.mark.parametrize(
    ("color", "row", "hidden"), [((214, 39, 40), 5, 0.0), ((0, 0, 0), 5, 1.0), ((214, 39, 40), 80, 0.7)]
)
def test_a_coloured_line_along_the_top_is_a_curve_and_any_other_across_the_panel_is_none(color, row, hidden):
    pixels = np.full((120, 240, 3), 255, np.float32)
    pixels[row - 1 : row + 1] = color
    for step in range(12):
        pixels[8 + 8 * step : 10 + 8 * step, 20 * step : 20 * step + 20] = 0
    background = find_background(pixels, 2.0, False, top=4.5)
    assert background.lines[row].max() == pytest.approx(hidden, abs=0.05)
    assert background.paper[row].min() == 255


def test_bands_that_overlap_are_no_marks_of_a_pale_ink_of_another_hue():
    """Curves and marks ripple the overlap everywhere, but what they leave of it is flat."""
    pixels = np.full((400, 300, 3), 255, np.float32)
    overlap = (192, 173, 162)
    pixels[20:180], pixels[50:150] = (222, 213, 207), overlap
    for row in range(60, 140, 16):
        pixels[row : row + 2] = (0, 107, 164)
        pixels[row - 3 : row + 5, 5::20] = (0, 107, 164)
    inks = np.array([(0, 107, 164), (255, 128, 14), (171, 171, 171), (89, 89, 89)], np.float32)
    paper = find_background(pixels, 2.0, False, inks).paper
    assert np.abs(paper[60:140, 20:280] - overlap).max() < 4


def test_a_greyish_line_shows_between_crowded_black_marks():
    """Its hue is barely that of a colour, but no mixture of black and paper has it."""
    pixels = blank()
    for column in range(20, 58, 5):
        draw(pixels, slice(16, 25), column, (0, 0, 0))
    draw(pixels, slice(20, 22), slice(None, 60), (121, 175, 151))
    for column in range(20, 58, 5):
        draw(pixels, slice(20, 22), column, (0, 0, 0))
    found = evidence(pixels, [(220, 120, 60), (121, 175, 151)], stroke=1.6).coverage
    between = [column for column in range(20, 56) if column % 5]
    assert found[1][20, between].min() > 0.9


@pytest.mark.parametrize(("row", "last", "line"), [(60, 400, True), (60, 330, False), (10, 400, False)])
def test_a_dashed_line_across_the_panel_is_a_reference_line_unless_it_ends_or_runs_along_the_top(row, last, line):
    pixels = blank(120, 400)
    dashes = np.arange(400) % 12 < 5
    draw(pixels, slice(row, row + 2), dashes & (np.arange(400) < last), (90, 90, 90))
    found = find_background(pixels, 2.0, False, np.array([(179, 179, 179)], np.float32), top=10.0)
    assert (found.lines[row].max() > 0.5) == line
    assert found.lines[:, 9].max() == 0  # between two dashes


@pytest.mark.parametrize(("high", "banded"), [(40, True), (12, False)])
def test_a_thick_area_is_a_band_even_if_it_is_as_deep_as_a_pale_ink(high, banded):
    """A band of a darker ink may have the very colour of another line; blocks of that one's marks are no higher."""
    pixels = blank(200, 300)
    draw(pixels, slice(60, 60 + high), slice(20, 200), (179, 179, 179))
    draw(pixels, slice(60 + high // 2, 62 + high // 2), slice(20, 200), (0, 0, 0))
    draw(pixels, slice(150, 152), slice(20, 200), (179, 179, 179))
    found = find_background(pixels, 2.0, False, np.array([(0, 0, 0), (179, 179, 179)], np.float32))
    assert (found.paper[62, 150].mean() < 200) == banded
    assert found.paper[150, 150].mean() > 250
