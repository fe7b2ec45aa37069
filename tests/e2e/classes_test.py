#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What each day has, and what stands behind each number of a reconciliation: classes_test.py PROGRAM"""

import csv
import sys
import unittest
from pathlib import Path

from box import BoxTest
from records_test import RecordsBox, call


class Classes(RecordsBox):
    def test_each_day_is_counted(self):
        for number in range(4):
            self.record(number)
        (self.folder / "recordings/odd.mp3").write_bytes(b"nothing to be heard")
        self.tell([0, 1, 9])
        self.add()
        self.run_json("backup", "desk")
        document = self.good("record", "statistics", "desk")
        self.assertEqual([each["source"] for each in document["sources"]], ["calls", "cdr"])
        for each in document["sources"]:
            days = {day["day"]: day for day in each["days"]}
            self.assertEqual(len(days), len(each["days"]))
            first = days["2026-01-01"]
            self.assertEqual((first["calls"], first["rows"], first["recordings"]), (1, 1, 1))
            self.assertEqual(first["speech_ms"], 1000)
            self.assertEqual(first["row_classes"], {"matched": 1})
            missing = days["2026-01-10"]
            self.assertEqual((missing["calls"], missing["recordings"]), (1, 0))
            self.assertEqual(missing["row_classes"], {"missing_recording": 1})
            orphan = days["2026-01-03"]
            self.assertEqual((orphan["calls"], orphan["recordings"]), (0, 1))
            self.assertEqual(orphan["recording_classes"], {"orphan_recording": 1})
            undated = days[None]
            self.assertEqual(undated["recording_classes"], {"unreadable_audio": 1})
            self.assertEqual(undated["file_types"], [{"type": "mp3", "files": 1, "bytes": 19}])
            total = each["sum"]
            self.assertEqual((total["rows"], total["recordings"]), (3, 5))
            self.assertEqual(first["calls_by_hour"], {"09": 1})
            self.assertEqual(orphan["calls_by_hour"], {})
            self.assertEqual(total["calls_by_hour"], {"09": 3})
            for key in ("calls", "rows", "recordings", "bytes", "speech_ms", "unmeasured"):
                self.assertEqual(total[key], sum(day[key] for day in each["days"]), key)
            stored = sum(f.stat().st_size for f in (self.folder / "recordings").rglob("*.*"))
            self.assertEqual(total["bytes"], stored)
        (business,) = self.good("status")["businesses"]
        for record, each in zip(business["records"], document["sources"], strict=True):
            for key in ("source", "calls", "rows", "recordings", "bytes", "speech_ms"):
                self.assertEqual(record[key], (each | each["sum"])[key], key)
        self.assertEqual([each["verdict"] for each in business["records"]], ["good", "failure"])
        self.assertIn("desk, cdr: 3 calls, 5 recordings", self.text("status").text)

        some = self.good("record", "statistics", "desk", "--from", "2026-01-02", "--to", "2026-01-03")
        for each in some["sources"]:
            self.assertEqual([day["day"] for day in each["days"]], ["2026-01-02", "2026-01-03"])
            self.assertEqual(each["sum"]["recordings"], 2)
        rows = list(csv.DictReader(self.text("record", "statistics", "desk", "--csv").text.split("\r\n")))
        self.assertEqual(len(rows), sum(len(each["days"]) for each in document["sources"]))
        (row,) = [r for r in rows if (r["source"], r["day"]) == ("cdr", "2026-01-10")]
        self.assertEqual((row["rows_missing_recording"], row["rows_matched"]), ("1", "0"))
        hours = [row[f"calls_{hour:02}"] for hour in range(24)]
        self.assertEqual(hours, ["1" if hour == 9 else "0" for hour in range(24)])
        self.assertEqual(row["file_types"], "")
        said = self.text("record", "statistics", "desk").text
        self.assertIn("2026-01-10", said)
        self.assertRegex(said, r"by the hour of the day:\nHOUR  CALLS\n09        3\n")
        self.refused(2, "invalid_argument", "record", "statistics", "desk", "--from", "2026-02-30")
        self.refused(2, "invalid_argument", "record", "statistics", "desk", "--csv")

    def members(self, source, day, name):
        """Of the days' classes: the rows and the recordings that are behind the number."""
        where = ("--source", source, "--day", day)
        rows = self.good("record", "find", "desk", f"class={name}", *where)["rows"]
        return rows, self.good("record", "recordings", "desk", name, *where)

    def test_what_stands_behind_each_number(self):
        for number in range(4):
            self.record(number)
        (self.folder / "recordings/odd.mp3").write_bytes(b"nothing to be heard")
        self.tell([0, 1, 9])
        self.add()
        self.run_json("backup", "desk")
        counted = 0
        for each in self.good("record", "statistics", "desk")["sources"]:
            for day in each["days"]:
                for name in day["row_classes"] | day["recording_classes"]:
                    rows, found = self.members(each["source"], day["day"] or "none", name)
                    told = (day["row_classes"].get(name, 0), day["recording_classes"].get(name, 0))
                    said = (each["source"], day["day"], name)
                    self.assertEqual((len(rows), found["count"]), told, said)
                    self.assertEqual(len(found["recordings"]), found["count"], said)
                    self.assertEqual({row["source"] for row in rows} - {each["source"]}, set())
                    self.assertEqual({row["class"] for row in rows} - {name}, set())
                    counted += len(rows) + found["count"]
        self.assertEqual(counted, 16)
        (matched,) = self.members("cdr", "2026-01-01", "matched")[1]["recordings"]
        row = matched["row"]
        (found,) = self.find(f"call_id={row['call_id']}", "--source", "cdr")
        self.assertEqual((found["item"], found["row"]), (row["item"], row["row"]))
        self.assertEqual(found["recordings"][0]["path"], matched["path"])
        (orphan,) = self.members("cdr", "2026-01-03", "orphan_recording")[1]["recordings"]
        self.assertIsNone(orphan["row"])
        self.assertEqual(orphan["path"], "recordings/" + call(2)[1])

    def test_members_come_a_page_at_a_time(self):
        for number in range(5):
            self.record(number)
        self.tell([7, 8, 9])
        self.add()
        self.run_json("backup", "desk")
        all_of_it = ("record", "recordings", "desk", "orphan_recording", "--source", "cdr")
        whole = self.good(*all_of_it)
        self.assertEqual((whole["count"], len(whole["recordings"])), (5, 5))
        pages = [self.good(*all_of_it, "--skip", str(skip), "--limit", "2") for skip in (0, 2, 4, 6)]
        self.assertEqual([page["count"] for page in pages], [5] * 4)
        self.assertEqual([len(page["recordings"]) for page in pages], [2, 2, 1, 0])
        self.assertEqual([r for page in pages for r in page["recordings"]], whole["recordings"])
        rows = ("record", "find", "desk", "class=missing_recording")
        pages = [self.good(*rows, "--skip", str(skip), "--limit", "4") for skip in (0, 4, 8)]
        self.assertEqual([page["more"] for page in pages], [True, False, False])
        told = [(r["source"], r["item"], r["row"]) for page in pages for r in page["rows"]]
        self.assertEqual((len(told), len(set(told))), (6, 6))
        said = self.text("record", "recordings", "desk", "orphan_recording", "--source", "cdr")
        self.assertIn("5 of 5 recordings.", said.complaint)
        for wrong in (("orphan", "--source", "cdr"),
                      ("orphan_recording", "--source", "recordings", "--day", "2026-01-01"),
                      ("orphan_recording", "--source", "cdr", "--day", ".."),
                      ("orphan_recording", "--source", "cdr", "--day", "2026-01-08..2026-02-30"),
                      ("orphan_recording", "--source", "cdr", "--day", "2026-02-30")):
            self.refused(2, "invalid_argument", "record", "recordings", "desk", *wrong)
        self.refused(2, "invalid_argument", *rows, "--source", "cdr", "--day", "2026-01-08",
                     "--from", "2026-01-08")

    def ids(self, *where):
        return {row["columns"]["call_id"] for row in self.find(*where)}

    def test_days_are_those_of_the_sources_clock_and_the_last_one_is_in(self):
        self.record(3)
        self.tell([0, 1, 2])
        with self.database:
            night = ("night", "2000", "13900000000", "2026-01-02 00:30:00", "1", "K-9", "")
            self.database.execute("INSERT INTO cdr VALUES (?, ?, ?, ?, ?, ?, ?)", night)
        self.add()
        self.run_json("backup", "desk")
        for day in ("2026-01-02", "2026-01-02..2026-01-02"):
            self.assertEqual(self.ids("--source", "cdr", "--day", day), {"c1", "night"})
        self.assertEqual(self.ids("--source", "cdr", "--day", "..2026-01-02"), {"c0", "c1", "night"})
        self.assertEqual(self.ids("--source", "cdr", "--day", "2026-01-02.."), {"c1", "night", "c2"})
        both = self.find("--day", "2026-01-01..2026-01-01")  # their clocks are one
        self.assertEqual({row["source"] for row in both}, {"calls", "cdr"})
        two = ("class=missing_recording", "--source", "calls", "--day", "2026-01-01..2026-01-02")
        self.assertEqual(self.ids(*two), {"c0", "c1"})

    def test_clocks_that_differ_have_no_day_in_common(self):
        text = self.definition.read_text()
        mapping = text.index("[source.mapping]")
        text = text[:mapping] + text[mapping:].replace("Asia/Shanghai", "UTC", 1)
        self.definition.write_text(text)
        self.record(0)
        self.tell([0])
        self.add()
        self.run_json("backup", "desk")
        for verb in (("find", "desk"), ("recordings", "desk", "matched")):
            self.refused(2, "invalid_argument", "record", *verb, "--day", "2026-01-01")
            self.good("record", *verb, "--day", "2026-01-01", "--source", "cdr")


if __name__ == "__main__":
    BoxTest.program = Path(sys.argv.pop(1)).resolve()
    unittest.main()
