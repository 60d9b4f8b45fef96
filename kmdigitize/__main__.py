"""``python -m kmdigitize``."""

from kmdigitize.cli import main

main(prog_name="kmdigitize")
