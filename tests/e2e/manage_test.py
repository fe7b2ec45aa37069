#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The pages by which people change what a box does, asked as a browser asks: manage_test.py PROGRAM"""

import hashlib
import socket
import sqlite3
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor

from appliance_box import DEADLINE_S, PASSWORD, ApplianceTest, Browser
from box import BoxTest

MAPPING = """
mapping = "robot"
[source.sql]
kind = "sqlite"
server = "{database}"
query = "select * from cdr where start >= :since and start < :until"
zone = "Asia/Shanghai"
first = "2026-01-01 00:00:00"
"""


class ManageTest(ApplianceTest):
    def begin(self):
        self.make_box()
        self.daemon = self.start_daemon()
        return self.first_administrator(self.daemon)

    def log_lines(self, browser, action):
        return browser.api("GET", "/audit", {"action": action}).document["lines"]

    def change(self, browser, name, definition):
        """As a page does: what is changed is what stands there."""
        seen = browser.api("GET", f"/businesses/{name}").document.get("definition_sha256", "none")
        return browser.api("PATCH", f"/businesses/{name}", body={"before": seen, "definition": definition})

    def make_calls(self):
        """Twelve calls of a database, each with its recording, but for the third one."""
        folder = self.folder / "robot"
        database = self.folder / "cdr.sqlite"
        with sqlite3.connect(database) as rows:
            rows.execute("create table cdr (call_id, agent, phone, contract, start, seconds, outcome, note)")
            for number in range(12):
                phone, start = str(13800000000 + number), f"2026-01-05 09:{number:02}:00"
                rows.execute("insert into cdr values (?, '2049', ?, 'HT1', ?, 3, 'promise', '张')",
                             (f"C{number}", phone, start))
                if number != 2:
                    path = folder / "01/05" / f"2049_{phone}_2026010509{number:02}00.wav"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(b"a call")
        return folder, database

    def test_a_definition_is_looked_at_then_made_then_changed(self):
        root = self.begin()
        folder, database = self.make_calls()
        text = f'[[source]]\nname = "recordings"\npath = "{folder}"\n'
        text += '[[source]]\nname = "calls"\ntype = "sql"' + MAPPING.format(database=database)
        look = root.api("POST", "/businesses/robot/preview", body={"definition": text})
        self.assertEqual(look.status, 200, look.body)
        files, rows = look.document["previews"]
        self.assertEqual((look.document["known"], len(files["items"]), files["items_looked"]), (False, 10, 11))
        self.assertEqual((len(rows["rows"]), rows["rows_problem"], rows["recordings_looked"]), (10, None, 11))
        bound = [[each["path"] for each in row["recordings"]] for row in rows["rows"]]
        told = sorted(line["subject"] for line in self.log_lines(root, "business preview") if line["outcome"] == "reads")
        query = text.split('query = "')[1].split('"')[0].encode()
        self.assertEqual(told, sorted([
            f"robot sha256={hashlib.sha256(text.encode()).hexdigest()}",
            f"robot source=recordings path={folder}",
            f"robot source=calls server={database} database= query={hashlib.sha256(query).hexdigest()}"]))
        self.assertEqual(bound[0], ["recordings/01/05/2049_13800000000_20260105090000.wav"])
        self.assertEqual([number for number, paths in enumerate(bound) if not paths], [2])
        self.assertEqual(rows["rows"][0]["start"], "2026-01-05T01:00:00Z")
        self.assertEqual(root.api("GET", "/businesses").document["businesses"][0]["name"], "desk")
        self.assertEqual(len(root.api("GET", "/businesses").document["businesses"]), 1)

        made = root.api("POST", "/businesses", body={"business": "robot", "definition": text})
        self.assertEqual((made.status, made.document["committed"]), (200, True), made.body)
        kept = root.api("GET", "/businesses/robot").document["definition"]
        self.assertTrue(kept.endswith(text), kept)
        again = root.api("POST", "/businesses", body={"business": "robot", "definition": text})
        self.assertEqual((again.status, again.problem), (409, "business_exists"))

        wider = kept + "\n[schedule]\nbackup = \"never\"\n"
        look = root.api("POST", "/businesses/robot/preview", body={"definition": wider})
        self.assertEqual(look.status, 200, look.body)
        look = look.document
        self.assertEqual((look["known"], look["before"], look["definition"]), (True, kept, wider))
        changed = self.change(root, "robot", wider)
        self.assertEqual((changed.status, changed.document["changed"]), (200, True), changed.body)
        self.assertEqual(root.api("GET", "/businesses/robot").document["definition"], wider)
        self.assertGreater(changed.document["number"], made.document["number"])
        same = self.change(root, "robot", wider).document
        self.assertEqual((same["changed"], same["committed"]), (False, False))
        self.good("backup", "robot")
        actions = [line["action"] for line in root.api("GET", "/audit").document["lines"]]
        for action in ("business preview", "business add", "business change"):
            self.assertIn(action, actions)

    def test_what_is_wrong_with_a_definition_is_told_and_nothing_is_taken(self):
        root = self.begin()
        before = root.api("GET", "/businesses/desk").document["definition"]
        for text, status, problem in (
            ("kind = 7\n", 400, "bad_business"),
            ("[[source]]\npaht = \"/x\"\n", 400, "bad_business"),
            (before + "[[retention]]\nclass = 0\nlock_days = 1\n", 403, "denied"),
            (before.replace("id = \"", "id = \"00"), 400, "bad_business"),
            (before.replace(str(self.source), str(self.folder / "disk0")), 409, "disk_inside_source"),
        ):
            answer = self.change(root, "desk", text)
            self.assertEqual((answer.status, answer.problem), (status, problem), (text, answer.body))
        self.assertEqual(root.api("GET", "/businesses/desk").document["definition"], before)
        away = before.replace(str(self.source), "/nowhere/at/all")
        look = root.api("POST", "/businesses/desk/preview", body={"definition": away})
        self.assertEqual((look.status, look.document["previews"][0]["problem"]["code"]), (200, "source_missing"))
        look = root.api("POST", "/businesses/new/preview",
                        body={"definition": '[[source]]\nname = "calls"\ntype = "sql"'
                              + MAPPING.format(database=self.folder / "none.sqlite")})
        self.assertEqual((look.status, look.document["previews"][0]["rows_problem"]["code"]), (200, "sql_unreachable"))
        self.assertEqual(self.change(root, "none", before).status, 404)
        self.assertEqual(root.api("PATCH", "/businesses/desk", body={}).problem, "value_missing")
        for role in ("viewer", "operator", "auditor"):
            root.api("POST", "/accounts", body={"account": role, "role": role, "password": PASSWORD})
            other = Browser(self.port).log_in(role)
            for method, path in (("PATCH", "/businesses/desk"), ("POST", "/businesses/desk/preview")):
                self.assertEqual(other.api(method, path, body={"definition": before}).problem, "role", (role, path))

    def test_of_two_who_change_the_same_the_later_is_told(self):
        root = self.begin()
        look = root.api("GET", "/businesses/desk").document
        before, seen = look["definition"], look["definition_sha256"]
        first, second = before + '[schedule]\nbackup = "never"\n', before + '[schedule]\nprune = "never"\n'

        def take(definition, seen):
            return root.api("PATCH", "/businesses/desk", body={"before": seen, "definition": definition})

        preview = root.api("POST", "/businesses/desk/preview", body={"definition": second}).document
        self.assertEqual((preview["before"], preview["before_sha256"]), (before, seen))
        self.assertEqual(take(first, seen).status, 200)
        for stale in (seen, "none", "0" * 64):
            late = take(second, stale)
            self.assertEqual((late.status, late.problem), (409, "invalid_argument"), late.body)
            self.assertIn("changed it since", late.body.decode())
        self.assertEqual(root.api("GET", "/businesses/desk").document["definition"], first)
        preview = root.api("POST", "/businesses/desk/preview", body={"definition": second}).document
        self.assertEqual(preview["before"], first)
        self.assertEqual(take(second, preview["before_sha256"]).status, 200)
        file = self.folder / "desk.toml"
        file.write_text(first)
        self.refused(2, "invalid_argument", "business", "change", "desk", "--file", file, "--before", seen)
        self.good("business", "change", "desk", "--file", file)

    def test_a_page_sets_no_programs(self):
        root = self.begin()
        before = root.api("GET", "/businesses/desk").document["definition"]
        program = '[schedule.pre]\ncommand = ["/bin/true"]\n'
        preview, change = ("POST", "/businesses/desk/preview"), ("PATCH", "/businesses/desk")

        def refused(wanted, where, **more):
            if where == change:
                more["before"] = root.api("GET", "/businesses/desk").document["definition_sha256"]
            answer = root.api(*where, body={**more, "definition": wanted})
            self.assertEqual((answer.status, answer.problem), (403, "denied"), (where, wanted, answer.body))

        for where in (preview, change):
            refused(before + program, where)
        new = f'[[source]]\nname = "files"\npath = "{self.source}"\n'
        refused(new + program, ("POST", "/businesses/new/preview"))
        refused(new + program.replace("pre", "post"), ("POST", "/businesses"), business="new")
        self.assertEqual(len(root.api("GET", "/businesses").document["businesses"]), 1)
        # What was set at the box stays as it is.
        file = self.folder / "desk.toml"
        file.write_text(before + program)
        self.good("business", "change", "desk", "--file", file)
        with_program = root.api("GET", "/businesses/desk").document["definition"]
        for wanted in (before, with_program.replace("true", "false"), with_program + "timeout_seconds = 9\n"):
            for where in (preview, change):
                refused(wanted, where)
        self.assertEqual(root.api(*preview, body={"definition": with_program}).status, 200)
        self.assertEqual(root.api("GET", "/businesses/desk").document["definition"], with_program)

    def test_a_page_names_no_file_of_the_box_as_a_password(self):
        given = self.folder / "credentials"
        given.mkdir()
        (given / "crm").write_text("secret\n")
        self.environment["CREDENTIALS_DIRECTORY"] = str(given)
        root = self.begin()
        home, private = self.folder / "home", self.folder / "private"
        private.write_bytes(b"x" * 256 + b"\n")
        private.chmod(0o600)

        def crm(password, server="127.0.0.1"):
            text = MAPPING.format(database=server).replace("sqlite", "postgresql")
            return '[[source]]\nname = "calls"\ntype = "sql"' + text + f'port = 1\npassword_file = "{password}"\n'

        for password in (home / "machine.key", private, "/etc/hostname", given / "../private",
                         "$CREDENTIALS_DIRECTORY/../private", "$CREDENTIALS_DIRECTORY/none"):
            for path, name in (("/businesses/crm/preview", {}), ("/businesses", {"business": "crm"})):
                answer = root.api("POST", path, body={**name, "definition": crm(password)})
                self.assertEqual((answer.status, answer.problem), (403, "denied"), (password, answer.body))
        text = crm("$CREDENTIALS_DIRECTORY/crm")
        look = root.api("POST", "/businesses/crm/preview", body={"definition": text}).document
        self.assertEqual(look["previews"][0]["rows_problem"]["code"], "sql_unreachable")
        # Of what was set at the box the connection stays as it is.
        file = self.folder / "crm.toml"
        file.write_text(crm(private))
        self.good("business", "add", "crm", "--file", file)
        kept = root.api("GET", "/businesses/crm").document["definition"]
        for text, status in ((kept.replace("127.0.0.1", "127.0.0.2"), 403),
                             (kept.replace("port = 1", "port = 2"), 403), (kept + "slice_days = 9\n", 200)):
            answer = root.api("POST", "/businesses/crm/preview", body={"definition": text})
            self.assertEqual(answer.status, status, answer.body)
        # At the box, too, what is its own goes nowhere.
        (self.folder / "link").symlink_to(home / "machine.key")
        self.environment["HOLDFAST_PASSPHRASE_FILE"] = str(given / "crm")
        for content, password, code in ((None, home / "machine.key", "denied"), (None, self.folder / "link", "denied"),
                                        (b"", given / "crm", "denied"), (b"x" * 256 + b"\r\n", private, "sql_unreachable"),
                                        (b"x" * 257, private, "denied"), (b"a\nb\n", private, "denied"),
                                        (b"a\0b", private, "denied")):
            if content:
                private.write_bytes(content)
            file.write_text(crm(password))
            seen = self.run_json("business", "preview", "new", "--file", file)
            self.assertEqual((seen.code, seen.document["previews"][0]["rows_problem"]["code"]), (3, code), content)

    def test_a_look_that_was_stopped_says_why_and_what_to_do(self):
        root = self.begin()
        silent = socket.create_server(("127.0.0.1", 0))
        silent.settimeout(DEADLINE_S)
        self.addCleanup(silent.close)
        text = MAPPING.format(database="127.0.0.1").replace("sqlite", "postgresql")
        text = '[[source]]\nname = "calls"\ntype = "sql"' + text + f"port = {silent.getsockname()[1]}\n"
        look = ("POST", "/businesses/crm/preview")
        with ThreadPoolExecutor() as pages:
            for code, said, stop in (
                ("replaced", "on another one", lambda: root.api(*look, body={"definition": f'[[source]]\npath = "{self.source}"\n'})),
                ("interrupted", "the box is stopping", self.daemon.stop),
            ):
                asked = pages.submit(root.api, *look, body={"definition": text})
                heard, _ = silent.accept()  # it is at work, and waits for a word
                stop()
                answer = asked.result(DEADLINE_S)
                heard.close()
                self.assertEqual((answer.status, answer.problem), (503, code), answer.body)
                self.assertIn(said, answer.document["title"])
                self.assertIn("ask again", answer.document["detail"])

    def test_nobody_looks_into_the_box_itself(self):
        root = self.begin()
        home, disk, inside = self.folder / "home", self.folder / "disk0", self.folder / "inside"
        inside.symlink_to(home / "catalog")
        (disk / "rows.sqlite").write_bytes(b"")
        (self.folder / "link.sqlite").symlink_to(next((home / "catalog").glob("*.sqlite")))

        def looked(sources):
            definition = "".join(sources)
            added = root.api("POST", "/businesses", body={"business": "new", "definition": definition})
            look = root.api("POST", "/businesses/new/preview", body={"definition": definition})
            self.assertEqual(look.status, 200, look.body)
            return added.problem, look.document["previews"]

        def folder(path):
            return f'[[source]]\nname = "calls"\ntype = "csv"\nmapping = "robot"\npath = "{path}"\n'

        def database(path, more=""):
            return '[[source]]\nname = "calls"\ntype = "sql"' + MAPPING.format(database=path) + more

        other = MAPPING.format(database="127.0.0.1").replace("sqlite", "mysql")
        for source, code in (
            (folder(home), "source_in_home"), (folder(home / "tls"), "source_in_home"),
            (folder(inside), "source_in_home"), (folder(disk), "disk_inside_source"),
            (folder(disk / "journal"), "disk_inside_source"), (folder(self.folder), "disk_inside_source"),
            (database(next((home / "catalog").glob("*.sqlite"))), "source_in_home"),
            (database(self.folder / "link.sqlite"), "source_in_home"),
            (database(disk / "rows.sqlite"), "disk_inside_source"),
            ('[[source]]\nname = "calls"\ntype = "sql"' + other + f'ca_file = "{home}/tls/key.pem"\n', "source_in_home"),
        ):
            problem, (seen,) = looked([source])
            self.assertEqual((problem, seen["problem"]["code"]), (code, code), source)
            self.assertEqual((seen["items"], seen["rows"]), ([], []), source)

    def test_time_codes_and_the_boxs_own_file(self):
        root = self.begin()
        self.good("backup", "desk")
        at = root.api("GET", "/time").document["clock"]
        one = root.api("POST", "/time/confirmations", body={"at": at, "by": ["Li"]})
        self.assertEqual(one.status, 400, one.body)
        two = root.api("POST", "/time/confirmations", body={"at": at, "by": ["Li", "Wang"]})
        self.assertEqual((two.status, two.document["committed"]), (200, True), two.body)
        self.assertEqual(root.api("GET", "/time").document["confirmations"][-1]["by"], ["Li", "Wang"])
        root.api("POST", "/accounts", body={"account": "night", "role": "viewer", "password": PASSWORD})
        code = root.api("POST", "/accounts/night/code", body={})
        self.assertTrue(code.document["address"].startswith("otpauth://"), code.body)
        secret = code.document["address"].split("secret=")[1].split("&")[0]
        self.assertNotIn(secret.encode(), root.api("GET", "/audit").body)
        needed = Browser(self.port).api("POST", "/session", body={"account": "night", "password": PASSWORD})
        self.assertEqual(needed.problem, "code_needed")
        self.assertEqual(root.api("POST", "/accounts/night/code", body={"off": True}).status, 200)
        night = Browser(self.port).log_in("night")
        for path in ("/appliance-file", "/keys", "/businesses/desk/prune-plan"):
            self.assertEqual(night.api("GET", path).problem, "role")
        own = self.folder / "home/appliance.toml"
        own.write_text(own.read_text() + "# \\ é\n")
        self.assertEqual(root.api("GET", "/appliance-file").document["text"], own.read_text())
        own.write_bytes(b"# \xff\n")
        self.assertEqual(root.api("GET", "/appliance-file").document["text"], "# \\xff\n")
        own.unlink()
        self.assertIsNone(root.api("GET", "/appliance-file").document["text"])

    def test_a_search_is_of_the_snapshot_that_it_names(self):
        root = self.begin()
        self.good("backup", "desk")
        (self.source / "late.txt").write_text("late")
        newer = self.good("backup", "desk")["number"]
        found = [[item["path"] for item in root.api("GET", "/businesses/desk/found",
                                                    {"pattern": "late", "snapshot": number}).document["items"]]
                 for number in (newer - 1, newer)]
        self.assertEqual(found, [[], ["recordings/late.txt"]])


if __name__ == "__main__":
    BoxTest.program = sys.argv.pop(1)
    unittest.main(verbosity=2)
