"""kmdigitize: published Kaplan–Meier figures back to curves, patients, and a verdict."""

__version__ = "0.1.0"
