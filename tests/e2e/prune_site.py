# SPDX-License-Identifier: Apache-2.0
"""The site that tests of prune begin with."""

import datetime
import os

from box import BoxTest
from rows_site import recordings_and_rows

MORE = """
[[source]]
name = "papers"
path = "{folder}/papers"
class = 1
[[retention]]
class = 0
lock_days = 30
keep_days = 100
[[retention]]
class = 1
lock_days = 0
keep_days = 0
date = "change"
[[retention]]
class = 2
lock_days = 30
[[retention]]
path = "recordings/court"
keep_days = 5000
[[retention]]
path = "recordings/never"
keep_days = 5000
[snapshots]
keep_last = 1
keep_tags = ["audit"]
zone = "Asia/Shanghai"
"""

# Days ago, and bytes: what goes is most of it.
CALLS = {
    "old.wav": (400, 3_000_000),
    "young.wav": (50, 1000),
    "new.wav": (10, 1000),
    "case.wav": (400, 1000),
    "held.wav": (400, 1000),
    "court/a.wav": (400, 1000),
    "stays.wav": (400, 1000),
}


class Site(BoxTest):
    """Calls with rows, some of them over, and papers without a lock."""

    def setUp(self):
        super().setUp()
        self.good("init")
        self.disks = self.make_disks(3)
        self.good("pool", "create", "--allow-same-device", "--disk", *self.disks)
        now = datetime.datetime.now(datetime.timezone.utc)
        lines = ["call_id,start,file,contract"]
        for number, (path, (days, size)) in enumerate(CALLS.items()):
            self.write("recordings/" + path, size)
            start = (now - datetime.timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S")
            contract = "K-7" if path == "case.wav" else "K-1"
            lines.append(f"c{number},{start},{path},{contract}")
        self.write("recordings/nobody.wav", 1000)
        self.write("rows/day.csv", text="\n".join(lines) + "\n")
        self.write("papers/paper.txt", 1000)
        self.write("papers/other.txt", 1000)
        calls = recordings_and_rows(self.folder, more="class = 2")
        definition = 'kind = "archive"' + calls + MORE.format(folder=self.folder)
        (self.folder / "desk.toml").write_text(definition)
        added = self.good("business", "add", "desk", "--file", "desk.toml")
        self.stored = self.folder / "home/businesses" / (added["id"] + ".toml")

    def write(self, path, size=0, text=None):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(size) if text is None else text.encode())

    def backup(self):
        return self.good("backup", "desk")["number"]

    def back_up_and_remove(self):
        numbers = [self.backup()]
        for path in [*CALLS, "nobody.wav"]:
            if path != "stays.wav":
                (self.folder / "recordings" / path).unlink()
        (self.folder / "papers/paper.txt").unlink()
        return [*numbers, self.backup()]

    def confirm(self):
        # Not before what was just written.
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
        now = soon.strftime("%Y-%m-%dT%H:%M:%SZ")
        self.good("time", "confirm", "--at", now, "--by", "Wang", "--by", "Li")

    def back_up_paths(self, *paths):
        places = [word for path in paths for word in ("--path", path)]
        return self.good("backup", "desk", *places)["number"]

    def prune(self, *words):
        document = self.good("prune", "desk", *words)
        self.assertFalse(document["dry_run"])
        return document
