"""Does an installed wheel work: on each Python, with the lowest and the newest dependencies, on a bare Debian?

    python -m benchmarks.install --python python3.12 --resolution lowest
    python -m benchmarks.install --python python3.11 --opencv 4
    python -m benchmarks.install --debian /srv/bookworm      # a folder that debootstrap made, as root

Every case builds wheel and sdist, installs the wheel in a fresh environment, measures its size, uses the commands
outside the checkout, and runs the tests that the sdist holds. What was found is kept in ``install-results.json``, from
which ``docs/install.md`` is written. Needs ``build`` and ``uv`` (``pip install build uv``).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

from benchmarks.install_page import RESULTS, Case, kept, write_page

ROOT = Path(__file__).parents[1]
SAMPLE = "cik-hcc-rfs"
TEST_TOOLS = ("pytest>=8", "pytest-xdist>=3.5", "hypothesis>=6.100", "setuptools")
TOLD = ("numpy", "scipy", "opencv-python-headless", "onnxruntime", "matplotlib", "pandas", "pydantic", "pillow")


@dataclass(frozen=True, slots=True)
class Place:
    """Where commands run: a virtual environment, and the words before every command (chroot)."""

    bin: Path
    site: Path
    before: tuple[str, ...] = ()


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    os.environ.pop("PYTHONPATH", None)  # what is installed must be used, not a checkout
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _said(sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT))
        case = in_debian(folder, options.debian) if options.debian else in_python(folder, options)
    write_page(kept(case))
    print(json.dumps(asdict(case), indent=1))
    return int(not case.passed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Install the wheel and use it.")
    parser.add_argument("--python", default=sys.executable, help="interpreter of the fresh environment")
    parser.add_argument("--resolution", choices=("newest", "lowest"), default="newest")
    parser.add_argument("--opencv", choices=("4", "5"), help="major version of OpenCV")
    parser.add_argument("--debian", type=Path, help="folder of a bare Debian (debootstrap --variant=minbase)")
    return parser


def in_python(folder: Path, options: argparse.Namespace) -> Case:
    """The wheel in a virtual environment of ``options.python``."""
    venv = folder / "venv"
    _said(options.python, "-m", "venv", str(venv))
    version = _said(str(venv / "bin" / "python"), "-c", "import platform; print(platform.python_version())").strip()
    pins = _pins(folder, version, options)
    _uv_install(venv, pins, str(_wheel(folder)))
    place = Place(venv / "bin", next((venv / "lib").glob("python*/site-packages")))
    case = _used(Case(_today(), "this system", version, options.resolution), place, folder)
    tests = _unpacked(folder)
    _uv_install(venv, pins, *TEST_TOOLS, f"{_wheel(folder)}[cluster,parquet]")
    return _tested(case, place, tests)


def in_debian(folder: Path, debian: Path) -> Case:
    """The wheel in a bare Debian: its Python and venv only, no compiler, no fonts, no libGL."""
    shutil.copy("/etc/resolv.conf", debian / "etc" / "resolv.conf")
    before = ("chroot", str(debian))
    _said(*before, "apt-get", "install", "-y", "-qq", "--no-install-recommends", "python3", "python3-venv")
    if "PIP_CERT" in os.environ:  # where a company's own certificate stands between pip and its index
        (debian / "etc" / "ssl" / "certs").mkdir(parents=True, exist_ok=True)
        shutil.copy(os.environ["PIP_CERT"], debian / os.environ["PIP_CERT"].lstrip("/"))
    absent = [name for name in ("gcc", "cc", "fc-list") if _code(*before, "which", name) != 0]
    inside = debian / "trial"
    shutil.rmtree(inside, ignore_errors=True)
    inside.mkdir()
    shutil.copy(_wheel(folder), inside)
    _said(*before, "python3", "-m", "venv", "/trial/venv")
    _said(*before, "/trial/venv/bin/pip", "install", "--no-cache-dir", "-q", f"/trial/{_wheel(folder).name}")
    place = Place(Path("/trial/venv/bin"), next((inside / "venv" / "lib").glob("python*/site-packages")), before)
    version = _said(*before, "python3", "-c", "import platform; print(platform.python_version())").strip()
    name = (debian / "etc" / "debian_version").read_text().strip()
    system = f"bare Debian {name} without {', '.join(absent)}"
    return _used(Case(_today(), system, version, "newest"), place, inside)


def _pins(folder: Path, version: str, options: argparse.Namespace) -> Path:
    """The dependencies that ``uv`` resolves to: the newest, or the lowest that pyproject.toml allows."""
    pins, wanted = folder / "pins.txt", folder / "wanted.txt"
    wanted.write_text({"4": "opencv-python-headless<5\n", "5": "opencv-python-headless>=5\n"}.get(options.opencv, ""))
    lowest = ["--resolution", "lowest-direct"] if options.resolution == "lowest" else []
    command = ["uv", "pip", "compile", "-q", "--only-binary", ":all:", "--python-version", version, *lowest]
    extras = ["--extra", "cluster", "--extra", "parquet", "--no-header", "--no-annotate"]
    _said(*command, *extras, "--constraint", str(wanted), "-o", str(pins), str(ROOT / "pyproject.toml"))
    return pins


def _uv_install(venv: Path, pins: Path, *what: str) -> None:
    _said("uv", "pip", "install", "-q", "--python", str(venv / "bin" / "python"), "--constraint", str(pins), *what)


def _used(case: Case, place: Place, folder: Path) -> Case:
    """``case`` with the size of the installation and what became of the commands, outside the checkout."""
    work = folder / "use"
    work.mkdir()
    for suffix in ("png", "facts.json"):
        shutil.copy(ROOT / "sample_figures" / SAMPLE / f"{SAMPLE}.{suffix}", work)
    size = sum(path.stat().st_size for path in place.site.rglob("*") if path.is_file() and not path.is_symlink())
    seen = f"/{work.relative_to(place.before[1])}" if place.before else str(work)
    command = [*place.before, str(place.bin / "kmdigitize")]
    said = _said(*command, "digitize", f"{seen}/{SAMPLE}.png", "-o", f"{seen}/out")
    certificate = _certificate([*command, "validate", "-o", f"{seen}/certificate.md"], work / "certificate.md")
    return replace(
        case,
        versions={name: _version(place.site, name) for name in TOLD},
        megabytes=round(size / 1e6),
        digitize="agrees" in said and "differs" not in said,
        review=_review_answers(command, f"{seen}/{SAMPLE}.png"),
        validate=certificate,
    )


def _certificate(command: list[str], written: Path) -> str:
    """The last line of the certificate, or the last line of what was said instead."""
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    said = written.read_text() if written.exists() else ran.stderr
    return f"{said.strip().splitlines()[-1]} (exit code {ran.returncode})"


def _review_answers(command: list[str], figure: str) -> bool:
    """Whether the page of ``kmdigitize review`` and all its files are served."""
    server = subprocess.Popen([*command, "review", "--no-open", figure], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        line = next(line for line in server.stdout if "http://" in line)
        address = re.findall(r"http://\S+", line)[0]
        opener = build_opener(HTTPCookieProcessor())
        page = _fetched(opener, address)
        base = address.split("?")[0].rsplit("/", 1)[0]
        return bool(page) and all(
            _fetched(opener, f"{base}/{name}") for name in re.findall(r'(?:src|href)="/?([\w/.-]+\.(?:js|css))"', page)
        )
    finally:
        server.terminate()
        server.wait(30)


def _fetched(opener: OpenerDirector, address: str) -> str:
    for _ in range(100):
        try:
            with opener.open(address, timeout=30) as answer:
                return str(answer.read().decode())
        except (URLError, ConnectionError):
            time.sleep(0.2)
    return ""


def _tested(case: Case, place: Place, tests: Path) -> Case:
    """``case`` with the last line of the tests, which pytest prints unless it is asked twice to be quiet."""
    command = [str(place.bin / "python"), "-m", "pytest", "-p", "no:cacheprovider"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONSAFEPATH": "1"}
    ran = subprocess.run(command, cwd=tests, env=environment, capture_output=True, text=True, check=False)
    (RESULTS.parent / "install-tests.log").write_text(ran.stdout + ran.stderr)
    return replace(case, tests=ran.stdout.strip().splitlines()[-1].strip("= "), passed=ran.returncode == 0)


def _unpacked(folder: Path) -> Path:
    """The sdist's folder without the package, so that its tests import what is installed."""
    (archive,) = folder.glob("*.tar.gz")
    shutil.unpack_archive(archive, folder / "sdist")
    (unpacked,) = (folder / "sdist").iterdir()
    shutil.rmtree(unpacked / "kmdigitize")
    return unpacked


def _wheel(folder: Path) -> Path:
    (wheel,) = folder.glob("*.whl")
    return wheel


def _version(site: Path, name: str) -> str:
    found = [path.name.split("-")[1] for path in site.glob(f"{name.replace('-', '_')}-*.dist-info")]
    return found[0].removesuffix(".dist") if found else ""


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _said(*command: str) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {ran.returncode}:\n{ran.stdout[-3000:]}{ran.stderr[-3000:]}")
    return ran.stdout


def _code(*command: str) -> int:
    return subprocess.run(command, capture_output=True, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
