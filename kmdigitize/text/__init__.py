"""Glyphs → meaning: tick values, legends, number-at-risk tables, printed statistics."""
