#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What [schedule] says holds whoever backs up, a person or holdfastd: when sources are read and how
fast, and how old the last backup may be."""

import datetime
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

from appliance_test import OFTEN, ApplianceTest, soon

SLOW = 100_000  # bytes a second
CALLS = """
name = "calls"

[[source]]
name = "cdr"
type = "sql"
[source.sql]
kind = "sqlite"
server = "{database}"
query = "select * from cdr where start >= :since and start < :until"
first = "{first}"
zone = "UTC"
slice_days = {slice_days}
timeout_seconds = 8
retry_seconds = 0
[source.mapping]
schema = 1
zone = "UTC"
key = ["call_id"]
[source.mapping.start]
column = "start"
format = "%Y-%m-%d %H:%M:%S"

[schedule]
rate = "15K"
"""


def clock(hours, zone=0):
    """The hour so many hours from now, on the clock of a zone that is ahead by `zone` hours."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return f"{(now + datetime.timedelta(hours=hours + zone)):%H}:00"


class Windows(ApplianceTest):
    def setUp(self):
        super().setUp()
        self.make_box()
        self.quiet_box()

    def closed(self, **more):
        return self.schedule("desk", window=f'"{clock(3)}-{clock(5)}"', **more)

    def test_outside_it_nothing_is_read_unless_a_person_says_so(self):
        self.closed()
        document = self.refused(15, "window_closed", "backup", "desk")
        self.assertRegex(document["error"]["what"], rf"before 20\S+ {clock(3)}:00 UTC$")
        self.assertIn("--ignore-window", document["error"]["hint"])
        self.assertEqual(self.snapshots(), [])
        self.good("backup", "desk", "--ignore-window")
        self.assertTrue(self.restored())

    def test_rates_inside_and_outside(self):
        self.closed(rate_outside=f'"{SLOW}"')
        outside = self.good("backup", "desk")
        self.assertGreater(outside["seconds"], outside["bytes_read"] / SLOW - 0.5)
        self.assertGreaterEqual(outside["bytes_read"], 300_000)
        self.assertFalse(outside["window_closed"])
        (self.source / "more.wav").write_bytes(bytes(300_000))
        self.schedule("desk", rate=f'"{SLOW}"')
        inside = self.good("backup", "desk")
        self.assertGreater(inside["seconds"], 2.5)
        (self.source / "most.wav").write_bytes(bytes(900_000))
        free = self.good("backup", "desk", "--ignore-window")
        self.assertLess(free["seconds"], 900_000 / SLOW)
        self.assertTrue(self.restored())

    def test_its_hours_are_those_of_the_site(self):
        self.schedule("desk", window=f'"{clock(-1, 8)}-{clock(2, 8)}"')
        self.refused(15, "window_closed", "backup", "desk")
        settings = self.home / "appliance.toml"
        settings.write_text('zone = "Asia/Shanghai"\n')
        self.good("backup", "desk")
        settings.write_text('zone = "Asia/Nowhere"\n')
        self.assertIn("appliance.toml", self.run_json("backup", "desk").document["error"]["where"])
        self.good("backup", "desk", "--ignore-window")

    def test_a_run_of_the_appliance_ends_with_the_window(self):
        # Until a minute is full, but never at once.
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=80)
        window = f'"{clock(-1)}-{end:%H:%M}"'
        (self.source / "long.wav").write_bytes(bytes(1_000_000))
        self.schedule("desk", backup=OFTEN, window=window, rate='"10K"')
        daemon = self.run_daemon()
        daemon.wait_for("backup desk: stopped")
        self.assertGreaterEqual(time.time(), end.replace(second=0, microsecond=0).timestamp())
        self.assertEqual([each["complete"] for each in self.snapshots()], [False])
        self.assertFalse(daemon.find("backup desk: failed"))
        self.good("backup", "desk", "--ignore-window")
        self.assertTrue(self.restored())


class Rows(ApplianceTest):
    def setUp(self):
        super().setUp()
        self.good("init")
        disks = self.make_disks(3)
        self.good("pool", "create", "--allow-same-device", "--disk", *disks)
        # Without a WAL: who reads keeps the writer out for as long as the query is open. That is half
        # as long as the rate would take, and longer than a busy machine needs.
        self.path = self.folder / "cdr.sqlite"
        self.database = sqlite3.connect(self.path, timeout=6, check_same_thread=False)
        self.addCleanup(self.database.close)
        self.database.execute("CREATE TABLE cdr (call_id TEXT, start TEXT, words TEXT)")
        self.now = datetime.datetime.now(datetime.timezone.utc)

    def tell(self, days_ago, count):
        start = self.now - datetime.timedelta(days=days_ago)
        with self.database:
            self.database.executemany("INSERT INTO cdr VALUES (?, ?, ?)", (
                (f"{days_ago}-{n}", f"{start:%Y-%m-%d %H:%M:%S}", "x" * 30) for n in range(count)))

    def test_a_rate_keeps_no_query_open(self):
        self.tell(35, 3000)  # 180 KB: 12 seconds
        self.tell(5, 10)
        definition = self.folder / "calls.toml"
        first = self.now - datetime.timedelta(days=40)
        definition.write_text(CALLS.format(database=self.path, slice_days=30,
                                           first=f"{first:%Y-%m-%d %H:%M:%S}"))
        self.good("business", "add", "calls", "--file", definition)
        done, kept_out, told = threading.Event(), [], []

        def write():
            while not done.wait(0.1):
                try:
                    self.tell(400, 1)
                    told.append(time.monotonic())
                except sqlite3.OperationalError as error:
                    kept_out.append(error)

        writer = threading.Thread(target=write)
        writer.start()
        self.addCleanup(writer.join)
        self.addCleanup(done.set)
        document = self.good("backup", "calls")
        done.set()
        writer.join()
        self.assertEqual(kept_out, [])
        self.assertTrue(told)
        self.assertGreater(document["seconds"], 11)  # until the second slice
        self.assertEqual(len(self.good("record", "find", "calls", "--limit", "9999")["rows"]), 3010)


class Targets(ApplianceTest):
    def test_what_did_not_run_is_told(self):
        self.make_box()
        path = self.schedule("desk", backup='"daily 01:30"')
        self.good("backup", "desk")
        business = self.good("status")["businesses"][0]
        self.assertEqual(business["rpo_target_seconds"], 26 * 3600)
        self.assertIsNone(self.level_of("rpo_missed"))
        path.write_text(path.read_text().replace('"26h"', '"1s"'))
        soon(lambda: self.level_of("rpo_missed") == "attention")
        self.assertRegex(self.text("status").text, "desk is older than its target of 1.0 s")
        path.write_text(path.read_text().replace('"1s"', '"2min"'))
        self.assertIsNone(self.level_of("rpo_missed"))


class TriggerFiles(ApplianceTest):
    def test_a_file_starts_backups_whether_it_comes_while_the_box_is_on_or_off(self):
        self.make_box()
        self.quiet_box()
        flag = self.folder / "done.flag"
        self.schedule("desk", trigger_file=f'"{flag}"')
        self.assertIn(f"backup desk: whenever {flag} appears or changes", self.check())
        daemon = self.run_daemon()
        daemon.wait_for("holdfastd: ready")
        self.put(flag, "one")
        before = flag.stat()
        begun = time.monotonic()
        daemon.wait_for("backup desk: done, exit code 0")
        self.assertLess(time.monotonic() - begun, 60)
        soon(lambda: self.served(flag, 3))
        daemon.end(signal.SIGKILL)
        self.assertEqual(flag.stat(), before)  # nobody has touched it
        self.put(flag, "another")
        daemon = self.run_daemon()
        daemon.wait_for("backup desk: done, exit code 0")
        soon(lambda: self.served(flag, 7))
        daemon.end(signal.SIGKILL)
        jobs = [line.split() for line in (self.home / "jobs").read_text().splitlines()]
        asked_by = [job[12] for job in jobs if job[0] == "job"]
        self.assertEqual(asked_by, ["file", "file"])

    def put(self, flag, text):
        made = flag.with_name("made")
        made.write_text(text)
        made.rename(flag)

    def served(self, flag, size):
        kept = (self.home / "jobs").read_text()
        return re.search(rf"^trigger desk {flag} {size} .* served #", kept, re.MULTILINE)

    def check(self):
        words = [self.daemon_program, "--home", str(self.home), "--check"]
        return subprocess.run(
            words, env=self.environment, check=True, capture_output=True, text=True
        ).stdout


class WrongDefinitions(ApplianceTest):
    def test_backups_go_on_by_the_definition_that_was_in_force(self):
        self.make_box()
        self.quiet_box()
        path = self.schedule("desk", backup=OFTEN)
        right = path.read_text()
        daemon = self.run_daemon()
        daemon.wait_for("backup desk: done, exit code 0")
        path.write_text(right.replace("path =", "paths ="))
        daemon.process.send_signal(signal.SIGHUP)
        wrong = daemon.wait_for(f"what was there before goes on: .*{path.name}")
        self.refused(1, "bad_business", "backup", "desk")
        (self.source / "new.wav").write_bytes(b"new")
        daemon.wait_for("backup desk: done, exit code 0", 2, wrong)
        self.assertTrue(self.restored())
        self.assertEqual(self.level_of("bad_business"), "attention")
        daemon.end(signal.SIGTERM)  # of two that back up at once, one finds it locked
        document = self.good("backup", "desk", "--definition-in-force")
        self.assertTrue(document["definition_wrong"])
        self.assertIn("WARNING", self.text("backup", "desk", "--definition-in-force").complaint)
        drill = self.good("drill", "desk")
        self.assertTrue(drill["good"] and drill["definition_wrong"])
        self.assertGreater(drill["items"], 0)
        self.assertRegex(self.text("drill", "desk").complaint, "WARNING: .*line .*in force before")
        for words in (["prune", "desk"], ["prune", "desk", "--dry-run"]):
            self.refused(1, "bad_business", *words)
        path.write_text(right)
        self.assertFalse(self.good("backup", "desk")["entry_written"])  # nothing has changed
        self.assertFalse(self.good("drill", "desk")["definition_wrong"])


if __name__ == "__main__":
    ApplianceTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
