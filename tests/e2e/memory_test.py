#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A limit of memory that is exceeded ends the program by one clear line, wherever it is in its work.
Nothing is half done: the same call goes through without the limit."""

import json
import os
import resource
import shutil
import sys
import unittest
from pathlib import Path

from box import BoxTest, describe

MIB = 1 << 20
FACTOR = 1.17
STEPS_MAX = 100
WORDS = "more memory than it may use"


class Memory(BoxTest):
    limit = None  # bytes of address space

    def start(self, *words, **options):
        def give_limit():
            resource.setrlimit(resource.RLIMIT_AS, (self.limit, self.limit))

        return super().start(*words, preexec_fn=give_limit if self.limit else None, **options)

    def setUp(self):
        super().setUp()
        # The least that the program itself needs to start.
        for self.limit in range(8 * MIB, 512 * MIB, MIB):
            if self.text("--version").code == 0:
                break
        self.floor = self.limit
        self.limit = None

    def with_too_little(self, *words, before=lambda: None):
        """Runs it with more and more memory until it passes."""
        too_little = 0
        limit = self.floor
        for step in range(STEPS_MAX):
            self.limit = limit
            before()
            json_wanted = step % 2 == 0
            outcome = self.run_json(*words) if json_wanted else self.text(*words)
            said = (words, limit, outcome.code, outcome.text, outcome.complaint)
            if outcome.code == 0:
                break
            self.assertEqual(outcome.code, 1, said)
            self.check_said(outcome, json_wanted, said)
            too_little += 1
            limit = int(limit * FACTOR)
        else:
            self.fail(said)
        self.limit = None
        self.assertGreater(too_little, 0, words)

    def check_said(self, outcome, json_wanted, said):
        if json_wanted:
            error = json.loads(outcome.text)["error"]
            self.assertIn(error["code"], ("out_of_memory", "io"), said)
            self.assertEqual(error["exit"], 1, said)
            self.assertNotIn("dmesg", error["hint"], said)
            self.assertEqual(outcome.complaint, "", said)
            return
        lines = outcome.complaint.splitlines()
        about = [line for line in lines if WORDS in line or "starting a thread failed" in line]
        self.assertEqual(len(about), 1, said)
        self.assertTrue(about[0].startswith("holdfast: "), said)

    def test_every_job_ends_clearly_and_can_be_done(self):
        home = self.folder / "home"

        def no_home():
            if (home / "keyring").exists():
                self.fail("a home was made, and not told")

        # A passphrase costs 134 MiB: there is something to run out of.
        secret = self.folder / "secret"
        secret.write_text("correct horse battery\n")
        os.chmod(secret, 0o600)
        self.environment["HOLDFAST_PASSPHRASE_FILE"] = str(secret)
        self.with_too_little("init", before=no_home)
        self.disks = self.make_disks(6)
        words = ("--allow-same-device", "--disk", *self.disks)
        self.good("pool", "create", *words)
        source = self.make_source()
        (source / "long.wav").write_bytes(os.urandom(9 * MIB))
        self.good("business", "add", "desk", "--source", source)

        self.with_too_little("backup", "desk")
        self.check_restores(source)
        (source / "more.wav").write_bytes(os.urandom(3 * MIB))
        self.with_too_little("backup", "desk")
        self.check_restores(source)

        self.with_too_little("verify", "desk")
        self.with_too_little("pool", "scrub")
        os.remove(next((self.disks[0] / "packs").rglob("*.shard")))
        self.with_too_little("pool", "heal")
        self.assertEqual(self.good("pool", "scrub")["shards_missing"], 0)
        target = self.folder / "back"
        again = lambda: shutil.rmtree(target, ignore_errors=True)
        self.with_too_little("restore", "desk", "--target", target, before=again)
        self.assertEqual(describe(target / "recordings"), describe(source))
        self.check_restores(source)

    def check_restores(self, source):
        target = self.folder / f"target{len(list(self.folder.iterdir()))}"
        self.good("restore", "desk", "--target", target)
        self.assertEqual(describe(target / "recordings"), describe(source))


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
