"""What is freed is there for what comes next, without a way through the system."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource
from zoom3d import allocator

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    b"x" * (100 << 20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
print(faults())
{keep}
    faults()
    print(faults())
"""
PAGES = (100 << 20) // 4096


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no such switches")
@pytest.mark.parametrize(
    "keep", ["with allocator.freed_kept():", "allocator.keep_freed()\nif True:"], ids=["a while", "for good"]
)
def test_a_block_is_cleared_by_the_system_only_once(keep: str) -> None:
    program = [sys.executable, "-c", PROGRAM.format(keep=keep)]
    answer = subprocess.run(program, check=True, capture_output=True, text=True, timeout=60).stdout
    before, inside = map(int, answer.split())
    assert before > PAGES / 2
    assert inside < PAGES / 100
