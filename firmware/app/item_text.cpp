// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/item_text.h"

#include <fmt/format.h>

#include "hal/base/path.h"

namespace holdfast::app {

namespace {

char type_letter(ports::FileType type) {
  switch (type) {
    case ports::FileType::regular:
      return '-';
    case ports::FileType::directory:
      return 'd';
    case ports::FileType::symlink:
      return 'l';
    case ports::FileType::fifo:
      return 'p';
    case ports::FileType::socket:
      return 's';
    case ports::FileType::char_device:
      return 'c';
    case ports::FileType::block_device:
      return 'b';
  }
  return '?';
}

// "rw-r--r--", with s and t as ls(1) has them.
std::string permission_letters(std::uint32_t mode) {
  std::string letters = "rwxrwxrwx";
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if ((mode >> (8 - i) & 1U) == 0) letters[i] = '-';
  }
  const auto mark = [&](std::uint32_t bit, std::size_t at, char with, char without) {
    if ((mode & bit) != 0) letters[at] = letters[at] == 'x' ? with : without;
  };
  mark(04000, 2, 's', 'S');
  mark(02000, 5, 's', 'S');
  mark(01000, 8, 't', 'T');
  return letters;
}

void write_flags(JsonWriter& json, const vault::Item& item) {
  json.begin_array("flags");
  if ((item.flags & vault::kItemChanging) != 0) json.path_element("changing");
  if ((item.flags & vault::kItemUnreadable) != 0) json.path_element("unreadable");
  if ((item.flags & vault::kItemNoContent) != 0) json.path_element("no_content");
  if (!item.data_runs.empty()) json.path_element("sparse");
  json.end();
}

}  // namespace

std::string name_of(ports::FileType type) {
  switch (type) {
    case ports::FileType::regular:
      return "regular";
    case ports::FileType::directory:
      return "directory";
    case ports::FileType::symlink:
      return "symlink";
    case ports::FileType::fifo:
      return "fifo";
    case ports::FileType::socket:
      return "socket";
    case ports::FileType::char_device:
      return "char_device";
    case ports::FileType::block_device:
      return "block_device";
  }
  return "unknown";
}

void write_item(JsonWriter& json, const vault::Item& item) {
  json.begin_object();
  json.path("path", item.path);
  json.field("type", name_of(item.type));
  json.field("size", item.size);
  json.field("mode", fmt::format("{:04o}", item.mode));
  json.field("uid", std::uint64_t{item.uid});
  json.field("gid", std::uint64_t{item.gid});
  json.field("mtime", Timestamp{item.mtime_ns});
  if (item.digest == Digest{}) {
    json.null("digest");
  } else {
    json.field("digest", item.digest.hex());
  }
  if (item.type == ports::FileType::symlink) json.path("target", item.link_target);
  if (item.is_gone()) {
    json.field("gone", item.gone_since);
  } else {
    json.null("gone");
  }
  write_flags(json, item);
  json.end();
}

std::string gone_text(messages::Language language, const vault::Item& item) {
  if (!item.is_gone()) return {};
  const std::string time = time_text(item.gone_since);
  return " " + messages::render(language, "cli.item.gone_since", {{"time", time}});
}

std::string item_line(messages::Language language, const vault::Item& item) {
  std::string line = fmt::format("{}{} {:>10}  {}  {}", type_letter(item.type),
                                 permission_letters(item.mode), size_text(item.size),
                                 time_text(Timestamp{item.mtime_ns}), escape_path(item.path));
  if (item.type == ports::FileType::symlink) line += " -> " + escape_path(item.link_target);
  if (item.is_gone()) return "† " + line + gone_text(language, item);
  const bool unread = !item.has_content() || (item.flags & vault::kItemUnreadable) != 0;
  return (unread ? "! " : "  ") + line;
}

}  // namespace holdfast::app
