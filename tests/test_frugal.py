"""Processes of our own keep the memory that they free, and one thread."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
from kmdigitize.frugal import be_frugal
be_frugal()
import numpy as np

def pictures():
    kept = [np.ones((400, 300), np.float64) for _ in range(40)]

pictures()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    pictures()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the GNU C library can be told")
def test_freed_memory_is_used_again() -> None:
    done = subprocess.run([sys.executable, "-c", FAULTS], check=True, stdout=subprocess.PIPE, text=True)
    assert int(done.stdout) < 2000  # 90,000 without


def test_pictures_are_worked_on_by_one_thread() -> None:
    asks = "from kmdigitize.frugal import be_frugal; be_frugal(); import cv2; print(cv2.getNumThreads())"
    done = subprocess.run([sys.executable, "-c", asks], check=True, stdout=subprocess.PIPE, text=True)
    assert int(done.stdout) == 1


@pytest.mark.skipif(sys.platform != "linux" or os.cpu_count() == 1, reason="threads are counted in /proc")
def test_products_have_no_thread_of_their_own() -> None:
    asks = "from kmdigitize.frugal import be_frugal; be_frugal(); import numpy; print(*os.listdir('/proc/self/task'))"
    asks = f"import os; {asks}"
    own = {name: value for name, value in os.environ.items() if "NUM_THREADS" not in name}
    done = subprocess.run([sys.executable, "-c", asks], check=True, stdout=subprocess.PIPE, text=True, env=own)
    assert len(done.stdout.split()) == 1
