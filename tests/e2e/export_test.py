#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What leaves on a medium: asked for by a page, written where the administrator allows it, and
nowhere else; the log knows of all of it. Needs root: export_test.py PROGRAM"""

import fcntl
import json
import os
import re
import resource
import signal
import stat
import struct
import subprocess
import sys
import unittest
from pathlib import Path

from appliance_box import PASSWORD, ApplianceTest, Browser, wait_for
from loop_disks import have_mounts_of_our_own
from rows_site import recordings_and_rows

MEDIUM_SIZE = 8 << 20
SHUT_DOWN = 0x8004587D  # of ext4 and xfs: as if it were pulled
WITHOUT_ANY_FLUSH = 2
LARGE = 20_000_000  # bytes: more than the medium has
REASON = "order 12 of the court"
CALL = "recordings/01/call.wav"
HEADER = "call_id,start,phone,file"
ROW = "1,2026-01-31 11:41:29,13203837752,01/call.wav"


class ExportTest(ApplianceTest):
    def setUp(self):
        super().setUp()
        self.medium = self.folder / "medium"
        self.medium.mkdir()
        self.plug_in()
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.medium)], check=False,
                        stderr=subprocess.DEVNULL)
        self.make_box()

    def plug_in(self):
        """An empty medium, another one each time."""
        self.media = getattr(self, "media", 0) + 1
        self.image = self.folder / f"medium{self.media}.image"
        with open(self.image, "wb") as image:
            image.truncate(MEDIUM_SIZE)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(self.image)], check=True)
        self.put_in()
        (self.medium / "lost+found").rmdir()

    def put_in(self):
        subprocess.run(["mount", "-o", "loop", str(self.image), str(self.medium)], check=True)

    def pull_out(self):
        subprocess.run(["umount", str(self.medium)], check=True)

    def make_box(self):
        self.good("init")
        self.disks = self.make_disks(3)
        self.good("pool", "create", "--allow-same-device", "--disk", *self.disks)
        (self.folder / "recordings/01").mkdir(parents=True)
        (self.folder / "rows").mkdir()
        self.bytes = os.urandom(300_000)
        (self.folder / CALL).write_bytes(self.bytes)
        os.chmod(self.folder / CALL, 0o600)
        os.chown(self.folder / CALL, 1234, 1234)
        (self.folder / "recordings/large.bin").write_bytes(os.urandom(LARGE))
        (self.folder / "rows/day.csv").write_text(f"{HEADER}\n{ROW}\n")
        file = self.folder / "desk.toml"
        file.write_text(recordings_and_rows(self.folder, zone="Asia/Shanghai"))
        self.good("business", "add", "desk", "--file", file)
        self.number = self.good("backup", "desk")["number"]

    def start_with(self, *folders):
        """The appliance, with these for exports."""
        return self.start_daemon(top=f"export_folders = {json.dumps([*map(str, folders)])}\n")

    def people(self, daemon):
        root = self.first_administrator(daemon)
        for role in ("operator", "auditor"):
            body = {"account": role, "role": role, "password": PASSWORD}
            self.assertEqual(root.api("POST", "/accounts", body=body).status, 204)
        return root, Browser(self.port).log_in("operator"), Browser(self.port).log_in("auditor")

    def wish(self, **more):
        return {"business": "desk", "snapshot": self.number, "path": [CALL],
                "folder": str(self.medium), "reason": REASON, "with_rows": True, **more}

    def exports(self, browser):
        document = browser.api("GET", "/exports").document
        self.assertTrue(document["good"] and document["all"])
        return document["exports"]

    def ended(self, browser, job):
        def found():
            jobs = browser.api("GET", "/jobs").document["jobs"]
            return next((j for j in jobs if j["id"] == job and j["ended"]), None)

        return wait_for("the end of a job", found)

    def taken_out(self, browser, **more):
        answer = browser.api("POST", "/exports", body=self.wish(**more))
        self.assertEqual(answer.status, 202, answer.body)
        return self.ended(browser, answer.document["job"])

    def test_an_auditor_takes_out_a_call_with_its_row(self):
        root, operator, auditor = self.people(self.start_with(self.medium))
        job = self.taken_out(auditor)
        self.assertEqual((job["kind"], job["state"], job["exit_code"], job["asked_by"]),
                         ("restore", "done", 0, "auditor"))
        (folder,) = self.medium.iterdir()
        self.assertRegex(folder.name, rf"^desk-{self.number}-\d{{8}}T\d{{6}}Z-[0-9a-f]{{8}}$")
        self.assertEqual((folder / CALL).read_bytes(), self.bytes)
        rows = (folder / (CALL + ".rows.csv")).read_text().split()
        self.assertEqual(" ".join(rows), f"{HEADER} {ROW}")
        self.assertEqual(len([p for p in folder.rglob("*") if p.is_file()]), 2)
        # Whoever gets the medium is none of the site's users.
        for path in (folder, *folder.rglob("*")):
            status = path.stat()
            mode = 0o755 if path.is_dir() else 0o644
            self.assertEqual((stat.S_IMODE(status.st_mode), status.st_uid), (mode, os.geteuid()))
        self.assertEqual((folder / CALL).stat().st_mtime_ns,
                         (self.folder / CALL).stat().st_mtime_ns)
        (export,) = self.exports(auditor)
        self.assertRegex(export.pop("time"), r"^\d{4}-")
        self.assertGreater(export.pop("line"), 0)
        self.assertEqual(export, {
            "account": "auditor", "business": "desk", "snapshot": self.number,
            "folder": str(folder), "reason": REASON, "paths": [CALL], "items": 1,
            "bytes": len(self.bytes), "rows": 1, "outcome": "ok"})
        lines = self.good("audit", "list", "--limit", "100")["lines"]
        told = [(line["actor"], line["action"], line["outcome"]) for line in lines
                if line["action"] in ("job", "restore", "export")]
        who = "auditor"
        self.assertEqual(sorted(told), sorted([
            (who, "job", "begun"), (who, "job", "ok"), (who, "restore", "begun"),
            (who, "export", "begun"), (who, "export", "ok"), (who, "restore", "ok")]))
        self.assertTrue(self.good("audit", "verify")["good"])
        # Who runs the box takes nothing out, and does not read what was.
        for answer in (operator.api("POST", "/exports", body=self.wish()),
                       operator.api("GET", "/exports")):
            self.assertEqual((answer.status, answer.problem), (403, "role"))
        self.assertEqual(len(self.exports(root)), 1)

    def test_bad_wishes_are_problems_and_write_nothing(self):
        _, _, auditor = self.people(self.start_with(self.medium))
        wrong = {"folder": [("/", 403, "export_folder"), (str(self.medium) + "/", 403, "export_folder"),
                            (str(self.medium) + "/../medium", 403, "export_folder"),
                            (str(self.folder / "home"), 403, "export_folder"),
                            ("", 403, "export_folder"), (7, 400, "body_value")],
                 "reason": [("", 400, "reason"), (" . ", 400, "reason"), ("a\n", 400, "reason"),
                            ("x" * 1025, 400, "reason")],
                 "snapshot": [("--target", 400, "body_value"), (-1, 400, "value_bytes"),
                              ("latest", 400, "body_value"), ("7", 400, "body_value")],
                 "path": [([], 400, "value_missing"), ([""], 400, "value_bytes"),
                          (["a\0b"], 400, "value_bytes"), (["x"] * 101, 400, "export_paths"),
                          ([["x"]], 400, "body_value")],
                 "with_rows": [("true", 400, "body_value"), (1, 400, "body_value")],
                 "business": [("../desk", 400, "invalid_argument"), ([], 400, "value_bytes")],
                 "target": [("/etc", 400, "value_unknown")],
                 "path*": [("x", 400, "value_unknown")]}
        for name, values in wrong.items():
            for value, status, code in values:
                answer = auditor.api("POST", "/exports", body=self.wish(**{name: value}))
                self.assertEqual((answer.status, answer.problem), (status, code), (name, value))
        self.assertEqual(self.exports(auditor), [])
        self.assertEqual(list(self.medium.iterdir()), [])
        # What only the child can know is in the list, with its reason.
        for more, outcome in (({"path": ["recordings/none"]}, "no_item"),
                              ({"path": ["../../etc/passwd"]}, "no_item"),
                              ({"path": ["--target=/etc"]}, "no_item")):
            self.assertEqual(self.taken_out(auditor, **more)["state"], "failed")
            self.assertEqual(self.exports(auditor)[0]["outcome"], outcome, more)
        self.assertEqual(self.taken_out(auditor, snapshot=99)["exit_code"], 10)
        self.assertEqual([p for p in self.medium.rglob("*") if p.is_file()], [])
        self.assertEqual(auditor.api("DELETE", "/exports/999").problem, "no_job")
        backup = self.good("backup", "desk")
        self.assertTrue(backup)

    def test_a_medium_that_is_away_or_full_is_told_and_the_system_disk_stays_clean(self):
        _, _, auditor = self.people(self.start_with(self.medium))
        job = self.taken_out(auditor, path=["recordings"])
        self.assertEqual((job["state"], job["exit_code"]), ("failed", 14))
        (export,) = self.exports(auditor)
        self.assertEqual(export["outcome"], "medium_full")
        # What was told and logged is there, though it is pulled at once.
        medium = os.open(self.medium, os.O_RDONLY)
        fcntl.ioctl(medium, SHUT_DOWN, struct.pack("I", WITHOUT_ANY_FLUSH))
        os.close(medium)
        self.pull_out()
        self.put_in()
        calls = list(self.medium.rglob("*.wav"))
        self.assertEqual(len(calls), 1)
        self.assertTrue(calls[0].read_bytes() == self.bytes)
        self.assertEqual(export["bytes"], len(self.bytes))
        self.pull_out()
        job = self.taken_out(auditor)
        self.assertEqual((job["state"], job["exit_code"]), ("failed", 14))
        self.assertEqual(self.exports(auditor)[0]["outcome"], "medium_missing")
        self.assertEqual(list(self.medium.iterdir()), [])
        self.plug_in()
        self.assertEqual(self.taken_out(auditor)["exit_code"], 0)
        self.assertEqual([each["outcome"] for each in self.exports(auditor)],
                         ["ok", "medium_missing", "medium_full"])

    def test_a_medium_is_no_pool_disk_and_a_pool_disk_no_medium(self):
        memory = self.folder / "memory"
        memory.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", memory], check=True)
        self.addCleanup(subprocess.run, ["umount", memory], check=True)
        (self.folder / "home/appliance.toml").write_text(
            f"export_folders = {json.dumps([str(self.medium), str(memory)])}\n")
        wish = ("restore", "desk", "--path", CALL, "--reason", REASON, "--into")
        self.refused(15, "denied", *wish, memory)
        self.assertEqual(list(memory.iterdir()), [])
        (offer,) = [each for each in self.good("pool", "candidates")["candidates"]
                    if each["path"] == str(self.medium)]
        self.assertEqual((offer["usable"], offer["refused"]["code"]), (False, "denied"))
        for verb in (["add", "--disk"], ["replace", self.disks[0]], ["create", "--disk"]):
            self.refused(15, "denied", "pool", *verb, self.medium)
        # The same disk, mounted elsewhere.
        other = self.folder / "other"
        other.mkdir()
        device = next(line.split()[0] for line in Path("/proc/self/mounts").read_text().splitlines()
                      if line.split()[1] == str(self.medium))
        subprocess.run(["mount", device, other], check=True)
        self.addCleanup(subprocess.run, ["umount", other], check=True)
        self.refused(15, "denied", "pool", "add", "--disk", other)
        self.assertEqual(list(other.iterdir()), [])

    def test_an_export_of_an_account_that_was_locked_meanwhile_takes_nothing(self):
        gate = self.folder / "gate"
        os.mkfifo(gate)
        file = next((self.folder / "home/businesses").iterdir())
        file.write_text(file.read_text() + f'\n[schedule]\ndrill = "never"\nbackup = "never"\n'
                        f'[schedule.pre]\ncommand = ["/bin/cat", "{gate}"]\n')
        daemon = self.start_daemon(top=f'export_folders = ["{self.medium}"]\njobs = 1\n')
        root, operator, auditor = self.people(daemon)
        operator.api("POST", "/jobs", body={"kind": "backup", "business": "desk"})
        export = auditor.api("POST", "/exports", body=self.wish()).document["job"]
        answer = root.api("PATCH", "/accounts/auditor", body={"locked": True})
        self.assertEqual(answer.status, 204, answer.body)
        with open(gate, "wb"):
            pass
        job = self.ended(root, export)
        self.assertEqual((job["state"], job["exit_code"]), ("failed", 15))
        self.assertEqual(list(self.medium.iterdir()), [])
        (listed,) = self.exports(root)
        self.assertEqual((listed["account"], listed["outcome"]), ("auditor", "denied"))

    def test_folders_that_are_named_wrongly_take_nothing(self):
        """By hand: the same child, and the same lines in the log."""
        link = self.folder / "link"
        link.symlink_to(self.medium)
        named = [self.medium, link, self.disks[0], self.folder / "home", self.folder / "recordings",
                 self.folder / "away", self.folder]
        (self.folder / "home/appliance.toml").write_text(
            f"export_folders = {json.dumps([*map(str, named)])}\n")
        words = ("restore", "desk", "--path", CALL, "--reason", REASON)
        for folder, code, error in ((link, 15, "denied"), (self.disks[0], 1, "target_in_store"),
                                    (self.folder / "home", 1, "target_in_store"),
                                    (self.folder, 1, "target_in_store"),
                                    (self.folder / "recordings", 15, "denied"),
                                    (self.folder / "away", 14, "medium_missing"),
                                    (self.medium.parent / "other", 15, "denied"),
                                    (f"{self.medium}/", 15, "denied")):
            self.refused(code, error, *words, "--into", folder)
        self.refused(2, "invalid_argument", "restore", "desk", "--into", self.medium)
        self.refused(2, "invalid_argument", "restore", "desk", "--into", self.medium, "--target", "x")
        self.refused(2, "invalid_argument", "restore", "desk")
        dry = self.good(*words, "--into", self.medium, "--dry-run")
        self.assertEqual((dry["items"], list(self.medium.iterdir())), (1, []))
        done = self.good(*words, "--into", self.medium, "--with-rows")
        self.assertEqual(Path(done["target"]).parent, self.medium)
        self.assertEqual((Path(done["target"]) / CALL).read_bytes(), self.bytes)
        lines = self.good("audit", "list", "--action", "export")["lines"]
        outcomes = [line["outcome"] for line in lines]
        self.assertEqual(outcomes.count("begun"), 9)
        self.assertEqual(outcomes.count("ok"), 1)
        (end,) = [line["subject"] for line in lines if line["outcome"] == "ok"]
        self.assertTrue(re.search(r"'reason=order 12 of the court' items=1 bytes=300000 rows=1", end))

    def test_what_cannot_be_cancelled_by_it_and_what_can(self):
        """While a backup keeps the only place, an export waits, and is taken back."""
        gate = self.folder / "gate"
        os.mkfifo(gate)
        file = next((self.folder / "home/businesses").iterdir())
        file.write_text(file.read_text() + f'\n[schedule]\ndrill = "never"\nbackup = "never"\n'
                        f'[schedule.pre]\ncommand = ["/bin/cat", "{gate}"]\n')
        daemon = self.start_daemon(top=f'export_folders = ["{self.medium}"]\njobs = 1\n')
        root, operator, auditor = self.people(daemon)
        backup = operator.api("POST", "/jobs", body={"kind": "backup", "business": "desk"})
        export = auditor.api("POST", "/exports", body=self.wish()).document["job"]
        job = backup.document["job"]
        self.assertEqual(auditor.api("DELETE", f"/exports/{job}").problem, "no_job")
        self.assertEqual(auditor.api("DELETE", f"/jobs/{job}").problem, "role")

        def cancelled():
            return auditor.api("DELETE", f"/exports/{export}").status == 204

        wait_for("an export in the queue", cancelled)
        self.assertEqual(self.ended(auditor, export)["state"], "stopped")
        with open(gate, "wb"):
            pass
        self.assertEqual(self.ended(operator, job)["state"], "done")
        self.assertEqual((self.exports(root), list(self.medium.iterdir())), ([], []))

    def test_an_export_that_is_cut_stands_there_as_not_ended(self):
        _, _, auditor = self.people(self.start_with(self.medium))

        def no_large_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

        words = ("restore", "desk", "--path", "recordings/large.bin", "--reason", REASON, "--into")
        cut = self.text(*words, self.medium, preexec_fn=no_large_files)
        self.assertEqual(cut.code, -signal.SIGXFSZ, (cut.text, cut.complaint))
        (export,) = self.exports(auditor)
        self.assertEqual((export["outcome"], export["items"], export["reason"]),
                         (None, None, REASON))
        self.assertEqual(export["account"], "uid 0")

    def test_without_a_line_in_the_log_nothing_leaves(self):
        (self.folder / "home/appliance.toml").write_text(f'export_folders = ["{self.medium}"]\n')
        audit = self.folder / "home/audit"
        audit.rename(self.folder / "kept")
        audit.write_text("in the way")
        outcome = self.run_json("restore", "desk", "--path", CALL, "--reason", REASON, "--into",
                                self.medium)
        self.assertEqual(outcome.code, 1, outcome.text)
        self.assertEqual(list(self.medium.iterdir()), [])


if __name__ == "__main__":
    have_mounts_of_our_own()
    ApplianceTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
