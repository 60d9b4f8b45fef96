"""The local review page: see what was found on a figure, put right what is wrong, keep it as facts."""
