# SPDX-License-Identifier: Apache-2.0
"""Recovery shares put together by the reference implementation of SLIP-39, which shares no code with
Holdfast. Takes the program and a folder for the module: slip39_test.py HOLDFAST VENV"""

import hashlib
import hmac
import itertools
import json
import subprocess
import sys
import unittest
from pathlib import Path

from box import BoxTest

MODULE = "shamir-mnemonic==0.3.0"
# In a process of its own: lines in, a hex secret out; nothing but the module's own error otherwise.
COMBINE = """
import json, sys
from shamir_mnemonic import MnemonicError, combine_mnemonics
outcomes = []
for lines in json.load(sys.stdin):
    try:
        outcomes.append(combine_mnemonics(lines).hex())
    except MnemonicError:
        outcomes.append(None)
json.dump(outcomes, sys.stdout)
"""


def commitment(secret, salt):
    """docs/formats.md, section 3: HKDF-SHA256 of 32 bytes."""
    key = hmac.new(salt, secret, hashlib.sha256).digest()
    info = b"holdfast slot commitment v1"
    return hmac.new(key, info + b"\x01", hashlib.sha256).digest()


class Slip39Test(BoxTest):
    python = None

    def combine(self, sets):
        done = subprocess.run(
            [self.python, "-c", COMBINE], input=json.dumps(sets), capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def check_count(self, needed, made):
        home = self.folder / f"home-{needed}-{made}"
        out = self.folder / f"shares-{needed}-{made}"
        out.mkdir()
        self.environment["HOLDFAST_HOME"] = str(home)
        shares = ("--recovery-shares", f"{needed}of{made}", "--recovery-out", out)
        files = self.good("init", *shares)["recovery_shares"]["files"]
        lines = [Path(file).read_text() for file in files]
        self.assertEqual(len(lines), made)
        secrets = set(self.combine([list(c) for c in itertools.combinations(lines, needed)]))
        self.assertEqual(len(secrets), 1)
        secret = bytes.fromhex(secrets.pop())
        # The slot behind the machine's: it opens to what the shares give, and to nothing else.
        slot = (home / "keyring").read_bytes()[64 + 192 : 64 + 2 * 192]
        self.assertEqual(slot[0], 3)
        self.assertEqual(commitment(secret, slot[32:64]), slot[64:96])
        if needed > 1:
            self.assertEqual(self.combine([lines[1:needed]]), [None])
        return lines

    def test_the_reference_puts_shares_together(self):
        sets = [self.check_count(*count) for count in ((1, 1), (2, 3), (3, 5), (5, 8), (16, 16))]
        mixed = [sets[1][0], sets[2][1]]
        self.assertEqual(self.combine([mixed]), [None])


def find_module(venv):
    """The Python that has the module, which is fetched if it is not there yet."""
    python = venv / "bin/python"
    for command in (
        [sys.executable, "-m", "venv", venv],
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", MODULE],
    ):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if done.returncode != 0:
            said = (done.stdout + done.stderr).strip()
            sys.exit(f"this test needs the Python module {MODULE}, which cannot be had:\n{said}")
    return str(python)


if __name__ == "__main__":
    Slip39Test.python = find_module(Path(sys.argv.pop(2)))
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    unittest.main()
