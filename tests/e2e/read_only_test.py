#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A disk whose file system the kernel makes read-only after an error, as a user is told of it.
Mounts file systems of its own; needs root."""

import os
import sys
import unittest
from pathlib import Path

from box import BoxTest
from loop_disks import LoopDisk, have_mounts_of_our_own


class ReadOnly(BoxTest):
    def make_disks(self, count):
        disks = super().make_disks(count - 1)
        self.loop = LoopDisk(self, self.folder / f"disk{count - 1}", "ext4")
        self.loop.run("mount", "-o", "remount,errors=remount-ro", self.loop.place)
        return [*disks, self.loop.place]

    def marks(self):
        """Of the last disk: as `pool status` shows it, and the reasons of `status`."""
        shown = self.good("pool", "status")["disks"][-1]["read_only"]
        return shown, self.level_of("disk_read_only"), self.level_of("disk_struck")

    def fail_once(self):
        Path(f"/sys/fs/ext4/{self.loop.device()}/trigger_fs_error").write_text("1\n")
        with self.assertRaises(OSError):
            (self.loop.place / "new").touch()

    def test_tend_finds_it_whatever_the_kernel_says(self):
        self.make_box(disks=6)
        self.good("backup", "desk")
        self.good("pool", "tend")
        self.assertEqual(self.marks(), (False, None, None))
        disk = self.good("pool", "status")["disks"][-1]["id"]
        self.assertEqual((self.loop.place / "probe").read_text(), disk + "\n")
        self.fail_once()
        told = self.good("pool", "tend")
        self.assertEqual([each["strikes"] for each in told["disks"]], [0] * 5 + [1])
        self.assertEqual(self.marks(), (True, "attention", "attention"))
        self.assertIn("read-only", self.text("pool", "status").text)
        self.loop.unmount()
        self.loop.mount()
        self.assertEqual(self.marks()[0], True)
        self.good("pool", "tend")
        self.assertEqual(self.marks(), (False, None, "attention"))

    def test_a_backup_that_meets_it_leaves_a_reason(self):
        self.make_box(disks=6)
        self.fail_once()
        (self.source / "large.wav").write_bytes(os.urandom(3_000_000))
        self.good("backup", "desk")
        self.assertEqual(self.level_of("disk_struck"), "attention")
        self.assertTrue(self.restored())


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    have_mounts_of_our_own()
    unittest.main()
