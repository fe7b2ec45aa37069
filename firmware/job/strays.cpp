// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/strays.h"

#include <algorithm>
#include <array>
#include <set>

#include "firmware/keys/wrap.h"
#include "hal/base/path.h"

namespace holdfast::job {

namespace {

using Entries = std::vector<ports::DirectoryEntry>;

constexpr std::size_t kWrapDashes = 3;  // epoch, kind, recipient, version

bool is_unfinished(std::string_view name) {
  return name.ends_with(".tmp");
}

bool is_pack_folder(std::string_view name) {
  return name.size() == 2 && name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

class Look {
 public:
  Look(vault::Box& box, const std::vector<PoolPack>& packs, const StopFlag* stop)
      : box_(box), packs_(packs), stop_(stop) {
    const keys::Keyring& keyring = box.keyring();
    owners_.insert(keyring.box().hex());
    for (const auto& business : keyring.content().businesses) owners_.insert(business.id.hex());
  }

  Result<void> look_at(const pool::Pool::PresentMember& member) {
    disk_ = member.disk;
    id_ = member.id;
    HF_TRY(const Entries root, list(""));
    for (const ports::DirectoryEntry& entry : root) {
      HF_TRY(look_at_root(entry));
    }
    return {};
  }

  [[nodiscard]] std::vector<pool::StrayFile> take() { return std::move(found_); }

 private:
  Result<void> look_at_root(const ports::DirectoryEntry& entry) {
    const std::string& name = entry.name;
    if (entry.is_directory && name == "packs") return look_at_packs();
    if (entry.is_directory && name == "journal") return look_at_owned(name, &Look::is_segment);
    if (entry.is_directory && name == "wraps") return look_at_owned(name, &Look::is_wrap);
    constexpr std::array<std::string_view, 5> kOthers{"label.a", "label.b", "keyring",
                                                      pool::kProbePath, "lost+found"};
    const bool is_ours = std::ranges::find(kOthers, name) != kOthers.end();
    if (!is_ours && !is_unfinished(name)) add(name);
    return {};
  }

  // Folders by business.
  Result<void> look_at_owned(const std::string& folder,
                             Result<bool> (Look::*is_ours)(const std::string& path) const) {
    HF_TRY(const Entries owners, list(folder));
    for (const ports::DirectoryEntry& owner : owners) {
      const std::string inner = folder + "/" + owner.name;
      if (!owner.is_directory || !owners_.contains(owner.name)) {
        add(inner);
        continue;
      }
      HF_TRY(const Entries files, list(inner));
      for (const ports::DirectoryEntry& file : files) {
        const std::string path = inner + "/" + file.name;
        if (is_unfinished(file.name)) continue;
        HF_TRY(const bool ours, (this->*is_ours)(path));
        if (!ours) add(path);
      }
    }
    return {};
  }

  // One that cannot be read is damaged, and told as that.
  Result<bool> is_segment(const std::string& path) const {
    const auto name = journal::parse_segment_name(path.substr(path.rfind('/') + 1));
    if (!name) return false;
    HF_TRY(const Bytes bytes, front(path, journal::kSegmentHeaderSize));
    const auto header = journal::parse_segment_header(bytes, box_.trusted());
    return !header || (header->first == name->first &&
                       journal::journal_directory(header->business) == parent_of(path));
  }

  Result<bool> is_wrap(const std::string& path) const {
    const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
    if (std::ranges::count(name, '-') != kWrapDashes) return false;
    HF_TRY(const Bytes bytes, front(path, keys::kWrapSize));
    const auto named = keys::read_wrap(bytes, box_.trusted());
    return !named || keys::wrap_path(*named) == path;
  }

  Result<void> look_at_packs() {
    HF_TRY(const Entries folders, list("packs"));
    for (const ports::DirectoryEntry& folder : folders) {
      HF_TRY(check_stop(stop_));
      const std::string path = "packs/" + folder.name;
      if (!folder.is_directory || !is_pack_folder(folder.name)) {
        add(path);
        continue;
      }
      HF_TRY(const Entries files, list(path));
      for (const ports::DirectoryEntry& file : files) {
        if (is_unfinished(file.name)) continue;
        HF_TRY(const bool ours, is_shard(path, file.name));
        if (!ours) add(path + "/" + file.name);
      }
    }
    return {};
  }

  Result<bool> is_shard(const std::string& folder, const std::string& file) const {
    const auto name = pool::parse_shard_file_name(file);
    if (!name || pool::shard_directory(name->pack) != folder) return false;
    if (std::ranges::binary_search(packs_, name->pack, {}, &PoolPack::name)) return true;
    HF_TRY(const Bytes bytes, front(folder + "/" + file, pool::kShardFieldsSize));
    const auto header = pool::parse_shard_header(bytes);
    return header && header->pack == name->pack && header->generation == name->generation &&
           header->index == name->index;
  }

  [[nodiscard]] Result<Entries> list(const std::string& folder) const {
    auto entries = disk_->list(folder);
    if (entries || entries.error().is_of_process()) return entries;
    return Entries();
  }

  // Fewer bytes if there are no more, or none can be read.
  [[nodiscard]] Result<Bytes> front(const std::string& path, std::uint64_t size) const {
    const auto file = disk_->open(path);
    if (!file && file.error().is_of_process()) return file.error();
    Bytes bytes;
    if (!file) return bytes;
    bytes.resize(static_cast<std::size_t>(std::min(size, (*file)->size())));
    const auto read = (*file)->read_all(0, bytes);
    if (!read && read.error().is_of_process()) return read.error();
    if (!read) bytes.clear();
    return bytes;
  }

  void add(const std::string& path) { found_.push_back({id_, disk_->name() + "/" + path}); }

  vault::Box& box_;
  const std::vector<PoolPack>& packs_;
  const StopFlag* stop_;
  std::set<std::string> owners_;
  ports::Disk* disk_ = nullptr;
  DiskId id_{};
  std::vector<pool::StrayFile> found_;
};

}  // namespace

Result<std::vector<pool::StrayFile>> find_strays(vault::Box& box,
                                                 const std::vector<PoolPack>& packs,
                                                 const StopFlag* stop) {
  HF_TRY(const pool::Pool* pool, box.pool());
  Look look(box, packs, stop);
  for (const pool::Pool::PresentMember& member : pool->present_members()) {
    HF_TRY(look.look_at(member));
  }
  return look.take();
}

}  // namespace holdfast::job
