"""Synthetic figures: trials with known patients, drawn in any look, with the truth to the pixel."""

from kmdigitize.synthetic.draw import SyntheticFigure, draw_figure, draw_vector
from kmdigitize.synthetic.style import Damage, FigureStyle
from kmdigitize.synthetic.trials import TrialRecipe, TrueArm, life_table, simulate_trial

__all__ = [
    "Damage",
    "FigureStyle",
    "SyntheticFigure",
    "TrialRecipe",
    "TrueArm",
    "draw_figure",
    "draw_vector",
    "life_table",
    "simulate_trial",
]
