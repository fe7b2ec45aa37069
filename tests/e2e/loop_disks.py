# SPDX-License-Identifier: Apache-2.0
"""File systems of a test's own, each in an image: made, mounted, unmounted, and copied as they are
at one moment. Needs root."""

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

IMAGE_SIZE = 320 << 20  # bytes, sparse; mkfs.xfs makes nothing below 300 MiB
MAKE = {
    # All of it at once: what ext4 would initialise later would be written while nothing happens.
    "ext4": ("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"),
    "xfs": ("mkfs.xfs", "-q", "-f"),
    "btrfs": ("mkfs.btrfs", "-q", "-f"),
}
PACKAGE = {"ext4": "e2fsprogs", "xfs": "xfsprogs", "btrfs": "btrfs-progs"}
NEW_MOUNTS = 0x20000  # CLONE_NEWNS
PRIVATE = 0x4000 | 1 << 18  # MS_REC | MS_PRIVATE
DETACH = 2  # MNT_DETACH
COPIES_AT_MOST = 50


def have_mounts_of_our_own():
    """What this process mounts is seen by it and its children alone, and ends with the last of
    them, however they end. Raises OSError without root."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEW_MOUNTS) != 0 or libc.mount(None, b"/", None, PRIVATE, None) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"cannot mount ({os.strerror(code)}): needs root (label root)")


class LoopDisk:
    """A disk with a file system of one kind, mounted at `place` until the test ends."""

    def __init__(self, test, place, kind):
        self.test = test
        self.place = place
        self.kind = kind
        self.image = place.with_suffix(".image")
        place.mkdir()
        test.addCleanup(self.let_go)
        self.make()

    def run(self, *words):
        done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.test.fail(f"{self.kind}: {' '.join(map(str, words))}: {done.stderr}")

    def make(self):
        """Empty, and mounted."""
        if shutil.which(MAKE[self.kind][0]) is None:
            self.test.fail(f"no {MAKE[self.kind][0]}: install {PACKAGE[self.kind]}")
        with open(self.image, "wb") as image:
            image.truncate(IMAGE_SIZE)
        self.run(*MAKE[self.kind], self.image)
        self.mount()

    def mount(self):
        known = Path("/proc/filesystems").read_text().split()
        if self.kind not in known and shutil.which("modprobe"):
            subprocess.run(["modprobe", self.kind], capture_output=True, check=False)
            known = Path("/proc/filesystems").read_text().split()
        if self.kind not in known:
            self.test.fail(f"this kernel has no {self.kind}")
        self.run("mount", "-t", self.kind, "-o", "loop", self.image, self.place)

    def unmount(self):
        self.run("umount", self.place)
        if self.kind == "btrfs":  # or the kernel takes an older image of it for a second disk
            subprocess.run(["btrfs", "device", "scan", "--forget"], capture_output=True, check=False)

    def let_go(self):
        if self.device() is not None:
            done = subprocess.run(["umount", str(self.place)], capture_output=True, check=False)
            if done.returncode != 0:
                ctypes.CDLL(None).umount2(str(self.place).encode(), DETACH)

    def device(self):
        """Name of its loop device; None: it is not mounted."""
        for line in Path("/proc/self/mounts").read_text().splitlines():
            device, place = line.split()[:2]
            if place == str(self.place):
                return Path(device).name
        return None

    def wipe(self):
        """Emptied now: no copy of before takes its place."""
        self.cut_image().unlink(missing_ok=True)
        self.unmount()
        self.make()

    def writes(self):
        """What the device has been asked to write so far; None: it is writing."""
        numbers = Path(f"/sys/block/{self.device()}/stat").read_text().split()
        completed, sectors, in_flight = (int(numbers[i]) for i in (4, 6, 8))
        return (completed, sectors) if in_flight == 0 else None

    def cut_image(self):
        return self.image.with_suffix(".cut")

    def come_back(self):
        """Mounted as it was when it was copied: what a disk has when the power comes back."""
        if not self.cut_image().exists():  # wiped since
            return
        self.unmount()
        os.replace(self.cut_image(), self.image)
        self.mount()


def copy_at_one_moment(disks):
    """Copies all images as they are. Nobody may be using the disks, but the kernel writes when it
    likes: a copy counts when no byte was written to any of them from its begin to its end."""
    for _ in range(COPIES_AT_MOST):
        before = [disk.writes() for disk in disks]
        for disk in disks:
            disk.run("cp", "--sparse=always", disk.image, disk.cut_image())
        if None not in before and before == [disk.writes() for disk in disks]:
            return
    disks[0].test.fail("the disks are never quiet")
