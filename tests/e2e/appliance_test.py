#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""holdfastd on real files: jobs at their times, and what is left of them when it is stopped, killed
or given wrong files."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

from box import BoxTest, crc32c

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120  # seconds until something that must happen has not happened
OFTEN = '"*:*:0/2"'  # each second second


class Daemon:
    """A running daemon and its log."""

    def __init__(self, program, folder, environment, *words):
        self.lines = []
        self.children = {}  # that it had when it was ended
        self.changed = threading.Condition()
        self.process = subprocess.Popen(
            [program, *map(str, words)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            with self.changed:
                self.lines.append(line.decode().rstrip("\n"))
                self.changed.notify_all()
        self.process.stderr.close()

    def find(self, pattern, start=0):
        """The numbers of lines that match, from one on."""
        return [n for n, line in enumerate(self.lines) if n >= start and re.search(pattern, line)]

    def wait_for(self, pattern, count=1, start=0):
        """The number of the line that is the count-th to match."""
        deadline = time.monotonic() + PATIENCE
        with self.changed:
            while len(found := self.find(pattern, start)) < count:
                left = deadline - time.monotonic()
                if left <= 0 or not self.changed.wait(left):
                    raise AssertionError(f"no {pattern!r} in {self.lines}")
            return found[count - 1]

    def here(self):
        with self.changed:
            return len(self.lines)

    def end(self, number):
        """Sends a signal that ends it; returns its exit code."""
        self.children |= children_of(self.process.pid)
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        return code

    def leave(self):
        """Until nothing of it is at work in its folder any more: its children end by themselves."""
        self.end(signal.SIGKILL)
        for child in self.children:
            soon(lambda child=child: not os.path.exists(f"/proc/{child}/exe"))


def children_of(parent):
    """{process: its words} of the children that run."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            status = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            if int(status[1]) == parent and status[0] != "Z":
                words = (folder / "cmdline").read_bytes().decode().split("\0")
                found[int(folder.name)] = words
    return found


def soon(what):
    """The first result that is one: asked again and again, with time for others in between."""
    deadline = time.monotonic() + PATIENCE
    while not (result := what()):
        if time.monotonic() > deadline:
            raise AssertionError("it did not happen")
        os.sched_yield()
    return result


class ApplianceTest(BoxTest):
    def setUp(self):
        super().setUp()
        self.daemon_program = str(Path(self.program).with_name("holdfastd"))
        self.home = self.folder / "home"

    def run_daemon(self, **more):
        daemon = Daemon(
            self.daemon_program, self.folder, self.environment | more, "--home", self.home
        )
        self.addCleanup(daemon.leave)
        return daemon

    def schedule(self, name, **times):
        """The business's definition with these times; what is not given never runs."""
        path = next(
            each
            for each in (self.home / "businesses").iterdir()
            if f'name = "{name}"' in each.read_text()
        )
        text = path.read_text().split("[schedule]")[0]
        lines = {"backup": '"never"', "drill": '"never"'} | times
        if lines["backup"] != '"never"':
            lines["rpo"] = '"26h"'
        rows = "".join(f"{key} = {value}\n" for key, value in lines.items())
        path.write_text(f"{text}\n[schedule]\n{rows}")
        return path

    def quiet_box(self):
        (self.home / "appliance.toml").write_text('tend = "never"\n[http]\nlisten = []\n')

    def snapshots(self, name="desk"):
        return self.good("snapshot", "list", name)["snapshots"]


class Runs(ApplianceTest):
    def test_it_backs_up_again_and_again_what_came(self):
        self.make_box()
        self.quiet_box()
        self.schedule("desk", backup=OFTEN)
        daemon = self.run_daemon()
        daemon.wait_for("backup desk: done, exit code 0")
        (self.source / "new.wav").write_bytes(b"new")
        here = daemon.here()
        daemon.wait_for("backup desk: done, exit code 0", 2, here)
        self.assertGreaterEqual(len(self.snapshots()), 2)
        self.assertEqual(daemon.end(signal.SIGTERM), 0)
        self.assertTrue(self.restored())
        self.assertIn("holdfastd: stopped", daemon.lines)

    def test_two_businesses_run_beside_each_other(self):
        self.make_box()
        other = self.folder / "other"
        other.mkdir()
        (other / "a.wav").write_bytes(os.urandom(1000))
        self.good("business", "add", "loans", "--source", other)
        self.quiet_box()
        for name in ("desk", "loans"):
            self.schedule(name, backup='"every 1min"')
        daemon = self.run_daemon()
        for name in ("desk", "loans"):
            daemon.wait_for(f"backup {name}: done, exit code 0")
        starts = [daemon.find(f"backup {name}: started")[0] for name in ("desk", "loans")]
        first_end = daemon.find("backup .*: done")[0]
        self.assertLess(max(starts), first_end, daemon.lines)

    def test_commands_stand_around_a_backup(self):
        self.make_box()
        self.quiet_box()
        path = self.schedule("desk", backup=OFTEN)
        text = path.read_text()
        (self.folder / "busy").touch()
        told = self.folder / "told"
        path.write_text(
            f"""{text}
[schedule.pre]
command = ["/bin/sh", "-c", 'test ! -e "$0/busy" && echo before >"$0/told"', "{self.folder}"]
[schedule.post]
command = ["/bin/sh", "-c", 'echo after >>"$0/told"; exit 7', "{self.folder}"]
"""
        )
        daemon = self.run_daemon()
        daemon.wait_for("backup desk: failed: /bin/sh: .*the command before a backup.*exit code 1")
        self.assertEqual(self.snapshots(), [])
        (self.folder / "busy").unlink()
        done = daemon.wait_for("backup desk: done, exit code 0")
        self.assertIn("the command after a backup", daemon.lines[done - 1])
        self.assertEqual(told.read_text(), "before\nafter\n")

    def test_what_must_wait_for_a_lock_is_done_in_the_end(self):
        self.make_box()
        self.quiet_box()
        (self.source / "large").write_bytes(os.urandom(100_000_000))
        self.schedule("desk", backup=OFTEN)
        by_hand = self.start("backup", "desk")
        soon(lambda: list(self.folder.glob("disk*/packs/*/*")) or by_hand.poll() is not None)
        by_hand.send_signal(signal.SIGSTOP)
        self.addCleanup(by_hand.communicate)
        self.addCleanup(by_hand.kill)
        self.assertIsNone(by_hand.poll(), "it ended before it could be held up")
        daemon = self.run_daemon()
        daemon.wait_for("backup desk: another one holds the lock", 2)
        by_hand.send_signal(signal.SIGCONT)
        daemon.wait_for("backup desk: done, exit code 0")

    def test_a_home_without_a_box_is_waited_for(self):
        daemon = self.run_daemon()
        daemon.wait_for("ready, home")
        self.make_box()
        self.quiet_box()
        self.schedule("desk", backup=OFTEN)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for("backup desk: done, exit code 0")


class Ends(ApplianceTest):
    def setUp(self):
        super().setUp()
        self.make_box()
        self.quiet_box()
        (self.source / "large").write_bytes(os.urandom(60_000_000))
        self.schedule("desk", backup='"every 1min"')

    def backup_child(self, daemon):
        def found():
            for process, words in children_of(daemon.process.pid).items():
                if "backup" in words:
                    return process
            return None

        return soon(found)

    def test_a_kill_in_the_middle_of_a_backup_is_made_up_for(self):
        daemon = self.run_daemon()
        child = self.backup_child(daemon)
        os.kill(child, signal.SIGSTOP)
        self.assertEqual(daemon.end(signal.SIGKILL), -signal.SIGKILL)
        os.kill(child, signal.SIGKILL)
        self.assertEqual(self.snapshots(), [])
        again = self.run_daemon()
        again.wait_for("job 1, backup desk: was cut")
        again.wait_for("job 2, backup desk: done, exit code 0")
        self.assertEqual(len(self.snapshots()), 1)
        self.assertEqual(again.end(signal.SIGTERM), 0)
        self.assertTrue(self.restored())

    def test_children_of_one_that_is_killed_do_not_go_on(self):
        daemon = self.run_daemon()
        child = self.backup_child(daemon)
        daemon.end(signal.SIGKILL)
        # Whoever inherits it may leave it a zombie, which has no program any more.
        soon(lambda: not os.path.exists(f"/proc/{child}/exe"))

    def test_who_is_asked_to_stop_stops_its_jobs_and_begins_them_again(self):
        daemon = self.run_daemon()
        child = self.backup_child(daemon)
        self.assertEqual(daemon.end(signal.SIGTERM), 0)
        self.assertFalse(Path(f"/proc/{child}").exists())
        self.assertIn("holdfastd: stopping", daemon.lines)
        self.assertEqual(daemon.lines[-1], "holdfastd: stopped")
        again = self.run_daemon()
        again.wait_for("backup desk: done, exit code 0")
        self.assertTrue(again.find("job 1, backup desk: was cut") or self.snapshots())


class Times(ApplianceTest):
    def setUp(self):
        super().setUp()
        self.make_box()
        self.quiet_box()

    def rewind(self, days):
        """The book of duties as if all of it had been so long ago."""
        path = self.home / "jobs"
        lines = []
        for line in path.read_bytes().splitlines():
            words = line.rsplit(b" #", 1)[0]
            if words.startswith(b"duty "):
                past = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - days * 86400))
                words = re.sub(rb"\d{4}-[^ ]*Z", past.encode(), words)
                lines.append(words + b" #" + crc32c(words).hex().encode())
        path.write_bytes(b"\n".join(lines) + b"\n")

    def test_a_missed_run_is_made_up_for_once(self):
        self.schedule("desk", backup='"daily 12:00"')
        daemon = self.run_daemon()
        soon(lambda: (self.home / "jobs").exists())
        self.assertEqual(daemon.end(signal.SIGTERM), 0)
        self.assertFalse(daemon.find("backup desk"))
        self.rewind(days=3)
        again = self.run_daemon()
        end = again.wait_for("backup desk: done, exit code 0")
        self.good("business", "add", "loans", "--source", self.make_other())
        self.schedule("loans", backup=OFTEN)
        again.process.send_signal(signal.SIGHUP)
        again.wait_for("backup loans: done, exit code 0", 2)
        self.assertFalse(again.find("backup desk", end + 1))

    def make_other(self):
        other = self.folder / "other"
        other.mkdir()
        (other / "a.wav").write_bytes(b"a")
        return other

    def test_wrong_files_count_as_they_were(self):
        path = self.schedule("desk", backup=OFTEN)
        daemon = self.run_daemon()
        daemon.wait_for("backup desk: done, exit code 0")
        (self.home / "appliance.toml").write_text('tend = "sometimes"\n')
        here = daemon.here()
        daemon.process.send_signal(signal.SIGHUP)
        wrong = daemon.wait_for("what was there before goes on: .*appliance.toml", 1, here)
        daemon.wait_for("backup desk: done, exit code 0", 2, wrong)
        self.assertFalse(daemon.find("tend: started"))

        text = path.read_text()
        path.write_text(text.replace("[schedule]", "[shedule]"))
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for(f"what was there before goes on: .*{path.name}", 1, wrong)
        self.quiet_box()
        path.write_text(text)
        daemon.process.send_signal(signal.SIGHUP)
        good = daemon.wait_for("all files are right again")
        daemon.wait_for("backup desk: done, exit code 0", 1, good)

    def test_a_check_says_what_would_run(self):
        self.schedule("desk", backup='"daily 12:00"', drill='"never"')
        done = subprocess.run(
            [self.daemon_program, "--home", self.home, "--check"],
            env=self.environment,
            capture_output=True,
            timeout=PATIENCE,
        )
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        lines = done.stdout.decode().splitlines()
        self.assertEqual(lines[0], "backup desk")
        self.assertEqual(len(lines), 6)
        for line in lines[1:]:
            self.assertRegex(line, r"^  \d{4}-\d\d-\d\d 12:00:00Z$")
        (self.home / "appliance.toml").write_text("jobs = 0\n")
        wrong = subprocess.run(
            [self.daemon_program, "--home", self.home, "--check"],
            env=self.environment,
            capture_output=True,
            timeout=PATIENCE,
        )
        self.assertNotEqual(wrong.returncode, 0)
        self.assertIn(b"appliance.toml", wrong.stderr)
        self.assertTrue(wrong.stderr.startswith(b"holdfastd: "), wrong.stderr)

    def test_a_schedule_that_can_never_be_kept_is_refused(self):
        self.quiet_box()
        path = self.schedule("desk", backup='"daily 12:00"')
        given = self.folder / "given.toml"
        head = f'[[source]]\npath = "{self.source}"\n[schedule]\n'
        for schedule, what in (
            ('backup = "2020-01-01"\nrpo = "26h"\n', "`backup` has no time"),
            ('drill = "2019-*-* 05:00"\n', "`drill` has no time"),
            ('backup = "daily"\nrpo = "1h"\n', "`rpo` is shorter"),
            ('mode = "hot"\nbackup = "never"\n', "`mode` is hot"),
        ):
            given.write_text(head + schedule)
            for words in (("add", "more"), ("change", "desk")):
                document = self.refused(1, "bad_business", "business", *words, "--file", given)
                self.assertIn(what, document["error"]["what"])
        path.write_text(path.read_text().replace("daily 12:00", "2020-01-01"))
        (self.home / "appliance.toml").write_text('tend = "2020-01-01"\n')
        done = subprocess.run(
            [self.daemon_program, "--home", self.home, "--check"],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        self.assertEqual(done.returncode, 1)
        self.assertEqual(
            done.stdout, "tend\n  never again\nbackup desk\n  never again\n"
        )
        self.assertRegex(done.stderr, r"holdfastd: .*appliance.toml.* `tend` has no time")
        self.assertRegex(done.stderr, rf"holdfastd: .*{path.name}.* `backup` has no time")


class Service(ApplianceTest):
    def test_systemd_hears_that_it_is_ready_and_alive(self):
        path = self.folder / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
            heard.bind(str(path))
            heard.settimeout(PATIENCE)
            daemon = self.run_daemon(NOTIFY_SOCKET=str(path), WATCHDOG_USEC="300000")
            self.assertEqual(heard.recv(100), b"READY=1")
            begun = time.monotonic()
            for _ in range(10):
                self.assertEqual(heard.recv(100), b"WATCHDOG=1")
            self.assertLess(time.monotonic() - begun, 10)
            daemon.process.send_signal(signal.SIGTERM)
            while (word := heard.recv(100)) != b"STOPPING=1":
                self.assertEqual(word, b"WATCHDOG=1")
        self.assertEqual(daemon.process.wait(PATIENCE), 0)

    def test_one_daemon_a_home(self):
        daemon = self.run_daemon()
        daemon.wait_for("ready, home")
        second = self.run_daemon()
        self.assertEqual(second.process.wait(PATIENCE), 11)
        second.reader.join()
        self.assertIn(f"holdfastd[{daemon.process.pid}]@", second.lines[0])

    def test_wrong_words(self):
        for words in (["--hom", "x"], ["--home"], ["--home="], ["start"]):
            done = subprocess.run(
                [self.daemon_program, *words], env=self.environment, capture_output=True
            )
            self.assertEqual(done.returncode, 2, words)
            self.assertEqual(len(done.stderr.decode().splitlines()), 1, done.stderr)
        for word in ("--help", "--version"):
            done = subprocess.run(
                [self.daemon_program, word], env=self.environment, capture_output=True
            )
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertIn(b"holdfastd", done.stdout)

    def test_its_unit_shuts_it_in(self):
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=20",
             "--no-pager", ROOT / "image/units/holdfastd.service"],
            capture_output=True,
            text=True,
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stdout[-500:] + done.stderr)

    def test_its_unit_puts_the_code_of_the_first_boot_on_the_console(self):
        unit = (ROOT / "image/units/holdfastd.service").read_text()
        self.assertIn("\nStandardOutput=journal+console\n", unit)
        self.assertIn("\nStandardError=journal\n", unit)


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
