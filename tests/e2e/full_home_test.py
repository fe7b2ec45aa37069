#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The system disk is full: jobs end in an error that is told, pages answer, nothing is lost, and
everything goes on when there is room. Needs root."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

from appliance_box import ApplianceTest, wait_for
from loop_disks import have_mounts_of_our_own

HOME_SIZE = 24 << 20


class FullHome(ApplianceTest):
    def setUp(self):
        super().setUp()
        self.home = self.folder / "home"
        self.home.mkdir()
        words = ("mount", "-t", "tmpfs", "-o", f"size={HOME_SIZE}", "tmpfs", self.home)
        subprocess.run([*map(str, words)], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.home)], check=True)
        self.make_box()

    def schedule(self):
        path = next((self.home / "businesses").iterdir())
        times = 'backup = "*:*:0/2"\nrpo = "26h"\ndrill = "never"\n'
        path.write_text(path.read_text() + f"\n[schedule]\n{times}")

    def fill(self):
        """Not a byte is left."""
        filler = self.home / "filler"
        with open(filler, "wb", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                try:
                    while True:
                        file.write(os.urandom(size))
                except OSError:
                    pass
        return filler

    def jobs(self, browser, state):
        jobs = browser.api("GET", "/jobs").document["jobs"]
        return [job for job in jobs if job["state"] == state]

    def reasons(self, browser):
        box = browser.api("GET", "/status").document["box"]
        return {each["code"]: each["level"] for each in box["reasons"]}

    def test_jobs_stop_pages_answer_and_it_goes_on(self):
        self.schedule()
        daemon = self.start_daemon()
        browser = self.first_administrator(daemon)
        wait_for("a first backup", lambda: self.jobs(browser, "done"))
        filler = self.fill()
        (self.source / "new.wav").write_bytes(os.urandom(3_000_000))
        wait_for("a job that fails", lambda: self.jobs(browser, "failed"))
        wait_for("an alarm", lambda: "home_full" in self.reasons(browser))
        complaints = browser.api("GET", "/status").document["complaints"]
        self.assertIn("no space left", " ".join(complaints))
        self.assertEqual(browser.ask("GET", "/").status, 200)
        self.assertIsNone(daemon.process.poll())
        # By hand it is told in one line.
        self.refused(1, "no_space", "backup", "desk")
        self.assertEqual(self.level_of("home_full"), "danger")
        done = len(self.jobs(browser, "done"))
        filler.unlink()
        wait_for("a backup", lambda: len(self.jobs(browser, "done")) > done)
        wait_for("good news", lambda: not browser.api("GET", "/status").document["complaints"])
        wait_for("no alarm", lambda: "home_full" not in self.reasons(browser))
        self.assertTrue(self.restored())
        self.scrub(0)


if __name__ == "__main__":
    have_mounts_of_our_own()
    ApplianceTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
