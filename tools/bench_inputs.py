# SPDX-License-Identifier: Apache-2.0
"""The trees that tools/bench backs up: the same bytes every time. Each function makes one below a
folder and returns the source."""

import random
import subprocess
import sys
from pathlib import Path


def make_calls(folder):
    """2 GiB of uncompressed calls in about 1,800 files."""
    sample = Path(__file__).with_name("sample")
    command = [sys.executable, str(sample), "--mono-pcm-only", "--size", "2G", "--out", str(folder)]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return folder / "recordings"


def make_files(folder):
    """100,000 files of 2 to 40 KB that nothing can compress, 500 in a folder."""
    chance = random.Random(1)

    def content(_):
        return chance.randbytes(chance.randrange(2000, 40_001))

    return make_tree(folder, 100_000, 500, content)


def make_tiny(folder):
    """1,000,000 files of a few bytes, 1,000 in a folder."""
    return make_tree(folder, 1_000_000, 1000, lambda number: b"tiny file %d\n" % number)


def make_few(folder):
    """1,000 files of a few bytes, in one folder."""
    return make_tree(folder, 1000, 1000, lambda number: b"tiny file %d\n" % number)


def make_tree(folder, count, in_one_folder, content):
    source = folder / "files"
    for number in range(count):
        below = source / f"{number // in_one_folder:04}"
        if number % in_one_folder == 0:
            below.mkdir(parents=True)
        with open(f"{below}/{number:07}.wav", "wb") as file:
            file.write(content(number))
    return source


INPUTS = {"calls": make_calls, "files": make_files, "few": make_few, "tiny": make_tiny}
