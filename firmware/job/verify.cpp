// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/verify.h"

#include <array>
#include <mutex>
#include <optional>

#include "firmware/job/selection.h"
#include "firmware/vault/content_reader.h"
#include "firmware/vault/loss.h"

namespace holdfast::job {

namespace {

class Verify {
 public:
  Verify(vault::Business& business, const VerifyRequest& request)
      : business_(business), request_(request) {}

  Result<VerifyReport> run();

 private:
  Result<void> work(SelectionQueue& queue);
  Result<void> prove(vault::ContentReader& reader, const vault::Item& item);
  bool is_in_sample(const vault::Item& item);
  Result<void> prove_one();
  bool stopped() const { return request_.stop != nullptr && request_.stop->load(); }

  vault::Business& business_;
  const VerifyRequest& request_;
  std::mutex mutex_;  // what follows
  VerifyReport report_;
  // Of the items that were passed over, the one that came nearest to being chosen.
  std::optional<vault::Item> nearest_;
  unsigned nearest_draw_ = 0;
};

Result<VerifyReport> Verify::run() {
  ports::Clock& clock = business_.box().ports().clock;
  const std::int64_t start_ns = clock.monotonic_ns();
  HF_TRY(const auto nodes, vault::ContentReader::open(business_));
  SelectionRequest everything;
  everything.snapshot = request_.snapshot;
  everything.gone = true;
  SelectionQueue queue(*nodes, everything, [this](const vault::IndexEntry& subtree) {
    const std::lock_guard lock(mutex_);
    report_.lost.add_lost_names(subtree.first_path, subtree.items);
  });
  HF_TRY(business_.box().ports().workers.run([&](std::size_t) -> Result<void> {
    auto done = work(queue);
    if (!done) queue.fail();
    return done;
  }));
  if (stopped()) return make_error(ErrorCode::interrupted, business_.name());
  HF_TRY(prove_one());
  report_.duration_ns = clock.monotonic_ns() - start_ns;
  return std::move(report_);
}

bool Verify::is_in_sample(const vault::Item& item) {
  unsigned draw = 0;
  if (request_.sample_percent < 100) {
    const auto bytes = business_.box().ports().random.array<2>();
    draw = (bytes[0] * 256U + bytes[1]) % 100;
  }
  const std::lock_guard lock(mutex_);
  report_.items_total += 1;
  if (draw < request_.sample_percent) return true;
  if (item.has_content() && (!nearest_ || draw < nearest_draw_)) {
    nearest_ = item;
    nearest_draw_ = draw;
  }
  return false;
}

// A small sample of few items may be none: then nothing would be called intact.
Result<void> Verify::prove_one() {
  if (!nearest_ || report_.items + report_.lost.count > 0) return {};
  HF_TRY(const auto reader, vault::ContentReader::open(business_));
  return prove(*reader, *nearest_);
}

Result<void> Verify::work(SelectionQueue& queue) {
  HF_TRY(const auto reader, vault::ContentReader::open(business_));
  Selected selected;
  while (!stopped()) {
    HF_TRY(const bool more, queue.next(selected));
    if (!more) return {};
    const vault::Item& item = selected.item;
    if (item.type == ports::FileType::directory) {
      const std::lock_guard lock(mutex_);
      count_unread(item, report_.unread);
    } else if (is_in_sample(item)) {
      HF_TRY(prove(*reader, item));
    }
  }
  return {};
}

Result<void> Verify::prove(vault::ContentReader& reader, const vault::Item& item) {
  const bool stored = item.has_content();
  const auto go_on = [&](std::uint64_t /*offset*/, ByteView /*bytes*/) -> Result<void> {
    if (stopped()) return make_error(ErrorCode::interrupted, business_.name());
    return {};
  };
  auto read = stored ? reader.read_item(item, go_on) : Result<void>();
  if (!read && !vault::is_loss(read.error())) return read;
  const std::lock_guard lock(mutex_);
  count_unread(item, report_.unread);
  if (!read) {
    read.error().arguments.push_back({"content", item.digest.hex()});
    report_.lost.add(item.path, std::move(read.error()));
  } else if (stored) {
    report_.items += 1;
    report_.bytes += item.size;
  }
  if (request_.progress != nullptr) {
    const auto& counts = request_.snapshot.body.counts;
    const std::uint64_t done = report_.items + report_.unread.no_content + report_.lost.count;
    request_.progress->update({"verifying", done, counts.items, report_.bytes, counts.bytes});
  }
  return {};
}

}  // namespace

Result<VerifyReport> run_verify(vault::Business& business, const VerifyRequest& request) {
  return Verify(business, request).run();
}

}  // namespace holdfast::job
