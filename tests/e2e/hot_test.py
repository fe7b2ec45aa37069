#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A hot business and a real daemon: what is closed at the source is in a snapshot within a minute."""

import os
import shutil
import sys
import time
import unittest

from appliance_box import ApplianceTest, wait_for

VISIBLE_S = 60


class HotTest(ApplianceTest):
    def make_hot_box(self):
        self.good("init")
        disks = self.make_disks(3)
        self.good("pool", "create", "--allow-same-device", "--disk", *disks)
        self.source = self.folder / "calls"
        (self.source / "30").mkdir(parents=True)
        (self.source / "30/old.wav").write_text(os.urandom(1000).hex())
        definition = self.folder / "desk.toml"
        definition.write_text(
            'name = "desk"\nkind = "mirror"\n'
            f'[[source]]\nname = "calls"\npath = "{self.source}"\n'
            'exclude = ["*.part", "private"]\n'
            '[schedule]\nmode = "hot"\nbackup = "daily 01:30"\nrpo = "26h"\ndrill = "never"\n'
            'hot_rpo = "20min"\n'
        )
        self.good("business", "add", "desk", "--file", definition)

    def has(self, path):
        """The path is in the newest snapshot."""
        return self.run_json("cat", "desk", path).code == 0

    def wait_until_visible(self, path, within=VISIBLE_S):
        closed = time.monotonic()
        wait_for(path, lambda: self.has(path))
        self.assertLess(time.monotonic() - closed, within, path)

    def sources(self):
        return self.good("status")["businesses"][0]["sources"]

    def wait_until_proved(self):
        """All that was there is in a snapshot, and the daemon says so."""

        def is_proved():
            found = self.sources()
            return found and found[0]["watch"] == "events" and found[0]["rpo_seconds"] < 90

        wait_for("a proof", is_proved)

    def reasons(self):
        return [each["code"] for each in self.good("status")["reasons"]]

    def numbers(self):
        return [row["number"] for row in self.good("snapshot", "list", "desk")["snapshots"]]

    def test_what_is_closed_moved_in_or_removed_is_in_a_snapshot_within_a_minute(self):
        self.make_hot_box()
        daemon = self.start_daemon()
        self.wait_until_visible("calls/30/old.wav")
        self.wait_until_proved()

        (self.source / "31").mkdir()
        (self.source / "31/a.wav").write_text(os.urandom(5000).hex())
        self.wait_until_visible("calls/31/a.wav")
        self.assertEqual(self.text("cat", "desk", "calls/31/a.wav").code, 0)

        with open(self.source / "31/open.wav", "wb") as recording:
            recording.write(b"first half")
            recording.flush()
            (self.source / "31/b.wav").write_bytes(b"b")
            self.wait_until_visible("calls/31/b.wav")
            self.assertFalse(self.has("calls/31/open.wav"))
            recording.write(b", second half")
        self.wait_until_visible("calls/31/open.wav")
        self.assertEqual(
            self.text("cat", "desk", "calls/31/open.wav").text, "first half, second half"
        )

        day = self.folder / "day"
        (day / "deep").mkdir(parents=True)
        for name in range(20):
            (day / f"deep/{name}.wav").write_text(os.urandom(100).hex())
        day.rename(self.source / "32")
        for name in range(20):
            self.wait_until_visible(f"calls/32/deep/{name}.wav")

        (self.source / "31/b.wav").unlink()
        (self.source / "30").rename(self.source / "33")
        self.wait_until_visible("calls/33/old.wav")
        gone = lambda path: self.run_json("cat", "desk", path).code != 0
        wait_for("removed", lambda: gone("calls/31/b.wav") and gone("calls/30/old.wav"))
        self.assertEqual(daemon.stop(), 0)
        self.good("verify", "desk")

    def test_names_that_nobody_wants_make_no_snapshot(self):
        self.make_hot_box()
        self.start_daemon()
        self.wait_until_visible("calls/30/old.wav")
        self.wait_until_proved()
        (self.source / "private").mkdir()
        (self.source / "private/a.wav").write_bytes(b"a")
        (self.source / "b.part").write_bytes(b"b")
        before = self.numbers()
        (self.source / "b.part").rename(self.source / "b.wav")
        self.wait_until_visible("calls/b.wav")
        self.assertEqual(len(self.numbers()), len(before) + 1)
        for path in ("calls/private/a.wav", "calls/b.part"):
            self.assertFalse(self.has(path))

    def test_what_came_while_nobody_watched_is_found(self):
        self.make_hot_box()
        daemon = self.start_daemon()
        self.wait_until_visible("calls/30/old.wav")
        self.wait_until_proved()
        daemon.process.kill()
        daemon.process.wait()
        (self.source / "31").mkdir()
        (self.source / "31/meanwhile.wav").write_bytes(b"m")
        (self.source / "30/late.wav").write_bytes(b"l")
        # While it is away, the proof grows old.
        wait_for("an older proof", lambda: self.sources()[0]["rpo_seconds"] >= 2)
        self.start_daemon()
        self.wait_until_visible("calls/31/meanwhile.wav")
        self.wait_until_visible("calls/30/late.wav")
        self.wait_until_proved()

    def test_a_source_that_goes_and_comes_back_is_looked_at(self):
        self.make_hot_box()
        self.start_daemon()
        self.wait_until_visible("calls/30/old.wav")
        self.wait_until_proved()
        away = self.folder / "away"
        self.source.rename(away)
        wait_for("away", lambda: self.sources()[0]["watch"] == "away")
        status = self.good("status")
        told = [each["where"] for each in status["reasons"] if each["code"] == "source_away"]
        self.assertEqual((status["verdict"], told), ("attention", ["desk/calls"]))
        (away / "30/meanwhile.wav").write_bytes(b"m")
        away.rename(self.source)
        self.wait_until_visible("calls/30/meanwhile.wav")
        self.assertTrue(self.has("calls/30/old.wav"))
        wait_for("nothing is away", lambda: "source_away" not in self.reasons())
        self.assertEqual(self.sources()[0]["hot_target_seconds"], 1200)

    def test_a_look_at_the_newest_folders_looks_nowhere_else(self):
        self.make_hot_box()
        days = ["2020/12/30", "2020/12/31", "2021/1/9", "2021/1/10", "2021/1/11", "queue/7"]
        for day in days:
            (self.source / day).mkdir(parents=True)
            (self.source / day / "old.wav").write_bytes(b"o")
        for day in days[:3]:
            os.utime(self.source / day, (1, 1))
        self.good("backup", "desk")
        (self.source / "30/old.wav").unlink()
        (self.source / "30").rmdir()
        for day in days:
            status = os.stat(self.source / day)
            (self.source / day / "new.wav").write_bytes(b"n")
            os.utime(self.source / day, ns=(status.st_atime_ns, status.st_mtime_ns))
        report = self.good("backup", "desk", "--newest", "calls")
        self.assertTrue(report["entry_written"])
        seen = [day for day in days if self.has(f"calls/{day}/new.wav")]
        self.assertEqual(seen, ["2020/12/30", "2020/12/31", "2021/1/10", "2021/1/11", "queue/7"])
        self.assertTrue(self.has("calls/2021/1/9/old.wav"))
        self.assertFalse(self.good("backup", "desk", "--newest", "calls")["entry_written"])
        self.refused(2, "invalid_argument", "backup", "desk", "--newest", "nothing")
        self.refused(2, "invalid_argument", "backup", "desk", "--newest", "calls/queue")

    def test_a_burst_is_stored_whole(self):
        self.make_hot_box()
        self.start_daemon()
        self.wait_until_visible("calls/30/old.wav")
        self.wait_until_proved()
        content = os.urandom(64).hex().encode()
        for number in range(2000):
            folder = self.source / f"burst/{number % 40}"
            if number < 40:
                folder.mkdir(parents=True)
            (folder / f"{number}.wav").write_bytes(content + str(number).encode())
        for number in range(1960, 2000):
            self.wait_until_visible(f"calls/burst/{number % 40}/{number}.wav")
        target = self.folder / "target"
        self.good("restore", "desk", "--target", target, "--path", "calls/burst")
        stored = sum(len(files) for _, _, files in os.walk(target))
        self.assertEqual(stored, 2000)
        shutil.rmtree(target)


if __name__ == "__main__":
    HotTest.program = sys.argv.pop(1)
    unittest.main(verbosity=2)
