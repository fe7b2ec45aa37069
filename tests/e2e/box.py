# SPDX-License-Identifier: Apache-2.0
"""A box of its own for each test: a scratch folder with a home, disks and sources, and the program
run on them as a user would."""

import json
import os
import shutil
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path


def describe(root):
    """{path below root: all that a restore must give back}, folders included."""
    found = {}
    for folder, folders, names in os.walk(os.fsencode(root)):
        for name in folders + names:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            content = None
            if stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                content = Path(os.fsdecode(path)).read_bytes()
            times = None if stat.S_ISLNK(status.st_mode) else status.st_mtime_ns
            owner = (status.st_uid, status.st_gid)
            shown = os.path.relpath(path, os.fsencode(root))
            found[shown] = (status.st_mode, owner, times, content)
    return found


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return (crc ^ 0xFFFFFFFF).to_bytes(4, "little")


def flip(path, offset):
    """One bit of the file is another one."""
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


class Outcome:
    """What one run of the program left: exit code, document, texts."""

    def __init__(self, done):
        self.code = done.returncode
        self.text = done.stdout.decode()
        self.complaint = done.stderr.decode()

    @property
    def document(self):
        document = json.loads(self.text)
        assert next(iter(document)) == "schema" and document["schema"] == 1, self.text
        return document

    @property
    def error(self):
        return self.document["error"]["code"]


class BoxTest(unittest.TestCase):
    program = None

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="holdfast-e2e-")
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name).resolve()
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOLDFAST_HOME": str(self.folder / "home"),
            "LC_ALL": "C",
        }
        # Where tools/coverage has the program count to.
        counters = "LLVM_PROFILE_FILE"
        if counters in os.environ:
            self.environment[counters] = os.environ[counters]

    def start(self, *words, **options):
        """The program in a session of its own, so that no terminal can be asked."""
        return subprocess.Popen(
            [self.program, *map(str, words)],
            cwd=self.folder,
            env=self.environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=options.get("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE,
            preexec_fn=options.get("preexec_fn"),
        )

    def text(self, *words, **options):
        process = self.start(*words, **options)
        output, complaint = process.communicate(timeout=300)
        done = subprocess.CompletedProcess(words, process.returncode, output or b"", complaint)
        return Outcome(done)

    def run_json(self, *words):
        return self.text(*words, "--json", "--no-progress")

    def good(self, *words):
        outcome = self.run_json(*words)
        self.assertEqual(outcome.code, 0, (words, outcome.text, outcome.complaint))
        return outcome.document

    def refused(self, code, error, *words):
        outcome = self.run_json(*words)
        said = (words, outcome.text, outcome.complaint)
        self.assertEqual((outcome.code, outcome.error), (code, error), said)
        self.assertEqual(outcome.document["error"]["exit"], code)
        for field in ("what", "where", "hint"):
            self.assertIn(field, outcome.document["error"])
        return outcome.document

    def make_disks(self, count):
        disks = [self.folder / f"disk{number}" for number in range(count)]
        for disk in disks:
            disk.mkdir()
        return disks

    def make_source(self):
        """Names and files of every kind that a site has."""
        source = self.folder / "recordings"
        (source / "01/31").mkdir(parents=True)
        (source / "empty folder").mkdir()
        (source / "01/31/call.wav").write_bytes(os.urandom(300_000))
        (source / "01/31/empty.wav").touch()
        (source / "7").write_text("a name of digits\n")
        (source / "通话.txt").write_text("UTF-8\n")
        Path(os.fsdecode(os.fsencode(source) + b"/\xc4\xe3\xba\xc3\\.txt")).write_text("GBK\n")
        (source / "link").symlink_to("01/31/call.wav")
        with open(source / "sparse", "wb") as file:
            file.truncate(20_000_000)
            file.seek(10_000_000)
            file.write(b"in the middle")
        os.chmod(source / "01/31/call.wav", 0o640)
        os.utime(source / "7", ns=(1, 1_234_567_890_123_456_789))
        return source

    def make_box(self, disks=3, geometry="auto"):
        """A box with a pool and the business `desk`, nothing backed up yet."""
        self.good("init")
        self.disks = self.make_disks(disks)
        words = ("--geometry", geometry, "--allow-same-device", "--disk", *self.disks)
        self.good("pool", "create", *words)
        self.source = self.make_source()
        return self.good("business", "add", "desk", "--source", self.source)

    def scrub(self, code, *words):
        """What `pool scrub` says, or the verb of the pool that is given."""
        outcome = self.run_json("pool", *(words or ("scrub",)))
        self.assertEqual(outcome.code, code, (outcome.text, outcome.complaint))
        return outcome.document

    def restored(self):
        """Whether the newest snapshot is the source as it is now."""
        target = self.folder / "back"
        self.good("restore", "desk", "--target", target)
        same = describe(target / "recordings") == describe(self.source)
        shutil.rmtree(target)
        return same

    def level_of(self, reason):
        """How bad `status` calls it; None: it does not name it."""
        levels = [each["level"] for each in self.good("status")["reasons"] if each["code"] == reason]
        return levels[0] if levels else None
