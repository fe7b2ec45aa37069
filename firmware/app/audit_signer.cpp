// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/audit_signer.h"

namespace holdfast::app {

namespace {

constexpr std::int64_t kEach_ns = 24LL * 3600 * 1'000'000'000;
constexpr int kNoPool = 10;  // there is nothing to write it on yet (the command line's contract)

}  // namespace

void AuditSigner::start() {
  is_due_ = false;
  next_ns_ = clock_.monotonic_ns() + kEach_ns;
  sink_ = std::make_unique<Sink>();
  auto child = processes_.start(request_, *sink_);
  if (!child) return tell_(std::string(name_of(child.error().code)));
  child_ = std::move(*child);
}

void AuditSigner::turn() {
  if (child_ != nullptr && sink_->has_ended_) {
    child_.reset();
    const int exit_code = sink_->exit_code_;
    if (exit_code != 0 && exit_code != kNoPool) tell_("exit " + std::to_string(exit_code));
  }
  if (child_ != nullptr) return;
  if (is_due_ || (!is_stopping_ && clock_.monotonic_ns() >= next_ns_)) start();
}

void AuditSigner::begin_stop() {
  is_stopping_ = true;
  is_due_ = true;
}

}  // namespace holdfast::app
