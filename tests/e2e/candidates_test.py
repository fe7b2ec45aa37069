#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Disks that are plugged in and mounted, as a user is told of them. Mounts file systems of its own;
needs root."""

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

from appliance_box import PASSWORD, ApplianceTest, Browser, wait_for
from box import BoxTest
from loop_disks import LoopDisk, have_mounts_of_our_own


class Candidates(BoxTest):
    def setUp(self):
        super().setUp()
        self.make_box(disks=4)

    def mount(self, name):
        disk = LoopDisk(self, self.folder / name, "ext4")
        # mkfs leaves lost+found, which may lie there.
        return disk.place

    def offered(self, *words):
        document = self.good("pool", "candidates", *words)
        ours = str(self.folder)
        return {each["path"]: each for each in document["candidates"] if each["path"].startswith(ours)}

    def why(self, place, *words):
        refused = self.offered(*words)[str(place)]["refused"]
        return refused and refused["code"]

    def test_an_empty_disk_is_offered_and_joins(self):
        place = self.mount("fresh")
        offer = self.offered()[str(place)]
        self.assertTrue(offer["usable"])
        self.assertEqual((offer["file_system"], offer["refused"]), ("ext4", None))
        self.assertGreater(offer["bytes_total"], 200 << 20)
        self.assertEqual(len(offer["disks"]), 1)
        self.assertTrue(offer["disks"][0]["name"].startswith("loop"), offer)
        self.good("pool", "add", "--disk", place)
        self.assertEqual(self.offered(), {}, "a member is no candidate")
        bays = self.good("pool", "bays")
        paths = [bay["path"] for bay in bays["bays"]]
        self.assertEqual(paths, [*map(str, self.disks), str(place)])
        self.assertEqual((bays["told"], bays["problem"]), (False, None))

    def test_before_there_is_a_pool_the_disks_for_it_are_offered(self):
        fresh, full = self.mount("fresh"), self.mount("full")
        (full / "thesis.txt").write_text("the only copy\n")
        words = [self.program, "--home", self.folder / "its home", "--json"]

        def told(*more):
            done = subprocess.run([*map(str, [*words, *more])], check=False, capture_output=True)
            return done.returncode, json.loads(done.stdout)

        self.assertEqual(told("init")[0], 0)
        code, document = told("pool", "candidates")
        self.assertEqual((code, document["pool"]), (0, None))
        why = {each["path"]: each["refused"] and each["refused"]["code"]
               for each in document["candidates"] if each["path"].startswith(str(self.folder))}
        self.assertEqual(why, {str(fresh): None, str(full): "disk_not_empty"})
        self.assertEqual([*fresh.iterdir()], [fresh / "lost+found"])
        code, document = told("pool", "candidates", "--replace", fresh)
        self.assertEqual((code, document["error"]["code"]), (10, "no_pool"))
        self.assertEqual(told("pool", "create", "--disk", fresh)[0], 0)
        self.assertNotIn(str(fresh), [each["path"] for each in told("pool", "candidates")[1]["candidates"]])

    def test_disks_of_the_system_and_of_home_are_not_offered(self):
        place = self.mount("other")
        self.assertTrue(self.offered()[str(place)]["usable"])
        disk = self.folder / "disk of the other"
        disk.mkdir()
        words = [self.program, "--home", place / "home", "--json"]
        for verb in (["init"], ["pool", "create", "--disk", disk]):
            subprocess.run([*map(str, words + verb)], check=True, capture_output=True)
        told = subprocess.run([*map(str, words), "pool", "candidates"], check=True, capture_output=True)
        paths = [each["path"] for each in json.loads(told.stdout)["candidates"]]
        self.assertNotIn(str(place), paths)
        self.assertNotIn("/", paths)

    def test_what_may_not_join_says_why(self):
        full, source = self.mount("full"), self.mount("source")
        (full / "thesis.txt").write_text("the only copy\n")
        self.assertEqual(self.why(full), "disk_not_empty")
        (source / "a.wav").write_bytes(b"RIFF")
        self.good("business", "add", "other", "--source", source)
        self.assertEqual(self.why(source), "disk_inside_source")
        subprocess.run(["mount", "-o", "remount,ro", full], check=True)
        self.assertEqual(self.why(full), "read_only")

    def test_two_trees_of_one_disk_are_one_disk(self):
        """Each with a device number of its own."""
        disk = LoopDisk(self, self.folder / "both", "btrfs")
        source = f"/dev/{disk.device()}"
        trees = []
        for name in ("one", "two"):
            subprocess.run(["btrfs", "subvolume", "create", disk.place / name], check=True,
                           capture_output=True)
            place = self.folder / name
            place.mkdir()
            subprocess.run(["mount", "-o", f"subvol={name}", source, place], check=True)
            self.addCleanup(subprocess.run, ["umount", place], check=True)
            trees.append(place)
        others = [self.mount("third"), self.mount("fourth")]
        words = [self.program, "--home", self.folder / "its home", "--json"]

        def told(*more):
            done = subprocess.run([*map(str, [*words, *more])], check=False, capture_output=True)
            return done.returncode, json.loads(done.stdout)

        self.assertEqual(told("init")[0], 0)
        code, document = told("pool", "create", "--dry-run", "--disk", *trees)
        self.assertEqual((code, document["error"]["code"]), (1, "disk_same_device"))
        self.assertEqual(told("pool", "create", "--disk", trees[0], *others)[0], 0)
        offers = told("pool", "candidates")[1]["candidates"]
        why = {each["path"]: each["refused"] and each["refused"]["code"] for each in offers}
        self.assertEqual(why[str(trees[1])], "disk_same_device")
        add = ("pool", "add", "--dry-run", "--disk", trees[1])
        code, document = told(*add)
        self.assertEqual((code, document["error"]["code"]), (1, "disk_same_device"))
        self.assertEqual(told(*add, "--allow-same-device")[0], 0)

    def test_a_disk_of_another_pool_is_named(self):
        place = self.mount("foreign")
        other = self.folder / "other"
        words = [self.program, "--home", other, "--json"]
        for verb in (["init"], ["pool", "create", "--disk", place]):
            subprocess.run([*map(str, words + verb)], check=True, capture_output=True)
        pool = self.good("pool", "status")["pool"]
        offer = self.offered()[str(place)]
        self.assertEqual(offer["refused"]["code"], "disk_foreign")
        self.assertNotIn(offer["belongs_to"], (None, pool))

    def test_a_disk_that_is_too_small_for_what_the_old_one_has(self):
        self.good("backup", "desk")
        place = self.mount("small")
        free = os.statvfs(place)
        with open(place / "lost+found/filler", "wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, free.f_bavail * free.f_frsize - (1 << 20))
        self.assertEqual(self.why(place, "--replace", self.disks[0]), "no_space")
        os.unlink(place / "lost+found/filler")
        self.assertIsNone(self.why(place, "--replace", self.disks[0]))
        self.refused(10, "no_disk", "pool", "candidates", "--replace", "/nowhere")

    def test_odd_names_are_told_and_taken(self):
        place = self.mount("a line\nand \\ back")
        self.addCleanup(subprocess.run, ["umount", place], check=True)
        told = [path for path in self.offered() if "\\x0a" in path]
        self.assertEqual(len(told), 1)
        self.good("pool", "add", "--disk", told[0])
        self.assertEqual(self.offered(), {})
        self.assertTrue((place / "label.a").exists())

    def test_a_mount_that_never_answers_holds_up_nothing(self):
        """A file system whose server is this very test, which does not answer, over a disk."""
        place = self.mount("silent")
        server = os.open("/dev/fuse", os.O_RDWR)
        self.addCleanup(os.close, server)
        options = f"fd={server},rootmode=40000,user_id=0,group_id=0"
        subprocess.run(["mount", "-i", "-t", "fuse", "-o", options, "silent", place], check=True,
                       pass_fds=[server])
        self.addCleanup(subprocess.run, ["umount", "-l", place], check=True)
        fresh = self.mount("fresh")
        outcome = subprocess.run(
            [str(self.program), "--home", str(self.folder / "home"), "pool", "candidates", "--json"],
            capture_output=True, timeout=60, check=True)
        self.assertIn(str(fresh).encode(), outcome.stdout)
        self.assertNotIn(str(place).encode(), outcome.stdout)

    def test_a_thousand_mounts(self):
        folder = self.folder / "many"
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
        self.addCleanup(subprocess.run, ["umount", "-R", folder], check=True)
        for number in range(1000):
            (folder / str(number)).mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder / str(number)], check=True)
        fresh = self.mount("fresh")
        self.assertEqual([*self.offered()], [str(fresh)])

    def test_the_bays_are_as_the_file_of_the_box_says(self):
        first, second = self.disks[0], self.disks[1]
        (self.folder / "home/appliance.toml").write_text(
            f'[bays]\nrows = 2\ncolumns = 2\nfirst = 0\nplaces = ["{second}", "", "{first}"]\n')
        first.rename(first.with_suffix(".away"))
        bays = self.good("pool", "bays")
        told = [(bay["number"], bay["row"], bay["column"], bay["state"], bay["path"]) for bay in bays["bays"]]
        self.assertEqual(told[:4], [(0, 1, 1, "member", str(second)), (1, 1, 2, "empty", None),
                                    (2, 2, 1, "member", str(first)), (3, 2, 2, "empty", None)])
        self.assertEqual([bay[:3] for bay in told[4:]], [(None, None, None)] * 2)
        (self.folder / "home/appliance.toml").write_text("[bays]\nrows = 0\n")
        bays = self.good("pool", "bays")
        self.assertEqual((bays["told"], bays["problem"]["code"]), (False, "bad_settings"))
        self.assertEqual(len(bays["bays"]), 4)


class PoolByPage(ApplianceTest):
    def test_the_pool_is_made_by_a_plan_and_a_record(self):
        self.good("init")
        root = self.first_administrator(self.start_daemon())
        self.assertEqual(root.api("GET", "/pool").problem, "no_pool")
        disks = [LoopDisk(self, self.folder / f"bay{number}", "ext4").place for number in range(3)]
        body = {"disks": [*map(str, disks)]}
        offers = root.api("GET", "/pool/candidates").document["candidates"]
        usable = {each["path"] for each in offers if each["usable"]}
        self.assertLessEqual(set(body["disks"]), usable)
        root.api("POST", "/accounts", body={"account": "clerk", "password": PASSWORD, "role": "operator"})
        clerk = Browser(self.port).log_in("clerk")
        self.assertEqual(clerk.api("POST", "/pool", body=body).status, 403)
        plan = root.api("POST", "/pool", body={**body, "dry_run": True}).document
        self.assertEqual((plan["geometry"], plan["committed"]), ({"k": 2, "m": 1}, False))
        self.assertEqual([*disks[0].iterdir()], [disks[0] / "lost+found"])
        twice = root.api("POST", "/pool", body={"disks": [body["disks"][0]] * 2})
        self.assertEqual((twice.status, twice.problem), (409, "disk_given_twice"))
        self.assertEqual(root.api("POST", "/pool", body={"disks": []}).status, 400)
        made = root.api("POST", "/pool", body=body)
        self.assertEqual((made.status, made.document["committed"]), (200, True), made.body)
        pool = root.api("GET", "/pool").document
        self.assertEqual([disk["path"] for disk in pool["disks"]], body["disks"])
        again = root.api("POST", "/pool", body=body)
        self.assertEqual((again.status, again.problem), (409, "pool_exists"))
        noted = [(line["actor"], line["outcome"]) for line in root.api("GET", "/audit").document["lines"]
                 if line["action"] == "pool create" and body["disks"][2] in line["subject"]]
        self.assertEqual(noted[-2:], [("root", "ok"), ("root", "begun")])

    def test_the_pool_is_made_of_what_is_offered_at_that_moment(self):
        self.good("init")
        root = self.first_administrator(self.start_daemon())
        disks = [LoopDisk(self, self.folder / f"bay{number}", "ext4") for number in range(3)]
        body = {"disks": [str(disk.place) for disk in disks]}
        self.assertEqual(root.api("POST", "/pool", body={**body, "dry_run": True}).status, 200)
        disks[2].unmount()  # what its folder shows from now on is the disk of the system
        for more in ({"dry_run": True}, {}):
            refused = root.api("POST", "/pool", body={**body, **more})
            self.assertEqual((refused.status, refused.problem), (409, "disk_not_offered"))
            self.assertEqual(refused.document["where"], body["disks"][2], refused.body)
        disks[2].mount()
        (disks[2].place / "thesis.txt").write_text("the only copy\n")
        self.assertEqual(root.api("POST", "/pool", body=body).problem, "disk_not_empty")
        plain = self.folder / "plain"
        plain.mkdir()
        refused = root.api("POST", "/pool", body={"disks": [str(plain)]})
        self.assertEqual((refused.status, refused.problem), (409, "disk_not_offered"))
        (disks[2].place / "thesis.txt").unlink()
        for disk in disks:
            self.assertEqual([*disk.place.iterdir()], [disk.place / "lost+found"])
        self.assertEqual([*plain.iterdir()], [])
        # Who types it on the box's own command line may try things out in plain folders.
        self.good("pool", "create", "--allow-same-device", "--disk", plain)


class MembersByPage(ApplianceTest):
    """What joins by a page is what is offered, as for the first pool."""

    def begin(self):
        self.good("init")
        *self.members, self.fresh = [LoopDisk(self, self.folder / f"bay{n}", "ext4") for n in range(4)]
        self.good("pool", "create", "--disk", *[disk.place for disk in self.members])
        self.good("business", "add", "desk", "--source", self.make_source())
        self.good("backup", "desk")

    def log_in(self):
        self.begin()
        return self.first_administrator(self.start_daemon())

    def joinings(self, root, place):
        """The ways of a disk into the pool, each with what it is asked with."""
        old = root.api("GET", "/pool").document["disks"][0]["id"]
        return [("/pool/disks", {"disk": str(place)}),
                ("/pool/replacements", {"old": old, "new": str(place)})]

    def ended(self, browser, kind):
        job = browser.api("POST", "/jobs", body={"kind": kind}).document["job"]

        def look():
            jobs = browser.api("GET", "/jobs").document["jobs"]
            return next((j for j in jobs if j["id"] == job and j["ended"]), None)

        return wait_for(kind, look)

    def test_a_disk_is_replaced_by_a_plan_a_record_and_a_job(self):
        root = self.log_in()
        pool = root.api("GET", "/pool").document
        old, fresh = pool["disks"][0], self.fresh.place
        body = {"old": old["id"], "new": str(fresh)}
        plan = root.api("POST", "/pool/replacements", body={**body, "dry_run": True}).document
        self.assertGreater(plan["shards_to_move"], 0)
        self.assertEqual((plan["committed"], plan["dry_run"]), (False, True))
        self.assertEqual([*fresh.iterdir()], [fresh / "lost+found"])
        begun = root.api("POST", "/pool/replacements", body=body)
        self.assertEqual((begun.status, begun.document["committed"], begun.document["settled"]),
                         (200, True, False), begun.body)
        disks = root.api("GET", "/pool").document["disks"]
        states = {disk["path"]: disk["state"] for disk in disks}
        self.assertEqual((states[old["path"]], states[str(fresh)]), ("leaving", "present"))
        self.assertEqual([disk["path"] for disk in disks if disk["leaving"]], [old["path"]])
        again = root.api("POST", "/pool/replacements", body=body)
        self.assertEqual((again.status, again.document["settled"]), (200, False), again.body)
        self.assertEqual(self.ended(root, "heal")["state"], "done")
        after = root.api("GET", "/pool").document
        states = {disk["path"]: disk["state"] for disk in after["disks"]}
        self.assertNotEqual(states.get(old["path"]), "leaving")
        self.assertEqual((after["shards_missing"], after["may_lose"]), (0, pool["may_lose"]))
        again = root.api("POST", "/pool/disks", body={"disk": str(fresh)})
        self.assertEqual((again.status, again.problem), (409, "disk_is_member"))
        self.assertEqual(root.api("POST", "/pool/retirements", body={"disk": "none"}).status, 404)

    def test_what_joins_is_what_is_offered_at_that_moment(self):
        root = self.log_in()
        fresh, plain = self.fresh.place, self.folder / "plain"
        plain.mkdir()

        def refused(place, status, code):
            for path, body in self.joinings(root, place):
                for more in ({"dry_run": True}, {}):
                    answer = root.api("POST", path, body={**body, **more})
                    told = (answer.status, answer.problem, answer.document.get("where"))
                    self.assertEqual(told, (status, code, str(place)), (path, answer.body))

        for path, body in self.joinings(root, fresh):
            self.assertEqual(root.api("POST", path, body={**body, "dry_run": True}).status, 200)
        for place in (plain, "/etc"):
            refused(place, 409, "disk_not_offered")
        self.fresh.unmount()  # what its folder shows from now on is the disk of the system
        refused(fresh, 409, "disk_not_offered")
        self.assertEqual([*fresh.iterdir()], [])
        self.fresh.mount()
        (fresh / "thesis.txt").write_text("the only copy\n")
        refused(fresh, 409, "disk_not_empty")
        (fresh / "thesis.txt").unlink()
        free = os.statvfs(fresh)
        with open(fresh / "lost+found/filler", "wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, free.f_bavail * free.f_frsize - (1 << 20))
        refused(fresh, 507, "no_space")
        (fresh / "lost+found/filler").unlink()
        subprocess.run(["mount", "-o", "remount,ro", fresh], check=True)
        refused(fresh, 409, "read_only")
        self.assertEqual([[*fresh.iterdir()], [*plain.iterdir()]], [[fresh / "lost+found"], []])
        self.assertEqual(len(root.api("GET", "/pool").document["disks"]), 3)
        # Who types it on the box's own command line may try things out in plain folders.
        self.good("pool", "add", "--allow-same-device", "--disk", plain)

    def test_a_disk_that_a_cut_left_half_made_is_taken_again(self):
        self.begin()
        self.environment.update(HOLDFAST_ACTOR="root", HOLDFAST_ACTOR_ROLE="administrator")
        fresh, home = self.fresh.place, self.folder / "home"
        self.refused(1, "disk_not_offered", "pool", "add", "--disk", "/etc")
        # Before its label it is as good as empty.
        for name in ("packs", "journal", "wraps"):
            (fresh / name).mkdir()
        for name in ("label.a.tmp", "probe.tmp"):
            (fresh / name).write_text("half")
        labels = [home / "label", *(disk.place / name for disk in self.members for name in ("label.a", "label.b"))]
        before = {path: path.read_bytes() for path in labels}
        words = ("pool", "replace", "--later", self.members[0].place, fresh)
        self.good(*words)
        # From its label on it is a member, of which the others have not heard yet.
        for path, content in before.items():
            path.write_bytes(content)
        self.assertFalse(self.good(*words)["settled"])
        self.assertTrue(all(path.read_bytes() != content for path, content in before.items()))
        self.assertTrue(self.good("pool", "heal")["committed"])
        self.refused(1, "disk_is_member", "pool", "add", "--disk", fresh)


if __name__ == "__main__":
    BoxTest.program = str(Path(sys.argv.pop(1)).resolve())
    have_mounts_of_our_own()
    unittest.main()
