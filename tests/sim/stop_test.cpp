// SPDX-License-Identifier: Apache-2.0
// A stop by request in the middle of one long item.
#include <catch2/catch.hpp>

#include "tests/sim/ready_box.h"
#include "tests/support/forwarding_files.h"

namespace holdfast::test {

namespace {

// A source on which somebody presses Ctrl-C at the second read of a file.
class InterruptedFile final : public ports::SourceFile {
 public:
  InterruptedFile(std::unique_ptr<ports::SourceFile> file, job::StopFlag& stop)
      : file_(std::move(file)), stop_(stop) {}
  Result<ports::FileStatus> status() override { return file_->status(); }
  const ports::FileStatus& first_status() const override { return file_->first_status(); }
  Result<std::size_t> read(std::uint64_t offset, ByteSpan out) override {
    if (offset > 0) stop_ = true;
    return file_->read(offset, out);
  }
  Result<std::optional<ports::DataRun>> next_data(std::uint64_t offset) override {
    return file_->next_data(offset);
  }
  Result<ports::ExtendedAttributes> extended_attributes() override {
    return file_->extended_attributes();
  }

 private:
  std::unique_ptr<ports::SourceFile> file_;
  job::StopFlag& stop_;
};

class InterruptedFolder final : public ForwardingFolder {
 public:
  InterruptedFolder(std::unique_ptr<ports::Folder> folder, job::StopFlag& stop)
      : ForwardingFolder(std::move(folder)), stop_(stop) {}
  Result<std::unique_ptr<ports::SourceFile>> open_file(std::string_view name) override {
    HF_TRY(auto file, ForwardingFolder::open_file(name));
    return std::make_unique<InterruptedFile>(std::move(file), stop_);
  }

 private:
  job::StopFlag& stop_;
};

// A source on which somebody presses Ctrl-C while it is being listed.
class StoppingFolder final : public ForwardingFolder {
 public:
  static constexpr int kLooks = 10;

  StoppingFolder(std::unique_ptr<ports::Folder> folder, int& looks, job::StopFlag& stop)
      : ForwardingFolder(std::move(folder)), looks_(looks), stop_(stop) {}
  Result<ports::FileStatus> status_of(std::string_view name) override {
    if (++looks_ == kLooks) stop_ = true;
    return ForwardingFolder::status_of(name);
  }

 private:
  int& looks_;
  job::StopFlag& stop_;
};

struct Site : ReadyBox {
  Site() {
    write("a.wav", "short");
    write("long.wav", std::string(3000, 'x'));
    write("z.wav", "behind");
  }
  WrappedFiles interrupted_files() {
    return {files, [this](auto folder) {
              return std::make_unique<InterruptedFolder>(std::move(folder), stop);
            }};
  }
};

}  // namespace

TEST_CASE("A stop in the middle of a long item leaves it as it stood, and the next run takes it") {
  Site site;
  WrappedFiles files = site.interrupted_files();
  const auto stopped = site.backup(files);
  REQUIRE(stopped);
  CHECK(stopped->partial);
  CHECK(stopped->bytes_read < 3000);
  CHECK(stopped->problems.count == 0);
  const auto partial = site.restore();
  REQUIRE(partial);
  CHECK(partial->contains("a.wav"));
  CHECK_FALSE(partial->contains("long.wav"));
  site.stop = false;
  const auto whole = site.backup();
  REQUIRE(whole);
  CHECK_FALSE(whole->partial);
  CHECK(*site.restore() == site.source());
}

TEST_CASE("A stop in the middle of an item that changed keeps what there was of it") {
  Site site;
  REQUIRE(site.backup());
  const std::string former(3000, 'x');
  site.write("long.wav", std::string(3000, 'y'));
  WrappedFiles files = site.interrupted_files();
  const auto stopped = site.backup(files);
  REQUIRE(stopped);
  CHECK(stopped->partial);
  const auto restored = site.restore(stopped->snapshot.number);
  REQUIRE(restored);
  CHECK(restored->at("long.wav") == Bytes(former.begin(), former.end()));
}

TEST_CASE("A stop is seen among items that did not change") {
  Site site;
  for (int i = 0; i < 100; ++i) site.write("same" + std::to_string(i) + ".wav", "same");
  REQUIRE(site.backup());
  int looks = 0;
  WrappedFiles files(site.files, [&](auto folder) {
    return std::make_unique<StoppingFolder>(std::move(folder), looks, site.stop);
  });
  const auto stopped = site.backup(files);
  REQUIRE(stopped);
  CHECK(stopped->partial);
  CHECK(looks == StoppingFolder::kLooks);
  CHECK(*site.restore(stopped->snapshot.number) == site.source());
}

TEST_CASE("A restore that was stopped says so and what it had") {
  Site site;
  REQUIRE(site.backup());
  const auto box = site.open();
  const auto business = (*box)->open_business("calls", vault::Access::read);
  REQUIRE(business);
  job::RestoreRequest request;
  request.selection.snapshot = *(*business)->find_snapshot({});
  request.target = "/target";
  site.stop = true;
  request.stop = &site.stop;
  const auto report = job::run_restore(**business, site.files, request);
  REQUIRE(report);
  REQUIRE(report->ended);
  CHECK(report->ended->code == ErrorCode::interrupted);
  CHECK(report->files == 0);
}

}  // namespace holdfast::test
