#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows of a CSV file and of a database, and the recordings they belong to, as a user meets them."""

import csv
import html.parser
import io
import os
import sqlite3
import struct
import sys
import unittest
from pathlib import Path

from box import BoxTest

COLUMNS = ("call_id", "agent", "phone", "start", "seconds", "contract", "name")


def wav(seconds, filler):
    """Mono, 8 bits, 8000 samples a second."""
    size = seconds * 8000
    header = b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt " + struct.pack(
        "<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8
    )
    return header + b"data" + struct.pack("<I", size) + bytes([filler]) * size


def call(number):
    """One call as the site's systems know it: a row, and where its recording lies."""
    start = f"2026-01-{number % 28 + 1:02} 09:{number % 60:02}:00"
    agent, phone = str(2000 + number % 5), str(13800000000 + number)
    row = (f"c{number}", agent, phone, start, str(1 + number % 3), f"K-{number // 2}", "张伟")
    digits = "".join(c for c in start if c.isdigit())
    return row, f"{start[5:7]}/{start[8:10]}/{agent}_{phone}_{digits}.wav"


class Page(html.parser.HTMLParser):
    """What a browser would make of a page: its tags, its attributes, its tables and its text."""

    EMPTY = {"meta"}

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes = [], set(), []
        self.words, self.rows = "", []
        self.feed(text)
        self.close()
        assert self.open == [], self.open

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += attributes
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.words += data
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


DEFINITION = """
kind = "archive"
[[source]]
path = "{folder}/recordings"
[[source]]
name = "calls"
type = "csv"
path = "{folder}/rows"
mapping = "robot"
[[source]]
name = "cdr"
type = "sql"
[source.sql]
kind = "sqlite"
server = "{folder}/cdr.sqlite"
query = "select * from cdr where start >= :since and start < :until"
first = "2020-01-01 00:00:00"
zone = "Asia/Shanghai"
overlap_minutes = 10000000
retry_seconds = 0
[source.mapping]
schema = 1
zone = "Asia/Shanghai"
key = ["call_id"]
call_id = "call_id"
[source.mapping.start]
column = "start"
format = "%Y-%m-%d %H:%M:%S"
[source.mapping.duration]
column = "seconds"
unit = "s"
[source.mapping.numbers]
columns = ["agent", "phone"]
[source.mapping.recording]
folder = "recordings"
template = "{{start:%m/%d}}/{{agent}}_{{phone}}_{{start:%Y%m%d%H%M%S}}.wav"
[source.mapping.thresholds.orphan_recording]
failure = 2
[source.completeness]
holidays = ["2026-10-01/2026-10-07"]
failure = ["silent_recordings"]
off = ["hour_without_rows"]
"""


class RecordsBox(BoxTest):
    def setUp(self):
        super().setUp()
        self.good("init")
        self.disks = self.make_disks(3)
        self.good("pool", "create", "--allow-same-device", "--disk", *self.disks)
        (self.folder / "rows").mkdir()
        self.database = sqlite3.connect(self.folder / "cdr.sqlite")
        self.addCleanup(self.database.close)
        columns = ", ".join(f"{name} TEXT" for name in COLUMNS)
        self.database.execute(f"CREATE TABLE cdr ({columns})")
        self.definition = self.folder / "desk.toml"
        self.definition.write_text(DEFINITION.format(folder=self.folder))

    def record(self, number):
        row, path = call(number)
        file = self.folder / "recordings" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(wav(int(row[4]), number % 256))

    def tell(self, numbers, name="day.csv"):
        rows = [call(number)[0] for number in numbers]
        text = "".join(",".join(row) + "\n" for row in [COLUMNS, *rows])
        (self.folder / "rows" / name).write_text(text, encoding="utf-8")
        with self.database:
            marks = ", ".join("?" for _ in COLUMNS)
            self.database.executemany(f"INSERT INTO cdr VALUES ({marks})", rows)

    def add(self):
        self.good("business", "add", "desk", "--file", self.definition)

    def find(self, *words):
        return self.good("record", "find", "desk", *words)["rows"]


class Records(RecordsBox):
    def test_rows_come_back_with_their_recordings(self):
        for number in range(20):
            self.record(number)
        self.tell(range(20))
        self.add()
        document = self.good("backup", "desk")
        self.assertEqual([each["source"] for each in document["records"]], ["calls", "cdr"])
        for each in document["records"]:
            self.assertEqual((each["rows"], each["recordings"]), (20, 20))
            self.assertEqual(each["row_classes"]["matched"], 20)
            self.assertEqual(sum(each["row_classes"].values()), each["rows"])
            self.assertEqual(sum(each["recording_classes"].values()), each["recordings"])
        rows = self.find("contract=K-3")
        self.assertEqual(len(rows), 4)  # two calls, each known to two systems
        for row in rows:
            self.assertEqual(row["columns"]["contract"], "K-3")
            self.assertEqual(row["columns"]["name"], "张伟")
            (recording,) = row["recordings"]
            number = int(row["columns"]["call_id"][1:])
            self.assertEqual(recording["path"], "recordings/" + call(number)[1])
            with open(self.folder / "sound", "w+b") as sound:
                self.assertEqual(self.text("cat", "desk", recording["path"], stdout=sound).code, 0)
            stored = (self.folder / "sound").read_bytes()
            self.assertEqual(stored, (self.folder / recording["path"]).read_bytes())
        self.assertEqual(len(self.find("number=13800000007")), 2)
        self.assertEqual(len(self.find("number=00007")), 2)
        self.assertEqual(len(self.find("text=张伟", "contract=K-0")), 4)
        self.assertEqual(self.find("contract=K-99"), [])
        report = self.good("record", "reconcile", "desk")
        for each in report["records"]:
            self.assertEqual(each.pop("pairs"), [])
        self.assertEqual(report["records"], document["records"])

    def test_a_call_that_was_found_comes_back_with_its_row(self):
        for number in range(3):
            self.record(number)
        self.tell([0, 1])
        self.add()
        self.good("backup", "desk")
        found = self.text("record", "find", "desk", "contract=K-0", "seconds=2")
        path = "recordings/" + call(1)[1]
        target = self.folder / "back"
        way = f"restore desk 2 --path {path} --target DIR --with-rows"
        self.assertIn(f"holdfast cat desk {path} 2 > FILE", found.complaint)
        self.assertIn(way, found.complaint)
        outcome = self.text(*way.replace("DIR", str(target)).split())
        self.assertEqual((outcome.code, outcome.complaint), (0, ""), outcome.text)
        self.assertIn("1 recordings have theirs beside them (2 rows), 0 have none", outcome.text)
        rows = (target / (path + ".rows.csv")).read_bytes().decode()
        line = ",".join(call(1)[0]) + "\r\n"  # of the file, and of the database
        self.assertEqual(rows, ",".join(COLUMNS) + "\r\n" + line + line)
        self.assertEqual((target / (path + ".rows.csv")).stat().st_mtime_ns,
                         (target / path).stat().st_mtime_ns)
        again = self.run_json("restore", "desk", "--target", self.folder / "all", "--with-rows")
        self.assertEqual(again.document["rows"], {"recordings": 2, "rows": 4, "without": 1})
        dry = self.good("restore", "desk", "--target", self.folder / "dry", "--with-rows",
                        "--dry-run")
        self.assertEqual(dry["rows"], again.document["rows"])
        self.assertFalse((self.folder / "dry").exists())
        self.refused(1, "target_not_empty", "restore", "desk", "--target", target, "--path", path,
                     "--with-rows")

    def test_what_is_asked_of_a_source_is_kept_and_what_is_judged_is_told(self):
        self.record(1)
        self.tell([1])
        self.add()
        calls, cdr = self.good("backup", "desk")["records"]
        self.assertIsNone(calls["completeness"])  # it asks for nothing
        # The box has just come, so no day can be judged yet.
        self.assertEqual((cdr["completeness"]["days"], cdr["completeness"]["findings"]), (0, []))
        self.good("restore", "desk", "--target", self.folder / "back")
        rules = (self.folder / "back/records/cdr/completeness.toml").read_text()
        self.assertIn('off = ["hour_without_rows"]', rules)
        self.assertIn('"2026-10-07"', rules)
        self.assertFalse((self.folder / "back/records/calls/completeness.toml").exists())

    def test_nothing_new_is_nothing_written(self):
        self.record(1)
        self.tell([1])
        self.add()
        first = self.good("backup", "desk")
        again = self.good("backup", "desk")
        self.assertFalse(again["entry_written"])
        self.assertEqual(again["number"], first["number"])
        self.assertEqual(len(self.find("call_id=c1")), 2)

    def test_what_does_not_fit_is_told_and_may_be_a_failure(self):
        for number in range(4):
            self.record(number)
        self.tell([0, 1, 9])
        self.add()
        outcome = self.run_json("backup", "desk")
        self.assertEqual(outcome.code, 4, outcome.text)
        calls, cdr = outcome.document["records"]
        self.assertEqual(calls["verdict"], "good")
        self.assertEqual((cdr["verdict"], cdr["failures"]), ("failure", {"orphan_recording": 2}))
        self.assertEqual(cdr["row_classes"]["missing_recording"], 1)
        self.assertTrue(outcome.document["committed"])
        self.assertEqual(self.run_json("record", "reconcile", "desk").code, 4)
        (row, _) = self.find("class=missing_recording")
        self.assertEqual((row["columns"]["call_id"], row["recordings"]), ("c9", []))
        # The recording comes, and yesterday's missing one is there.
        self.record(9)
        self.tell([2, 3], name="late.csv")
        healed = self.good("backup", "desk")
        self.assertEqual(healed["records"][1]["row_classes"]["matched"], 5)

    def make_differences(self):
        """Rows of `=cdr` that fit, that miss their recording, and one that is damaged; recordings
        without a row, of which one has a name that would be more than text in a page."""
        for number in range(4):
            self.record(number)
        self.hostile = "<b onload=\"x\">&amp;'.wav"
        (self.folder / "recordings" / self.hostile).write_bytes(wav(1, 77))
        self.tell([0, 1, 9])
        with self.database:
            self.database.execute("INSERT INTO cdr VALUES ('c5', '1', '2', '2026-01-05 25:00:00', '1', 'K', '')")
        text = self.definition.read_text().replace('name = "cdr"', 'name = "=cdr"')
        self.definition.write_text(text)
        self.add()
        outcome = self.run_json("backup", "desk")
        self.assertEqual(outcome.code, 4, outcome.text)
        return outcome.document["records"]

    def test_all_that_is_not_matched_is_listed_and_the_sums_balance(self):
        reports = {each["source"]: each for each in self.make_differences()}
        outcome = self.text("record", "reconcile", "desk", "--csv")
        self.assertEqual((outcome.code, outcome.complaint), (4, ""))
        self.assertEqual(outcome.text.count("\n"), outcome.text.count("\r\n"))
        lines = list(csv.DictReader(io.StringIO(outcome.text, newline=""), strict=True))
        for line in lines:
            for name, cell in line.items():
                if not name.endswith("_difference_ms"):
                    self.assertNotIn(cell[:1], tuple("=+-@\t\r"), line)
        self.assertEqual(sorted(reports), ["=cdr", "calls"])
        for source, report in reports.items():
            cell = source.replace("=", "'=")
            mine = [line for line in lines if line["source"] == cell]
            counts = {(line["about"], line["name"]): int(line["count"] or 0) for line in mine}
            for kind, classes, about in (
                ("rows", "row_classes", "row"),
                ("recordings", "recording_classes", "recording"),
            ):
                self.assertEqual(counts["sum", kind], report[kind])
                of_class = {name: count for (of, name), count in counts.items() if of == kind}
                self.assertEqual(of_class, report[classes])
                self.assertEqual(sum(of_class.values()), report[kind])
                listed = [line for line in mine if line["about"] == about]
                self.assertEqual(len(listed), report[kind] - report[classes]["matched"])
                for name, count in of_class.items():
                    found = sum(line["name"] == name for line in listed)
                    self.assertEqual(found, 0 if name == "matched" else count)
        (rejected,) = [line for line in lines if line["name"] == "row_rejected" and line["row"]]
        self.assertEqual((rejected["reason"], rejected["row"]), ("bad_time", "3"))
        self.assertTrue(rejected["item"].startswith("'=cdr/"), rejected)
        self.assertIn("recordings/" + self.hostile, [line["recording"] for line in lines])

    def test_what_is_likely_to_belong_together_is_shown_and_not_bound(self):
        """The clock of a recorder went an hour slow."""
        rows = [list(call(number)[0]) for number in range(8)]
        for number, row in enumerate(rows):
            self.record(number)
            row[3] = row[3].replace(" 09:", " 10:" if number > 1 else " 09:")
        text = "".join(",".join(row) + "\n" for row in [COLUMNS, *rows])
        (self.folder / "rows" / "day.csv").write_text(text, encoding="utf-8")
        self.add()
        told = self.run_json("backup", "desk").document["records"][0]
        self.assertEqual((told["row_classes"]["matched"], told["suggestions"]), (2, {"start": 6}))
        pairs = self.run_json("record", "reconcile", "desk").document["records"][0]["pairs"]
        likely = [(n + 1, "recordings/" + call(n)[1], "start", -3600000) for n in range(2, 8)]
        keys = ("row", "recording", "reason", "start_difference_ms")
        self.assertEqual([tuple(pair[key] for key in keys) for pair in pairs], likely)
        lines = io.StringIO(self.text("record", "reconcile", "desk", "--csv").text, newline="")
        self.assertEqual([(int(line["row"]), line["recording"], line["name"],
                           int(line["start_difference_ms"])) for line in csv.DictReader(lines)
                          if line["about"] == "suggestion"], likely)
        for locale, apart in (("C", "1 h 0 min apart"), ("zh_CN.UTF-8", "相差 1 h 0 min")):
            self.environment["LC_ALL"] = locale
            text = self.text("record", "reconcile", "desk").text
            self.assertEqual((text.count(apart), "desk 2 --csv" in text), (5, True))
            page = Page(self.text("record", "reconcile", "desk", "--html").text)
            self.assertEqual(sum(apart in row[-1] for row in page.rows), 6)

    def test_the_page_stands_by_itself_and_shows_the_sums(self):
        reports = {each["source"]: each for each in self.make_differences()}
        for locale, title, missing in (
            ("C", "Reconciliation of desk", "recording missing"),
            ("zh_CN.UTF-8", "desk 核验报告", "缺少录音"),
        ):
            self.environment["LC_ALL"] = locale
            outcome = self.text("record", "reconcile", "desk", "--html")
            self.assertEqual((outcome.code, outcome.complaint), (4, ""))
            self.assertTrue(outcome.text.startswith("<!DOCTYPE html>\n"))
            page = Page(outcome.text)
            self.assertLessEqual(
                page.tags,
                set("html head meta title style body h1 h2 h3 p div section ul li table thead tbody "
                    "tfoot tr th td".split()),
            )
            self.assertLessEqual({name for name, _ in page.attributes},
                                 {"lang", "charset", "http-equiv", "content", "class"})
            for elsewhere in ("http:", "https:", "//", "url(", "@import", "<script"):
                self.assertNotIn(elsewhere, outcome.text)
            self.assertIn(title, page.words)
            self.assertIn("recordings/" + self.hostile, [row[0] for row in page.rows])
            sums = [row for row in page.rows if row[0] in ("Sum", "合计")]
            self.assertEqual(sums, [[sums[0][0], str(report["rows"]), str(report["recordings"])]
                                    for _, report in sorted(reports.items())])
            self.assertIn(missing, [row[0] for row in page.rows])

    def test_only_one_form_of_a_report_is_given(self):
        self.record(1)
        self.tell([1])
        self.add()
        self.good("backup", "desk")
        self.refused(2, "invalid_argument", "record", "reconcile", "desk", "--csv")
        self.assertEqual(self.text("record", "reconcile", "desk", "--csv", "--html").code, 2)
        self.assertEqual(self.text("record", "reconcile", "desk", "7", "--html").code, 10)
        # All is matched: there are the counts, and no line of a row or a recording.
        outcome = self.text("record", "reconcile", "desk", "--csv")
        self.assertEqual(outcome.code, 0)
        abouts = {line["about"] for line in csv.DictReader(io.StringIO(outcome.text))}
        self.assertLessEqual(abouts, {"sum", "rows", "recordings", "judged"})
        # A later version takes a row's place, which then is in no sum, and in no line either.
        fields = (self.folder / "rows/day.csv").read_text().splitlines()[1].split(",")
        fields[COLUMNS.index("contract")] = "another"
        text = ",".join(COLUMNS) + "\n" + ",".join(fields) + "\n"
        (self.folder / "rows/later.csv").write_text(text)
        self.good("backup", "desk")
        for form in ("--csv", "--html"):
            outcome = self.text("record", "reconcile", "desk", form)
            self.assertEqual(outcome.code, 0)
            self.assertNotIn("superseded", outcome.text)
            self.assertNotIn("day.csv", outcome.text)

    def test_the_index_is_made_anew(self):
        self.record(1)
        self.tell([1])
        self.add()
        self.good("backup", "desk")
        rows = self.find("call_id=c1")
        (index,) = (self.folder / "home/catalog").glob("*.records.sqlite")
        index.write_bytes(b"not a database")
        self.refused(10, "records_not_indexed", "record", "find", "desk", "call_id=c1")
        self.assertFalse(self.good("backup", "desk")["entry_written"])
        self.assertEqual(self.find("call_id=c1"), rows)

    def two_days(self):
        """Rows that became others, of which one has no recording."""
        for number in range(4):
            self.record(number)
        self.tell([0, 1, 9], name="b.csv")
        self.add()
        self.run_json("backup", "desk")
        self.tell([1, 2], name="a.csv")
        os.utime(self.folder / "rows/a.csv", (1, 1))  # older than the file that came before it
        self.run_json("backup", "desk")

    def answers(self):
        found = [
            self.run_json(*words).document
            for words in (
                ("record", "find", "desk", "--limit", "100"),
                ("record", "find", "desk", "class=missing_recording"),
                ("record", "find", "desk", "number=00001", "column.contract=K-0"),
                ("record", "reconcile", "desk"),
                ("hold", "desk", "list"),
                ("prune", "desk", "--dry-run"),
            )
        ]
        for moving in ("as_of", "room", "room_then"):
            del found[-1][moving]
        return found

    def test_a_rebuild_brings_all_answers_back(self):
        self.two_days()
        self.good("hold", "desk", "add", "--where", "contract=K-0", "--reason", "case")
        self.good("hold", "desk", "add", "--where", "number=13800000002", "--reason", "case")
        before = self.answers()
        self.assertEqual(sum(row["former"] for row in before[0]["rows"]), 1)
        (index,) = (self.folder / "home/catalog").glob("*.records.sqlite")
        with sqlite3.connect(index) as database:
            database.execute("PRAGMA user_version = 1")  # as an earlier release left it
        database.close()
        self.refused(10, "records_not_indexed", "record", "find", "desk")
        (done,) = self.good("catalog", "rebuild", "desk")["businesses"]
        rows = len(before[0]["rows"])
        records = {"snapshot": 3, "rows": rows, "recordings": 4, "problems_total": 0, "problems": []}
        self.assertEqual(done["records"], records)
        self.assertEqual(self.answers(), before)
        for file in (self.folder / "home/catalog").iterdir():
            file.unlink()
        said = self.text("catalog", "rebuild")
        self.assertIn(f"Rows found again: {rows}, with 4 recordings, as of snapshot 3.", said.text)
        self.assertEqual(self.answers(), before)

    def test_a_new_machine_finds_what_the_old_one_did(self):
        self.two_days()
        out = self.folder / "out"
        out.mkdir()
        self.good("key", "add", "--recovery-out", out)
        before = self.answers()
        (self.folder / "home").rename(self.folder / "old")
        shares = sorted(out.iterdir())[:2]
        words = [word for share in shares for word in ("--share", share)]
        words += [word for number in range(3) for word in ("--disk", self.folder / f"disk{number}")]
        self.good("key", "recover", *words)
        document = self.refused(10, "records_not_indexed", "record", "find", "desk")
        self.assertIn("catalog rebuild", document["error"]["hint"])
        self.good("catalog", "rebuild", "desk")
        self.assertEqual(self.answers()[:4], before[:4])

    def test_a_hold_on_a_column_that_no_row_has_is_refused(self):
        self.two_days()
        add = ("hold", "desk", "add", "--reason", "case", "--where")
        document = self.refused(2, "invalid_argument", *add, "contrct=K-0")
        self.assertIn("contrct", document["error"]["what"])
        self.assertIn("agent, call_id, contract, name", document["error"]["what"])
        self.assertEqual(self.good("hold", "desk", "list")["holds"], [])
        said = self.text(*add, "column.kontrakt=K-0")
        self.assertEqual((said.code, said.text), (2, ""))
        self.assertEqual(len(said.complaint.splitlines()), 1, said.complaint)
        for key, bound in (
            ("contract=K-0", True),
            ("column.contract=K-0", True),
            ("call_id=c1", True),
            ("key=c1", True),
            ("number=13800000001", True),
            ("contract=K-77", False),
        ):
            self.assertEqual(self.good(*add, key)["bound"], bound, key)
        listed = self.good("hold", "desk", "list")["holds"]
        self.assertEqual([hold["bound"] for hold in listed], [True] * 5 + [False])

    def test_a_database_that_is_away_keeps_nothing_from_being_saved(self):
        self.record(1)
        self.tell([1])
        self.add()
        (self.folder / "cdr.sqlite").rename(self.folder / "away.sqlite")
        outcome = self.run_json("backup", "desk")
        self.assertEqual(outcome.code, 3, outcome.text)
        (problem,) = outcome.document["problems"]
        # The first slice of time: the item that there would have been.
        self.assertEqual(problem["path"], "cdr/2020/01/31/20200131T160000Z.csv")
        self.assertEqual(outcome.document["records"][0]["row_classes"]["matched"], 1)

    def test_a_password_file_that_others_can_read_is_refused(self):
        self.record(1)
        self.tell([1])
        password = self.folder / "password"
        password.write_text("secret\n")
        text = self.definition.read_text()
        named = text.replace("first =", f'password_file = "{password}"\nfirst =')
        self.definition.write_text(named)
        self.add()
        for mode in (0o640, 0o604, 0o620):
            password.chmod(mode)
            outcome = self.run_json("backup", "desk")
            self.assertEqual(outcome.code, 3, outcome.text)
            (problem,) = outcome.document["problems"]
            self.assertEqual((problem["path"], problem["code"]), ("cdr", "denied"))
            self.assertIn(f"chmod 600 {password}", problem["what"])
        password.chmod(0o600)
        if os.geteuid() == 0:
            os.chown(password, 65534, 65534)
            (problem,) = self.run_json("backup", "desk").document["problems"]
            self.assertIn(f"chown root {password}", problem["what"])
            # It is the user's own, if that is who the box belongs to.
            os.chown(self.folder / "home", 65534, 65534)
            self.good("backup", "desk")
            os.chown(self.folder / "home", 0, 0)
        # What systemd hands over is no other user's, whatever its mode says.
        password.chmod(0o440)
        self.environment["CREDENTIALS_DIRECTORY"] = str(self.folder)
        self.good("backup", "desk")
        (definition,) = (self.folder / "home/businesses").glob("*.toml")
        named = definition.read_text().replace(str(password), "$CREDENTIALS_DIRECTORY/password")
        definition.write_text(named)
        self.good("backup", "desk")

    def test_bad_definitions_are_refused_with_their_line(self):
        good = self.definition.read_text()
        for old, new, words in (
            ('mapping = "robot"', 'mapping = "robots"', "robot"),
            ('kind = "sqlite"', 'kind = "oracle"', "sqlite"),
            ('zone = "Asia/Shanghai"\nover', 'zone = "Asia/Shangai"\nover', "Shanghai"),
            ('name = "calls"', 'name = "records"', "records"),
            ("[source.sql]", "[source.sq]", "sql"),
            ('off = ["hour_without_rows"]', 'off = ["hours"]', "hour_without_rows"),
            ("2026-10-01/2026-10-07", "2026-10-07/2026-10-01", "2026-10-01/2026-10-07"),
            ('holidays = [', "percent = 0\nholidays = [", "100"),
        ):
            self.definition.write_text(good.replace(old, new, 1))
            document = self.refused(1, "bad_business", "business", "add", "desk", "--file",
                                    self.definition)
            self.assertIn(words, document["error"]["what"])
            self.assertIn("line", document["error"]["what"])


if __name__ == "__main__":
    BoxTest.program = Path(sys.argv.pop(1)).resolve()
    unittest.main()
