// SPDX-License-Identifier: Apache-2.0
// How long opening a business takes that has few or many journal entries, and making its catalog
// anew. Prints a table; docs/bench.md says how to run it.
//
//   bench_opening FOLDER ENTRIES      makes two boxes of one disk each in FOLDER, an absolute path
//                                     that must be there and empty: one with a thousand entries,
//                                     one with ENTRIES
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "firmware/vault/box.h"
#include "firmware/vault/business.h"
#include "hal/linux/clock.h"
#include "hal/linux/disk.h"
#include "hal/linux/random.h"
#include "hal/linux/workers.h"

namespace holdfast {

namespace {

constexpr std::uint64_t kFew = 1000;
constexpr int kRounds = 21;

// A box of its own with one disk; its entries are tags of a snapshot that is not there.
class Site {
 public:
  Site(const std::string& folder, const std::string& name)
      : folder_(folder), name_(name), disk_(folder + "/" + name + "/disk") {
    home_path_ = folder + "/" + name + "/home";
    settings_.catalog_directory = home_path_ + "/catalog";
  }

  Result<void> make(std::uint64_t entries) {
    HF_TRY(const auto folder, linux::PosixDisk::open_root(folder_));
    HF_TRY(folder->make_directory(name_));
    HF_TRY(folder->make_directory(name_ + "/disk"));
    HF_TRY(folder->make_directory(name_ + "/home"));
    HF_TRY(home_, linux::PosixDisk::open_root(home_path_));
    HF_TRY(vault::Box::init(ports(), settings_, std::nullopt));
    HF_TRY(const auto box, open());
    pool::CreateOptions options;
    options.same_device_allowed = true;
    HF_TRY(const auto* pool, box->create_pool({disk_}, options));
    static_cast<void>(pool);
    HF_TRY(const auto added, box->add_business("desk", [](const BusinessId& id) {
      return "id = \"" + id.hex() + "\"\n";
    }));
    static_cast<void>(added);
    HF_TRY(const auto business, box->open_business("desk", vault::Access::write));
    catalog::SnapshotRow snapshot;
    snapshot.head.number = 1;
    for (std::uint64_t entry = 0; entry < entries; ++entry) {
      HF_TRY(const auto head, business->tag_snapshot(snapshot, "tag"));
      static_cast<void>(head);
    }
    return {};
  }

  Result<std::unique_ptr<vault::Box>> open() {
    return vault::Box::open(ports(), settings_, [] {
      return Result<std::optional<SecretBytes>>(std::optional<SecretBytes>());
    });
  }

  // Seconds.
  Result<double> time_opening(vault::Access access) {
    HF_TRY(const auto box, open());
    const std::int64_t start_ns = clock_.monotonic_ns();
    HF_TRY(const auto business, box->open_business("desk", access));
    return seconds_since(start_ns);
  }
  // Up to the point where an entry may be appended.
  Result<double> time_appending() {
    HF_TRY(const auto box, open());
    const std::int64_t start_ns = clock_.monotonic_ns();
    HF_TRY(const auto business, box->open_business("desk", vault::Access::write));
    HF_TRY(business->prepare_writing());
    return seconds_since(start_ns);
  }
  Result<double> time_rebuilding() {
    HF_TRY(const auto box, open());
    HF_TRY(const auto business, box->open_business("desk", vault::Access::write));
    const std::int64_t start_ns = clock_.monotonic_ns();
    HF_TRY(business->rebuild_catalog({}));
    return seconds_since(start_ns);
  }
  double seconds_since(std::int64_t start_ns) {
    return static_cast<double>(clock_.monotonic_ns() - start_ns) / 1e9;
  }

 private:
  vault::VaultPorts ports() {
    return {clock_,
            random_,
            workers_,
            *home_,
            [](const std::string& path) -> Result<pool::DiskPointer> {
              HF_TRY(auto disk, linux::PosixDisk::open_root(path));
              return pool::DiskPointer(std::move(disk));
            },
            "bench"};
  }

  linux::SystemClock clock_;
  linux::SystemRandom random_;
  linux::ThreadWorkers workers_;
  std::string folder_;
  std::string name_;
  std::string disk_;
  std::string home_path_;
  pool::DiskPointer home_;
  vault::VaultSettings settings_;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// One round is one of each, so that what else the machine does hits both.
Result<void> compare(const std::string& what, Site& few, Site& many,
                     const std::function<Result<double>(Site&)>& measure) {
  std::vector<double> few_s;
  std::vector<double> many_s;
  for (int round = 0; round < kRounds; ++round) {
    HF_TRY(const double one, measure(few));
    HF_TRY(const double other, measure(many));
    few_s.push_back(one);
    many_s.push_back(other);
  }
  std::cout << "| " << what << " | " << median(few_s) * 1e3 << " | " << median(many_s) * 1e3
            << " | " << median(many_s) / median(few_s) << " |\n";
  return {};
}

Result<void> run(const std::string& folder, std::uint64_t entries) {
  Site few(folder, "few");
  Site many(folder, "many");
  HF_TRY(few.make(kFew));
  std::cout << "| opening | " << kFew << " entries, ms | " << entries << " entries, ms | ratio |\n"
            << "|---|---:|---:|---:|\n";
  HF_TRY(many.make(entries));
  HF_TRY(compare("for reading", few, many,
                 [](Site& site) { return site.time_opening(vault::Access::read); }));
  HF_TRY(compare("for writing", few, many,
                 [](Site& site) { return site.time_opening(vault::Access::write); }));
  HF_TRY(compare("for writing, ready to append", few, many,
                 [](Site& site) { return site.time_appending(); }));
  HF_TRY(const double rebuilding, many.time_rebuilding());
  std::cout << "\nThe catalog made anew from " << entries << " entries: " << rebuilding << " s\n";
  return {};
}

}  // namespace

}  // namespace holdfast

int main(int argc, char** argv) {
  if (argc != 3 || argv[1][0] != '/') {
    std::cerr << "usage: bench_opening FOLDER ENTRIES\n";
    return 2;
  }
  const auto done = holdfast::run(argv[1], std::strtoull(argv[2], nullptr, 10));
  if (done) return 0;
  std::cerr << holdfast::debug_text(done.error()) << '\n';
  return 1;
}
