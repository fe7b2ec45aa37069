// SPDX-License-Identifier: Apache-2.0
// A listing of some paths only: what it shows, and that it reads no folder above them.
#include <algorithm>
#include <catch2/catch.hpp>

#include "hal/base/path.h"
#include "tests/unit/source/source_fixture.h"

namespace holdfast::source {

namespace {

using Paths = std::vector<std::string>;

struct Days : Server {
  Days() {
    for (const char* name : {"01/a", "01/b", "01/c", "02/d", "02/in/e", "02/in/f", "02!", "g"}) {
      add(name);
    }
  }
  Paths paths_in(const Paths& wanted) {
    const auto opened = source();
    const auto listed = rest_of(*opened->list(wanted).value());
    CHECK(std::ranges::none_of(listed, [](const Listed& step) { return step.error.has_value(); }));
    return paths_of(listed);
  }
};

}  // namespace

TEST_CASE("a listing of paths has them, what is in them, and the folders above") {
  Days server;
  CHECK(server.paths_in({"calls/01/b"}) == Paths{"calls", "calls/01", "calls/01/b"});
  CHECK(server.paths_in({"calls/02/in"}) ==
        Paths{"calls", "calls/02", "calls/02/in", "calls/02/in/e", "calls/02/in/f"});
  CHECK(server.paths_in({"calls/01/a", "calls/01/c", "calls/02/in/f", "calls/02!"}) ==
        Paths{"calls", "calls/01", "calls/01/a", "calls/01/c", "calls/02", "calls/02/in",
              "calls/02/in/f", "calls/02!"});
  CHECK(server.paths_in({"calls"}) == server.paths());
}

TEST_CASE("what is not at a wanted path is left out") {
  Days server;
  CHECK(server.paths_in({"calls/01/never", "calls/g", "calls/h"}) ==
        Paths{"calls", "calls/01", "calls/g"});
}

TEST_CASE("names that nobody wants are left out of paths, too") {
  Days server;
  server.definition.exclude = {"b", "02/in"};
  CHECK(server.paths_in({"calls/01/b"}) == Paths{"calls", "calls/01"});
  CHECK(server.paths_in({"calls/02"}) == Paths{"calls", "calls/02", "calls/02/d"});
}

TEST_CASE("a folder above a wanted path is not read") {
  Days few;
  Days many;
  for (int i = 0; i < 1000; ++i) many.add("01/other" + std::to_string(i));
  std::vector<std::uint64_t> operations;
  for (Days* server : {&few, &many}) {
    const std::uint64_t before = server->world.operations();
    CHECK(server->paths_in({"calls/01/b"}).size() == 3);
    operations.push_back(server->world.operations() - before);
  }
  CHECK(operations.front() == operations.back());
  many.files.set_unreadable("/srv/01");
  const auto listed = many.source();
  const auto seen = rest_of(*listed->list({"calls/01/b"}).value());
  CHECK(only(seen, "calls/01").error);
}

TEST_CASE("a folder that goes away on the way ends the listing") {
  Days server;
  const auto opened = server.source();
  const auto listing = opened->list({"calls/02/in/e"}).value();
  Listed step;
  REQUIRE(listing->next(step).value());
  server.files.remove("/srv/02");
  std::optional<Error> failure;
  CHECK(rest_of(*listing, &failure).empty());
  REQUIRE(failure);
  CHECK(failure->code == ErrorCode::source_vanished);

  server.add("02", "a file in its place");
  const auto again = opened->list({"calls/02/in/e"}).value();
  CHECK(paths_of(rest_of(*again, &failure)) == Paths{"calls"});
  CHECK(failure->where == "calls/02");
}

TEST_CASE("a path is followed to the first part that is no folder to enter") {
  Days server;
  server.definition.exclude = {"*.part"};
  server.add("01/x.part");
  server.files.add_symlink("/srv/link", "/srv/02");
  server.files.add_folder("/srv/mounted");
  server.files.node("/srv/mounted").status.device += 1;
  const auto source = server.source();
  const auto reached = [&](const std::string& path) {
    const Reached found = source->reach(path);
    return found.path + (found.is_wanted ? "" : " unwanted");
  };
  CHECK(reached("calls") == "calls");
  CHECK(reached("calls/01/b") == "calls/01/b");
  CHECK(reached("calls/01/never") == "calls/01/never");
  CHECK(reached("calls/01/never/x/y") == "calls/01/never");
  CHECK(reached("calls/g/x") == "calls/g");
  CHECK(reached("calls/link/d") == "calls/link");
  CHECK(reached("calls/mounted/x") == "calls/mounted");
  CHECK(reached("calls/01/x.part") == "calls/01/x.part unwanted");
  CHECK(reached("calls/01/y.part/z") == "calls/01/y.part unwanted");
}

TEST_CASE("a source is empty if nothing that is wanted is below its root") {
  Server server;
  server.definition.exclude = {"lost+found"};
  server.files.add_folder("/srv/lost+found");
  const auto is_empty = [&](const Paths& wanted) {
    const auto source = server.source();
    const auto listing = source->list(wanted).value();
    Listed step;
    REQUIRE(listing->next(step).value());
    return listing->is_empty();
  };
  CHECK(is_empty({}));
  CHECK(is_empty({"calls/a"}));
  server.add("b");
  CHECK_FALSE(is_empty({}));
  CHECK_FALSE(is_empty({"calls/a"}));
}

}  // namespace holdfast::source
