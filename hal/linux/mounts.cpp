// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/mounts.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "hal/linux/descriptor.h"
#include "hal/linux/errno.h"

namespace holdfast::linux {

namespace {

constexpr std::size_t kListSizeMax = 16 << 20;  // a hundred thousand mounts
constexpr std::size_t kFactSizeMax = 64 << 10;
constexpr std::size_t kBlock = 64 << 10;
constexpr std::uint64_t kSector = 512;  // bytes, whatever the disk's own sectors are (sysfs)
constexpr unsigned kDepthMax = 8;       // a file system on LVM on LUKS on RAID on partitions

// Files of the kernel have no size before they are read.
Result<std::string> read_whole(const std::string& path, std::size_t size_max) {
  const Descriptor file = open_at(AT_FDCWD, path.c_str(), O_RDONLY | O_NONBLOCK);
  if (!file.is_open()) return last_error("open", path);
  std::string text;
  Bytes block(kBlock);
  while (text.size() <= size_max) {
    HF_TRY(const std::size_t count, read_at(file, text.size(), block, path));
    if (count == 0) return text;
    text += text_of(ByteView(block).first(count));
  }
  return make_error(ErrorCode::limit_exceeded, path,
                    {{"what", "size"}, {"limit", std::to_string(size_max)}});
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank{" \t\n\0", 4};
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Empty where it is not told, or not any more: a disk may go at any moment.
std::string fact(const std::string& path) {
  const auto text = read_whole(path, kFactSizeMax);
  return text ? std::string(trimmed(*text)) : std::string();
}

std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc{} && end == text.data() + text.size() ? number : 0;
}

bool exists(const std::string& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), F_OK, AT_EACCESS) == 0;
}

// Empty: it is no link.
std::string link_of(const std::string& path) {
  std::array<char, 4096> target{};
  const ssize_t size = ::readlinkat(AT_FDCWD, path.c_str(), target.data(), target.size());
  return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : std::string();
}

std::string_view last_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> names;
  const auto stream = open_directory_stream(AT_FDCWD, path.c_str(), path);
  if (!stream) return names;
  while (true) {
    const auto entry = next_entry(*stream, path);
    if (!entry || *entry == nullptr) break;
    names.emplace_back((*entry)->d_name);
  }
  std::ranges::sort(names);
  return names;
}

// The number of a unit as SCSI has it: four bytes, then the text.
std::string scsi_serial(const std::string& path) {
  constexpr std::size_t kHeader = 4;
  const auto page = read_whole(path, kFactSizeMax);
  if (!page || page->size() <= kHeader) return {};
  return std::string(trimmed(std::string_view(*page).substr(kHeader)));
}

// Of a line "E:KEY=value".
std::string note_of(std::string_view notes, std::string_view key) {
  const std::string begin = "E:" + std::string(key) + "=";
  while (!notes.empty()) {
    const std::string_view line = notes.substr(0, notes.find('\n'));
    if (line.starts_with(begin)) return std::string(line.substr(begin.size()));
    notes.remove_prefix(std::min(notes.size(), line.size() + 1));
  }
  return {};
}

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

// Blanks, line ends and backslashes are written as \ooo.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    const bool is_escape = rest.size() >= 4 && rest[0] == '\\' && rest[1] <= '3' &&
                           is_octal(rest[1]) && is_octal(rest[2]) && is_octal(rest[3]);
    if (!is_escape) {
      out += rest[0];
      continue;
    }
    out += static_cast<char>((rest[1] - '0') * 64 + (rest[2] - '0') * 8 + (rest[3] - '0'));
    i += 3;
  }
  return out;
}

std::vector<std::string_view> words_in(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::string_view word = line.substr(0, line.find(' '));
    words.push_back(word);
    line.remove_prefix(std::min(line.size(), word.size() + 1));
  }
  return words;
}

bool has_option(std::string_view options, std::string_view wanted) {
  while (!options.empty()) {
    const std::string_view option = options.substr(0, options.find(','));
    if (option == wanted) return true;
    options.remove_prefix(std::min(options.size(), option.size() + 1));
  }
  return false;
}

// Block devices behind which another machine or a program stands.
bool may_wait_for_others(std::string_view disk) {
  constexpr std::array<std::string_view, 4> kKinds = {"nbd", "rbd", "drbd", "ublk"};
  return std::ranges::any_of(kKinds, [&](std::string_view kind) { return disk.starts_with(kind); });
}

// Of what has device numbers of no device (btrfs, a program's file system), the source tells it.
std::string device_folder(const KernelMount& mount, const std::string& devices) {
  const bool is_fuse = mount.file_system.starts_with("fuse");
  if ((is_fuse || mount.file_system == "btrfs") && mount.source.starts_with("/dev/")) {
    return devices + "/class/block/" + std::string(last_of(mount.source));
  }
  return is_fuse ? std::string() : devices + "/dev/block/" + mount.device;
}

}  // namespace

std::optional<KernelMount> parse_mount(std::string_view line) {
  // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue
  constexpr std::size_t kFixed = 6;
  const auto words = words_in(line);
  if (words.size() < kFixed) return std::nullopt;
  const auto end = std::find(words.begin() + kFixed, words.end(), "-");
  if (words.end() - end < 4 || !words[4].starts_with('/')) return std::nullopt;
  return KernelMount{.device = std::string(words[2]),
                     .root = unescaped(words[3]),
                     .path = unescaped(words[4]),
                     .options = std::string(words[5]),
                     .file_system = unescaped(end[1]),
                     .source = unescaped(end[2])};
}

void KernelMounts::add_disks(const std::string& folder, unsigned depth,
                             std::vector<std::string>& out) const {
  const std::string target = link_of(folder);
  if (target.empty() || depth > kDepthMax) return;
  const auto parts = names_in(folder + "/slaves");
  for (const std::string& part : parts) {
    add_disks(paths_.devices + "/class/block/" + part, depth + 1, out);
  }
  if (!parts.empty()) return;
  const std::string_view device = target;
  const bool is_partition = exists(folder + "/partition");
  const std::string name(last_of(is_partition ? device.substr(0, device.rfind('/')) : device));
  if (std::ranges::find(out, name) == out.end()) out.push_back(name);
}

std::optional<ports::BlockDisk> KernelMounts::look_at(const std::string& name) const {
  const std::string folder = paths_.devices + "/class/block/" + name;
  const bool is_disk = exists(folder + "/device") && !exists(folder + "/partition") &&
                       fact(folder + "/hidden") != "1" && !name.starts_with("sr") &&
                       !name.starts_with("fd");
  ports::BlockDisk disk{.name = name, .size = number_of(fact(folder + "/size")) * kSector};
  if (!is_disk || disk.size == 0) return std::nullopt;
  disk.model = fact(folder + "/device/model");
  disk.serial = fact(folder + "/device/serial");
  if (disk.serial.empty()) disk.serial = fact(folder + "/serial");
  if (disk.serial.empty()) disk.serial = scsi_serial(folder + "/device/vpd_pg80");
  const auto notes = read_whole(paths_.notes + "/b" + fact(folder + "/dev"), kFactSizeMax);
  if (!notes) return disk;
  disk.by_path = note_of(*notes, "ID_PATH");
  if (disk.serial.empty()) disk.serial = note_of(*notes, "ID_SERIAL_SHORT");
  return disk;
}

bool KernelMounts::is_held(const std::string& name) const {
  const std::string folder = paths_.devices + "/class/block/" + name;
  if (!names_in(folder + "/holders").empty()) return true;
  return std::ranges::any_of(names_in(folder + "/."), [&](const std::string& part) {
    return part.starts_with(name) && !names_in(folder + "/" + part + "/holders").empty();
  });
}

Result<std::vector<std::string>> KernelMounts::used_disks() const {
  std::vector<std::string> used;
  HF_TRY(const std::vector<ports::MountLine> all, lines());
  for (const ports::MountLine& line : all) {
    used.insert(used.end(), line.mount.disks.begin(), line.mount.disks.end());
  }
  // Filename Type Size Used Priority, with a line of these words. A kernel may have none.
  const auto swaps = read_whole(paths_.swaps, kListSizeMax);
  for (std::string_view rest = swaps ? std::string_view(*swaps) : std::string_view();
       !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::string file = unescaped(line.substr(0, line.find_first_of(" \t")));
    if (!file.starts_with("/dev/")) continue;
    add_disks(paths_.devices + "/class/block/" + std::string(last_of(file)), 0, used);
  }
  return used;
}

Result<std::vector<ports::BlockDisk>> KernelMounts::disks() {
  HF_TRY(const std::vector<std::string> used, used_disks());
  std::vector<ports::BlockDisk> found;
  for (const std::string& name : names_in(paths_.devices + "/class/block")) {
    auto disk = look_at(name);
    if (!disk) continue;
    disk->is_used = std::ranges::find(used, name) != used.end() || is_held(name);
    found.push_back(std::move(*disk));
  }
  return found;
}

Result<std::vector<ports::MountLine>> KernelMounts::lines() const {
  HF_TRY(const std::string text, read_whole(paths_.mounts, kListSizeMax));
  std::vector<ports::MountLine> lines;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    auto parsed = parse_mount(line);
    if (!parsed) continue;
    ports::MountLine found;
    const std::string folder = device_folder(*parsed, paths_.devices);
    if (!folder.empty()) add_disks(folder, 0, found.mount.disks);
    std::ranges::sort(found.mount.disks);
    // A part of a file system is no disk; btrfs has trees of its own, which are.
    found.is_whole = parsed->root == "/" || parsed->file_system == "btrfs";
    found.is_local = !parsed->file_system.starts_with("fuse") && !found.mount.disks.empty() &&
                     std::ranges::none_of(found.mount.disks, may_wait_for_others);
    found.mount.path = std::move(parsed->path);
    found.mount.file_system = std::move(parsed->file_system);
    found.mount.is_read_only = has_option(parsed->options, "ro");
    lines.push_back(std::move(found));
  }
  return lines;
}

Result<std::vector<ports::Mount>> KernelMounts::mounts() {
  HF_TRY(const std::vector<ports::MountLine> all, lines());
  return ports::reachable_mounts(all);
}

Result<std::vector<ports::Mount>> KernelMounts::all_mounts() {
  HF_TRY(const std::vector<ports::MountLine> all, lines());
  return ports::mounts_of(all);
}

}  // namespace holdfast::linux
