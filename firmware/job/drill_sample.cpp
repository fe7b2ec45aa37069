// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/drill_sample.h"

#include <algorithm>
#include <array>
#include <utility>

#include "firmware/job/record_tree.h"
#include "firmware/vault/content_reader.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

// Random numbers, many from one call.
class Tickets {
 public:
  explicit Tickets(ports::Random& random) : random_(random) {}

  std::uint64_t draw() {
    if (used_ == bytes_.size()) {
      random_.fill(bytes_);
      used_ = 0;
    }
    ByteReader reader(ByteView(bytes_).subspan(used_, sizeof(std::uint64_t)));
    used_ += sizeof(std::uint64_t);
    return reader.u64();
  }

 private:
  ports::Random& random_;
  std::array<std::uint8_t, 4096> bytes_{};
  std::size_t used_ = bytes_.size();
};

struct Drawn {
  std::uint64_t ticket = 0;
  vault::Item item;
};

bool is_lower(const Drawn& left, const Drawn& right) {
  return left.ticket < right.ticket;
}

}  // namespace

std::uint64_t random_below(ports::Random& random, std::uint64_t end) {
  const auto bytes = random.array<sizeof(std::uint64_t)>();
  return ByteReader(bytes).u64() % end;
}

Result<DrillSample> choose_items(vault::Business& business, const catalog::SnapshotRow& snapshot,
                                 std::uint64_t count, const StopFlag* stop, Progress* progress,
                                 vault::LostSubtree on_lost) {
  HF_TRY(const auto nodes, vault::ContentReader::open(business));
  RecordTree tree(*nodes, vault::tree_of(snapshot), nullptr, stop, std::move(on_lost));
  Tickets tickets(business.box().ports().random);
  DrillSample sample;
  std::vector<Drawn> lowest;  // a heap, the highest of them in front
  HF_TRY(tree.walk("", [&](const vault::Item& item) -> Result<void> {
    ++sample.total;
    if (progress != nullptr) {
      progress->update({"choosing", sample.total, snapshot.body.counts.items, 0, 0});
    }
    const std::uint64_t ticket = tickets.draw();
    if (lowest.size() == count) {
      if (ticket >= lowest.front().ticket) return {};
      std::ranges::pop_heap(lowest, is_lower);
      lowest.pop_back();
    }
    lowest.push_back({ticket, item});
    std::ranges::push_heap(lowest, is_lower);
    return {};
  }));
  for (Drawn& drawn : lowest) sample.items.push_back(std::move(drawn.item));
  std::ranges::sort(sample.items, PathLess(), &vault::Item::path);
  return sample;
}

}  // namespace holdfast::job
