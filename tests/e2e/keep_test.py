#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an archive keeps although its source forgot it."""

import shutil
import sys
import unittest
from pathlib import Path

from box import BoxTest


class Keeps(BoxTest):
    def setUp(self):
        super().setUp()
        self.business = self.make_box()

    def test_a_folder_that_became_a_file(self):
        source = self.source
        day = source / "day"
        day.mkdir()
        (day / "call.wav").write_bytes(b"in the folder")
        self.good("backup", "desk")
        shutil.rmtree(day)
        day.write_bytes(b"a file")
        self.assertEqual(self.good("backup", "desk")["items_gone"], 1)
        self.good("restore", "desk", "--target", "plain")
        self.assertEqual((self.folder / "plain/recordings/day").read_bytes(), b"a file")
        moved = [{"folder": "recordings/day", "place": "recordings/day.folder"}]
        for words in (("--dry-run",), ()):
            done = self.good("restore", "desk", "--gone", "--target", "all", *words)
            self.assertEqual((done["moved"], done["moved_total"]), (moved, 1))
            self.assertEqual((done["failed"], done["committed"]), ([], not words))
        restored = self.folder / "all/recordings"
        self.assertEqual((restored / "day").read_bytes(), b"a file")
        self.assertEqual((restored / "day.folder/call.wav").read_bytes(), b"in the folder")
        said = self.text("restore", "desk", "--gone", "--target", "again", "--quiet")
        self.assertEqual(said.code, 0)
        self.assertIn("recordings/day is no folder", said.complaint)
        self.assertIn("recordings/day.folder", said.complaint)
        # What lies in the other place is nobody's to overwrite either.
        (self.folder / "third/recordings/day.folder").mkdir(parents=True)
        (self.folder / "third/recordings/day.folder/call.wav").write_bytes(b"mine")
        self.refused(1, "target_not_empty", "restore", "desk", "--gone", "--target", "third")


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
