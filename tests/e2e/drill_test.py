#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""drill on real files: what it reads, says and notes, its pages, its exit codes."""

import datetime
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

from box import BoxTest, crc32c
from records_test import COLUMNS, Page, call, wav

HEADER = 4096  # bytes of a shard before its data
DEFINITION = """
kind = "archive"
[[source]]
path = "{folder}/recordings"
[[source]]
name = "calls"
type = "csv"
path = "{folder}/rows"
[source.mapping]
schema = 1
zone = "Asia/Shanghai"
key = ["call_id"]
call_id = "call_id"
[source.mapping.start]
column = "start"
format = "%Y-%m-%d %H:%M:%S"
[source.mapping.duration]
column = "seconds"
unit = "s"
[source.mapping.numbers]
columns = ["agent", "phone"]
[source.mapping.recording]
folder = "recordings"
template = "{{start:%m/%d}}/{{agent}}_{{phone}}_{{start:%Y%m%d%H%M%S}}.wav"
"""
CALLS = 12
MANY = 1000


class Drill(BoxTest):
    def setUp(self):
        super().setUp()
        self.good("init")
        self.disks = self.make_disks(6)
        self.good("pool", "create", "--allow-same-device", "--disk", *self.disks)
        (self.folder / "rows").mkdir()
        (self.folder / "recordings").mkdir()
        self.definition = self.folder / "desk.toml"
        self.definition.write_text(DEFINITION.format(folder=self.folder))
        self.good("business", "add", "desk", "--file", self.definition)

    def back_up(self):
        for number in range(CALLS):
            row, path = call(number)
            file = self.folder / "recordings" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(wav(int(row[4]), number))
        rows = [",".join(row) for row in [COLUMNS, *(call(number)[0] for number in range(CALLS))]]
        (self.folder / "rows/day.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        self.good("backup", "desk")

    def drill(self, code, *words):
        outcome = self.run_json("drill", "desk", *words)
        self.assertEqual(outcome.code, code, (outcome.text, outcome.complaint))
        return outcome.document

    def damage(self, indices):
        """All data of these shards of each pack."""
        for disk in self.disks:
            for shard in disk.glob("packs/*/*.shard"):
                if int(shard.name[-8:-6], 16) in indices:
                    data = bytearray(shard.read_bytes())
                    data[HEADER:] = bytes(byte ^ 0xFF for byte in data[HEADER:])
                    shard.write_bytes(data)

    def on_disks(self):
        files = (path for disk in self.disks for path in disk.rglob("*") if path.is_file())
        return {path: path.read_bytes() for path in files}

    def history(self):
        (file,) = (self.folder / "home/proofs").glob("*.drills")
        return file

    def plant(self, *lines):
        """Drills of other days, as the program would have noted them."""
        for line in lines:
            check = crc32c(line.encode()).hex()
            with open(self.history(), "a") as file:
                file.write(f"{line} #{check}\n")

    def test_a_drill_restores_compares_and_is_noted(self):
        self.back_up()
        before = self.on_disks()
        found = self.drill(0, "--items", 1000)
        self.assertEqual(self.on_disks(), before)
        self.assertTrue(found["good"])
        self.assertTrue(found["noted"])
        self.assertEqual(found["items"], found["items_total"])
        self.assertEqual(found["items_good"], found["items_total"])
        self.assertEqual((found["recordings"], found["sound"], found["rows"]), (CALLS,) * 3)
        self.assertEqual((found["index"], found["rebuilt"]), ("compared", 0))
        self.assertEqual((found["differences"], found["lost"]), ([], []))
        self.assertTrue(found["without"]["came_back"])
        self.assertEqual(found["pool"]["disks_present"], 6)
        recordings = {each["path"]: each for each in found["drilled"]}
        for number in range(CALLS):
            row, path = call(number)
            each = recordings["recordings/" + path]
            self.assertEqual((each["outcome"], each["audio"], each["rows"]), ("good", "sound", 1))
            self.assertEqual(each["duration_ms"], int(row[4]) * 1000)
            self.assertEqual(each["bytes"], len(wav(int(row[4]), number)))

        self.assertEqual(self.drill(0, "--items", 3)["items"], 3)
        text = self.text("drill", "desk")
        self.assertEqual((text.code, text.complaint), (0, ""))
        self.assertIn("are as they were stored", text.text)
        self.assertIn("Read once more as if disk", text.text)
        self.assertEqual(len(self.history().read_text().splitlines()), 3)

    def drill_of(self, name, content):
        """Of a business that has this recording alone."""
        folder = self.folder / name
        folder.mkdir()
        (folder / name).write_bytes(content)
        self.good("business", "add", name, "--source", folder)
        self.good("backup", name)
        return self.run_json("drill", name)

    def test_one_recording_is_decoded(self):
        self.back_up()
        heard = self.drill(0)["heard"]
        self.assertTrue(heard["path"].startswith("recordings/"))
        self.assertEqual(heard["outcome"], "decoded")
        self.assertIn("Decoded to its end: recordings/", self.text("drill", "desk").text)
        # A header that promises sound, and has none behind it.
        facts = (8000 << 44 | 15 << 36 | 800_000).to_bytes(8, "big")
        flac = b"fLaC\x80\0\0\x22\x10\0\x10\0" + bytes(6) + facts + bytes(16)
        hollow = self.drill_of("hollow.flac", flac)
        self.assertEqual((hollow.code, hollow.document["differences"]), (0, []))
        self.assertEqual(hollow.document["heard"]["outcome"], "broken")
        told = self.text("drill", "hollow.flac")
        self.assertEqual(told.code, 0)
        self.assertIn("hollow.flac/hollow.flac: its header is sound, and no sound", told.complaint)
        self.assertIn("and all are as they were stored", told.text)
        other = self.drill_of("call.amr", b"#!AMR\n" + (b"\x04" + bytes(12)) * 50)
        self.assertEqual((other.code, other.document["heard"]["outcome"]), (0, "not_known"))
        alone = self.folder / "alone"
        alone.mkdir()
        self.program = shutil.copy(self.program, alone)
        self.assertEqual(self.drill(0)["heard"]["outcome"], "no_decoder")
        told = self.text("drill", "desk")
        self.assertEqual(told.code, 0)
        self.assertIn("holdfast-audio is not there", told.complaint)
        # However the decoder ends, what was proved is as it was stored.
        decoder = alone / "holdfast-audio"
        for program in ("#!/bin/sh\nexit 3\n", "#!/bin/sh\nexit 2\n", "#!/bin/sh\nkill -9 $$\n",
                        "#!/bin/sh\nkill -31 $$\n", "#!/bin/sh\necho nonsense\n", "no program"):
            decoder.write_text(program)
            decoder.chmod(0o755)
            found = self.drill(0)
            self.assertEqual(found["heard"]["outcome"], "no_decoder", program)
            self.assertEqual((found["differences"], found["noted"]), ([], True), program)

    def test_a_recording_that_is_cut_is_not_decoded_to_its_end(self):
        whole = self.folder / "whole.flac"
        subprocess.run(["sox", "-n", "-D", "-r", "8000", "-b", "16", whole,
                        "synth", "20", "pinknoise"], check=True)
        self.assertEqual(
            self.drill_of("all.flac", whole.read_bytes()).document["heard"]["outcome"], "decoded")
        flac = bytearray(whole.read_bytes())
        flac[22:26] = (8000 * 60).to_bytes(4, "big")  # how many frames there are
        cut = self.drill_of("cut.flac", flac)
        self.assertEqual((cut.code, cut.document["heard"]["outcome"]), (0, "in_part"))
        for words in ((), ("--html",)):
            self.assertIn("Decoded in part", self.text("drill", "cut.flac", *words).text)

    def test_damage_within_the_pool_s_parity_is_made_up_for_and_told(self):
        self.back_up()
        self.damage({0})
        found = self.drill(0, "--items", 1000)
        self.assertTrue(found["good"])
        self.assertGreater(found["rebuilt"], 0)
        text = self.text("drill", "desk", "--items", "1000")
        self.assertEqual(text.code, 0)
        self.assertIn("from parity", text.text)
        self.assertIn("pool scrub", text.complaint)

    def test_what_is_lost_is_listed(self):
        self.back_up()
        content = {path for disk in self.disks for path in disk.glob("packs/*/*.shard")}
        largest = max(content, key=lambda path: path.stat().st_size).name[:64]
        for path in content:
            if path.name.startswith(largest) and int(path.name[-8:-6], 16) < 3:
                path.write_bytes(path.read_bytes()[:HEADER] + bytes(path.stat().st_size - HEADER))
        found = self.drill(5, "--items", 1000)
        self.assertFalse(found["good"])
        self.assertGreater(found["lost_total"], 0)
        lost = {each["path"] for each in found["lost"]}
        self.assertEqual(lost & {each["path"] for each in found["drilled"]},
                         {each["path"] for each in found["drilled"] if each["outcome"] == "lost"})
        text = self.text("drill", "desk", "--items", "1000")
        self.assertEqual(text.code, 5)
        for path in lost:
            self.assertIn(path, text.complaint)
        reasons = [reason["code"] for reason in self.good("status")["reasons"]]
        self.assertIn("packs_damaged", reasons)

    def test_that_rows_cannot_be_found_is_a_difference(self):
        self.back_up()
        for file in (self.folder / "home/catalog").glob("*.records.sqlite*"):
            file.unlink()
        found = self.drill(4)
        self.assertEqual([each["code"] for each in found["differences"]], ["no_index"])
        text = self.text("drill", "desk")
        self.assertEqual(text.code, 4)
        self.assertIn("catalog rebuild", text.complaint)
        self.good("catalog", "rebuild", "desk")
        self.drill(0)

    def test_the_pages_stand_by_themselves(self):
        self.back_up()
        self.drill(0)
        this_month = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m")
        for locale, titles in (("C", ("Drill of desk", "Drills of desk")),
                               ("zh_CN.UTF-8", ("desk 恢复演练", "desk 恢复演练"))):
            self.environment["LC_ALL"] = locale
            for title, words in zip(titles, ((), ("--report", this_month))):
                outcome = self.text("drill", "desk", "--items", "1000", "--html", *words)
                self.assertEqual((outcome.code, outcome.complaint), (0, ""))
                self.assertTrue(outcome.text.startswith("<!DOCTYPE html>\n"))
                page = Page(outcome.text)
                self.assertIn(title, page.words)
                for elsewhere in ("http:", "https:", "url(", "@import", "<script"):
                    self.assertNotIn(elsewhere, outcome.text)
                if not words:
                    paths = {row[0] for row in page.rows}
                    self.assertLessEqual({"recordings/" + call(n)[1] for n in range(CALLS)}, paths)

    def test_a_month_names_the_days_without_a_drill(self):
        self.back_up()
        self.drill(0)
        first = "2025-11-02T03:00:00Z 1200 1 50 900 1000 30 0 1"
        bad = "2025-11-04T03:00:00Z 1300 2 48 900 2000 29 2 1"
        self.plant(f"{first} 0 0 good", f"{bad} 1 1 bad", "2025-12-31T23:59:59Z 1 3 1 1 1 0 0 0 0 0 good")
        month = self.good("drill", "desk", "--report", "2025-11")
        without = [f"2025-11-{day:02}" for day in range(1, 31) if day not in (1, 2, 4)]
        self.assertEqual(month["days_without"], without)  # none is counted before the first
        self.assertEqual(month["sum"], {
            "drills": 2, "items": 98, "bytes": 3000, "rows": 59, "rebuilt": 2, "without": 2,
            "differences": 1, "lost": 1, "good": False})
        days = {day["day"]: day["drills"] for day in month["days"]}
        self.assertEqual(days["2025-11-04"][0]["seconds"], 1.3)
        self.assertEqual(days["2025-11-03"], [])
        text = self.text("drill", "desk", "--report", "2025-11")
        self.assertEqual(text.code, 0)
        self.assertIn("Days without a drill: 27: 2025-11-03, 2025-11-05", text.text)
        page = Page(self.text("drill", "desk", "--report", "2025-11", "--html").text)
        self.assertIn(["2025-11-03", "no drill"], page.rows)
        self.assertEqual(self.good("drill", "desk", "--report", "2025-10")["days"], [])
        self.assertEqual(self.good("drill", "desk", "--report", "2999-01")["days"], [])
        # Rot in the history is no drill, and is told.
        self.history().write_text(self.history().read_text().replace("1200 1 50", "1200 1 51"))
        rotten = self.good("drill", "desk", "--report", "2025-11")
        self.assertEqual((rotten["unreadable"], rotten["sum"]["drills"]), (1, 1))

    def test_an_interrupted_drill_says_so_and_is_none(self):
        for number in range(MANY):
            (self.folder / f"recordings/{number}.txt").write_text(f"note {number}")
        self.back_up()
        process = self.start("drill", "desk", "--items", MANY, "--json")
        deadline = time.monotonic() + 120
        while not list((self.folder / "home/locks").glob("drill-*")):  # it is at work
            self.assertIsNone(process.poll(), "the drill ended before it could be interrupted")
            self.assertLess(time.monotonic(), deadline)
        process.send_signal(signal.SIGINT)
        output, complaint = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 130, (output, complaint))
        self.assertIn(b'"code":"interrupted"', output)
        self.assertEqual(list((self.folder / "home").glob("proofs/*.drill*")), [])

    def test_bad_input_gets_one_clear_line(self):
        self.refused(10, "no_snapshot", "drill", "desk")
        self.refused(10, "no_business", "drill", "nobody")
        for words in (["--items", "0"], ["--items", "1000000"], ["--items", "x"],
                      ["--report", "2026"], ["--report", "2026-13"]):
            self.refused(2, "invalid_argument", "drill", "desk", *words)
            text = self.text("drill", "desk", *words)
            self.assertEqual((text.code, text.text), (2, ""))
            self.assertEqual(len(text.complaint.splitlines()), 1, text.complaint)
        self.assertEqual(self.text("drill", "desk", "--html", "--json").code, 2)
        self.assertEqual(self.good("drill", "desk", "--report", "2026-11")["sum"]["drills"], 0)


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
