#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is lost, item by item: whose it is, and which business records it belongs to."""

import os
import sys
import unittest
from pathlib import Path

from box import BoxTest
from records_test import RecordsBox, call


class Lost(RecordsBox):
    def test_what_is_lost_is_told_with_its_business_and_its_row(self):
        bound, free = ("recordings/" + call(number)[1] for number in (0, 1))
        for number, path in enumerate((bound, free)):
            self.record(number)
            with open(self.folder / path, "r+b") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(44)
                file.write(os.urandom(size - 44))  # that no pack has it small
        self.tell([0])
        self.add()
        self.good("backup", "desk")
        other = self.folder / "other" / "recordings"
        (other / "01").mkdir(parents=True)
        (other / "01/a.wav").write_bytes(os.urandom(50_000))
        self.good("business", "add", "b2", "--source", other)
        self.good("backup", "b2")
        # Of the packs with content the trees know nothing.
        shards = {}
        for path in (each for disk in self.disks for each in disk.rglob("*.shard")):
            shards.setdefault(path.name[:64], []).append(path)
        for paths in shards.values():
            if paths[0].stat().st_size > 7_000:
                for path in paths:
                    path.unlink()
        for words in (("scrub",), ("heal",), ("tend",), ("tend", "--dry-run")):
            outcome = self.run_json("pool", *words)
            self.assertEqual(outcome.code, 5, outcome.text)
            document = outcome.document
            half = document["heal"] if words[0] == "tend" else document
            lost = {(each["business"], each["path"]): each for each in half["lost"]}
            calls = {("b2", "recordings/01/a.wav"), ("desk", bound), ("desk", free)}
            self.assertLessEqual(calls, set(lost))
            self.assertEqual([(each["source"], each["row"], each["key"])
                              for each in lost["desk", bound]["record"]],
                             [(source, 1, {"call_id": "c0"}) for source in ("calls", "cdr")])
            self.assertNotIn("record", lost["desk", free])
            told = self.text("pool", *words).complaint
            self.assertRegex(told, rf"LOST desk: {bound}: [^;]*; row call_id=c0\n")
            self.assertRegex(told, rf"LOST desk: {free}: .* made up for\n")
            self.assertIn("LOST b2: recordings/01/a.wav: ", told)
        outcome = self.run_json("verify", "desk")
        self.assertEqual(outcome.code, 5)
        lost = {each["path"]: each for each in outcome.document["lost"]}
        self.assertEqual(lost[bound]["record"][0]["key"], {"call_id": "c0"})
        self.assertNotIn("business", lost[bound])
        self.assertRegex(self.text("verify", "desk").complaint, rf"LOST {bound}: .*; row call_id=c0")
        # Without the index the list is what it was.
        for file in (self.folder / "home/catalog").glob("*.records.sqlite*"):
            file.unlink()
        outcome = self.run_json("pool", "scrub")
        self.assertEqual((outcome.code, outcome.document["lost_total"]), (5, half["lost_total"]))
        self.assertEqual([each for each in outcome.document["lost"] if "record" in each], [])


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
