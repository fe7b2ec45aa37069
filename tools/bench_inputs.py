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


def make_few_rows(folder):
    """A tenth of the calls with rows."""
    return make_rows(folder, 100_000)


def make_rows(folder, count=1_000_000):
    """As many calls of a few bytes, 1,000 in a folder, rows that tell of each, 10,000 in a CSV file,
    of every hundredth that it is of contract K-7, and a definition by which all are over."""
    source = make_tree(folder, count, 1000, lambda number: b"call %d\n" % number)
    rows = folder / "rows"
    rows.mkdir()
    for first in range(0, count, 10_000):
        with open(rows / f"{first // 10_000:04}.csv", "w", encoding="ascii") as file:
            file.write("call_id,start,file,contract\n")
            for number in range(first, min(first + 10_000, count)):
                contract = "K-7" if number % 100 == 0 else f"K-{100 + number % 5000}"
                start = f"2021-{1 + number % 12:02}-{1 + number % 28:02} 09:{number % 60:02}:00"
                path = f"{number // 1000:04}/{number:07}.wav"
                file.write(f"c{number},{start},{path},{contract}\n")
    (folder / "business.toml").write_text(ROWS_DEFINITION.format(folder=folder))
    return source


ROWS_DEFINITION = """
kind = "archive"
[[source]]
path = "{folder}/files"
[[source]]
name = "rows"
type = "csv"
path = "{folder}/rows"
class = 2
[source.mapping]
schema = 1
zone = "UTC"
key = ["call_id"]
call_id = "call_id"
[source.mapping.start]
column = "start"
format = "%Y-%m-%d %H:%M:%S"
[source.mapping.recording]
folder = "files"
column = "file"
[[retention]]
class = 0
lock_days = 30
keep_days = 100
[[retention]]
class = 2
lock_days = 30
"""

INPUTS = {
    "calls": make_calls,
    "files": make_files,
    "few": make_few,
    "tiny": make_tiny,
    "rows": make_rows,
    "rows-few": make_few_rows,
}
