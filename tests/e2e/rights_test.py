#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every operation of docs/api.yaml, asked by those who may not: without a session, with a forged or
a stale one, without the word for changes, from another site, in a role that is too low. Each is
refused as the page says, and the audit log has it: rights_test.py PROGRAM"""

import collections
import http.client
import re
import secrets
import sys
import unittest
from pathlib import Path

from appliance_box import DEADLINE_S, PASSWORD, ApplianceTest, Browser
from box import BoxTest

PAGE = Path(__file__).resolve().parents[2] / "docs/api.yaml"
COOKIE = "__Host-holdfast"
# As the manual has them: who may do what needs which right.
MAY = {
    "viewer": {"look"},
    "operator": {"look", "run"},
    "auditor": {"look", "find", "hear"},
    "administrator": {"look", "run", "find", "hear", "rule"},
}
VALUES = {"business": "desk", "number": "2", "other": "2", "job": "1", "name": "viewer",
          "id": "1"}
# The log has so many lines a minute of refusals to people with a session, and of those to
# strangers; of these so many of one address. What is beyond is counted in the line after it.
LINES, LINES_OF_ADDRESS = 60, 20

Operation = collections.namedtuple("Operation", "method path right")
Refusal = collections.namedtuple("Refusal", "actor role peer subject outcome")


def described_operations():
    """Of the page, whose layout is fixed (tools/check_api)."""
    text = PAGE.read_text()
    operations = []
    path = method = None
    for line in text[text.index("\npaths:") : text.index("\ncomponents:")].splitlines():
        if match := re.match(r"  (/\S+):$", line):
            path = re.sub(r"\{(\w+)\}", lambda name: VALUES[name[1]], match[1])
        elif match := re.match(r"    (get|post|patch|delete|put):$", line):
            method = match[1].upper()
        elif match := re.match(r"      x-right: (\w+)$", line):
            operations.append(Operation(method, path, match[1]))
    return operations


class RightsTest(ApplianceTest):
    def setUp(self):
        super().setUp()
        self.operations = described_operations()
        self.assertGreater(len(self.operations), 40)
        self.guarded = [each for each in self.operations if each.right != "none"]
        self.changes = [each for each in self.guarded if each.method != "GET"]
        self.wanted = []
        self.make_box()
        self.daemon = self.start_daemon()
        self.root = self.first_administrator(self.daemon)
        self.people = {"administrator": self.root}
        for role in ("viewer", "operator", "auditor"):
            body = {"account": role, "role": role, "password": PASSWORD}
            self.assertEqual(self.root.api("POST", "/accounts", body=body).status, 204)
            self.people[role] = Browser(self.port).log_in(role)

    def ask(self, browser, operation, who, status, code, **more):
        """It is refused so; `who`: account and role that the log must have."""
        browser.address = f"127.0.0.{2 + len(self.wanted) // LINES_OF_ADDRESS}"
        method, path = operation.method, "/api/v1" + operation.path
        tried, noted = more.pop("tried", ""), more.pop("noted", code)
        answer = browser.ask(method, path, **more)
        said = (method, path, who, answer.status, answer.body)
        self.assertEqual(answer.status, status, said)
        self.assertEqual(answer.fields["content-type"], "application/problem+json", said)
        document = answer.document
        self.assertEqual((document["schema"], document["status"]), (1, status), said)
        self.assertEqual((answer.problem, bool(document["title"])), (code, True), said)
        subject = f"{method} {path}{tried}"
        self.wanted.append(Refusal(*who, browser.address, subject, noted))

    def ask_all(self, operations, browser, who, status, code, **more):
        for operation in operations:
            self.ask(browser, operation, who, status, code, **more)

    def nobody(self, cookie=""):
        browser = Browser(self.port)
        browser.cookie, browser.word = cookie, self.root.word
        return browser

    def check_log(self):
        """Each refusal has a line of its own, or is one of the number that a later line has; which
        have none of their own."""
        self.assertEqual(self.daemon.stop(), 0)
        lines = self.good("audit", "list", "--action", "request", "--limit", "100000")["lines"]
        told = collections.Counter()
        number = 0
        for line in lines:
            counted = re.search(r" ?\((\d+)\)$", line["subject"])
            number += int(counted[1]) if counted else 1
            subject = line["subject"][: counted.start()] if counted else line["subject"]
            if subject:  # not what is told at the end of a minute
                told[Refusal(line["actor"], line["role"], line["peer"], subject,
                             line["outcome"])] += 1
        self.assertEqual(number, len(self.wanted))
        wanted = collections.Counter(self.wanted)
        self.assertFalse(told - wanted)
        self.assertTrue(self.good("audit", "verify")["good"])
        return wanted - told

    def test_strangers_and_who_lacks_the_word(self):
        stranger = Browser(self.port)
        self.ask_all(self.guarded, stranger, ("", ""), 401, "no_session")
        viewer = self.people["viewer"]
        word, viewer.word = viewer.word, ""
        self.ask_all(self.changes, viewer, ("viewer", "viewer"), 403, "change_word")
        viewer.word = word
        # Few enough of each kind for a line of its own, at most.
        self.assertLessEqual(max(len(self.guarded), len(self.changes)), LINES)
        self.assertFalse(self.check_log())

    def test_the_lowest_role(self):
        beyond = [each for each in self.guarded if each.right not in MAY["viewer"]]
        self.ask_all(beyond, self.people["viewer"], ("viewer", "viewer"), 403, "role")
        self.assertLessEqual(len(beyond), LINES)
        self.assertFalse(self.check_log())

    def test_other_roles_forged_and_stale_sessions_and_other_sites(self):
        for role in ("operator", "auditor"):
            beyond = [each for each in self.guarded if each.right not in MAY[role]]
            self.assertTrue(beyond)
            self.ask_all(beyond, self.people[role], (role, role), 403, "role")
        in_full = list(self.wanted)
        self.assertLessEqual(len(in_full), LINES)

        self.ask_all(self.guarded, self.nobody(f"{COOKIE}={secrets.token_hex(32)}"),
                     ("", ""), 401, "no_session")
        self.what_looks_like_a_session_is_none()
        self.words_of_others_and_other_sites()
        self.accounts_of_others_stay_as_they_are()
        self.events_are_for_everybody_with_a_session()
        self.sessions_end_for_good()
        unlisted = self.check_log()
        self.assertFalse(unlisted & collections.Counter(in_full))

    def what_looks_like_a_session_is_none(self):
        token = self.root.cookie.split("=")[1]
        other = token[:-1] + ("1" if token[-1] == "0" else "0")
        cookies = ("", f"{COOKIE}=", f"{COOKIE}={other}", f"{COOKIE}={token[:-1]}",
                   f"{COOKIE}2={token}", f"holdfast={token}", f"{COOKIE}={self.root.word}")
        for cookie in cookies:
            browser = self.nobody(cookie)
            self.ask(browser, Operation("GET", "/status", "look"), ("", ""), 401, "no_session")
            session = browser.api("GET", "/session")
            self.assertEqual((session.status, session.document["account"]), (200, None), cookie)
            self.assertNotIn("change", session.document)

    def words_of_others_and_other_sites(self):
        root = self.root
        word, root.word = root.word, self.people["viewer"].word
        self.ask_all(self.changes, root, ("root", "administrator"), 403, "change_word")
        root.word = word
        changes = [each for each in self.operations if each.method != "GET"]
        self.ask_all(changes, root, ("root", "administrator"), 403, "origin",
                     fields={"Origin": "https://elsewhere.example"})
        self.ask(root, Operation("POST", "/jobs", "run"), ("root", "administrator"), 403, "origin",
                 fields={"Sec-Fetch-Site": "cross-site"})

    def accounts_of_others_stay_as_they_are(self):
        for role in ("viewer", "operator", "auditor"):
            who, browser = (role, role), self.people[role]
            for body in ({"role": "administrator"}, {"password": PASSWORD + "2"}, {"locked": True}):
                for name in ("root", role):
                    self.ask(browser, Operation("PATCH", f"/accounts/{name}", "look"), who, 403,
                             "role", body=body)
        self.ask(self.people["operator"], Operation("POST", "/jobs", "run"),
                 ("operator", "operator"), 403, "role", body={"kind": "prune", "business": "desk"})
        accounts = self.root.api("GET", "/accounts").document["accounts"]
        roles = {each["account"]: each["role"] for each in accounts}
        self.assertEqual(roles, {"root": "administrator", "viewer": "viewer",
                                 "operator": "operator", "auditor": "auditor"})
        self.ask(Browser(self.port), Operation("POST", "/session", "none"), ("", ""), 401, "login",
                 body={"account": "viewer", "password": PASSWORD + "2"}, tried=" account viewer")

    def events_are_for_everybody_with_a_session(self):
        for browser in self.people.values():
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=browser.tls,
                                                     timeout=DEADLINE_S)
            connection.request("GET", "/api/v1/events", headers={"Cookie": browser.cookie})
            response = connection.getresponse()
            self.assertEqual(response.status, 200)
            self.assertEqual(response.getheader("Content-Type"), "text/event-stream")
            self.assertEqual(response.readline(), b"event: state\n")
            self.assertRegex(response.readline(), rb"^data: \d+\n$")
            connection.close()

    def sessions_end_for_good(self):
        """By a log-out, with the account, with the daemon; another role counts at once."""
        viewer, operator, auditor = (self.people[r] for r in ("viewer", "operator", "auditor"))
        role = {"role": "viewer"}
        self.assertEqual(self.root.api("PATCH", "/accounts/auditor", body=role).status, 204)
        self.ask(auditor, Operation("GET", "/audit", "hear"), ("auditor", "viewer"), 403, "role")
        self.assertEqual(viewer.api("GET", "/session").document["change"], viewer.word)
        done = viewer.api("DELETE", "/session")
        self.assertEqual(done.status, 204)
        self.assertRegex(done.fields["set-cookie"], rf"^{COOKIE}=;.*Max-Age=0")
        self.ask_all(self.guarded, viewer, ("", ""), 401, "no_session")
        # Locked in front of the box: its sessions are over, also when it is unlocked again.
        self.good("account", "lock", "auditor")
        self.ask(auditor, Operation("GET", "/status", "look"), ("", ""), 401, "no_session")
        password = {"account": "auditor", "password": PASSWORD}
        refused = self.nobody()
        self.ask(refused, Operation("POST", "/session", "none"), ("", ""), 401, "login",
                 body=password, tried=" account auditor", noted="locked")
        self.good("account", "unlock", "auditor")
        self.ask(auditor, Operation("GET", "/status", "look"), ("", ""), 401, "no_session")
        Browser(self.port).log_in("auditor")
        self.ask(self.root, Operation("PATCH", "/accounts/root", "look"), ("root", "administrator"),
                 403, "denied", body={"locked": True})
        self.assertEqual(self.root.api("DELETE", "/accounts/operator").status, 204)
        for method, path in (("GET", "/status"), ("POST", "/jobs"), ("GET", "/events")):
            self.ask(operator, Operation(method, path, ""), ("", ""), 401, "no_session")
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon = self.start_daemon(port=self.port)
        self.daemon.said("listening")
        self.ask_all(self.guarded, self.root, ("", ""), 401, "no_session")


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
