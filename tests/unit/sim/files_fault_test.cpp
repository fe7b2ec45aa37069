// SPDX-License-Identifier: Apache-2.0
// Other people's files that misbehave.
#include <catch2/catch.hpp>

#include "hal/sim/files.h"

namespace holdfast::sim {

namespace {

class Source {
 public:
  World world{1};
  SimFiles files{world};
  std::unique_ptr<ports::Folder> folder;

  Source() {
    files.write_file("/source/a", view_of("bytes"));
    folder = *files.open_source("/source");
  }
};

std::string read(ports::SourceFile& file) {
  Bytes out(100);
  out.resize(*file.read(0, out));
  return std::string(text_of(out));
}

}  // namespace

TEST_CASE("a file that cannot be read still shows its status") {
  Source source;
  source.files.set_unreadable("/source/a");
  CHECK(source.folder->status_of("a"));
  CHECK(source.folder->open_file("a").error().code == ErrorCode::permission_denied);
  source.files.set_unreadable("/source/a", false);
  CHECK(source.folder->open_file("a"));
}

TEST_CASE("a file that vanishes is listed and gone when it is opened") {
  Source source;
  source.files.vanish_when_opened("/source/a");
  CHECK(source.folder->status_of("a"));
  CHECK(source.folder->open_file("a").error().code == ErrorCode::not_found);
  CHECK(source.folder->status_of("a").error().code == ErrorCode::not_found);
}

TEST_CASE("a file that changes while it is read shows other times and bytes afterwards") {
  Source source;
  source.files.change_while_read("/source/a", view_of("other bytes"));
  const auto file = *source.folder->open_file("a");
  const ports::FileStatus before = *file->status();
  CHECK(read(*file) == "bytes");
  const ports::FileStatus after = *file->status();
  CHECK(after.mtime_ns > before.mtime_ns);
  CHECK(after.ctime_ns > before.ctime_ns);
  CHECK(after.size == 11);
  CHECK(read(*file) == "other bytes");
}

TEST_CASE("a rewritten file keeps its inode and shows a new time; a removed one is gone") {
  Source source;
  const ports::FileStatus before = *source.folder->status_of("a");
  source.files.write_file("/source/a", view_of("new"));
  const ports::FileStatus after = *source.folder->status_of("a");
  CHECK(after.inode == before.inode);
  CHECK(after.mtime_ns > before.mtime_ns);
  source.files.remove("/source/a");
  CHECK_FALSE(source.files.contents("/source/a"));
  source.files.add_symlink("/source/link", "a");
  source.files.add_special("/source/fifo", ports::FileType::fifo);
  CHECK(source.folder->status_of("link")->type == ports::FileType::symlink);
  CHECK(source.folder->status_of("fifo")->type == ports::FileType::fifo);
}

}  // namespace holdfast::sim
