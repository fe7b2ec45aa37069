// SPDX-License-Identifier: Apache-2.0
#include "hal/sim/disk.h"

#include <algorithm>

#include "hal/base/path.h"

namespace holdfast::sim {

namespace {

constexpr std::size_t kNameSizeMax = 255;
constexpr std::size_t kSector = 512;

}  // namespace

template <class Body>
auto SimDisk::run(Kind kind, std::string_view operation, std::string_view path, Body body)
    -> decltype(body()) {
  const std::scoped_lock lock(world_.mutex());
  Step step = begin(kind, operation, path, {});
  if (step.effect != Effect::whole) return std::move(*step.error);
  auto result = body();
  if (step.error) return std::move(*step.error);
  return result;
}

class SimDisk::SimWriteFile final : public ports::WriteFile {
 public:
  SimWriteFile(SimDisk& disk, NodePointer node, std::string path)
      : disk_(disk),
        node_(std::move(node)),
        path_(std::move(path)),
        life_(disk.life_),
        size_(node_->bytes.size()) {}

  Result<void> append(std::span<const ByteView> pieces) override {
    const std::scoped_lock lock(disk_.world_.mutex());
    Step step = disk_.begin(Kind::change, "append", path_, pieces);
    if (step.effect == Effect::none) return std::move(*step.error);
    HF_TRY(refuse_if_dead());
    HF_TRY(disk_.refuse_if_read_only(path_));
    std::uint64_t wanted = 0;
    for (const ByteView piece : pieces) wanted += piece.size();
    const std::uint64_t room = disk_.free_bytes();
    const std::uint64_t before = node_->bytes.size();
    put(pieces, step.effect == Effect::part ? std::min(wanted / 2, room) : std::min(wanted, room));
    disk_.misplace(*node_, node_->bytes.size() - before);
    if (step.error) return std::move(*step.error);
    if (room < wanted) return disk_.error(ErrorCode::no_space, path_);
    size_ += wanted;
    return {};
  }

  Result<void> sync() override {
    const std::scoped_lock lock(disk_.world_.mutex());
    Step step = disk_.begin(Kind::sync, "sync", path_, {});
    if (step.effect == Effect::part) {
      sync_error_ = step.error;
      node_->forget_unsynced();
    }
    if (step.error) return std::move(*step.error);
    if (sync_error_) return *sync_error_;
    HF_TRY(refuse_if_dead());
    if (!node_->stuck) node_->synced_size = node_->bytes.size();
    return {};
  }

  std::uint64_t size() const override { return size_; }

 private:
  Result<void> refuse_if_dead() const {
    if (life_ != disk_.life_) return disk_.error(ErrorCode::io, path_);
    return {};
  }

  void put(std::span<const ByteView> pieces, std::uint64_t count) {
    for (const ByteView piece : pieces) {
      const ByteView taken = piece.first(std::min<std::uint64_t>(piece.size(), count));
      node_->bytes.insert(node_->bytes.end(), taken.begin(), taken.end());
      count -= taken.size();
    }
  }

  SimDisk& disk_;
  NodePointer node_;
  std::string path_;
  std::uint64_t life_;
  std::uint64_t size_;
  std::optional<Error> sync_error_;
};

class SimDisk::SimReadFile final : public ports::ReadFile {
 public:
  SimReadFile(SimDisk& disk, NodePointer node, std::string path)
      : disk_(disk),
        node_(std::move(node)),
        path_(std::move(path)),
        life_(disk.life_),
        size_(node_->bytes.size()) {}

  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read(std::uint64_t offset, ByteSpan out) override {
    return disk_.run(Kind::read, "read", path_, [&]() -> Result<std::size_t> {
      if (life_ != disk_.life_ || node_->spoilt) return disk_.error(ErrorCode::io, path_);
      ByteView bytes = node_->bytes;
      bytes = bytes.subspan(std::min<std::uint64_t>(offset, bytes.size()));
      const std::size_t count = std::min(bytes.size(), out.size());
      std::copy_n(bytes.begin(), count, out.begin());
      disk_.falsify(out.first(count));
      return count;
    });
  }

 private:
  SimDisk& disk_;
  NodePointer node_;
  std::string path_;
  std::uint64_t life_;
  std::uint64_t size_;
};

class SimDisk::SimLock final : public ports::Lock {
 public:
  SimLock(SimDisk& disk, NodePointer node, bool exclusive)
      : disk_(disk), node_(std::move(node)), exclusive_(exclusive), life_(disk.life_) {
    if (exclusive_) node_->exclusive_lock = true;
    if (!exclusive_) ++node_->shared_locks;
  }
  ~SimLock() override {
    const std::scoped_lock lock(disk_.world_.mutex());
    if (life_ != disk_.life_) return;
    if (exclusive_) node_->exclusive_lock = false;
    if (!exclusive_) --node_->shared_locks;
  }
  SimLock(const SimLock&) = delete;
  SimLock& operator=(const SimLock&) = delete;

 private:
  SimDisk& disk_;
  NodePointer node_;
  bool exclusive_;
  std::uint64_t life_;
};

SimDisk::SimDisk(World& world, std::string name)
    : world_(world),
      name_(std::move(name)),
      root_(std::make_shared<Node>()),
      device_(world.add(*this)),
      dice_(world.seed() ^ Generator(device_).next()) {
  root_->is_directory = true;
}

SimDisk::~SimDisk() {
  world_.remove(*this);
}

std::string SimDisk::where(std::string_view path) const {
  return path.empty() ? name_ : name_ + "/" + std::string(path);
}

Error SimDisk::error(ErrorCode code, std::string_view path) const {
  return make_error(code, where(path));
}

Step SimDisk::begin(Kind kind, std::string_view operation, std::string_view path,
                    std::span<const ByteView> bytes) {
  Step step =
      world_.begin(kind == Kind::read ? Touch::look : Touch::change, operation, where(path), bytes);
  if (vanished_) step.effect = Effect::none;
  if (vanished_ && !step.error) step.error = error(ErrorCode::io, path);
  if (!step.error) throw_dice(kind, operation, path, step);
  // What a sync in flight made durable is what the crash keeps; only changes go on by themselves.
  if (step.error && step.effect == Effect::whole && kind != Kind::change) {
    step.effect = Effect::none;
  }
  return step;
}

void SimDisk::throw_dice(Kind kind, std::string_view operation, std::string_view path, Step& step) {
  if (clock_ != nullptr && faults_.delay_ns > 0) clock_->advance(faults_.delay_ns);
  const OneIn one_in = kind == Kind::read     ? faults_.read_error
                       : kind == Kind::change ? faults_.change_error
                                              : faults_.sync_error;
  if (!dice_.falls(one_in)) return;
  step = {Effect::part,
          make_error(ErrorCode::io, where(path),
                     {{"operation", std::string(operation)}, {"reason", "simulated disk"}})};
}

NodePointer SimDisk::some_file() {
  const std::vector<std::string> paths = file_paths(*root_);
  return paths.empty() ? nullptr : *find_file(paths[dice_.below(paths.size())]);
}

void SimDisk::misplace(Node& node, std::size_t count) {
  const bool is_lost = dice_.falls(faults_.lost_append);
  const bool is_stray = dice_.falls(faults_.stray_append);
  const bool is_repeated = dice_.falls(faults_.repeated_append);
  const std::size_t end = node.bytes.size();
  if (dice_.falls(faults_.hidden_append)) node.hidden.push_back({end - count, end});
  const std::span written = ByteSpan(node.bytes).last(count);
  if (is_stray || is_repeated) {
    const NodePointer victim = some_file();
    if (victim != nullptr && victim.get() != &node && !victim->bytes.empty()) {
      const std::size_t begin = dice_.below(victim->bytes.size());
      const std::span place = ByteSpan(victim->bytes).subspan(begin - begin % kSector);
      std::copy_n(written.begin(), std::min(place.size(), count), place.begin());
    }
  }
  if (is_lost || is_stray) std::ranges::fill(written, std::uint8_t{0});
}

void SimDisk::falsify(ByteSpan out) {
  if (out.empty()) return;
  if (dice_.falls(faults_.flipped_read)) {
    out[dice_.below(out.size())] ^= static_cast<std::uint8_t>(1U << dice_.below(8));
  }
  if (!dice_.falls(faults_.stray_read)) return;
  const NodePointer other = some_file();
  if (other == nullptr) return;
  std::copy_n(other->bytes.begin(), std::min(other->bytes.size(), out.size()), out.begin());
}

Result<NodePointer> SimDisk::find(std::string_view path) const {
  if (!path.empty() && !is_safe_relative_path(path)) {
    return error(ErrorCode::invalid_argument, path);
  }
  NodePointer node = root_;
  for (std::string_view rest = path; !rest.empty();) {
    if (!node->is_directory) return error(ErrorCode::not_a_directory, path);
    const std::string_view name = rest.substr(0, rest.find('/'));
    if (name.size() > kNameSizeMax) return error(ErrorCode::name_too_long, path);
    const auto found = node->names.find(name);
    if (found == node->names.end()) return error(ErrorCode::not_found, path);
    node = found->second;
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
  }
  return node;
}

Result<NodePointer> SimDisk::find_directory(std::string_view path) const {
  HF_TRY(NodePointer node, find(path));
  if (!node->is_directory) return error(ErrorCode::not_a_directory, path);
  return node;
}

Result<NodePointer> SimDisk::find_file(std::string_view path) const {
  HF_TRY(NodePointer node, find(path));
  if (node->is_directory) return error(ErrorCode::is_a_directory, path);
  return node;
}

Result<SimDisk::Place> SimDisk::find_place(std::string_view path) const {
  if (path.empty()) return error(ErrorCode::is_a_directory, path);
  auto node = find(path);
  if (!node && node.error().code != ErrorCode::not_found) return std::move(node.error());
  auto directory = find_directory(parent_of(path));
  if (!directory) return error(directory.error().code, path);
  return Place{*directory, std::string(last_name_of(path)), node ? *node : nullptr};
}

Result<void> SimDisk::refuse_if_read_only(std::string_view path) const {
  if (read_only_) return error(ErrorCode::read_only, path);
  return {};
}

std::uint64_t SimDisk::free_bytes() const {
  if (capacity_ == kUnlimited) return kUnlimited;  // counting is slow, and most tests need none
  const std::uint64_t used = total_size(*root_);
  return used < capacity_ ? capacity_ - used : 0;
}

Result<std::unique_ptr<ports::WriteFile>> SimDisk::create(std::string_view path) {
  using Created = Result<std::unique_ptr<ports::WriteFile>>;
  return run(Kind::change, "create", path, [&]() -> Created {
    HF_TRY(const Place place, find_place(path));
    if (place.node != nullptr) return error(ErrorCode::already_exists, path);
    HF_TRY(refuse_if_read_only(path));
    const auto node = std::make_shared<Node>();
    place.directory->change_name(place.name, node);
    return std::make_unique<SimWriteFile>(*this, node, std::string(path));
  });
}

Result<std::unique_ptr<ports::WriteFile>> SimDisk::open_append(std::string_view path) {
  using Opened = Result<std::unique_ptr<ports::WriteFile>>;
  return run(Kind::read, "open for append", path, [&]() -> Opened {
    HF_TRY(const NodePointer node, find_file(path));
    HF_TRY(refuse_if_read_only(path));
    return std::make_unique<SimWriteFile>(*this, node, std::string(path));
  });
}

Result<std::unique_ptr<ports::ReadFile>> SimDisk::open(std::string_view path) {
  using Opened = Result<std::unique_ptr<ports::ReadFile>>;
  return run(Kind::read, "open", path, [&]() -> Opened {
    HF_TRY(const NodePointer node, find_file(path));
    return std::make_unique<SimReadFile>(*this, node, std::string(path));
  });
}

Result<std::unique_ptr<ports::ReadFile>> SimDisk::open_fresh(std::string_view path) {
  using Opened = Result<std::unique_ptr<ports::ReadFile>>;
  return run(Kind::read, "open fresh", path, [&]() -> Opened {
    HF_TRY(const NodePointer node, find_file(path));
    node->forget_cache();
    return std::make_unique<SimReadFile>(*this, node, std::string(path));
  });
}

Result<void> SimDisk::refuse_replacing(const Node& node, const Place& target,
                                       std::string_view to) const {
  if (target.node == nullptr) return {};
  const Node& old = *target.node;
  if (node.is_directory && !old.is_directory) return error(ErrorCode::not_a_directory, to);
  if (!node.is_directory && old.is_directory) return error(ErrorCode::is_a_directory, to);
  if (old.is_directory && !old.names.empty()) return error(ErrorCode::io, to);
  return {};
}

Result<void> SimDisk::rename(std::string_view from, std::string_view to) {
  return run(Kind::change, "rename", to, [&]() -> Result<void> {
    HF_TRY(const Place source, find_place(from));
    HF_TRY(const Place target, find_place(to));
    if (parent_of(from) != parent_of(to)) return error(ErrorCode::invalid_argument, to);
    if (source.node == nullptr) return error(ErrorCode::not_found, from);
    HF_TRY(refuse_if_read_only(to));
    HF_TRY(refuse_replacing(*source.node, target, to));
    if (source.node == target.node) return {};
    const std::uint64_t given = source.directory->change_name(target.name, source.node);
    source.directory->change_name(source.name, nullptr, given);
    return {};
  });
}

Result<void> SimDisk::remove(std::string_view path) {
  return run(Kind::change, "remove", path, [&]() -> Result<void> {
    HF_TRY(const Place place, find_place(path));
    if (place.node == nullptr) return error(ErrorCode::not_found, path);
    HF_TRY(refuse_if_read_only(path));
    if (!place.node->names.empty()) return error(ErrorCode::io, path);
    place.directory->change_name(place.name, nullptr);
    return {};
  });
}

Result<void> SimDisk::make_directory(std::string_view path) {
  return run(Kind::change, "make directory", path, [&]() -> Result<void> {
    if (path.empty()) return {};
    HF_TRY(const Place place, find_place(path));
    if (place.node != nullptr && place.node->is_directory) return {};
    if (place.node != nullptr) return error(ErrorCode::not_a_directory, path);
    HF_TRY(refuse_if_read_only(path));
    const auto node = std::make_shared<Node>();
    node->is_directory = true;
    place.directory->change_name(place.name, node);
    return {};
  });
}

Result<void> SimDisk::sync_directory(std::string_view path) {
  const std::scoped_lock lock(world_.mutex());
  Step step = begin(Kind::sync, "sync directory", path, {});
  if (step.effect == Effect::none) return std::move(*step.error);
  HF_TRY(const NodePointer directory, find_directory(path));
  if (step.effect == Effect::part) {
    directory->forget_unsynced();
    return std::move(*step.error);
  }
  directory->sync_names();
  return {};
}

Result<std::vector<ports::DirectoryEntry>> SimDisk::list(std::string_view path) {
  using Listed = Result<std::vector<ports::DirectoryEntry>>;
  return run(Kind::read, "list", path, [&]() -> Listed {
    HF_TRY(const NodePointer directory, find_directory(path));
    std::vector<ports::DirectoryEntry> entries;
    for (const auto& [name, node] : directory->names) entries.push_back({name, node->is_directory});
    return entries;
  });
}

Result<std::uint64_t> SimDisk::size_of(std::string_view path) {
  return run(Kind::read, "size", path, [&]() -> Result<std::uint64_t> {
    HF_TRY(const NodePointer node, find_file(path));
    return node->bytes.size();
  });
}

Result<ports::Space> SimDisk::space() {
  return run(Kind::read, "space", {}, [&]() -> Result<ports::Space> {
    return ports::Space{capacity_, free_bytes(), read_only_ && tells_read_only_};
  });
}

Result<std::uint64_t> SimDisk::device() {
  return run(Kind::read, "device", {}, [&]() -> Result<std::uint64_t> { return device_; });
}

Result<std::unique_ptr<ports::Lock>> SimDisk::lock(std::string_view path, ports::LockMode mode,
                                                   std::string_view holder) {
  using Locked = Result<std::unique_ptr<ports::Lock>>;
  const bool exclusive = mode == ports::LockMode::exclusive;
  return run(Kind::read, "lock", path, [&]() -> Locked {
    HF_TRY(const Place place, find_place(path));
    NodePointer node = place.node;
    if (node != nullptr && node->is_directory) return error(ErrorCode::is_a_directory, path);
    if (node == nullptr || exclusive) HF_TRY(refuse_if_read_only(path));
    if (node == nullptr) {
      node = std::make_shared<Node>();
      place.directory->change_name(place.name, node);
    }
    if (node->exclusive_lock || (exclusive && node->shared_locks != 0)) {
      Error locked = make_error(ErrorCode::locked, where(path),
                                {{"holder", std::string(text_of(node->bytes))}});
      locked.retryable = true;
      return locked;
    }
    if (exclusive) {
      const ByteView text = view_of(holder);
      node->bytes.assign(text.begin(), text.end());
      node->synced_size = 0;
    }
    return std::make_unique<SimLock>(*this, node, exclusive);
  });
}

void SimDisk::crash(CrashPolicy policy, Generator& generator) {
  decide_crash(*root_, policy, generator);
  ++life_;
}

void SimDisk::vanish(CrashChoice choice) {
  const std::scoped_lock lock(world_.mutex());
  Generator generator(world_.seed() ^ Generator(choice.seed).next());
  crash(choice.policy, generator);
  vanished_ = true;
}

void SimDisk::return_() {
  const std::scoped_lock lock(world_.mutex());
  vanished_ = false;
}

void SimDisk::set_capacity(std::uint64_t bytes) {
  const std::scoped_lock lock(world_.mutex());
  capacity_ = bytes;
}

void SimDisk::set_read_only(bool read_only, bool is_told) {
  const std::scoped_lock lock(world_.mutex());
  read_only_ = read_only;
  tells_read_only_ = is_told;
}

void SimDisk::set_device(std::uint64_t device) {
  const std::scoped_lock lock(world_.mutex());
  device_ = device;
}

void SimDisk::flip_bit(std::string_view path, std::uint64_t offset, unsigned bit) {
  const std::scoped_lock lock(world_.mutex());
  const NodePointer node = *find_file(path);
  HF_CHECK(offset < node->bytes.size() && bit < 8);
  node->bytes[offset] ^= static_cast<std::uint8_t>(1U << bit);
}

void SimDisk::plant(std::string_view path, ByteView bytes) {
  const std::scoped_lock lock(world_.mutex());
  NodePointer directory = root_;
  for (std::string_view rest = path; !rest.empty();) {
    const std::string name(rest.substr(0, rest.find('/')));
    const bool is_last = name.size() == rest.size();
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    const auto found = directory->names.find(name);
    NodePointer node = found == directory->names.end() ? nullptr : found->second;
    if (node == nullptr || is_last) {
      node = std::make_shared<Node>();
      node->is_directory = !is_last;
      directory->set_name(name, node);
    }
    directory = node;
  }
  directory->bytes.assign(bytes.begin(), bytes.end());
  directory->synced_size = bytes.size();
}

void SimDisk::erase(std::string_view path) {
  const std::scoped_lock lock(world_.mutex());
  const Place place = *find_place(path);
  HF_CHECK(place.node != nullptr);
  place.directory->set_name(place.name, nullptr);
}

void SimDisk::spoil(std::string_view path) {
  const std::scoped_lock lock(world_.mutex());
  (*find_file(path))->spoilt = true;
}

NodePointer SimDisk::image() const {
  const std::scoped_lock lock(world_.mutex());
  return copy_of(*root_);
}

void SimDisk::become(const Node& image) {
  const std::scoped_lock lock(world_.mutex());
  root_ = copy_of(image);
  ++life_;
}

std::vector<std::string> SimDisk::files() const {
  const std::scoped_lock lock(world_.mutex());
  return file_paths(*root_);
}

void SimDisk::set_faults(const DiskFaults& faults, SimClock* clock) {
  const std::scoped_lock lock(world_.mutex());
  faults_ = faults;
  clock_ = clock;
}

std::optional<Bytes> SimDisk::contents(std::string_view path) const {
  const std::scoped_lock lock(world_.mutex());
  const auto node = find_file(path);
  if (!node) return std::nullopt;
  return (*node)->bytes;
}

}  // namespace holdfast::sim
