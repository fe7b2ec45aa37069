#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Alerts of a running appliance: since when they stand, who looks after them, and what is over, by
the pages and by the command line: alerts_test.py PROGRAM"""

import signal
import sys
import unittest
from pathlib import Path

from appliance_box import PASSWORD, ApplianceTest, Browser, wait_for
from box import BoxTest


class AlertsTest(ApplianceTest):
    def standing(self, browser, code):
        """Whoever looks has the status asked for more often."""
        self.assertEqual(browser.api("GET", "/status").status, 200)
        alerts = browser.api("GET", "/alerts").document["standing"]
        return next((each for each in alerts if each["code"] == code), None)

    def wait_standing(self, browser, code):
        return wait_for(f"{code} stands", lambda: self.standing(browser, code))

    def wait_gone(self, browser, code):
        wait_for(f"{code} is gone", lambda: self.standing(browser, code) is None)

    def acknowledge(self, browser, alert, note):
        path = f"/alerts/{alert}/acknowledgement"
        return browser.api("POST", path, body={"note": note})

    def test_an_alert_from_its_beginning_to_its_end(self):
        self.make_box()
        self.good("backup", "desk")
        self.daemon = self.start_daemon()
        root = self.first_administrator(self.daemon)
        people = {}
        for role in ("viewer", "operator", "auditor"):
            body = {"account": role, "role": role, "password": PASSWORD}
            self.assertEqual(root.api("POST", "/accounts", body=body).status, 204)
            people[role] = Browser(self.port).log_in(role)
        disk, away = self.folder / "disk0", self.folder / "away"
        disk.rename(away)
        alert = self.wait_standing(people["viewer"], "disk_missing")
        self.assertEqual((alert["where"], alert["level"]), (str(disk), "attention"))
        self.assertRegex(alert["texts"]["zh-CN"], "[\u4e00-\u9fff]")
        self.assertEqual((alert["ended"], alert["acknowledged"]), (None, None))

        self.only_who_runs_the_box_says_who_looks_after_it(root, people, alert)
        self.the_verdict_stays_what_it_is(root)
        self.it_survives_a_kill(alert)
        self.the_command_line_has_the_same_book(root.log_in("root"), alert)

        away.rename(disk)
        self.wait_gone(root, "disk_missing")
        past = root.api("GET", "/alerts").document["past"]
        over = next(each for each in past if each["id"] == alert["id"])
        self.assertEqual(over["since"], alert["since"])
        self.assertGreater(over["ended"], over["since"])
        self.assertEqual(over["acknowledged"]["note"], "in the bay")
        self.assertEqual(self.acknowledge(root, alert["id"], "too late").status, 400)
        disk.rename(away)
        again = self.wait_standing(root, "disk_missing")
        # So soon it has not begun anew.
        self.assertEqual((again["id"], again["since"]), (alert["id"], alert["since"]))
        self.assertEqual((again["returns"], again["ended"]), (1, None))
        self.assertEqual(again["acknowledged"]["note"], "in the bay")
        away.rename(disk)
        self.assertTrue(self.good("audit", "verify")["good"])

    def only_who_runs_the_box_says_who_looks_after_it(self, root, people, alert):
        for role in ("viewer", "auditor"):
            answer = self.acknowledge(people[role], alert["id"], "mine")
            self.assertEqual((answer.status, answer.problem), (403, "role"))
        operator = people["operator"]
        for note in ("", " ", "x" * 1025, "a\nb"):
            self.assertEqual(self.acknowledge(operator, alert["id"], note).status, 400, note)
        for number in ("0", "99", "x", "-1", "18446744073709551616"):
            self.assertEqual(self.acknowledge(operator, number, "mine").status, 400, number)
        self.assertIsNone(self.standing(root, "disk_missing")["acknowledged"])
        done = self.acknowledge(operator, alert["id"], "新盘已订 --json")
        self.assertEqual(done.status, 200, done.body)
        found = self.standing(root, "disk_missing")
        self.assertEqual(found["acknowledged"]["by"], "operator")
        self.assertEqual(found["acknowledged"]["note"], "新盘已订 --json")
        self.assertEqual((found["id"], found["since"]), (alert["id"], alert["since"]))
        lines = root.api("GET", "/audit").document["lines"]
        told = [line for line in lines if line["action"] == "alert acknowledge"]
        self.assertIn(("operator", "ok"), {(line["actor"], line["outcome"]) for line in told})
        self.assertTrue(any("新盘已订" in line["subject"] for line in told))

    def the_verdict_stays_what_it_is(self, root):
        box = root.api("GET", "/status").document["box"]
        self.assertEqual(box["verdict"], "danger")  # none of three may go now
        self.assertIn("disk_missing", {each["code"] for each in box["reasons"]})
        self.assertEqual(self.good("status")["verdict"], "danger")

    def it_survives_a_kill(self, alert):
        self.daemon.process.kill()
        self.daemon.process.wait()
        self.daemon = self.start_daemon(port=self.port)
        self.daemon.said("listening")
        root = Browser(self.port).log_in("root")
        kept = self.wait_standing(root, "disk_missing")
        self.assertEqual((kept["id"], kept["since"]), (alert["id"], alert["since"]))
        self.assertEqual(kept["acknowledged"]["by"], "operator")

    def the_command_line_has_the_same_book(self, root, alert):
        said = self.run_json("alert", "list").text
        self.assertEqual(root.api("GET", "/alerts").body.decode(), said)
        self.good("alert", "acknowledge", str(alert["id"]), "--note", "in the bay")
        kept = self.standing(root, "disk_missing")["acknowledged"]
        self.assertRegex(kept["by"], r"^uid \d+$")
        self.assertEqual(kept["note"], "in the bay")
        self.refused(2, "invalid_argument", "alert", "acknowledge", "99", "--note", "x")
        self.refused(2, "invalid_argument", "alert", "acknowledge", str(alert["id"]), "--note", "\n")

    def test_what_the_appliance_itself_complains_of_and_a_damaged_book(self):
        self.make_box()
        self.daemon = self.start_daemon()
        root = self.first_administrator(self.daemon)
        book = self.folder / "home/alerts"
        self.wait_standing(root, "never_backed_up")
        whole = book.read_bytes()
        self.assertEqual(self.daemon.stop(), 0)
        book.write_bytes(whole + b"alert 7 box dang")
        self.assertEqual(len(self.good("alert", "list")["standing"]), whole.count(b"\nalert"))
        self.daemon = self.start_daemon(port=self.port)
        self.daemon.said("the book of alerts")
        root.log_in("root")
        with open(self.folder / "home/appliance.toml", "a") as settings:
            settings.write("[nonsense]\nkey = 1\n")
        self.daemon.process.send_signal(signal.SIGHUP)
        own = self.wait_standing(root, "bad_settings")
        self.assertEqual(own["of"], "appliance")
        self.assertIn("nonsense", own["what"])
        self.assertEqual((self.folder / "home/alerts.damaged").read_bytes(), whole + b"alert 7 box dang")
        self.assertIsNotNone(self.standing(root, "never_backed_up"))
        self.assertEqual(self.daemon.stop(), 0)


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
