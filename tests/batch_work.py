"""Work for worker processes in tests: importable from a fresh interpreter."""

from __future__ import annotations

from pathlib import Path

import review_figure as drawn
from batch_light import die_once

from kmdigitize import pipeline
from kmdigitize.batch.journal import Entry
from kmdigitize.batch.plan import do_job
from kmdigitize.jobs import Job
from kmdigitize.settings import Settings


def do_fake_job(job: Job, folder: Path, settings: Settings) -> Entry:
    """The whole job, but for the stages that look at pixels."""
    pipeline.read_page = drawn.page  # type: ignore[assignment]
    pipeline.find = drawn.find
    return do_job(job, folder, settings)


def cluster_job(job: Job) -> Entry:
    """Takes down its worker the first time it sees this job's path."""
    die_once(job.path)
    return Entry(job.name, job.path, "key")
