#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The pages in Debian's Chromium: browser_test.py PROGRAM MODULES SHOTS

MODULES is a folder, outside the tree, into which the lock file's packages are fetched once; SHOTS
gets a picture of every page in both languages and themes."""

import json
import shutil
import sqlite3
import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from appliance_box import ApplianceTest  # noqa: E402
from box import BoxTest  # noqa: E402

ROOT = HERE.parent.parent


def fetch_modules(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder / name)
    marker = folder / "node_modules/.package-lock.json"
    if not marker.exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True)


class BrowserTest(ApplianceTest):
    modules = None
    shots = None

    def test_what_people_do(self):
        fetch_modules(self.modules)
        sample = [ROOT / "tools/sample", "--out", self.folder / "site", "--size", "20M", "--days", "2"]
        subprocess.run(sample, check=True, stdout=subprocess.DEVNULL)
        self.good("init")
        disks = self.make_disks(6)
        self.good("pool", "create", "--allow-same-device", "--disk", *disks)
        database = self.folder / "site/business/cdr.sqlite"
        (self.folder / "desk.toml").write_text(f"""
[[source]]
path = "{self.folder}/site/recordings"
[[source]]
name = "calls"
type = "sql"
mapping = "robot"
[source.sql]
kind = "sqlite"
server = "{database}"
query = "select * from cdr where start >= :since and start < :until"
zone = "Asia/Shanghai"
first = "2021-01-01 00:00:00"
[schedule]
backup = "never"
drill = "never"
""")
        self.good("business", "add", "desk", "--file", self.folder / "desk.toml")
        with sqlite3.connect(database) as rows:
            number = rows.execute("select phone from cdr order by seconds desc").fetchone()[0]
        gsm = [path for path in (self.folder / "site/recordings").rglob("*.wav")
               if path.read_bytes()[20:22] == b"\x31\x00"]
        heard = max(gsm, key=lambda path: path.stat().st_size)
        mute = min((path for path in heard.parent.glob("*.wav") if path not in gsm),
                   key=lambda path: path.stat().st_size)
        mute.write_bytes(b"#!AMR\n" + bytes(range(32)) * 500)
        password = self.folder / "password"
        password.write_text("correct horse battery\n")
        password.chmod(0o600)
        daemon = self.start_daemon(more='[calls]\nmasked = ["operator"]\n')
        daemon.said("listening")
        given = {
            "address": f"https://127.0.0.1:{self.port}",
            "code": daemon.said(r"\b(\d{8})\b")[1],
            "box": str(self.folder),
            "home": str(self.folder / "home"),
            "program": str(self.program),
            "number": str(number)[-8:],
            "gsm": heard.name.split("_")[1][-8:],
            "amr": mute.name.split("_")[1][-8:],
            "password": str(password),
            "shots": str(self.shots),
        }
        flow = ["node", HERE / "flow.mjs", self.modules / "package.json", json.dumps(given)]
        done = subprocess.run(flow, capture_output=True, text=True, timeout=900)
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr + "\n".join(daemon.lines[-20:]))


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
    BoxTest.program = Path(sys.argv[1]).resolve()
    BrowserTest.modules = Path(sys.argv[2]).resolve()
    BrowserTest.shots = Path(sys.argv[3]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
