"""Speed, memory and robustness of the main job: cold start, warm figures, batches, workers that are killed.

    python -m benchmarks.speed --count 200 --kills 20 --json benchmarks/speed-baseline.json

Run it on a machine that does nothing else. Prints a table beside the committed baseline; with --json FILE the numbers
are kept. From the batch with one worker follows what a million such figures cost.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

BASELINE = Path(__file__).parent / "speed-baseline.json"
SAMPLE = Path(__file__).parents[1] / "sample_figures" / "cik-hcc-rfs" / "cik-hcc-rfs.png"
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "KMDIGITIZE_OCR_THREADS": "1"}
LIMITS = {"cold s": 3.0, "warm median s": 1.0, "warm 90% s": 2.5, "peak GiB": 1.2}
"""What must hold on the reference machine (two cores, nothing else running)."""

LEAST = {"speed-up of two": 1.7}
NONE = ("differing files, 1 v 2 workers", "differing files, killed", "differing files, resumed")

WARM = """
import json, resource, sys, time
from pathlib import Path
from kmdigitize.frugal import be_frugal
be_frugal()  # as every worker is
from kmdigitize.batch.inputs import collect_jobs
from kmdigitize.batch.plan import record_job
from kmdigitize.errors import KmdigitizeError
from kmdigitize.settings import DEFAULT_SETTINGS
done = []
for job in collect_jobs([sys.argv[1]], Path(sys.argv[2]), {}):
    reading = []
    begun = time.perf_counter()
    try:
        record_job(job, Path(sys.argv[2]), DEFAULT_SETTINGS, lambda o: reading.append(o.result and o.result.seconds))
    except KmdigitizeError:
        pass
    text = sum(seconds["read text"] for seconds in reading if seconds)
    done.append((Path(job.path).name, time.perf_counter() - begun, text))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({"done": done, "peak": peak}))
"""


def main() -> int:
    """Measures, prints, and says by the exit code whether the limits hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=40, help="figures in the batch")
    parser.add_argument("--kills", type=int, default=0, help="workers to kill while the batch runs")
    parser.add_argument("--json", type=Path, help="where to keep the numbers")
    parser.add_argument("--only", choices=["cold", "warm", "batch"], help="one part only")
    options = parser.parse_args()
    numbers: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if options.only in (None, "cold"):
            numbers |= cold(folder)
        panels = draw(folder / "figures", options.count) if options.only != "cold" else {}
        if options.only in (None, "warm"):
            numbers |= warm(folder, panels)
        if options.only in (None, "batch"):
            numbers |= batch(folder, options.kills)
    show(numbers)
    if options.json:
        about = {"machine": platform.processor() or platform.machine(), "cores": os.cpu_count(), "count": options.count}
        options.json.write_text(json.dumps({**about, **{k: round(v, 3) for k, v in numbers.items()}}, indent=1) + "\n")
    return int(bool(broken(numbers)))


def show(numbers: dict[str, float]) -> None:
    """A row per number: now, in the committed baseline, and what must hold."""
    before = json.loads(BASELINE.read_text()) if BASELINE.is_file() else {}
    limits = {name: f"≤ {value:g}" for name, value in LIMITS.items()}
    limits |= {name: f"≥ {value:g}" for name, value in LEAST.items()} | dict.fromkeys(NONE, "0")
    print("| | now | baseline | limit |\n|---|---|---|---|")
    for name, value in numbers.items():
        old = f"{before[name]:.3g}" if name in before else ""
        print(f"| {name} | {value:.3g} | {old} | {limits.get(name, '')} |")


def broken(numbers: dict[str, float]) -> list[str]:
    """The numbers outside their limits."""
    wrong = [name for name, limit in LIMITS.items() if numbers.get(name, 0.0) > limit]
    wrong += [name for name, limit in LEAST.items() if numbers.get(name, limit) < limit]
    return wrong + [name for name in NONE if numbers.get(name)]


def draw(folder: Path, count: int) -> dict[str, int]:
    """The benchmark's own mixture of figures, with one that cannot be read; how many panels each has."""
    from benchmarks.figure_sets import figures_of

    folder.mkdir()
    panels = {}
    for name, make in figures_of("mixed", count - 1):
        figure = make().figure
        path = folder / f"{name.replace('/', '-')}.{figure.suffix.lstrip('.')}"
        path.write_bytes(figure.file)
        panels[path.name] = figure.truth["style"]["panels"]
    (folder / "unreadable.png").write_bytes(b"no picture")
    return panels


def cold(folder: Path) -> dict[str, float]:
    """Median wall time of the command on the founding sample, from a new process each time."""
    command = [sys.executable, "-m", "kmdigitize", "digitize", str(SAMPLE), "-q", "-o", str(folder / "cold")]
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        subprocess.run(command, check=True)
        seconds.append(time.perf_counter() - begun)
    return {"cold s": statistics.median(seconds)}


def warm(folder: Path, panels: dict[str, int]) -> dict[str, float]:
    """Seconds per figure and peak memory in one process with one thread, the first figure left out.

    ``panels`` says how many each figure has; figures of several are counted apart.
    """
    arguments = [sys.executable, "-c", WARM, str(folder / "figures"), str(folder / "warm")]
    done = subprocess.run(arguments, check=True, env=ONE_THREAD, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout)
    timed = [(panels[name], seconds, text) for name, seconds, text in found["done"][1:] if name in panels]
    one = [seconds for count, seconds, _ in timed if count == 1]
    plain = [seconds - text for count, seconds, text in timed if count == 1]
    several = [seconds for count, seconds, _ in timed if count > 1]
    numbers = {"warm median s": statistics.median(one), "warm 90% s": statistics.quantiles(one, n=10)[8]}
    numbers |= {"without reading text, median s": statistics.median(plain)}
    numbers |= {"without reading text, 90% s": statistics.quantiles(plain, n=10)[8]}
    numbers |= {"several panels, median s": statistics.median(several)} if several else {}
    return numbers | {"peak GiB": found["peak"]}


def batch(folder: Path, kills: int) -> dict[str, float]:
    """Figures per second with one and two workers, and what is lost when workers are killed."""
    figures, count = folder / "figures", len(list((folder / "figures").iterdir()))
    numbers: dict[str, float] = {}
    spent = []
    for workers in (1, 2):
        out = folder / f"batch-{workers}"
        begun, used = time.perf_counter(), cpu_seconds()
        run_batch(figures, out, workers)
        numbers[f"figures/s, {workers} worker{'s' * (workers > 1)}"] = count / (time.perf_counter() - begun)
        spent.append(cpu_seconds() - used)
    numbers["speed-up of two"] = numbers["figures/s, 2 workers"] / numbers["figures/s, 1 worker"]
    numbers["differing files, 1 v 2 workers"] = float(differences(folder / "batch-1", folder / "batch-2"))
    numbers["differing files, resumed"] = float(resumed(figures, folder))
    numbers |= million(folder / "batch-1", count, spent[0])
    if kills:
        killed = run_batch(figures, folder / "killed", 2, kills)
        numbers["workers killed"] = float(killed)
        numbers["differing files, killed"] = float(differences(folder / "batch-1", folder / "killed"))
        shutil.rmtree(folder / "killed")
    return numbers


def resumed(figures: Path, folder: Path) -> int:
    """Differing files when Ctrl-C stops a batch after a third of its figures and the same command is given again."""
    out, wanted = folder / "resumed", len(list(figures.iterdir())) // 3
    with subprocess.Popen(batch_command(figures, out, 2), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        while run.poll() is None and len(list((out / ".kmdigitize").glob("*.json"))) < wanted:
            time.sleep(0.1)
        run.send_signal(signal.SIGINT)
    run_batch(figures, out, 2)
    return differences(folder / "batch-1", out)


def cpu_seconds() -> float:
    """Processor time of all children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def million(out: Path, count: int, spent: float) -> dict[str, float]:
    """What a million figures like those in ``out`` cost, by the processor time ``spent`` (s) on them."""
    journal = [json.loads(path.read_text()) for path in (out / ".kmdigitize").glob("*.json")]
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    refused = sum(1 for entry in journal if entry["failure"] or any(figure["error"] for figure in entry["figures"]))
    numbers = {"core-hours per million": spent / count * 1e6 / 3600, "TB per million": size / count / 1e6}
    return numbers | {"refused, % of figures": 100 * refused / count}


def batch_command(figures: Path, out: Path, workers: int) -> list[str]:
    """The command line of a batch."""
    return [sys.executable, "-m", "kmdigitize", "batch", str(figures), "-o", str(out), "-w", str(workers)]


def run_batch(figures: Path, out: Path, workers: int, kills: int = 0) -> int:
    """Runs the command, killing ``kills`` of its workers at random moments; how many were killed."""
    with subprocess.Popen(
        batch_command(figures, out, workers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        stop, killed = threading.Event(), [0]
        killer = threading.Thread(target=kill_workers, args=(running.pid, kills, killed, stop))
        killer.start()
        running.wait()
        stop.set()
        killer.join()
    return killed[0]


def kill_workers(parent: int, kills: int, killed: list[int], stop: threading.Event) -> None:
    """SIGKILL to a random worker of ``parent`` every few seconds (Linux: children are found in /proc)."""
    chance = random.Random(20)
    while killed[0] < kills and not stop.wait(chance.uniform(1.0, 6.0)):
        children = Path(f"/proc/{parent}/task/{parent}/children")
        workers = [int(pid) for pid in children.read_text().split()] if children.exists() else []
        workers = [pid for pid in workers if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        if workers:
            os.kill(chance.choice(workers), signal.SIGKILL)
            killed[0] += 1


def differences(one: Path, two: Path) -> int:
    """Number of files that are not in both folders with the same content, times taken out."""
    a, b = contents(one), contents(two)
    return sum(a.get(name) != b.get(name) for name in a.keys() | b.keys())


def contents(folder: Path) -> dict[str, Any]:
    """Every file of an output folder without the seconds it took; reports are made of the same numbers."""
    found: dict[str, Any] = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.suffix == ".json":
            found[name] = {key: value for key, value in json.loads(path.read_text()).items() if key != "seconds"}
        elif path.name == "summary.csv":
            found[name] = [line.rpartition(",")[0] for line in path.read_text().splitlines()]
        elif path.is_file() and path.suffix != ".html":
            found[name] = path.read_bytes()
    return found


if __name__ == "__main__":
    sys.exit(main())
