// SPDX-License-Identifier: Apache-2.0
// The catalog as a file: readers beside a writer, and every way in which a file can be wrong.
#include <random>

#include "firmware/catalog/sqlite.h"
#include "tests/unit/catalog/fixture.h"

using namespace holdfast;
using namespace holdfast::catalog;

namespace {

// Two packs in one snapshot, and enough chunks for the file to have pages of every kind.
void fill(Catalog& catalog) {
  std::vector<std::string> names;
  for (int i = 0; i < 400; ++i) names.push_back("chunk " + std::to_string(i));
  const std::vector<TestPack> packs{pack_of("p", names), pack_of("q", names)};
  TestJournal journal;
  journal.add(journal::EntryKind::policy);
  journal.add_snapshot("host", packs, {"month"});
  journal.add_tag(2, "audit", true);
  for (const TestPack& pack : packs) note(catalog, pack);
  apply_all(catalog, journal);
}

std::string filled_file(const Folder& folder) {
  const std::string path = folder.file("a business.sqlite");
  Catalog catalog = opened(path);
  fill(catalog);
  return path;
}

void execute(const std::string& path, const char* sql) {
  Result<Database> database = Database::open(path, Access::write);
  REQUIRE(database);
  REQUIRE(database->execute(sql));
}

// Every kind of reading and writing; the first error.
Result<void> use(const std::string& path, OpenMode mode) {
  HF_TRY(Catalog catalog, Catalog::open(path, mode, kBusiness));
  HF_TRY(catalog.dump([](const std::string&) {}));
  for (int i = 0; i < 400; i += 5) {
    HF_TRY(catalog.find_chunk(digest_of("chunk " + std::to_string(i))));
  }
  HF_TRY(catalog.open_packs());
  HF_TRY(catalog.found_packs());
  HF_TRY(catalog.condemned_packs());
  HF_TRY(catalog.snapshots());
  if (mode == OpenMode::read) return {};
  const TestPack pack = pack_of("new", {"x", "y", "z"});
  HF_TRY(catalog.note_open_pack(pack.row, pack.index));
  return catalog.forget_open_pack(pack.row.pack.name);
}

}  // namespace

TEST_CASE("What was written is there for the next writer and for readers") {
  const Folder folder;
  const std::string path = filled_file(folder);
  Catalog reader = opened(path, OpenMode::read);
  Catalog writer = opened(path);
  CHECK(reader.head().value().number == 3);
  CHECK(dump_of(reader) == dump_of(writer));
}

TEST_CASE("A reader makes no file and changes none") {
  const Folder folder;
  const std::string missing = folder.file("missing");
  CHECK(refusal(missing, OpenMode::read) == ErrorCode::not_found);
  CHECK_FALSE(std::filesystem::exists(missing));

  const std::string path = filled_file(folder);
  const std::string before = bytes_of(path);
  Catalog reader = opened(path, OpenMode::read);
  const TestPack pack = pack_of("new", {"x"});
  CHECK(reader.note_open_pack(pack.row, pack.index).error().code == ErrorCode::read_only);
  CHECK((bytes_of(path) == before));
}

TEST_CASE("A file whose making was cut short is not there for readers and is made by a writer") {
  const Folder folder;
  const std::string path = folder.file("x");
  execute(path, "PRAGMA journal_mode = WAL");
  CHECK(refusal(path, OpenMode::read) == ErrorCode::not_found);
  CHECK(opened(path).head().value() == journal::Head{});
  CHECK(opened(path, OpenMode::read).head().value() == journal::Head{});
}

TEST_CASE("A folder that is missing is not_found for writers too") {
  const Folder folder;
  CHECK(refusal(folder.file("no/such"), OpenMode::write) == ErrorCode::not_found);
}

TEST_CASE("Readers see the old state until the writer has committed") {
  const Folder folder;
  const std::string path = folder.file("x");
  Catalog writer = opened(path);
  Catalog reader = opened(path, OpenMode::read);
  TestJournal journal;
  journal.add_snapshot("host");
  REQUIRE(writer.begin());
  apply_all(writer, journal);
  CHECK(reader.head().value().number == 0);
  CHECK(opened(path, OpenMode::read).head().value().number == 0);
  REQUIRE(writer.commit());
  CHECK(reader.head().value().number == 1);
  CHECK(reader.snapshots().value().size() == 1);
}

TEST_CASE("A batch that is not committed leaves nothing, a failed step takes back only itself") {
  const Folder folder;
  const std::string path = folder.file("x");
  TestJournal journal;
  journal.add_snapshot("host", {pack_of("p", {"a"}), pack_of("unknown", {})});
  {
    Catalog writer = opened(path);
    REQUIRE(writer.begin());
    note(writer, pack_of("p", {"a"}));
    CHECK_FALSE(apply(writer, journal.steps()[0]));
    REQUIRE(writer.commit());
    REQUIRE(writer.begin());
    note(writer, pack_of("q", {"b"}));
  }
  CHECK(opened(path).open_packs().value().size() == 1);
}

TEST_CASE("A second writer is refused, and may try again") {
  const Folder folder;
  const std::string path = folder.file("x");
  Catalog first = opened(path);
  Catalog second = opened(path);
  REQUIRE(first.begin());
  const Result<void> refused = second.begin();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::locked);
  CHECK(refused.error().retryable);
  CHECK(refused.error().where == path);
  REQUIRE(first.commit());
  CHECK(second.begin());
}

TEST_CASE("An older catalog tells by its head which entries it lacks") {
  const Folder folder;
  const std::string path = folder.file("x");
  const std::string kept = folder.file("kept");
  TestJournal journal;
  for (int i = 0; i < 3; ++i) journal.add_snapshot("host");
  REQUIRE(apply(*std::make_unique<Catalog>(opened(path)), journal.steps()[0]));
  write_file(kept, bytes_of(path));

  Catalog older = opened(kept);
  CHECK(older.head().value() == journal::Head{1, digest_of("entry 1")});
  CHECK(apply(older, journal.steps()[2]).error().code == ErrorCode::chain_broken);
  CHECK(apply(older, journal.steps()[1]));
  CHECK(apply(older, journal.steps()[2]));
}

TEST_CASE("Files of others are damaged, and are left as they are") {
  const Folder folder;
  const std::string path = folder.file("x");
  SECTION("noise") {
    write_file(path, std::string(10'000, '\x5a'));
  }
  SECTION("a database of another program") {
    execute(path, "CREATE TABLE head(one INTEGER PRIMARY KEY)");
  }
  SECTION("another application id") {
    execute(filled_file(folder), "PRAGMA application_id = 1");
    std::filesystem::rename(folder.file("a business.sqlite"), path);
  }
  SECTION("a newer schema") {
    execute(filled_file(folder), "PRAGMA user_version = 1000");
    std::filesystem::rename(folder.file("a business.sqlite"), path);
  }
  SECTION("an older schema, without holds") {
    execute(filled_file(folder), "DROP TABLE holds; PRAGMA user_version = 1");
    std::filesystem::rename(folder.file("a business.sqlite"), path);
  }
  SECTION("an older schema, without deltas") {
    execute(filled_file(folder), "DROP TABLE deltas; PRAGMA user_version = 2");
    std::filesystem::rename(folder.file("a business.sqlite"), path);
  }
  SECTION("an older schema, without gaps") {
    execute(filled_file(folder), "DROP TABLE gaps; PRAGMA user_version = 3");
    std::filesystem::rename(folder.file("a business.sqlite"), path);
  }
  SECTION("an older schema, without packs that were found") {
    execute(filled_file(folder), "DROP INDEX packs_found; PRAGMA user_version = 4");
    std::filesystem::rename(folder.file("a business.sqlite"), path);
  }
  SECTION("an older schema, without prunes") {
    execute(filled_file(folder), "DROP TABLE prunes; PRAGMA user_version = 5");
    std::filesystem::rename(folder.file("a business.sqlite"), path);
  }
  SECTION("an older schema, without condemned packs that have no row") {
    execute(filled_file(folder), "DROP TABLE condemned; PRAGMA user_version = 6");
    std::filesystem::rename(folder.file("a business.sqlite"), path);
  }
  SECTION("a table more") {
    execute(filled_file(folder), "CREATE TABLE zebra(one INTEGER PRIMARY KEY)");
    std::filesystem::rename(folder.file("a business.sqlite"), path);
  }
  SECTION("an index less") {
    execute(filled_file(folder), "DROP INDEX chunks_by_name");
    std::filesystem::rename(folder.file("a business.sqlite"), path);
  }
  SECTION("an index on something else") {
    execute(filled_file(folder),
            "DROP INDEX chunks_by_name; CREATE INDEX chunks_by_name ON chunks(name)");
    std::filesystem::rename(folder.file("a business.sqlite"), path);
  }
  const std::string before = bytes_of(path);
  CHECK(refusal(path, OpenMode::read) == ErrorCode::damaged);
  CHECK(refusal(path, OpenMode::write) == ErrorCode::damaged);
  CHECK((bytes_of(path) == before));
}

TEST_CASE("A file that forbids writing in its header is damaged, not read-only") {
  const Folder folder;
  const std::string path = filled_file(folder);
  std::string bytes = bytes_of(path);
  bytes[18] = 3;  // write version
  write_file(path, bytes);
  CHECK(refusal(path, OpenMode::write) == ErrorCode::damaged);
}

TEST_CASE("The catalog of another business is damaged") {
  const Folder folder;
  const std::string path = filled_file(folder);
  const BusinessId other{{9}};
  CHECK(refusal(path, OpenMode::read, other) == ErrorCode::damaged);
  CHECK(refusal(path, OpenMode::write, other) == ErrorCode::damaged);
}

TEST_CASE("A page of noise is found when it is read") {
  const Folder folder;
  const std::string path = filled_file(folder);
  const std::string good = bytes_of(path);
  const std::size_t pages = good.size() / 4096;
  REQUIRE(pages > 15);
  REQUIRE(use(path, OpenMode::write));
  for (std::size_t page = 0; page < pages; ++page) {
    std::string bad = good;
    bad.replace(page * 4096, 4096, std::string(4096, '\x5a'));
    write_file(path, bad);
    for (const OpenMode mode : {OpenMode::read, OpenMode::write}) {
      const Result<void> used = use(path, mode);
      INFO("page " << page);
      REQUIRE_FALSE(used);
      CHECK(used.error().code == ErrorCode::damaged);
    }
  }
}

TEST_CASE("Flipped bytes anywhere give an answer or `damaged`, never worse") {
  const Folder folder;
  const std::string path = filled_file(folder);
  const std::string good = bytes_of(path);
  std::mt19937 random(1);
  int found = 0;
  for (int round = 0; round < 250; ++round) {
    std::string bad = good;
    // Headers of file and pages are few bytes, and matter most.
    const std::size_t page = random() % (good.size() / 4096);
    const std::size_t at = page * 4096 + random() % (round % 2 == 0 ? 100 : 4096);
    bad[at] = static_cast<char>(random());
    write_file(path, bad);
    // A writer syncs, so it comes less often.
    const OpenMode mode = round % 8 < 2 ? OpenMode::write : OpenMode::read;
    const Result<void> used = use(path, mode);
    if (!used) {
      ++found;
      INFO("byte " << at << ": " << debug_text(used.error()));
      CHECK(used.error().code == ErrorCode::damaged);
    }
    std::filesystem::remove(path + "-wal");
    std::filesystem::remove(path + "-shm");
  }
  CHECK(found > 25);
}

TEST_CASE("A file is readable where no WAL can be made beside it") {
  const Folder folder;
  // A name that leaves no room for "-wal" stands for a read-only file system, for root too.
  const std::string path = folder.file(std::string(253, 'x'));
  std::filesystem::rename(filled_file(folder), path);
  Catalog reader = opened(path, OpenMode::read);
  CHECK(reader.head().value().number == 3);
  CHECK(refusal(path, OpenMode::read, BusinessId{{9}}) == ErrorCode::damaged);
}

TEST_CASE("A file whose WAL cannot be read is not read without it") {
  const Folder folder;
  const std::string path = filled_file(folder);
  std::filesystem::create_directory(path + "-wal");
  CHECK(refusal(path, OpenMode::read) == ErrorCode::io);
}
