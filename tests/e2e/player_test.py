#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A call that is heard: sound for browsers, peaks, reasons, masked numbers: player_test.py PROGRAM"""

import array
import io
import math
import random
import struct
import subprocess
import sys
import unittest
import wave

from appliance_box import PASSWORD, ApplianceTest, Browser
from box import BoxTest

RATE = 8000
SECONDS = 4
REASON = {"reason": "complaint 4711"}
# As sox writes them: name, its words, how the box calls it, whether browsers play it.
FORMS = [
    ("gsm.wav", ["-e", "gsm-full-rate"], "GSM 6.10", False),
    ("ima.wav", ["-e", "ima-adpcm"], "IMA ADPCM", False),
    ("ms.wav", ["-e", "ms-adpcm"], "Microsoft ADPCM", False),
    ("alaw.wav", ["-e", "a-law"], "A-Law", False),
    ("ulaw.wav", ["-e", "mu-law"], "U-Law", False),
    ("bare.gsm", [], "GSM 6.10", False),
    ("pcm.wav", ["-e", "signed-integer", "-b", "16"], "Signed 16 bit PCM", True),
]
DEFINITION = """
[[source]]
path = "{folder}/recordings"
[[source]]
name = "rows"
type = "csv"
path = "{folder}/rows"
[source.mapping]
schema = 1
zone = "Asia/Shanghai"
key = ["id"]
[source.mapping.start]
column = "start"
format = "%Y-%m-%d %H:%M:%S"
[source.mapping.numbers]
columns = ["phone"]
[source.mapping.recording]
folder = "recordings"
column = "file"
"""


def tone():
    """Loud in its second half, so that peaks have something to show."""
    samples = array.array("h")
    for i in range(RATE * SECONDS):
        height = 20000 if i >= RATE * SECONDS // 2 else 500
        samples.append(round(height * math.sin(i * 440 * 2 * math.pi / RATE)))
    return samples


def write_wave(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


class PlayerTest(ApplianceTest):
    def backed_up(self):
        """A box whose business has a recording of each form, and some that are none."""
        self.good("init")
        self.good("pool", "create", "--allow-same-device", "--disk", *self.make_disks(3))
        self.source = self.folder / "recordings"
        self.source.mkdir()
        self.samples = tone()
        plain = self.folder / "tone.wav"
        write_wave(plain, self.samples)
        for name, words, _, _ in FORMS:
            subprocess.run(["sox", "-D", plain, *words, self.source / name], check=True)
        (self.source / "phone.amr").write_bytes(b"#!AMR\n" + random.Random(1).randbytes(3200))
        cut = (self.source / "gsm.wav").read_bytes()
        (self.source / "cut.wav").write_bytes(cut[: len(cut) // 2])
        plain = (self.source / "pcm.wav").read_bytes()
        (self.source / "lies.wav").write_bytes(plain[:40] + struct.pack("<I", 0xFFFFFFF0) + plain[44:])
        subprocess.run(["sox", "-D", self.folder / "tone.wav", self.source / "true.flac"], check=True)
        flac = bytearray((self.source / "true.flac").read_bytes())
        flac[22:26] = b"\x3b" * 4  # how many frames there are: about a thousand million
        (self.source / "lies.flac").write_bytes(flac)
        (self.source / "hollow.flac").write_bytes(flac[:42])
        (self.source / "noise.wav").write_bytes(random.Random(2).randbytes(50_000))
        (self.source / "empty.wav").touch()
        self.good("business", "add", "desk", "--source", self.source)
        self.good("backup", "desk")

    def ask(self, browser, what, name, **more):
        fields = {"Range": more.pop("part")} if "part" in more else {}
        query = {"path": f"recordings/{name}", **REASON, **more}
        return browser.api("GET", f"/businesses/desk/{what}", query, fields=fields)

    def test_what_no_browser_plays_comes_as_pcm_and_is_stored_as_it_was(self):
        self.backed_up()
        root = self.first_administrator(self.start_daemon())
        for name, _, form, plain in FORMS:
            with self.subTest(name):
                peaks = self.ask(root, "peaks", name, count=100)
                self.assertEqual(peaks.status, 200, peaks.body)
                facts = peaks.document
                self.assertEqual((facts["form"], facts["plain"]), (form, plain))
                self.assertEqual((facts["rate"], facts["channels"]), (RATE, 1))
                self.assertAlmostEqual(facts["duration_ms"], SECONDS * 1000, delta=100)
                self.peaks_show_the_loud_half(facts["peaks"][0])
                self.sound_is_the_call(root, name, facts)
                stored = self.ask(root, "content", name)
                self.assertEqual(stored.body, (self.source / name).read_bytes())
        self.assertTrue(self.good("audit", "verify")["good"])

    def peaks_show_the_loud_half(self, peaks):
        self.assertEqual(len(peaks), 200)
        lows, highs = peaks[0::2], peaks[1::2]
        self.assertTrue(all(low <= high for low, high in zip(lows, highs)))
        self.assertLess(max(highs[5:45]), 10)
        self.assertGreater(min(highs[55:95]), 60)
        self.assertLess(max(lows[55:95]), -60)

    def sound_is_the_call(self, browser, name, facts):
        whole = self.ask(browser, "sound", name)
        self.assertEqual((whole.status, whole.fields["content-type"]), (200, "audio/wav"))
        self.assertEqual(len(whole.body), facts["bytes"])
        with wave.open(io.BytesIO(whole.body)) as file:
            self.assertEqual((file.getframerate(), file.getsampwidth()), (RATE, 2))
            self.assertEqual(file.getnframes(), facts["frames"])
            heard = array.array("h", file.readframes(facts["frames"]))
        count = len(self.samples)
        wrong = sum((a - b) ** 2 for a, b in zip(heard[:count], self.samples))
        self.assertLess(wrong, 0.05 * sum(b * b for b in self.samples), "another sound")
        size = len(whole.body)
        for first, last in ((0, 43), (40, 51), (size // 3, size // 3 + 9999), (size - 5, size - 1)):
            part = self.ask(browser, "sound", name, part=f"bytes={first}-{last}")
            self.assertEqual(part.status, 206, part.body)
            self.assertEqual(part.fields["content-range"], f"bytes {first}-{last}/{size}")
            self.assertEqual(part.body, whole.body[first : last + 1], (first, last))
        self.assertEqual(self.ask(browser, "sound", name, part=f"bytes={size}-").status, 416)

    def test_what_is_no_sound_is_told_and_stops_nobody(self):
        self.backed_up()
        root = self.first_administrator(self.start_daemon())
        for name in ("phone.amr", "noise.wav", "empty.wav", "hollow.flac"):
            for what in ("peaks", "sound"):
                answer = self.ask(root, what, name)
                self.assertEqual((answer.status, answer.problem), (422, "no_sound"), (name, answer.body))
        self.assertIn("AMR", self.ask(root, "peaks", "phone.amr").document["title"])
        self.assertIn("promises", self.ask(root, "peaks", "hollow.flac").document["title"])
        self.assertEqual(self.ask(root, "content", "phone.amr").body,
                         (self.source / "phone.amr").read_bytes())
        # As long as it is told to be, whatever the header promised.
        for name, is_cut in (("cut.wav", True), ("lies.wav", True), ("lies.flac", True)):
            peaks = self.ask(root, "peaks", name)
            self.assertEqual(peaks.status, 200, (name, peaks.body))
            self.assertEqual(peaks.document["cut"], is_cut, name)
            self.assertEqual(len(self.ask(root, "sound", name).body), peaks.document["bytes"])
        true = self.ask(root, "peaks", "true.flac").document
        self.assertEqual((true["frames"], true["plain"], true["cut"]),
                         (RATE * SECONDS, True, False))
        self.assertEqual(peaks.document, {**true, "plain": False, "cut": True})
        self.assertEqual(self.ask(root, "peaks", "none.wav").problem, "no_item")
        facts = self.ask(root, "peaks", "gsm.wav").document
        self.assertEqual(self.ask(root, "peaks", "gsm.wav", count=0).document,
                         {**facts, "peaks": []})
        self.assertEqual(self.ask(root, "peaks", "gsm.wav", count=10_001).status, 400)
        self.refused(1, "no_sound", "hear", "desk", "recordings/noise.wav")
        self.refused(10, "no_item", "hear", "desk", "recordings/none.wav")

    def test_a_reason_is_asked_and_stands_in_the_log(self):
        self.backed_up()
        daemon = self.start_daemon()
        root = self.first_administrator(daemon)
        where = {"path": "recordings/gsm.wav"}
        for what in ("content", "sound", "peaks"):
            for more in ({}, {"reason": ""}, {"reason": "  "}):
                answer = root.api("GET", f"/businesses/desk/{what}", {**where, **more})
                self.assertEqual((answer.status, answer.problem), (400, "reason"), (what, more))
            bad = root.api("GET", f"/businesses/desk/{what}", {**where, "reason": "x\n"})
            self.assertEqual(bad.status, 400, bad.body)
            self.assertEqual(self.ask(root, what, "gsm.wav").status, 200)
        lines = root.api("GET", "/audit").document["lines"]
        for verb in ("cat", "hear"):
            noted = [line for line in lines if line["action"] == verb and line["outcome"] == "ok"]
            self.assertTrue(noted, verb)
            self.assertTrue(all("complaint 4711" in line["subject"] for line in noted), noted)
        self.assertTrue(any(line["outcome"] == "reason" for line in lines))
        self.assertTrue(root.api("GET", "/session").document["asks_reason"])
        daemon.stop()
        daemon = self.start_daemon(port=self.port, more="[calls]\nreason = false\n")
        daemon.said("listening")
        root.log_in("root")
        self.assertFalse(root.api("GET", "/session").document["asks_reason"])
        self.assertEqual(root.api("GET", "/businesses/desk/sound", where).status, 200)

    def noted(self, root):
        """What the log says of hearing, oldest first: who, outcome and subject."""
        lines = root.api("GET", "/audit").document["lines"]
        return [(line["actor"].split("/")[0], line["outcome"],
                 line["subject"].split(" ", 2)[2]) for line in reversed(lines)
                if line["action"] in ("hear", "hear_stored", "cat")]

    def test_what_may_have_been_heard_or_copied_is_told_as_that(self):
        self.backed_up()
        root = self.first_administrator(self.start_daemon())
        for part, action in (({"part": "bytes=0-"}, "hear_stored"), ({}, "cat")):
            self.assertIn(self.ask(root, "content", "gsm.wav", **part).status, (200, 206))
            lines = root.api("GET", "/audit").document["lines"][:2]
            self.assertEqual([line["action"] for line in lines], [action] * 2, lines)
            self.assertEqual([line["outcome"] for line in lines], ["ok", "begun"])
            self.assertIn(" cat ", lines[0]["subject"])
        # Who asks who heard, or who took away, misses none that may have been it.
        for action, found in (("hear", {"hear_stored"}), ("cat", {"hear_stored", "cat"})):
            lines = root.api("GET", "/audit", {"action": action}).document["lines"]
            self.assertEqual({line["action"] for line in lines}, found)

    def test_one_hearing_is_one_line_and_each_download_one_more(self):
        self.backed_up()
        root = self.first_administrator(self.start_daemon())
        size = self.ask(root, "peaks", "gsm.wav").document["bytes"]
        before = self.noted(root)
        for first in (0, size // 2, 44, size - 100):
            answer = self.ask(root, "sound", "gsm.wav", part=f"bytes={first}-")
            self.assertEqual((answer.status, len(answer.body)), (206, size - first))
        subject = "hear '--reason=complaint 4711' (parts) -- desk recordings/gsm.wav 2"
        lines = [("root", "begun", subject), ("root", "ok", subject)]
        self.assertEqual(self.noted(root), before + lines)
        # Another reason, the whole, another login: lines of their own.
        self.ask(root, "sound", "gsm.wav", part="bytes=0-9", reason="case 12")
        other = subject.replace("complaint 4711", "case 12")
        self.ask(root, "content", "gsm.wav")
        self.ask(root, "content", "gsm.wav")
        whole = "cat '--reason=complaint 4711' -- desk recordings/gsm.wav 2"
        for what in (other, whole, whole):
            lines += [("root", "begun", what), ("root", "ok", what)]
        root.log_in("root")
        self.ask(root, "sound", "gsm.wav", part="bytes=0-9")
        lines += [("root", "begun", subject), ("root", "ok", subject)]
        self.assertEqual(self.noted(root), before + lines)
        self.assertTrue(self.good("audit", "verify")["good"])

    def with_rows(self):
        self.good("init")
        self.good("pool", "create", "--allow-same-device", "--disk", *self.make_disks(3))
        for name in ("recordings", "rows"):
            (self.folder / name).mkdir()
        write_wave(self.folder / "recordings/2049_13912345678_20260131090000.wav", tone())
        (self.folder / "rows/calls.csv").write_text(
            "id,start,phone,note,file\n"
            "C0000017,2026-01-31 09:00:00,139-1234-5678,ring 13912345678 or 95588,"
            "2049_13912345678_20260131090000.wav\n"
            "C0000018,31st,075512345678,,none.wav\n")
        definition = self.folder / "desk.toml"
        definition.write_text(DEFINITION.format(folder=self.folder))
        self.good("business", "add", "desk", "--file", definition)
        self.good("backup", "desk")

    def test_numbers_are_masked_for_whoever_need_not_know_them(self):
        self.with_rows()
        daemon = self.start_daemon(more='[calls]\nmasked = ["operator"]\n')
        root = self.first_administrator(daemon)
        for role in ("viewer", "operator", "auditor"):
            body = {"account": role, "role": role, "password": PASSWORD}
            self.assertEqual(root.api("POST", "/accounts", body=body).status, 204)
        rows = "/businesses/desk/records"
        self.assertEqual(Browser(self.port).log_in("viewer").api("GET", rows).problem, "role")
        seen = Browser(self.port).log_in("auditor").api("GET", rows)
        self.assertIn("139-1234-5678", seen.body.decode())
        operator = Browser(self.port).log_in("operator")
        self.assertTrue(operator.api("GET", "/session").document["masked"])
        found = operator.api("GET", rows, {"where": "number=13912345678"})
        self.assertEqual(found.status, 200, found.body)
        self.assertTrue(found.document["masked"])
        row = found.document["rows"][0]
        self.assertEqual(row["columns"], {
            "id": "C0000017", "start": "2026-01-31 09:00:00", "phone": "139-****-5678",
            "note": "ring 139****5678 or 95588", "file": "2049_139****5678_20260131090000.wav"})
        self.assertEqual(row["recordings"][0]["path"],
                         "recordings/2049_139****5678_20260131090000.wav")
        every = operator.api("GET", rows, {"masked": "false"}).body.decode()
        for whole in ("12345678", "1234-5678"):
            self.assertNotIn(whole, every)
        self.assertIn("075*****5678", every)  # also of a row that was rejected
        # The way to more: a reason, which is noted; hearing is another right.
        told = operator.api("GET", rows, {"where": "number=13912345678", **REASON})
        self.assertEqual(told.document["rows"][0]["columns"]["phone"], "139-1234-5678")
        lines = root.api("GET", "/audit", {"actor": "operator"}).document["lines"]
        self.assertTrue(any("complaint 4711" in line["subject"] for line in lines), lines)
        for wanted, told in (("number=5678", 1), ("number=45678", None), ("number=12345678", None),
                             ("text=1391", None), ("text=ring", 1), ("phone=139-1234-5678", None),
                             ("id=C0000017", 1)):
            found = operator.api("GET", rows, {"where": wanted})
            self.assertEqual(found.status, 200 if told else 400, (wanted, found.body))
            if told:
                self.assertEqual(len(found.document["rows"]), told, wanted)
        path = {"path": "recordings/2049_13912345678_20260131090000.wav", **REASON}
        for what in ("content", "sound", "peaks", "items"):
            self.assertEqual(operator.api("GET", f"/businesses/desk/{what}", path).problem, "role")


    def test_snapshots_name_nobody_to_whoever_may_not_hear(self):
        self.with_rows()
        number = "13912345678"
        path = f"recordings/2049_{number}_20260131090000.wav"
        self.good("hold", "desk", "add", "--path", path, "--reason", f"case of {number}")
        self.good("hold", "desk", "add", "--where", f"number={number}", "--reason", "x")
        newest = str(self.good("snapshot", "list", "desk")["snapshots"][-1]["number"])
        self.good("snapshot", "hold", "desk", newest, "--reason", f"case of {number}")
        root = self.first_administrator(self.start_daemon())
        body = {"account": "viewer", "role": "viewer", "password": PASSWORD}
        self.assertEqual(root.api("POST", "/accounts", body=body).status, 204)
        viewer = Browser(self.port).log_in("viewer")
        what = f"/businesses/desk/snapshots/{newest}"
        for query in ({}, {"masked": "false"}):
            seen = viewer.api("GET", what, query)
            self.assertEqual(seen.status, 200, seen.body)
            self.assertTrue(seen.document["holds"])
            self.assertNotIn(number, seen.body.decode())
        self.assertIn(number, root.api("GET", what).body.decode())


if __name__ == "__main__":
    BoxTest.program = sys.argv.pop(1)
    unittest.main(verbosity=2)
