"""Stroke widths, clusters of ink, and what the legend makes of them."""

from dataclasses import replace

import numpy as np
import pytest

from kmdigitize.detect.background import find_background
from kmdigitize.detect.clusters import InkColors, find_ink_colors
from kmdigitize.detect.inks import settle_inks
from kmdigitize.detect.strokes import curve_strokes, measure_strokes
from kmdigitize.geometry import Box
from kmdigitize.records.printed import LegendEntry

WHITE = np.full(3, 255, np.float32)


def lines(width, colors, height=160, length=240):
    """One straight anti-aliased line per colour, at changing positions on the pixel grid."""
    pixels = np.tile(WHITE, (height, length, 1))
    edges = np.arange(height + 1) - 0.5
    for i, color in enumerate(colors):
        for part in range(8):
            centre = 20 + 30 * i + 2.0 * part + 0.13 * part
            low, high = centre - width / 2, centre + width / 2
            inside = np.clip(np.minimum(edges[1:], high) - np.maximum(edges[:-1], low), 0, 1)
            columns = slice(part * 30, part * 30 + 30)
            pixels[:, columns] += inside[:, None, None] * (np.array(color, np.float32) - pixels[:, columns])
    return pixels


def entry(color, dash="solid"):
    return LegendEntry("", Box(0, 0, 1, 1), Box(0, 0, 1, 1), color, dash)


@pytest.mark.parametrize("width", [2.0, 3.3, 6.0])
def test_stroke_width_does_not_depend_on_the_pixel_grid(width):
    pixels = lines(width, [(200, 30, 30), (30, 30, 200)])
    clear = np.ones(pixels.shape[:2], bool)
    assert measure_strokes(WHITE - pixels, clear).width == pytest.approx(width, rel=0.2)


def test_thick_strokes_are_all_thick_and_bands_of_marks_are_not():
    pixels = lines(9.0, [(200, 30, 30)])
    clear = np.ones(pixels.shape[:2], bool)
    assert measure_strokes(WHITE - pixels, clear).narrower < 0.01
    pixels[60:78, 10:110] = (200, 30, 30)
    pixels[60:78, 130:230:5] = (200, 30, 30)
    assert measure_strokes(WHITE - pixels, clear).narrower > 0.05


def test_black_marks_that_touch_all_along_coloured_curves_are_wider_than_these():
    pixels = lines(3.0, [(200, 30, 30), (30, 30, 200)])
    pixels[:, 30:] = 255
    pixels[18:23, 30:] = pixels[48:53, 30:] = 0
    clear, samples = np.ones(pixels.shape[:2], bool), np.array([(200, 30, 30), (30, 30, 200)], np.float32)
    assert measure_strokes(WHITE - pixels, clear, 3.0).width > 4.5
    assert curve_strokes(pixels, WHITE - pixels, clear, 3.0, samples).width == pytest.approx(3.0, rel=0.1)
    assert curve_strokes(pixels, WHITE - pixels, clear, 3.0, 0 * samples).width > 4.5


def clusters(colors, shares, sure=True):
    return InkColors(
        np.array(colors, np.float32).reshape(-1, 3), np.array(shares, np.float32), 2.0, np.full(len(shares), sure)
    )


def test_thin_strokes_are_measured_again_against_their_purest_pixels():
    pixels = lines(1.4, [(200, 30, 30), (30, 30, 200)])
    clear = np.ones(pixels.shape[:2], bool)
    rough = measure_strokes(WHITE - pixels, clear).width
    found = find_ink_colors(pixels, find_background(pixels, rough, False), clear, rough, False)
    assert found.stroke == pytest.approx(1.4, rel=0.15)


def test_colours_are_found_without_a_legend():
    inks = [(200, 30, 30), (30, 60, 200), (20, 150, 60)]
    pixels = lines(2.5, inks)
    found = find_ink_colors(pixels, find_background(pixels, 2.5, False), np.ones(pixels.shape[:2], bool), 2.5, False)
    for ink in inks:
        assert np.linalg.norm(found.colors[: len(inks)] - np.array(ink), axis=1).min() < 20


def test_pale_legend_sample_takes_the_colour_of_its_strokes():
    pale = (228, 143, 143)
    inks = settle_inks([entry(pale)], clusters([(200, 30, 30), (30, 60, 200)], [0.5, 0.5]), WHITE, False)
    assert inks[0].color == (200, 30, 30)
    assert inks[0].arms == ((0, "solid"),)
    assert inks[1].color == (30, 60, 200)
    assert inks[1].arms == ()


def test_a_thick_sample_at_an_opacity_of_its_own_takes_the_colour_of_its_strokes():
    pale = replace(entry((236, 95, 96)), stroke_px=6.0)
    inks = settle_inks([pale], clusters([(228, 26, 28)], [1.0]), WHITE, False)
    assert [ink.color for ink in inks] == [(228, 26, 28)]


def test_black_marks_that_blur_joins_to_a_dark_colour_do_not_darken_it():
    navy = (49, 73, 111)
    inks = settle_inks([entry(navy)], clusters([(2, 0, 0)], [1.0]), WHITE, True)
    assert (inks[0].color, inks[0].arms) == (navy, ((0, "solid"),))


def test_one_colour_in_two_line_types_is_one_ink():
    legend = [entry((0, 0, 0)), entry((10, 10, 10), "dashed"), entry((150, 150, 150))]
    inks = settle_inks(legend, clusters([], []), WHITE, False)
    assert [ink.arms for ink in inks] == [((0, "solid"), (1, "dashed")), ((2, "solid"),)]


def test_black_beside_colours_is_no_ink_of_a_curve():
    inks = settle_inks([], clusters([(0, 0, 0), (200, 30, 30)], [0.6, 0.4]), WHITE, False)
    assert [ink.color for ink in inks] == [(200, 30, 30)]


def test_a_depth_seen_only_where_strokes_crowd_does_not_replace_the_legend():
    pale, deep = (160, 130, 60), (118, 79, 0)
    assert settle_inks([entry(pale)], clusters([deep], [0.6], sure=False), WHITE, True)[0].color == pale
    assert settle_inks([entry(pale)], clusters([deep], [0.6], sure=True), WHITE, True)[0].color == deep


def test_two_shades_of_one_hue_are_two_inks_where_no_legend_shows_them():
    shades = [(87, 116, 155), (170, 186, 206)]
    assert [ink.color for ink in settle_inks([], clusters(shades, [0.6, 0.35]), WHITE, True)] == shades


def test_crossings_of_transparent_strokes_do_not_deepen_their_ink():
    pale = (210, 210, 210)
    pixels = lines(5.0, [pale, pale])
    pixels[:, 100:130] = 255 - (255 - pixels[:, 100:130]) * 1.7
    found = find_ink_colors(pixels, find_background(pixels, 5.0, False), np.ones(pixels.shape[:2], bool), 5.0, False)
    assert found.colors[0] == pytest.approx(pale, abs=4)


def test_two_strong_hues_of_a_lossy_picture_are_two_inks():
    hues = [(223, 143, 68), (178, 71, 69)]
    assert [ink.color for ink in settle_inks([], clusters(hues, [0.35, 0.3]), WHITE, True)] == hues


def test_a_dark_colour_beside_black_is_the_ink_of_an_arm_whose_sample_was_not_seen():
    found = clusters([(0, 0, 0), (0, 100, 0)], [0.5, 0.2])
    unseen = LegendEntry("Other", Box(0, 0, 10, 10))
    inks = settle_inks([entry((0, 0, 0)), unseen], found, WHITE, lossy=False)
    assert [ink.color for ink in inks] == [(0, 0, 0), (0, 100, 0)]


def test_a_sample_in_two_rows_of_pixels_is_as_much_paler_as_it_is_wider():
    def sample(grey, stroke_px, dash):
        return LegendEntry("", Box(0, 0, 1, 1), Box(0, 0, 1, 1), (grey, grey, grey), dash, stroke_px)

    one = settle_inks([sample(85, 1.7, "solid"), sample(0, 1.13, "dashed")], clusters([], []), WHITE, False)
    assert [(ink.color, ink.arms) for ink in one] == [((0.0, 0.0, 0.0), ((0, "solid"), (1, "dashed")))]
    two = settle_inks([sample(85, 1.1, "solid"), sample(0, 1.13, "dashed")], clusters([], []), WHITE, False)
    assert [ink.color for ink in two] == [(85.0, 85.0, 85.0), (0.0, 0.0, 0.0)]
    thick = settle_inks([sample(85, 3.4, "solid"), sample(0, 2.26, "dashed")], clusters([], []), WHITE, False)
    assert len(thick) == 2


def test_two_shades_of_one_hue_in_a_lossless_picture_are_two_inks():
    shades = [(243, 155, 127), (230, 75, 53)]
    assert [ink.color for ink in settle_inks([], clusters(shades, [0.5, 0.3]), WHITE, False)] == shades


def test_another_shade_of_a_sample_is_the_ink_of_an_arm_whose_sample_was_not_seen():
    found = clusters([(8, 48, 107), (66, 146, 198), (158, 202, 225)], [0.4, 0.3, 0.2])
    seen = [entry((8, 48, 107)), entry((65, 145, 198))]
    inks = settle_inks([*seen, LegendEntry("Other", Box(0, 0, 10, 10))], found, WHITE, lossy=False)
    assert [ink.color for ink in inks[2:]] == [(158, 202, 225)]
    assert len(settle_inks(seen, found, WHITE, lossy=False)) == 2


def test_grey_lines_of_one_pixel_in_two_rows_of_a_lossy_picture_are_black():
    pixels = np.full((160, 240, 3), 255, np.float32)
    for part in range(8):
        row, columns = 20 + 4 * part, slice(part * 30, part * 30 + 30)
        pixels[row : row + 2, columns] = 119
        pixels[row + 60, columns] = 20
    found = find_ink_colors(pixels, find_background(pixels, 1.9, True), np.ones(pixels.shape[:2], bool), 1.9, True)
    assert found.colors[0].max() < 40
    assert found.stroke < 1.4


def test_samples_in_two_rows_of_pixels_keep_the_order_of_their_greys():
    samples = [
        LegendEntry("", Box(0, 0, 1, 1), Box(0, 0, 1, 1), (grey, grey, grey), "solid", 2.0) for grey in (100, 200)
    ]
    found = clusters([(140, 140, 140), (3, 3, 3)], [0.5, 0.48])
    thin = InkColors(found.colors, found.shares, 1.24, found.sure)
    assert [ink.color for ink in settle_inks(samples, thin, WHITE, True)] == [(3, 3, 3), (140, 140, 140)]


def test_grey_lines_that_are_deep_only_here_and_there_are_no_thinner():
    pixels = np.full((160, 240, 3), 255, np.float32)
    for row in (20, 60, 100, 140):
        pixels[row : row + 2] = 130
        pixels[row, :30] = 20
        pixels[row + 1, :30] = 255
    found = find_ink_colors(pixels, find_background(pixels, 1.9, True), np.ones(pixels.shape[:2], bool), 1.9, True)
    assert found.stroke > 1.7


def test_the_corners_of_lines_in_two_rows_of_pixels_show_the_ink_of_their_samples():
    grey = clusters([(0, 0, 0), (63, 63, 63)], [0.7, 0.3])
    grey = InkColors(grey.colors, grey.shares, 1.7, grey.sure)
    legend = [
        LegendEntry(name, Box(0, 0, 1, 1), Box(0, 0, 1, 1), color, dash, stroke_px=width, place="legend")
        for name, color, dash, width in (
            ("A", (63, 63, 63), "solid", 2.0),
            ("B", (63, 63, 63), "dashed", 2.0),
            ("C", None, "unknown", None),
        )
    ]
    (ink,) = settle_inks(legend, grey, WHITE, lossy=False)
    assert ink.color == (0, 0, 0)
    assert [arm for arm, _ in ink.arms] == [0, 1]


def test_black_beside_a_grey_of_full_depth_is_another_ink():
    grey = clusters([(0, 0, 0), (63, 63, 63)], [0.7, 0.3])
    legend = [
        LegendEntry("A", Box(0, 0, 1, 1), Box(0, 0, 1, 1), (63, 63, 63), "solid", stroke_px=2.6, place="legend"),
        LegendEntry("B", Box(0, 0, 1, 1), Box(0, 0, 1, 1), None, "unknown", place="legend"),
    ]
    assert len(settle_inks(legend, grey, WHITE, lossy=False)) == 2


def test_a_fringe_joins_the_shade_that_is_nearest_to_it():
    found = clusters([(166, 166, 166), (0, 0, 0), (34, 34, 34)], [0.46, 0.32, 0.12])
    inks = settle_inks((), found, WHITE, False)
    assert [round(ink.color[0]) for ink in inks] == [166, 0]
    assert [ink.share for ink in inks] == pytest.approx([0.46, 0.44])


@pytest.mark.parametrize(("expected", "count"), [(3, 3), (2, 2), (None, 2)])
def test_a_third_shade_is_an_ink_where_the_table_names_more_arms_than_the_legend(expected, count):
    found = clusters([(0, 0, 0), (83, 83, 83), (165, 165, 165)], [0.3, 0.35, 0.3])
    legend = [entry((0, 0, 0)), entry((83, 83, 83))]
    assert len(settle_inks(legend, found, WHITE, False, expected)) == count


@pytest.mark.parametrize(("shade", "width", "count"), [(34, 1.6, 1), (50, 1.6, 1), (90, 1.6, 2), (34, 3.0, 2)])
@pytest.mark.parametrize("lossy", [False, True])
def test_a_shade_of_thin_samples_that_the_panel_does_not_show_is_the_one_that_it_shows(shade, width, count, lossy):
    colors = ((0, 0, 0), (shade, shade, shade))
    box = Box(0, 0, 1, 1)
    legend = [LegendEntry("", box, box, c, d, width) for c, d in zip(colors, ("solid", "dashed"), strict=True)]
    inks = settle_inks(legend, clusters([(0, 0, 0)], [0.98]), WHITE, lossy)
    assert sorted(arm for ink in inks for arm in ink.arms) == [(0, "solid"), (1, "dashed")]
    assert len(inks) == (1 if lossy and shade == 34 else count)


def test_colours_of_near_hues_stay_apart_where_the_panel_shows_one_cluster():
    box = Box(0, 0, 1, 1)
    colors = ((118, 116, 171), (105, 148, 168))
    legend = [LegendEntry("", box, box, color, "solid", 1.6) for color in colors]
    assert len(settle_inks(legend, clusters([colors[0]], [0.9]), WHITE, True)) == 2


@pytest.mark.parametrize("lossy", [False, True])
def test_shades_whose_samples_are_paled_alike_are_those_of_the_panel(lossy):
    """Samples in two rows of pixels are half as deep as their curves; black weighs so much that grey seems its edge."""
    legend = [entry((128, 128, 128)), entry((213, 213, 213))]
    found = clusters([(0, 0, 0), (170, 170, 170)], [0.75, 0.25])
    assert [ink.color for ink in settle_inks(legend, found, WHITE, lossy)] == [(0, 0, 0), (170, 170, 170)]


def test_a_shade_that_is_paled_otherwise_is_not_taken_for_a_sample():
    """A shaded band in grey is a cluster too: the pale sample keeps its own colour."""
    legend = [entry((128, 128, 128)), entry((213, 213, 213))]
    found = clusters([(0, 0, 0), (200, 200, 200)], [0.75, 0.25])
    assert settle_inks(legend, found, WHITE, False)[1].color == (213, 213, 213)


def test_two_hues_that_compression_makes_one_cluster_keep_theirs():
    legend = [entry((128, 174, 200)), entry((182, 181, 182))]
    inks = settle_inks(legend, clusters([(134, 156, 178), (10, 10, 10)], [0.4, 0.4]), WHITE, True)
    blue, grey = (np.array(ink.color) for ink in inks)
    assert blue[2] - blue[0] > 60
    assert np.ptp(grey) < 4
    assert grey.mean() == pytest.approx(152, abs=3)


def test_a_cluster_between_two_hues_belongs_to_one_where_the_other_has_its_own():
    legend = [entry((128, 174, 200)), entry((182, 181, 182))]
    found = clusters([(134, 156, 178), (180, 180, 180)], [0.5, 0.3])
    assert settle_inks(legend, found, WHITE, True)[0].color == (134, 156, 178)
