# SPDX-License-Identifier: Apache-2.0
"""A box that runs by itself, and a browser of a few lines."""

import http.client
import json
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlencode

from box import BoxTest

DEADLINE_S = 120
PASSWORD = "correct horse battery"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, ask):
    """The first answer of `ask` that is true."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if found := ask():
            return found
        threading.Event().wait(0.05)
    raise AssertionError(f"not in time: {what}")


class Daemon:
    """holdfastd as a service manager starts it. Its log is read as it comes."""

    def __init__(self, program, folder, environment):
        self.process = subprocess.Popen(
            [Path(program).parent / "holdfastd"],
            cwd=folder,
            env=environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # the code of the first boot
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines = []
        self.changed = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        with self.process.stdout as log:
            for line in log:
                with self.changed:
                    self.lines.append(line.rstrip("\n"))
                    self.changed.notify_all()

    def said(self, pattern):
        """The first line of the log that has it, as a match."""

        def found():
            return next((m for m in (re.search(pattern, line) for line in self.lines) if m), None)

        with self.changed:
            if not self.changed.wait_for(found, DEADLINE_S):
                raise AssertionError(f"not in the log: {pattern}\n" + "\n".join(self.lines))
            return found()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.fields = {name.lower(): value for name, value in response.getheaders()}
        self.body = body

    @property
    def document(self):
        return json.loads(self.body)

    @property
    def problem(self):
        return self.document["type"].removeprefix("urn:holdfast:problem:")


class Browser:
    """One person: keeps the cookie and the word for changes."""

    def __init__(self, port, address="127.0.0.1"):
        self.port = port
        self.address = address  # of the machine it runs on
        self.cookie = ""
        self.word = ""
        self.tls = ssl.create_default_context()
        self.tls.check_hostname = False
        self.tls.verify_mode = ssl.CERT_NONE

    def ask(self, method, path, query=None, body=None, fields=None):
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.tls,
                                                 timeout=DEADLINE_S,
                                                 source_address=(self.address, 0))
        fields = {"Cookie": self.cookie, "X-Holdfast-Change": self.word, **(fields or {})}
        if query:
            path += "?" + urlencode(query, doseq=True)
        data = None
        if body is not None:
            data = json.dumps(body)
            fields["Content-Type"] = "application/json"
        connection.request(method, path, data, fields)
        response = connection.getresponse()
        answer = Answer(response, response.read())
        connection.close()
        return answer

    def api(self, method, path, query=None, body=None, fields=None):
        return self.ask(method, "/api/v1" + path, query, body, fields)

    def enter(self, answer):
        assert answer.status == 200, answer.body
        self.cookie = answer.fields["set-cookie"].split(";")[0]
        self.word = answer.document["change"]

    def log_in(self, account, password=PASSWORD):
        self.enter(self.api("POST", "/session", body={"account": account, "password": password}))
        return self


class ApplianceTest(BoxTest):
    def make_box(self):
        self.good("init")
        disks = self.make_disks(3)
        self.good("pool", "create", "--allow-same-device", "--disk", *disks)
        self.source = self.make_source()
        self.good("business", "add", "desk", "--source", self.source)

    def start_daemon(self, **settings):
        """Its pages listen on self.port."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        self.port = settings.pop("port", None) or free_port()
        more = settings.pop("more", "")
        top = settings.pop("top", "")  # before the first table
        (home / "appliance.toml").write_text(
            'tend = "never"\n' + top + '[http]\n' + f'listen = ["127.0.0.1:{self.port}"]\n' + more
        )
        daemon = Daemon(self.program, self.folder, self.environment)
        self.addCleanup(daemon.stop)
        return daemon

    def first_administrator(self, daemon):
        code = daemon.said(r"\b(\d{8})\b")[1]
        browser = Browser(self.port)
        body = {"code": code, "account": "root", "password": PASSWORD}
        browser.enter(browser.api("POST", "/first-administrator", body=body))
        return browser
