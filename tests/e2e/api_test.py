# SPDX-License-Identifier: Apache-2.0
"""docs/api.yaml against the running appliance: schemathesis makes requests of it, right and wrong
ones, and no answer may be one that the page does not describe. Takes the program and a folder for
the module: api_test.py HOLDFAST VENV"""

import subprocess
import sys
import unittest
from pathlib import Path

from appliance_box import PASSWORD, ApplianceTest, Browser
from box import BoxTest

MODULE = "schemathesis==4.32.5"
PAGE = Path(__file__).resolve().parents[2] / "docs/api.yaml"
CHECKS = ",".join((
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_schema_conformance", "negative_data_rejection"))
# Without an end, out of the session, or away with the account that asks.
LEFT_OUT = ("/events", "/session", "/accounts/{name}")


class ApiTest(ApplianceTest):
    tool = None

    def test_no_request_has_an_answer_that_is_not_described(self):
        self.make_box()
        self.good("backup", "desk")
        daemon = self.start_daemon()
        root = self.first_administrator(daemon)
        viewer = {"account": "looker", "role": "viewer", "password": PASSWORD}
        self.assertEqual(root.api("POST", "/accounts", body=viewer).status, 204)
        self.ask_everything(Browser(self.port).log_in("looker"))
        self.ask_everything(root)
        self.assertTrue(self.good("audit", "verify")["good"])
        self.assertTrue(self.good("audit", "list", "--action", "request")["lines"])

    def ask_everything(self, browser):
        # The session is in a header of every request: without it none can be made on purpose.
        page = self.folder / "api.yaml"
        asked, given = "\nsecurity:\n  - session: []\n", "\nsecurity: []\n"
        self.assertIn(asked, PAGE.read_text())
        page.write_text(PAGE.read_text().replace(asked, given))
        # An address that is too long (414) is a refusal, too.
        (self.folder / "schemathesis.toml").write_text(
            '[checks]\nnegative_data_rejection.expected-statuses = ["4xx"]\n')
        words = [self.tool, "run", page, "--url", f"https://127.0.0.1:{self.port}/api/v1"]
        words += ["--tls-verify", "false", "--no-color", "--seed", "1", "--max-examples", "10"]
        words += ["--phases", "examples,coverage,fuzzing", "--checks", CHECKS]
        words += ["--header", f"Cookie: {browser.cookie}"]
        words += ["--header", f"X-Holdfast-Change: {browser.word}"]
        words += [word for path in LEFT_OUT for word in ("--exclude-path", path)]
        done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, timeout=1500)
        self.assertEqual(done.returncode, 0, done.stdout[-20_000:] + done.stderr[-2_000:])


def find_tool(venv):
    """The module's program, which is fetched if it is not there yet."""
    for command in (
        [sys.executable, "-m", "venv", venv],
        [venv / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", MODULE],
    ):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if done.returncode != 0:
            said = (done.stdout + done.stderr).strip()
            sys.exit(f"this test needs the Python module {MODULE}, which cannot be had:\n{said}")
    return venv / "bin/schemathesis"


if __name__ == "__main__":
    ApiTest.tool = find_tool(Path(sys.argv.pop(2)))
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
