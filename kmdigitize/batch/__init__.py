"""Many figures: inputs, a crew of workers or a cluster, a journal by which work is resumed, and the tables."""
