"""The command line: parse, call one public function, print, map the exception to its exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from kmdigitize import __version__
from kmdigitize.errors import BatchError, DisagreementError, KmdigitizeError
from kmdigitize.forms import parse_counts, parse_names, parse_pages, parse_range, parse_shard
from kmdigitize.frugal import be_frugal

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


def _written(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """``parse`` as a type of an option: what it says of a wrong value reaches the user."""

    def convert(value: str) -> Any:
        try:
            return parse(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error

    return convert


class _Group(click.Group):
    """Prints our own errors in one line with their remedy, and exits with the code of their class."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KmdigitizeError as error:
            if ctx.params.get("debug"):
                raise
            click.echo(f"Error: {error.message}", err=True)
            if error.remedy:
                click.echo(f"  {error.remedy}", err=True)
            ctx.exit(error.exit_code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__)
@click.option("--debug", is_flag=True, help="Show tracebacks and the decisions of every stage.")
def main(debug: bool) -> None:
    """Published Kaplan–Meier figures back to step curves, individual patient data and a verdict.

    \b
    Exit codes: 0 done (also with flags) · 1 unexpected · 2 wrong usage · 3 unreadable file · 4 no axes found ·
    5 axis unreadable · 6 no curve · 7 facts or table at fault · 8 output not writable · 9 too large ·
    10 check: something differs · 11 some figures failed, the others were written
    """
    be_frugal()
    if debug:
        import logging

        logging.basicConfig(level=logging.DEBUG, format="%(name)s: %(message)s")
        logging.getLogger("PIL").setLevel(logging.INFO)
        logging.getLogger("matplotlib").setLevel(logging.INFO)


def _fact_options(command: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.option("--facts", type=FILE, help="Facts file; by default FIGURE's stem + .facts.json beside it."),
        click.option(
            "--x-axis",
            type=_written(parse_range),
            metavar="LOW:HIGH",
            help="Values at the ends of the x axis, such as 0:60.",
        ),
        click.option(
            "--y-axis",
            type=_written(parse_range),
            metavar="LOW:HIGH",
            help="Values at the ends of the y axis, as printed: 0:1 or 0:100.",
        ),
        click.option("--time-unit", help="Unit of the x axis, such as months."),
        click.option("--direction", type=click.Choice(["down", "up"]), help="Survival falls, or incidence rises."),
        click.option(
            "--arms",
            "arm_names",
            type=_written(parse_names),
            metavar="NAME,…",
            help="Names of the arms, in the order they are listed.",
        ),
        click.option("--at-risk", type=FILE, help="CSV of numbers at risk: arm,time,n_at_risk."),
        click.option(
            "--n", "n", type=_written(parse_counts), metavar="N,N,…", help="Patients per arm, such as 114,112."
        ),
        click.option("--events", type=_written(parse_counts), metavar="N,N,…", help="Events per arm, such as 45,57."),
        click.option("--reported", type=FILE, help="JSON of what the paper reports (docs/facts.md)."),
        click.option("--text", type=FILE, help="Caption or abstract; what it reports is used for the verdict."),
        click.option("--panel", help="Only this panel, by its letter or number."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _method_options(command: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.option(
            "--method",
            type=click.Choice(["exact", "guyot", "ikm", "marked"]),
            default="exact",
            show_default=True,
            help="How patients are reconstructed.",
        ),
        click.option("--draws", type=click.IntRange(0, 100_000), default=0, help="Posterior patient tables to write."),
        click.option("--seed", type=int, default=0, show_default=True, help="Seed of the draws."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@main.command()
@click.argument("figures", nargs=-1, required=True, metavar="FIGURE...")
@click.option("-o", "--out", "folder", type=FOLDER, required=True, help="Output folder; one subfolder per figure.")
@_fact_options
@_method_options
@click.option("--calibrate", is_flag=True, help="Use the printed hazard ratio and P as constraints (unadjusted only).")
@click.option("--settings", type=FILE, help="JSON of stage settings, for experts.")
@click.option("--pages", type=_written(parse_pages), metavar="FIRST-LAST", help="Pages of a PDF, such as 5-8.")
@click.option("--list", "only_list", is_flag=True, help="Only list what is there, with a sheet of thumbnails.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def digitize(figures: tuple[str, ...], folder: Path, **options: Any) -> None:
    """Digitize FIGURES (PNG, JPEG, TIFF, WebP, BMP, PDF, SVG; - reads standard input) into curves and patients."""
    from kmdigitize.command import digitize_files

    quiet = options.pop("quiet")
    failures = digitize_files(figures, folder, options, (lambda _: None) if quiet else click.echo)
    if len(failures) == 1 and len(figures) == 1:
        raise failures[0]
    if failures:
        raise BatchError(f"{len(failures)} of {len(figures)} inputs failed; the others were written.", "See above.")


@main.command()
@click.argument("curves", type=FILE, metavar="CURVES.csv")
@click.option("--at-risk", type=FILE, help="CSV of numbers at risk: arm,time,n_at_risk.")
@click.option(
    "--n",
    "n",
    type=_written(parse_counts),
    metavar="N,N,…",
    help="Patients per arm, in the order of the arms in the file.",
)
@click.option("--events", type=_written(parse_counts), metavar="N,N,…", help="Events per arm.")
@click.option("-o", "--out", "output", type=FILE, help="Where to write the patients [default: standard output].")
@_method_options
def reconstruct(curves: Path, **options: Any) -> None:
    """Rebuild patients from the points of a curve (CSV with time,survival and optionally panel,arm,cause).

    With causes, survival is one minus the cumulative incidence of each, and every event is given its cause.
    """
    from kmdigitize.command import reconstruct_file

    table = reconstruct_file(curves, options)
    _write(table, options["output"])


def _write(table: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(table)
        return
    from kmdigitize.export import replace_file

    replace_file(output, table)


@main.command()
@click.argument("ipd", type=FILE, metavar="IPD.csv")
@click.argument("reported", type=FILE, metavar="REPORTED.json")
@click.option("--panel", help="Only this panel of IPD.csv.")
def check(ipd: Path, reported: Path, panel: str | None) -> None:
    """Compare patients (CSV with time,event and optionally panel,arm) with what a paper reports."""
    from kmdigitize.command import check_file, check_lines

    agreement = check_file(ipd, reported, panel)
    for line in check_lines(agreement):
        click.echo(line)
    if any(item.verdict == "differs" for item in agreement.checks):
        raise DisagreementError("The patients differ from the paper.", "See the lines marked 'differs'.")


@main.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...", type=click.Path(path_type=Path))
@click.option("--who", help="Your name, kept with every correction.")
@click.option("-o", "--out", "folder", type=FOLDER, help="Output folder that follows your decisions.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on this machine [default: a free one].")
@click.option("--no-open", is_flag=True, help="Do not open the page in the browser.")
@_method_options
def review(inputs: tuple[Path, ...], port: int, no_open: bool, **options: Any) -> None:
    """Check and correct INPUTS (figures, or output folders of digitize and batch) in the browser."""
    from kmdigitize.review.serve import review_inputs, serve

    serve(review_inputs(inputs, options), port, not no_open, click.echo)


@main.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("-o", "--out", "folder", type=FOLDER, required=True, help="Output folder; one subfolder per figure.")
@click.option("-w", "--workers", type=click.IntRange(1, 512), help="Worker processes [default: one per core].")
@click.option("--time-limit", type=float, default=300.0, show_default=True, help="Seconds for one input.")
@click.option("--memory-limit", type=float, help="GiB for one worker [default: none].")
@click.option("--shard", type=_written(parse_shard), metavar="I/N", help="Do only part i of n, for array jobs: 3/20.")
@click.option("--dask", metavar="ADDRESS|local", help="Work on a Dask cluster (extra: cluster).")
@click.option("--parquet", is_flag=True, help="Write summary.parquet too (extra: parquet).")
@click.option("--settings", type=FILE, help="JSON of stage settings, for experts.")
@_method_options
def batch(inputs: tuple[str, ...], folder: Path, workers: int | None, **options: Any) -> None:
    """Digitize INPUTS (files, folders, patterns, CSV manifests) with many workers; run again to go on."""
    import os

    from kmdigitize.batch.run import batch_files
    from kmdigitize.command import stated_settings

    options["workers"] = workers or os.cpu_count() or 1
    try:
        entries = batch_files(inputs, folder, options, stated_settings(options), click.echo)
    except KeyboardInterrupt:
        raise click.ClickException("Stopped. What was finished is kept; run the same command to go on.") from None
    failed = sum(1 for entry in entries if entry.failure or all(figure.error for figure in entry.figures))
    if failed:
        raise BatchError(f"{failed} of {len(entries)} inputs failed; the others were written.", "See above.")


@main.command()
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER...", type=FOLDER)
@click.option("-o", "--out", "output", type=FILE, help="Where to write the table [default: standard output].")
@click.option("--reference", help="The reference arm, by (part of) its name [default: the paper's, else the first].")
@click.option("--tau", type=float, help="Horizon of the RMST [default: the shorter follow-up].")
@click.option("--landmark", "landmarks", type=float, multiple=True, help="A time at which survival is compared.")
@click.option("--forest", type=FILE, help="Draw a forest plot (PNG, SVG or PDF).")
def pool(folders: tuple[Path, ...], output: Path | None, forest: Path | None, **options: Any) -> None:
    """Tabulate hazard ratios, RMST and survival differences over the results in FOLDERS."""
    from kmdigitize.pool import Wanted, forest_plot, pool_results, to_table

    rows = pool_results(folders, Wanted(**options))
    if forest is not None:
        forest_plot(rows, forest)
    _write(to_table(rows), output)


@main.command()
@click.option("--full", is_flag=True, help="More figures and trials (some minutes instead of one).")
@click.option("-o", "--out", "output", type=FILE, help="Where to write the table [default: standard output].")
def validate(full: bool, output: Path | None) -> None:
    """Measure on this machine what the tool can do, against figures and trials whose truth is known."""
    from kmdigitize.validation import FULL, QUICK, certificate, validate

    rows = validate(FULL if full else QUICK, lambda part: click.echo(part, err=True))
    _write((certificate(rows) + "\n").encode(), output)
    outside = [row for row in rows if not row.passed]
    if outside:
        raise DisagreementError(f"{len(outside)} of {len(rows)} rows are outside their limits.", "See the table.")
