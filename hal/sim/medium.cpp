// SPDX-License-Identifier: Apache-2.0
#include "hal/sim/medium.h"

#include <algorithm>

namespace holdfast::sim {

namespace {

void put_name(Names& names, const std::string& name, const NodePointer& node) {
  if (node == nullptr) {
    names.erase(name);
  } else {
    names[name] = node;
  }
}

using Ids = std::set<std::uint64_t>;

// Keeps, for each name, its changes up to one that is chosen.
Ids choose_kept(const std::vector<NameChange>& changes, CrashPolicy policy, Generator& generator) {
  Ids kept;
  if (policy == CrashPolicy::drop_unsynced) return kept;
  std::set<std::string> ended;
  for (const NameChange& change : changes) {
    const bool stops = policy == CrashPolicy::random && generator.coin();
    if (stops) ended.insert(change.name);
    if (!ended.contains(change.name)) kept.insert(change.id);
  }
  return kept;
}

// Keeps change `id` and with it all earlier ones of the same name. True if that added any.
bool keep_up_to(const std::vector<NameChange>& changes, std::uint64_t id, Ids& kept) {
  const auto last = std::find_if(changes.begin(), changes.end(),
                                 [&](const NameChange& change) { return change.id == id; });
  if (last == changes.end()) return false;  // durable already
  bool added = false;
  for (auto change = changes.begin(); change != last + 1; ++change) {
    if (change->name == last->name) added |= kept.insert(change->id).second;
  }
  return added;
}

void add_needed(const std::vector<NameChange>& changes, Ids& kept) {
  bool added = true;
  while (added) {
    added = false;
    for (const NameChange& change : changes) {
      if (change.needs == 0 || !kept.contains(change.id)) continue;
      added |= keep_up_to(changes, change.needs, kept);
    }
  }
}

void decide_names(Node& directory, CrashPolicy policy, Generator& generator) {
  Ids kept = choose_kept(directory.changes, policy, generator);
  add_needed(directory.changes, kept);
  for (const NameChange& change : directory.changes) {
    if (kept.contains(change.id)) put_name(directory.durable_names, change.name, change.node);
  }
  directory.names = directory.durable_names;
  directory.changes.clear();
}

// Cuts the tail at a sector's edge and loses some of the sectors before it.
void tear_tail(Node& file, Generator& generator) {
  const std::size_t sector = generator.coin() ? 512 : 4096;
  const std::size_t tail = file.bytes.size() - file.synced_size;
  if (generator.coin()) {
    const std::size_t end = file.synced_size + generator.below(tail + 1);
    file.bytes.resize(std::max(file.synced_size, end - end % sector));
  }
  for (std::size_t begin = file.synced_size; begin < file.bytes.size();) {
    const std::size_t end = std::min(file.bytes.size(), (begin / sector + 1) * sector);
    if (generator.coin()) {
      std::fill(file.bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                file.bytes.begin() + static_cast<std::ptrdiff_t>(end), std::uint8_t{0});
    }
    begin = end;
  }
}

void decide_tail(Node& file, CrashPolicy policy, Generator& generator) {
  file.forget_cache();
  if (file.synced_size < file.bytes.size() && policy != CrashPolicy::keep_all) {
    const std::uint64_t choice = policy == CrashPolicy::drop_unsynced ? 0 : generator.below(4);
    if (choice == 0) file.bytes.resize(file.synced_size);
    if (choice >= 2) tear_tail(file, generator);
  }
  file.synced_size = file.bytes.size();
  file.stuck = false;
  file.shared_locks = 0;
  file.exclusive_lock = false;
}

void decide(Node& node, CrashPolicy policy, Generator& generator, std::set<const Node*>& decided) {
  if (!decided.insert(&node).second) return;  // two names of one file
  if (!node.is_directory) {
    decide_tail(node, policy, generator);
    return;
  }
  decide_names(node, policy, generator);
  for (const auto& [name, child] : node.names) decide(*child, policy, generator, decided);
}

}  // namespace

std::uint64_t Node::change_name(std::string name, NodePointer node, std::uint64_t needs) {
  put_name(names, name, node);
  changes.push_back({++last_change, std::move(name), std::move(node), needs, false});
  return last_change;
}

void Node::sync_names() {
  std::vector<NameChange> left;
  for (NameChange& change : changes) {
    if (change.stuck) {
      left.push_back(std::move(change));
      continue;
    }
    put_name(durable_names, change.name, change.node);
    // What is durable now takes the place of older changes of that name.
    std::erase_if(left, [&](const NameChange& old) { return old.name == change.name; });
  }
  changes = std::move(left);
}

void Node::set_name(const std::string& name, const NodePointer& node) {
  put_name(names, name, node);
  put_name(durable_names, name, node);
  std::erase_if(changes, [&](const NameChange& change) { return change.name == name; });
}

void Node::forget_cache() {
  for (const Range& range : hidden) {
    std::ranges::fill(ByteSpan(bytes).subspan(range.begin, range.end - range.begin),
                      std::uint8_t{0});
  }
  hidden.clear();
}

void Node::forget_unsynced() {
  stuck = true;
  for (NameChange& change : changes) change.stuck = true;
}

void decide_crash(Node& root, CrashPolicy policy, Generator& generator) {
  std::set<const Node*> decided;
  decide(root, policy, generator, decided);
}

std::uint64_t total_size(const Node& root) {
  std::uint64_t total = root.bytes.size();
  for (const auto& [name, child] : root.names) total += total_size(*child);
  return total;
}

std::vector<std::string> file_paths(const Node& root) {
  std::vector<std::string> paths;
  for (const auto& [name, child] : root.names) {
    if (!child->is_directory) paths.push_back(name);
    for (std::string& below : file_paths(*child)) {
      paths.push_back(std::move(below.insert(0, 1, '/').insert(0, name)));
    }
  }
  return paths;
}

NodePointer copy_of(const Node& root) {
  const auto copy = std::make_shared<Node>();
  copy->is_directory = root.is_directory;
  copy->bytes = root.bytes;
  copy->hidden = root.hidden;
  copy->forget_cache();
  copy->synced_size = root.bytes.size();
  copy->spoilt = root.spoilt;
  for (const auto& [name, child] : root.names) copy->set_name(name, copy_of(*child));
  return copy;
}

}  // namespace holdfast::sim
