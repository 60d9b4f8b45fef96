"""Drawings → panels, ticks and traces, exact to the drawing."""
