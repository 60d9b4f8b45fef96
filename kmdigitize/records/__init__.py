"""The records that pass between the stages: what was found, in the order in which it is found.

Every record is frozen, its arrays are read-only, and every field has its unit. Coordinates named ``x``/``y`` are
pixels of the (straightened) figure; ``time``/``survival`` exist only after the axis scales.
"""
