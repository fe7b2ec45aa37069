// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/held_nodes.h"

namespace holdfast::vault {

HeldNodes::HeldNodes(NodeSink& sink, NodeSource& stored, IsStored is_stored,
                     std::uint64_t bytes_max)
    : sink_(sink), stored_(stored), is_stored_(std::move(is_stored)), bytes_max_(bytes_max) {}

Result<journal::ChunkReference> HeldNodes::write_node(ByteView plain) {
  const std::lock_guard lock(mutex_);
  if (!is_holding_) return sink_.write_node(plain);
  const journal::ChunkReference node{sha256(plain), plain.size()};
  if (held_.contains(node.digest)) return node;
  HF_TRY(const bool stored, is_stored_(node));
  if (stored) return node;
  held_.emplace(node.digest, Bytes(plain.begin(), plain.end()));
  order_.push_back(node.digest);
  bytes_ += plain.size();
  if (bytes_ > bytes_max_) HF_TRY(pass_on_locked());
  return node;
}

Result<Bytes> HeldNodes::read_node(const journal::ChunkReference& node) {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(node.digest);
  if (found != held_.end()) return found->second;
  return stored_.read_node(node);
}

Result<journal::DeltaLists> HeldNodes::read_delta(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  return stored_.read_delta(number);
}

bool HeldNodes::has_deleted_since(std::uint64_t snapshot) {
  const std::lock_guard lock(mutex_);
  return stored_.has_deleted_since(snapshot);
}

Result<bool> HeldNodes::is_deleted(const Item& item, std::uint64_t snapshot) {
  const std::lock_guard lock(mutex_);
  return stored_.is_deleted(item, snapshot);
}

bool HeldNodes::is_holding() const {
  const std::lock_guard lock(mutex_);
  return is_holding_;
}

std::uint64_t HeldNodes::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

Result<void> HeldNodes::pass_on() {
  const std::lock_guard lock(mutex_);
  return pass_on_locked();
}

Result<void> HeldNodes::pass_on_locked() {
  is_holding_ = false;
  for (const Digest& digest : order_) {
    HF_TRY(const auto node, sink_.write_node(held_.at(digest)));
    HF_CHECK(node.digest == digest);
  }
  order_.clear();
  held_.clear();
  bytes_ = 0;
  return {};
}

}  // namespace holdfast::vault
