// SPDX-License-Identifier: Apache-2.0
// Where an export may go. The tree has a medium at /media/handover, a device of its own.
#include "firmware/app/export_folder.h"

#include <catch2/catch.hpp>

#include "hal/sim/files.h"
#include "hal/sim/mounts.h"
#include "hal/sim/random.h"

namespace holdfast::app {
namespace {

constexpr std::uint64_t kSystem = 1;
constexpr std::uint64_t kMedium = 2;
constexpr std::uint64_t kPool = 3;

struct Site {
  Site() {
    for (const char* folder : {"/var/lib/box", "/mnt/disk0", "/srv/calls", "/media/handover",
                               "/media/empty", "/media/handover/kept"}) {
      files.add_folder(folder);
    }
    set_device("/", kSystem);
    set_device("/var/lib/box", kSystem);
    set_device("/media/empty", kSystem);
    set_device("/mnt/disk0", kPool);
    set_device("/srv/calls", kSystem);
    set_device("/media/handover", kMedium);
    set_device("/media/handover/kept", kMedium);
    mount("/", "sda");
    mount("/mnt/disk0", "sdb");
    mount("/media/handover", "sdc");
  }
  void mount(const std::string& path, const std::string& disk, const char* kind = "ext4") {
    rules.plugged.all.push_back({path, kind, false, {}});
    if (!disk.empty()) rules.plugged.all.back().disks.push_back(disk);
  }
  void set_device(const std::string& path, std::uint64_t device) {
    files.node(path).status.device = device;
  }
  void name(const std::string& folder) { rules.named.push_back(folder); }
  Result<ExportPlace> find(const std::string& folder) {
    return find_export_place(files, rules, messages::Language::english, folder, "desk-7");
  }
  ErrorCode refusal(const std::string& folder) {
    const auto place = find(folder);
    REQUIRE_FALSE(place);
    CHECK(place.error().where == folder);
    return place.error().code;
  }

  sim::World world{1};
  sim::SimFiles files{world};
  ExportRules rules{.named = {"/media/handover"},
                    .stores = {"/mnt/disk0", "/var/lib/box"},
                    .sources = {"/srv/calls"},
                    .plugged = {}};
};

}  // namespace

TEST_CASE("An export goes to a new folder on a medium that is named and there") {
  Site site;
  const auto place = site.find("/media/handover");
  REQUIRE(place);
  CHECK(place->path() == "/media/handover/desk-7");
  // A look alone leaves nothing.
  CHECK(site.files.resolve("/media/handover/desk-7").error().code == ErrorCode::not_found);
  const auto folder = make_export_folder(*place);
  REQUIRE(folder);
  CHECK(site.files.resolve("/media/handover/desk-7"));
}

TEST_CASE("What the file does not name, letter by letter, takes no export") {
  Site site;
  for (const char* folder :
       {"", "/", "/media", "/media/handover/", "/media/handover/kept", "/media//handover",
        "/media/handover/../handover", "/media/handover/..", "media/handover", "/etc", "-"}) {
    INFO(folder);
    CHECK(site.refusal(folder) == ErrorCode::denied);
  }
}

TEST_CASE("A link is followed nowhere, whatever it is named") {
  Site site;
  site.files.add_symlink("/media/stick", "/media/handover");
  site.files.add_symlink("/run/media", "/media");
  for (const char* folder : {"/media/stick", "/run/media/handover"}) {
    site.name(folder);
    CHECK(site.refusal(folder) == ErrorCode::denied);
  }
}

TEST_CASE("No export goes into what the box keeps, or backs up") {
  Site site;
  for (const char* folder : {"/mnt/disk0", "/mnt", "/mnt/disk0/new", "/var/lib/box", "/var"}) {
    INFO(folder);
    site.files.add_folder(folder);
    site.set_device(folder, kMedium);  // so that nothing else keeps it away
    site.name(folder);
    CHECK(site.refusal(folder) == ErrorCode::target_in_store);
  }
  for (const char* folder : {"/srv/calls", "/srv", "/srv/calls/out"}) {
    INFO(folder);
    site.files.add_folder(folder);
    site.set_device(folder, kMedium);
    site.name(folder);
    CHECK(site.refusal(folder) == ErrorCode::denied);
  }
}

TEST_CASE("Where no medium is mounted nothing is written, and the system disk stays as it is") {
  Site site;
  site.name("/media/away");
  site.name("/media/empty");
  CHECK(site.refusal("/media/away") == ErrorCode::medium_missing);
  CHECK(site.refusal("/media/empty") == ErrorCode::medium_missing);
  // On a disk of the pool, beside what is the pool's.
  site.set_device("/media/empty", kPool);
  CHECK(site.refusal("/media/empty") == ErrorCode::medium_missing);
  // A folder in a file system that is itself mounted somewhere: of memory, perhaps.
  site.name("/media/handover/kept");
  CHECK(site.refusal("/media/handover/kept") == ErrorCode::medium_missing);
  site.files.write_file("/media/file", {});
  site.name("/media/file");
  CHECK(site.refusal("/media/file") == ErrorCode::not_a_directory);
}

TEST_CASE("Another partition of a disk that the box uses is no medium of its own") {
  Site site;
  const std::string disk = GENERATE("sda", "sdb", "sdd");
  site.mount("/srv/calls", "sdd");  // of a source
  site.mount("/media/handover", disk);
  CHECK(site.refusal("/media/handover") == ErrorCode::denied);
}

TEST_CASE("Memory is no medium, and a share has no disk that could be another's") {
  Site site;
  const std::string kind = GENERATE("tmpfs", "ramfs", "nfs4");
  site.mount("/media/handover", "", kind.c_str());
  CHECK(site.find("/media/handover").has_value() == (kind == "nfs4"));
}

TEST_CASE("What the system does not tell to be mounted there is no medium") {
  Site site;
  site.rules.plugged.all.pop_back();
  CHECK(site.refusal("/media/handover") == ErrorCode::medium_missing);
}

TEST_CASE("That a medium was pulled is told by what is mounted there") {
  Site site;
  const auto place = site.find("/media/handover");
  REQUIRE(place);
  sim::SimMounts mounts;
  CHECK(is_medium_gone(mounts, *place));
  mounts.mount({{"/media/handover", "ext4", false, {"sdc"}}, true});
  CHECK_FALSE(is_medium_gone(mounts, *place));
  mounts.unplug("sdc");
  mounts.mount({{"/media", "tmpfs"}});
  CHECK(is_medium_gone(mounts, *place));
}

TEST_CASE("A name that is taken ends it before it begins") {
  Site site;
  const auto place = site.find("/media/handover");
  REQUIRE(place);
  site.files.add_symlink("/media/handover/desk-7", "/srv/calls");
  const auto taken = make_export_folder(*place);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == ErrorCode::target_not_empty);
}

TEST_CASE("An export is named after its business, its snapshot and its time, and like no other") {
  const auto time = Timestamp::parse("2026-01-31T11:41:29.5Z");
  REQUIRE(time);
  sim::SimRandom random(1);
  const std::string one = export_name("desk", 7, *time, random);
  CHECK_THAT(one, Catch::Matchers::Matches("desk-7-20260131T114129Z-[0-9a-f]{8}"));
  CHECK(export_name("desk", 7, *time, random) != one);
}

}  // namespace holdfast::app
