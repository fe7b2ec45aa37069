#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The pages in Debian's Chromium: browser_test.py PROGRAM MODULES SHOTS

MODULES is a folder, outside the tree, into which the lock file's packages are fetched once; SHOTS
gets a picture of every page in both languages and themes. With HOLDFAST_FLOWS="NAME …" only these of
flow.mjs are gone through. Mounts file systems of its own; needs root."""

import array
import ctypes
import json
import math
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest
import wave
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from appliance_box import ApplianceTest  # noqa: E402
from box import BoxTest  # noqa: E402
from loop_disks import LoopDisk, have_mounts_of_our_own  # noqa: E402

ROOT = HERE.parent.parent
RATE = 8000
PCM_WAV, GSM_WAV = 0x010002, 0x010020


def fetch_modules(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder / name)
    marker = folder / "node_modules/.package-lock.json"
    if not marker.exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True)


class SoundFacts(ctypes.Structure):
    _fields_ = [("frames", ctypes.c_int64), ("rate", ctypes.c_int), ("channels", ctypes.c_int),
                ("format", ctypes.c_int), ("sections", ctypes.c_int), ("seekable", ctypes.c_int)]


def tone(hertz_at, seconds):
    """Samples of it, whose pitch is as told of each second."""
    return [round(9000 * math.sin(i * 2 * math.pi * hertz_at(i // RATE) / RATE))
            for i in range(seconds * RATE)]


def record(path, form, channels, samples):
    """As libsndfile numbers forms; all channels have the same."""
    sound = ctypes.CDLL("libsndfile.so.1")
    sound.sf_open.restype = ctypes.c_void_p
    facts = SoundFacts(0, RATE, channels, form, 0, 0)
    file = ctypes.c_void_p(sound.sf_open(str(path).encode(), 0x20, ctypes.byref(facts)))
    assert file, path
    samples = [sample for sample in samples for _ in range(channels)]
    sound.sf_write_short(file, (ctypes.c_short * len(samples))(*samples),
                         ctypes.c_int64(len(samples)))
    sound.sf_close(file)


def tell_the_place(path, form):
    """A call of eight minutes: each 20 s its pitch rises, as hear.mjs knows."""
    record(path, form, 1, tone(lambda second: 400 + 100 * (second // 20), 480))


def two_legs(path):
    """A call of 20 s: on its left somebody speaks, on its right, half as loud, somebody else."""
    samples = array.array("h")
    for i in range(20 * RATE):
        samples.append(round(12000 * math.sin(i * 2 * math.pi * 440 / RATE)))
        samples.append(round(6000 * math.sin(i * 2 * math.pi * 1000 / RATE)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def robot_mapping():
    """As part of a definition, so that more can be said behind it."""
    text = (ROOT / "firmware/records/mappings/robot.toml").read_text()
    return "[source.mapping]\n" + text.replace("\n[", "\n[source.mapping.")


def busy_day():
    """Calls without recordings, on one day: more than a page shows at once."""
    for i in range(60):
        start = f"2021-01-20 10:{i:02}:00"
        yield f"busy{i}", "2001", str(13100000000 + i), "", start, 1, "", ""


class BrowserTest(ApplianceTest):
    modules = None
    shots = None

    def plug_in(self):
        """A medium that has room for a call, and not for all."""
        medium = LoopDisk(self, self.folder / "medium", "ext4").place
        (medium / "lost+found").rmdir()
        space = os.statvfs(medium)
        with open(medium / "holiday.avi", "wb") as file:
            os.posix_fallocate(file.fileno(), 0, space.f_bfree * space.f_bsize - (20 << 20))
        return medium

    def define(self, database):
        (self.folder / "desk.toml").write_text(f"""
[[source]]
path = "{self.folder}/site/recordings"
[[source]]
name = "calls"
type = "sql"
[source.sql]
kind = "sqlite"
server = "{database}"
query = "select * from cdr where start >= :since and start < :until"
zone = "Asia/Shanghai"
first = "2021-01-01 00:00:00"
{robot_mapping()}
[source.mapping.thresholds.missing_recording]
warning = 50
[schedule]
backup = "never"
drill = "never"
""")

    def test_what_people_do(self):
        fetch_modules(self.modules)
        sample = [ROOT / "tools/sample", "--out", self.folder / "site", "--size", "20M", "--days", "2"]
        subprocess.run(sample, check=True, stdout=subprocess.DEVNULL)
        self.good("init")
        disks = [LoopDisk(self, self.folder / f"disk{number}", "ext4").place for number in range(6)]
        database = self.folder / "site/business/cdr.sqlite"
        self.define(database)
        with sqlite3.connect(database) as rows:
            rows.executemany("insert into cdr values (?, ?, ?, ?, ?, ?, ?, ?)", busy_day())
        gsm = [path for path in (self.folder / "site/recordings").rglob("*.wav")
               if path.read_bytes()[20:22] == b"\x31\x00"]
        heard = max(gsm, key=lambda path: path.stat().st_size)
        mute = min((path for path in heard.parent.glob("*.wav") if path not in gsm),
                   key=lambda path: path.stat().st_size)
        legs = sorted(set(gsm) - {heard}, key=lambda path: path.stat().st_size)[-1]
        plain = max((path for path in (self.folder / "site/recordings").rglob("*.wav") if path not in gsm),
                    key=lambda path: path.stat().st_size)
        tell_the_place(plain, PCM_WAV)
        tell_the_place(heard, GSM_WAV)
        two_legs(legs)
        mute.write_bytes(b"#!AMR\n" + bytes(range(32)) * 500)
        password = self.folder / "password"
        password.write_text("correct horse battery\n")
        password.chmod(0o600)
        fresh, full, *_ = (LoopDisk(self, self.folder / name, "ext4").place
                           for name in ("fresh", "full", "extra", "spare"))
        (full / "thesis.txt").write_text("the only copy\n")
        places = json.dumps([*map(str, disks), str(fresh)])
        daemon = self.start_daemon(top=f'export_folders = ["{self.plug_in()}"]\n', more=f"""[calls]
masked = ["operator"]
[bays]
rows = 2
columns = 4
places = {places}
""")
        daemon.said("listening")
        given = {
            "address": f"https://127.0.0.1:{self.port}",
            "daemon": str(daemon.process.pid),
            "code": daemon.said(r"\b(\d{8})\b")[1],
            "box": str(self.folder),
            "medium": str(self.folder / "medium"),
            "home": str(self.folder / "home"),
            "disks": [*map(str, disks)],
            "definition": (self.folder / "desk.toml").read_text(),
            "program": str(self.program),
            "number": plain.name.split("_")[1][-8:],
            "gsm": heard.name.split("_")[1][-8:],
            "legs": legs.name.split("_")[1][-8:],
            "amr": mute.name.split("_")[1][-8:],
            "password": str(password),
            "shots": str(self.shots),
            "only": os.environ.get("HOLDFAST_FLOWS", "").split(),
        }
        flow = ["node", HERE / "flow.mjs", self.modules / "package.json", json.dumps(given)]
        done = subprocess.run(flow, capture_output=True, text=True, timeout=900)
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr + "\n".join(daemon.lines[-20:]))


# Name, form, channels, whether the page has it played as it is stored.
FORMS = [
    ("pcm8.wav", 0x010005, 1, True), ("pcm16.wav", 0x010002, 1, True),
    ("stereo.wav", 0x010002, 2, True), ("call.flac", 0x170002, 2, True),
    ("call.mp3", 0x230082, 1, True), ("pcm24.wav", 0x010003, 1, False),
    ("float.wav", 0x010006, 1, False), ("alaw.wav", 0x010011, 1, False),
    ("ulaw.wav", 0x010010, 2, False), ("gsm.wav", 0x010020, 1, False),
    ("ima.wav", 0x010012, 2, False), ("ms.wav", 0x010013, 1, False),
    ("g721.wav", 0x010030, 1, False), ("vorbis.ogg", 0x200060, 1, True),
    ("call.opus", 0x200064, 1, True), ("call.au", 0x030010, 1, False),
    ("call.aiff", 0x020002, 1, False), ("bare.gsm", 0x040020, 1, False),
    ("bare.vox", 0x040021, 1, False), ("bare.alaw", 0x040011, 1, False),
    ("bare.ulaw", 0x040010, 1, False), ("bare.sln", 0x040002, 1, False),
]


class FormsTest(unittest.TestCase):
    def heard(self, path):
        """What the box says of it, and the WAV file that a player gets."""
        decoder = BoxTest.program.parent / "holdfast-audio"
        words = [decoder, "wave", path.suffix[1:], "0", str(2**40)]
        with path.open("rb") as file:
            done = subprocess.run(words, stdin=file, capture_output=True, check=True)
        line, wave_file = done.stdout.split(b"\n", 1)
        return line.split(b" "), wave_file

    def test_what_the_page_has_played_is_played(self):
        with tempfile.TemporaryDirectory() as folder:
            stored, given = Path(folder) / "stored", Path(folder) / "given"
            stored.mkdir()
            given.mkdir()
            for name, form, channels, is_plain in FORMS:
                record(stored / name, form, channels, tone(lambda _: 440, 6))
                facts, wave_file = self.heard(stored / name)
                self.assertEqual((int(facts[1]), facts[3] == b"1"), (channels, is_plain), name)
                self.assertAlmostEqual(int(facts[2]) / int(facts[0]), 6, delta=0.1, msg=name)
                (given / f"{name}.wav").write_bytes(wave_file)
            played = self.played(stored)
            print("Chromium plays as stored:", *played)
            self.assertLessEqual({name for name, _, _, is_plain in FORMS if is_plain}, set(played))
            self.assertEqual(self.played(given), sorted(f"{name}.wav" for name, *_ in FORMS))

    def played(self, folder):
        words = ["node", HERE / "forms.mjs", BrowserTest.modules / "package.json", folder]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)


class BuiltPagesTest(unittest.TestCase):
    def test_the_pages_that_are_kept_are_those_that_the_sources_give(self):
        web = ROOT / "firmware/web"
        work = BrowserTest.modules.parent / "web"
        work.mkdir(parents=True, exist_ok=True)
        shutil.copytree(web, work, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("node_modules", "dist"))
        if not (work / "node_modules/.package-lock.json").exists():
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=work, check=True)
        shutil.rmtree(work / "dist", ignore_errors=True)
        subprocess.run(["npx", "tsc", "--noEmit"], cwd=work, check=True)
        subprocess.run(["node", "build.mjs"], cwd=work, check=True)
        kept = {path.name: path.read_bytes() for path in (web / "dist").iterdir()}
        built = {path.name: path.read_bytes() for path in (work / "dist").iterdir()}
        self.assertEqual(kept.keys(), built.keys())
        for name, content in kept.items():
            self.assertEqual(content, built[name], f"firmware/web: run `npm run build`: {name}")


if __name__ == "__main__":
    have_mounts_of_our_own()
    BoxTest.program = Path(sys.argv[1]).resolve()
    BrowserTest.modules = Path(sys.argv[2]).resolve()
    BrowserTest.shots = Path(sys.argv[3]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
