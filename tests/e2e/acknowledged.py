# SPDX-License-Identifier: Apache-2.0
"""What a box has acknowledged, in a log that lies on none of its disks, and what it must show and
give back for that. Snapshots are told by business and number: their items by path, mode, owner,
time and SHA-256; tags; holds by their reason, which no two of them share."""

import hashlib
import json
import os
import shutil

from box import describe

HIDDEN = ".part"  # what the edited definition of a business leaves out


def signed(root, leave_out=False):
    """What `describe` says, the content by its digest, fit for JSON."""
    found = {}
    for path, (mode, owner, times, content) in describe(root).items():
        name = os.fsdecode(path)
        if leave_out and name.endswith(HIDDEN):
            continue
        digest = None if content is None else hashlib.sha256(content).hexdigest()
        found[name] = [mode, *owner, times, digest]
    return found


def difference(found, expected):
    """The first few paths that differ, in words; empty: none does."""
    paths = sorted(path for path in {*found, *expected} if found.get(path) != expected.get(path))
    return [f"{path}: {found.get(path)}, not {expected.get(path)}" for path in paths[:5]]


class Acknowledged:
    def __init__(self, test, folder):
        self.test = test
        self.folder = folder
        folder.mkdir()
        self.sources = {}  # business: its source
        self.snapshots = set()  # (business, number)
        self.tags = {}  # tag: (business, number)
        self.held = {}  # reason: (business, number)
        self.released = set()  # reasons whose release was acknowledged
        self.attempts = set()  # digests of what was backed up, acknowledged or not

    def path(self, snapshot):
        return self.folder / f"{snapshot[0]}-{snapshot[1]}.json"

    def attempt(self, items):
        self.attempts.add(json.dumps(items, sort_keys=True))

    def add_snapshot(self, business, number, items):
        """The same number again (a backup that found nothing new) must mean the same items."""
        snapshot = (business, number)
        if snapshot in self.snapshots:
            self.test.assertEqual(difference(items, self.items(snapshot)), [], snapshot)
        self.path(snapshot).write_text(json.dumps(items, indent=0))
        self.snapshots.add(snapshot)

    def items(self, snapshot):
        return json.loads(self.path(snapshot).read_text())

    def check_listed(self):
        """All that was acknowledged is shown. Returns the complete snapshots that were not
        acknowledged: their backup was cut after it had committed them."""
        more = []
        named = {row["name"] for row in self.test.good("business", "list")["businesses"]}
        self.test.assertLessEqual(set(self.sources), named)
        for business in self.sources:
            listed = self.test.good("snapshot", "list", business)["snapshots"]
            rows = {row["number"]: row for row in listed}
            ours = {number for name, number in self.snapshots if name == business}
            self.test.assertLessEqual(ours, set(rows), f"snapshots of {business}")
            for tag, (name, number) in self.tags.items():
                if name == business:
                    self.test.assertIn(tag, rows[number]["tags"], f"{business} {number}")
            self.check_holds(business, rows)
            more += [(business, n) for n, row in rows.items() if n not in ours and row["complete"]]
        return more

    def check_holds(self, business, rows):
        listed = self.test.good("hold", business, "list")["holds"]
        reasons = {hold["reason"]: hold["snapshot"] for hold in listed}
        self.test.assertEqual(self.released & set(reasons), set(), "released, and holding")
        for reason, (name, number) in self.held.items():
            if name == business:
                self.test.assertEqual(reasons.get(reason), number, f"hold {reason} of {business}")
                self.test.assertTrue(rows[number]["hold"])

    def restored(self, snapshot):
        business, number = snapshot
        target = self.folder / "back"
        self.test.good("restore", business, str(number), "--target", target)
        found = signed(target / self.sources[business].name)
        shutil.rmtree(target)
        return found

    def check_restored(self, snapshots):
        for snapshot in snapshots:
            wrong = difference(self.restored(snapshot), self.items(snapshot))
            self.test.assertEqual(wrong, [], f"snapshot {snapshot}")

    def check_unacknowledged(self, snapshots):
        """What can be seen is what some backup saw, also if nobody was told of it."""
        for snapshot in snapshots:
            found = json.dumps(self.restored(snapshot), sort_keys=True)
            self.test.assertIn(found, self.attempts, f"snapshot {snapshot} was never at a source")
