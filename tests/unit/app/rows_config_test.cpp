// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/rows_config.h"

#include <catch2/catch.hpp>

#include "firmware/app/config.h"

namespace holdfast::app {
namespace {

Result<BusinessFile> parse_server(const std::string& server) {
  return parse_business(R"([[source]]
name = "calls"
type = "sql"
mapping = "robot"
[source.sql]
kind = "odbc"
server = ")" + server + R"("
query = "select 1"
time = "epoch_s"
first = "1700000000"
)",
                        "desk.toml", messages::Language::english);
}

TEST_CASE("an ODBC server is a registered one, and never a program or a file") {
  for (const char* good :
       {"DSN=calls", "DSN=calls;", "dsn = calls", "Driver={ODBC Driver 18 for SQL Server}",
        "DRIVER=psqlodbcw.so;DATABASE=calls;SERVER=10.0.0.5;PORT=5432",
        "Driver=x;Server=host\\\\one;TrustServerCertificate=yes;"}) {
    CAPTURE(good);
    const auto file = parse_server(good);
    REQUIRE(file);
  }
  for (const char* bad : {"",
                          ";",
                          "calls",
                          "DSN=",
                          "Driver=/srv/evil.so",
                          "Driver={/srv/evil.so}",
                          "DSN=calls;;",
                          "DSN=calls;Driver=/srv/evil.so",
                          "DSN=calls;Driver=evil.so",
                          "FILEDSN=calls.dsn",
                          "Driver=x;FILEDSN=calls.dsn",
                          "Driver=x;SAVEFILE=out",
                          "Driver=x;Driver=evil.so",
                          "Driver=x;Database=/var/lib/holdfast/catalog",
                          "Driver=x;Pqopt={sslkey=a}",
                          "Server=x",
                          "Driver={a;b}",
                          "Driver=x;PWD=secret",
                          "Driver=x;Password=secret",
                          "Driver=x;UID=me"}) {
    CAPTURE(bad);
    const auto file = parse_server(bad);
    REQUIRE_FALSE(file);
    CHECK(file.error().argument("what").find("DSN=") != std::string::npos);
  }
}

}  // namespace
}  // namespace holdfast::app
