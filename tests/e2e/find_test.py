#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `record find` says of rows that are rejected, and of bytes that no screen should see."""

import sys
import unittest
from pathlib import Path

from box import BoxTest

DEFINITION = """
[[source]]
path = "{folder}/recordings"
[[source]]
name = "rows"
type = "csv"
path = "{folder}/rows"
[source.mapping]
schema = 1
zone = "Asia/Shanghai"
key = ["id"]
[source.mapping.start]
column = "start"
format = "%Y-%m-%d %H:%M:%S"
"""


class Find(BoxTest):
    def setUp(self):
        super().setUp()
        self.good("init")
        disks = self.make_disks(1)
        self.good("pool", "create", "--disk", *disks)
        for name in ("recordings", "rows"):
            (self.folder / name).mkdir()
        (self.folder / "recordings/1.wav").write_bytes(b"sound")
        definition = self.folder / "desk.toml"
        definition.write_text(DEFINITION.format(folder=self.folder))
        self.good("business", "add", "desk", "--file", definition)

    def rows(self, text):
        (self.folder / "rows/a\\b.csv").write_text(text)
        self.good("backup", "desk")
        return self.good("record", "find", "desk")["rows"]

    def test_a_rejected_row_says_why(self):
        rows = self.rows("id,start\n1,31st\n2,2026-01-31 09:00:00\n")
        rejected, sound = sorted(rows, key=lambda row: row["row"])
        self.assertEqual(rejected["reason"], "bad_time")
        self.assertNotIn("reason", sound)
        said = self.text("record", "find", "desk", "id=1").text
        self.assertIn("row 1: not judged (not a time as the mapping has it)", said)

    def test_what_no_screen_shows_is_written_once_as_paths_are(self):
        self.rows('id,start,"we\nird"\n1,,a\\b\x1b[31m\n')
        said = self.text("record", "find", "desk").text
        self.assertIn("rows/a\\\\b.csv, row 1", said)
        self.assertIn("we\\x0aird: a\\\\b\\x1b[31m", said)


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
