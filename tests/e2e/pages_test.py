#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The pages of a running appliance, asked as browsers and scripts ask: pages_test.py PROGRAM"""

import datetime
import hashlib
import http.client
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import unittest
from pathlib import Path

from appliance_box import DEADLINE_S, PASSWORD, Answer, ApplianceTest, Browser, wait_for
from box import BoxTest


class PagesTest(ApplianceTest):
    def test_from_the_first_boot_to_a_call_that_is_heard(self):
        self.make_box()
        daemon = self.start_daemon()
        fingerprint = daemon.said(r"listening.* ([0-9a-f]{64})")[1]
        shown = ssl.get_server_certificate(("127.0.0.1", self.port))
        self.assertEqual(hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown)).hexdigest(), fingerprint)
        stranger = Browser(self.port)
        self.assertEqual(stranger.api("GET", "/status").problem, "no_session")
        self.assertTrue(stranger.api("GET", "/session").document["first_boot"])
        root = self.first_administrator(daemon)
        self.assertFalse(stranger.api("GET", "/session").document["first_boot"])

        done = self.backed_up(root)
        self.assertEqual((done["state"], done["exit_code"], done["asked_by"]), ("done", 0, "root"))
        self.every_document_is_the_command_lines(root)
        self.reports_are_files_to_take_away(root)
        self.the_drills_of_a_month_are_a_page_for_who_may_look(root)
        self.a_recording_comes_whole_and_in_part(root)
        self.the_status_is_told_in_both_languages(root)
        self.who_asked_stands_in_the_log(root)

    def every_document_is_the_command_lines(self, browser):
        for path, words in {
            "/businesses": ["business", "list"],
            "/businesses/desk": ["business", "show", "desk"],
            "/businesses/desk/snapshots": ["snapshot", "list", "desk"],
            "/businesses/desk/snapshots/2": ["snapshot", "show", "desk", "2"],
            "/businesses/desk/items": ["ls", "desk"],
            "/businesses/desk/reconciliation": ["record", "reconcile", "desk"],
            "/keys": ["key", "list"],
        }.items():
            answer = browser.api("GET", path)
            self.assertEqual(answer.status, 200, answer.body)
            self.assertEqual(answer.body.decode(), self.run_json(*words).text, path)
        missing = browser.api("GET", "/businesses/none/snapshots", fields={"Accept-Language": "zh"})
        self.assertEqual((missing.status, missing.problem), (404, "no_business"))
        self.assertRegex(missing.document["title"], "[\u4e00-\u9fff]")

    def reports_are_files_to_take_away(self, browser):
        for path, kind, name, words in (
            ("statistics/export", "text/csv", "statistics.csv", ["record", "statistics", "--csv"]),
            ("reconciliation/export?csv=true", "text/csv", "reconciliation.csv",
             ["record", "reconcile", "--csv"]),
            ("reconciliation/export?snapshot=2", "text/html", "reconciliation.html",
             ["record", "reconcile", "--html"]),
        ):
            answer = browser.ask("GET", f"/api/v1/businesses/desk/{path}")
            self.assertEqual(answer.status, 200, (path, answer.body))
            self.assertEqual(answer.fields["content-type"].split(";")[0], kind, path)
            self.assertEqual(answer.fields["content-disposition"], f'attachment; filename="{name}"')
            if kind == "text/csv":
                self.assertEqual(answer.body.decode(), self.text(*words, "desk").text, path)
            else:
                self.assertIn(b"<html", answer.body)
            lines = browser.api("GET", "/audit", {"action": " ".join(words[:2])}).document["lines"]
            told = [(line["actor"], line["outcome"]) for line in lines[:2]]
            self.assertEqual(told, [("root", "ok"), ("root", "begun")], path)
            self.assertIn(words[2], lines[0]["subject"])
        # What the page itself shows of them is noted nowhere.
        self.assertEqual(len(browser.api("GET", "/audit", {"action": "record reconcile"})
                             .document["lines"]), 4)
        for path, status, code in (("csv=maybe", 400, "value_bytes"), ("snapshot=99", 404, "exit")):
            answer = browser.ask("GET", f"/api/v1/businesses/desk/reconciliation/export?{path}")
            self.assertEqual((answer.status, answer.problem), (status, code))
        wrong = browser.api("GET", "/businesses/desk/statistics/export", {"from": "yesterday"})
        self.assertEqual((wrong.status, wrong.problem), (400, "exit"))

    def the_drills_of_a_month_are_a_page_for_who_may_look(self, browser):
        body = {"account": "looker", "role": "viewer", "password": PASSWORD}
        self.assertEqual(browser.api("POST", "/accounts", body=body).status, 204)
        self.good("drill", "desk")
        month = self.good("drill", "desk", "--report", f"{datetime.date.today():%Y-%m}")
        looker = Browser(self.port).log_in("looker")
        path = "/businesses/desk/drills/export"
        answer = looker.api("GET", path, {"month": month["month"], "lang": "en"})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.fields["content-type"].split(";")[0], "text/html")
        self.assertEqual(answer.fields["content-disposition"], 'attachment; filename="drills.html"')
        page = answer.body.decode()
        self.assertIn("<html", page)
        self.assertIn(month["days"][0]["day"], page)
        for query, code in (({}, "value_missing"), ({"month": "2026-13"}, "exit"),
                            ({"month": "--items=9"}, "exit")):
            wrong = looker.api("GET", path, query)
            self.assertEqual((wrong.status, wrong.problem), (400, code), query)
        lines = browser.api("GET", "/audit", {"action": "drill"}).document["lines"]
        self.assertIn(("looker", "ok"), [(line["actor"], line["outcome"]) for line in lines])

    def a_recording_comes_whole_and_in_part(self, browser):
        stored = (self.source / "01/31/call.wav").read_bytes()
        where = {"path": "recordings/01/31/call.wav", "reason": "a test"}
        whole = browser.api("GET", "/businesses/desk/content", where)
        self.assertEqual((whole.status, whole.body), (200, stored))
        self.assertEqual(whole.fields["content-type"], "audio/wav")
        for asked, first, last in (("bytes=0-0", 0, 0), ("bytes=1000-1999", 1000, 1999),
                                   ("bytes=-10", len(stored) - 10, len(stored) - 1),
                                   ("bytes=299990-", 299990, len(stored) - 1)):
            part = browser.api("GET", "/businesses/desk/content", where, fields={"Range": asked})
            self.assertEqual((part.status, part.body), (206, stored[first : last + 1]), asked)
            self.assertEqual(part.fields["content-range"], f"bytes {first}-{last}/{len(stored)}")
        beyond = browser.api("GET", "/businesses/desk/content", where, fields={"Range": "bytes=300000-"})
        self.assertEqual(beyond.status, 416)
        for path in ("recordings", "recordings/none", "../../etc/passwd", "/etc/passwd", "-x"):
            answer = browser.api("GET", "/businesses/desk/content", {"path": path, "reason": "a test"})
            self.assertIn(answer.status, (400, 404), (path, answer.body))

    def the_status_is_told_in_both_languages(self, browser):
        status = wait_for("a status with the backup", lambda: (
            browser.api("GET", "/status").document["box"] or {}).get("last_backup"))
        self.assertEqual(status, self.good("status")["last_backup"])
        plain = browser.ask("GET", "/plain", fields={"Accept-Language": "zh-CN"})
        self.assertIn("上次备份", plain.body.decode())
        self.assertNotIn("<script", plain.body.decode())
        self.assertIn(b'src="/app.js"', browser.ask("GET", "/").body)

    def who_asked_stands_in_the_log(self, browser):
        lines = browser.api("GET", "/audit").document["lines"]
        told = {(line["actor"], line["action"], line["outcome"], line["peer"]) for line in lines}
        self.assertIn(("root", "cat", "ok", "127.0.0.1"), told)
        self.assertIn(("root", "login", "ok", "127.0.0.1"), told)
        self.assertIn(("", "request", "no_session", "127.0.0.1"), told)
        self.assertTrue(self.good("audit", "verify")["good"])

    def test_roles_words_and_sessions_are_asked_for(self):
        self.make_box()
        daemon = self.start_daemon()
        root = self.first_administrator(daemon)
        for role in ("viewer", "operator", "auditor"):
            body = {"account": role, "role": role, "password": PASSWORD}
            self.assertEqual(root.api("POST", "/accounts", body=body).status, 204)
        viewer = Browser(self.port).log_in("viewer")
        operator = Browser(self.port).log_in("operator")
        backup = {"kind": "backup", "business": "desk"}
        self.assertEqual(viewer.api("POST", "/jobs", body=backup).problem, "role")
        self.assertEqual(viewer.api("GET", "/businesses/desk/items").problem, "role")
        self.assertEqual(operator.api("GET", "/audit").problem, "role")
        self.assertEqual(operator.api("POST", "/jobs", body=backup).status, 202)
        for origin in ("https://elsewhere.example", f"http://127.0.0.1:{self.port}"):
            answer = operator.api("POST", "/jobs", body=backup, fields={"Origin": origin})
            self.assertEqual(answer.problem, "origin", origin)
        here = {"Origin": f"https://127.0.0.1:{self.port}"}
        self.assertEqual(operator.api("POST", "/jobs", body=backup, fields=here).status, 202)
        operator.word = "0" * 64
        self.assertEqual(operator.api("POST", "/jobs", body=backup).problem, "change_word")
        # The command line takes an account away, and its session with it.
        self.good("account", "remove", "viewer")
        self.assertEqual(viewer.api("GET", "/status").problem, "no_session")
        daemon.stop()
        daemon = self.start_daemon(port=self.port)
        daemon.said("listening")
        self.assertEqual(root.api("GET", "/status").problem, "no_session")
        root.log_in("root")

    def test_hostile_requests_end_in_problems_and_the_daemon_goes_on(self):
        self.make_box()
        root = self.first_administrator(self.start_daemon())
        for body in ('{"kind":', "[" * 50_000, '{"kind":"backup","kind":"tend"}', '"x"',
                     '{"kind":"backup","x":1}', '{"kind":{"a":[]}}', '{"kind":"backup","business":7}',
                     '{"kind":"backup","business":"desk","ignore_window":"true"}', "\ud800".encode("utf-8", "surrogatepass")):
            answer = self.raw_post(root, body)
            self.assertEqual(answer.status, 400, (body, answer.body))
        missing = root.api("POST", "/jobs", body={"kind": "verify", "business": "none"})
        self.assertEqual((missing.status, missing.problem), (404, "no_business"))
        self.good("business", "add", "late", "--source", self.source)
        late = root.api("POST", "/jobs", body={"kind": "backup", "business": "late"})
        self.assertEqual(late.status, 202, late.body)
        for path, method, body in (
            ("/accounts", "POST", {"account": True, "role": "viewer", "password": PASSWORD}),
            ("/accounts", "POST", {"account": "a", "role": "viewer", "password": 123456789012}),
            ("/accounts/root", "PATCH", {"locked": "true"}),
            ("/pool/disks", "POST", {"disk": "/x", "dry_run": 1}),
        ):
            answer = root.api(method, path, body=body)
            self.assertEqual((answer.status, answer.problem), (400, "body_value"), (path, body))
        self.assertEqual(self.raw_post(root, "x" * 300_000).status, 413)
        self.assertEqual(root.api("GET", "/businesses/%00/snapshots").status, 400)
        self.assertEqual(root.api("GET", "/businesses/..%2F..%2Fetc/snapshots").status, 404)
        self.assertEqual(root.ask("GET", "/..%2f..%2fetc/passwd").status, 404)
        self.assertEqual(root.api("GET", "/status").status, 200)

    def raw_post(self, browser, body):
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=browser.tls)
        fields = {"Cookie": browser.cookie, "X-Holdfast-Change": browser.word,
                  "Content-Type": "application/json"}
        try:
            connection.request("POST", "/api/v1/jobs", body, fields)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it need not read all of what is too large
        response = connection.getresponse()
        answer = Answer(response, response.read())
        connection.close()
        return answer

    def backed_up(self, browser):
        """The job of a backup that was asked for by a page, as it ended."""
        job = browser.api("POST", "/jobs", body={"kind": "backup", "business": "desk"})
        self.assertEqual(job.status, 202, job.body)

        def ended():
            jobs = browser.api("GET", "/jobs").document["jobs"]
            return next((j for j in jobs if j["id"] == job.document["job"] and j["ended"]), None)

        return wait_for("the backup", ended)

    def listening(self, ports):
        """appliance.toml, with these ports and no others."""
        listen = ", ".join(f'"127.0.0.1:{port}"' for port in ports)
        (self.folder / "home/appliance.toml").write_text(
            f'tend = "never"\n[http]\nlisten = [{listen}]\n')

    def standing(self, browser, code):
        """Where the appliance's own alerts of that code stand; None while a listener is opened
        anew, when connections are refused or cut."""
        try:
            answer = browser.api("GET", "/alerts")
        except ConnectionError:
            return None
        if answer.status == 503:
            return None
        self.assertEqual(answer.status, 200, answer.document)
        return [alert["where"] for alert in answer.document["standing"] if alert["code"] == code]

    def told(self, browser):
        return " ".join(browser.api("GET", "/status").document["complaints"])

    def test_a_port_that_is_taken_is_told_everywhere_until_it_is_free(self):
        self.make_box()
        daemon = self.start_daemon()
        root = self.first_administrator(daemon)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            other = taken.getsockname()[1]
            self.listening([self.port, other])
            daemon.process.send_signal(signal.SIGHUP)
            daemon.said(f"not listening.*127.0.0.1:{other}")
            where = f"127.0.0.1:{other}"
            wait_for("an alert", lambda: self.standing(root, "not_listening") == [where])
            self.assertIn(where, self.told(root))
            listen = root.api("GET", "/appliance").document["listen"]
            self.assertEqual([each["open"] for each in listen], [True, False])
            self.assertTrue(listen[1]["complaint"])
        daemon.process.send_signal(signal.SIGHUP)
        wait_for("no alert", lambda: self.standing(root, "not_listening") == [])
        self.assertEqual(self.told(root), "")
        self.assertEqual(Browser(other).api("GET", "/session").status, 200)

    def test_a_wrong_certificate_keeps_no_daemon_from_its_work(self):
        self.make_box()
        daemon = self.start_daemon()
        daemon.said("listening")
        daemon.stop()
        self.assertEqual(self.check().returncode, 0)
        key = self.folder / "home/tls/key.pem"
        good = key.read_bytes()
        key.write_text("no key at all\n")
        self.assertNotEqual(self.check().returncode, 0)
        self.assertIn("home/tls", self.check().stderr)
        daemon = self.start_daemon()
        daemon.said("not listening.*home/tls")
        self.assertIsNone(daemon.process.poll())
        key.write_bytes(good)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.said(r"listening.* [0-9a-f]{64}")

    def check(self):
        return subprocess.run([Path(self.program).parent / "holdfastd", "--check"],
                              env=self.environment, capture_output=True, text=True)

    def certificate(self, folder, days, *names):
        """A pair of somebody else's, in PEM."""
        listed = ",".join(names)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-subj", "/CN=x", "-days", str(days), "-addext", f"subjectAltName={listed}",
             "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
            check=True, capture_output=True)

    def served(self):
        pem = ssl.get_server_certificate(("127.0.0.1", self.port))
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()

    def served_after(self, first):
        """Another one than that, once the listener is open again."""
        def another():
            try:
                return self.served() != first
            except (ConnectionError, ssl.SSLError):
                return False
        wait_for("another certificate", another)
        return self.served()

    def test_a_new_certificate_counts_once_the_daemon_is_told_and_a_wrong_one_never(self):
        self.make_box()
        daemon = self.start_daemon(more='names = ["box.site.example"]\n')
        root = self.first_administrator(daemon)
        first = self.served()
        facts = root.api("GET", "/appliance").document["certificate"]
        self.assertEqual(facts["fingerprint"], first)
        self.assertIn("box.site.example", facts["names"])
        tls = self.folder / "home/tls"
        own_key = (tls / "key.pem").read_bytes()

        other = self.folder / "other"
        other.mkdir()
        self.certificate(other, 20, "DNS:*.site.example", "IP:127.0.0.1")
        (tls / "key.pem").write_bytes((other / "key.pem").read_bytes())
        daemon.process.send_signal(signal.SIGHUP)
        daemon.said("the one before goes on")
        wait_for("an alert", lambda: self.standing(root, "certificate_wrong") == [""])
        self.assertEqual(self.served(), first)
        (tls / "key.pem").write_bytes(own_key)
        daemon.process.send_signal(signal.SIGHUP)
        wait_for("no alert", lambda: self.standing(root, "certificate_wrong") == [])
        self.assertEqual(self.served(), first)

        # Somebody's key stays while its certificate is not there yet.
        (tls / "key.pem").write_bytes((other / "key.pem").read_bytes())
        (tls / "certificate.pem").unlink()
        daemon.process.send_signal(signal.SIGHUP)
        wait_for("an alert", lambda: self.standing(root, "certificate_wrong") == [""])
        self.assertEqual((tls / "key.pem").read_bytes(), (other / "key.pem").read_bytes())
        self.assertEqual(self.served(), first)
        self.assertIn("tls/certificate.pem", self.check().stderr)
        (tls / "certificate.pem").write_bytes((other / "certificate.pem").read_bytes())
        daemon.process.send_signal(signal.SIGHUP)
        self.served_after(first)
        facts = root.api("GET", "/appliance").document["certificate"]
        self.assertEqual((facts["fingerprint"], facts["names"]),
                         (self.served(), ["*.site.example", "127.0.0.1"]))
        wait_for("an alert", lambda: self.standing(root, "certificate_expires") == [""])
        self.assertIn(facts["not_after"][:10], self.told(root))
        self.assertEqual(self.standing(root, "certificate_names"), [])
        self.assertEqual(root.api("GET", "/session").status, 200)

    def test_the_box_makes_another_certificate_of_its_own_only_once_its_own_is_taken_away(self):
        self.make_box()
        daemon = self.start_daemon()
        root = self.first_administrator(daemon)
        first = self.served()
        own = self.folder / "home/appliance.toml"
        own.write_text(own.read_text() + 'names = ["box.example", "vault.example"]\n')
        daemon.process.send_signal(signal.SIGHUP)
        both = "box.example, vault.example"
        wait_for("an alert", lambda: self.standing(root, "certificate_names") == [both])
        self.assertIn(f"is not for {both}", self.told(root))
        self.assertEqual(self.served(), first)
        shutil.rmtree(self.folder / "home/tls")
        daemon.process.send_signal(signal.SIGHUP)
        wait_for("no alert", lambda: self.standing(root, "certificate_names") == [])
        second = self.served_after(first)
        daemon.said(f"listening.* {second}")
        said = [line for line in daemon.lines if "is not for" in line]
        self.assertEqual(len(said), 1, daemon.lines)
        self.assertIn(both, said[0])
        self.assertIn("box.example", root.api("GET", "/appliance").document["certificate"]["names"])

    def test_a_thousand_idle_connections_keep_nobody_from_a_backup(self):
        self.make_box()
        root = self.first_administrator(self.start_daemon())
        idle = []
        self.addCleanup(lambda: [each.close() for each in idle])
        for number in range(1000):
            # Of one address so many are closed at once: these come from as many as it takes.
            source = (f"127.0.1.{1 + number // 50}", 0)
            one = socket.create_connection(("127.0.0.1", self.port), DEADLINE_S, source)
            idle.append(one)
            if number % 10 == 9:  # what has not given way meanwhile is there for good
                idle[-1] = root.tls.wrap_socket(one)
        done = self.backed_up(root)
        self.assertEqual((done["state"], done["exit_code"]), ("done", 0))
        self.assertEqual(len(self.good("snapshot", "list", "desk")["snapshots"]), 1)

    def test_nothing_but_the_code_of_the_first_boot_stands_on_standard_output(self):
        self.make_box()
        out, log = self.folder / "out", self.folder / "log"
        self.start_daemon().stop()  # it has written appliance.toml
        with out.open("w") as console, log.open("w") as journal:
            daemon = subprocess.Popen([Path(self.program).parent / "holdfastd"], stdout=console,
                                      stderr=journal, env=self.environment)
            self.addCleanup(daemon.kill)
            code = wait_for("the code", lambda: re.search(r"\b\d{8}\b", out.read_text()))[0]
            daemon.send_signal(signal.SIGTERM)
            self.assertEqual(daemon.wait(DEADLINE_S), 0)
        self.assertRegex(out.read_text(), r"\A.*\b\d{8}\b.*\n\Z")
        self.assertNotIn(code, log.read_text())
        self.assertIn("listening", log.read_text())

    def test_without_a_box_the_pages_say_so(self):
        daemon = self.start_daemon()
        root = self.first_administrator(daemon)
        status = wait_for("a try", lambda: (
            lambda s: s if s["trouble"] else None)(root.api("GET", "/status").document))
        self.assertIsNone(status["box"])
        self.assertFalse(status["set_up"])


if __name__ == "__main__":
    BoxTest.program = sys.argv.pop(1)
    unittest.main(verbosity=2)
