"""Pixels → panels, ticks, scales and traces."""
