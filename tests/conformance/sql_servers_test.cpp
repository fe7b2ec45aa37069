// SPDX-License-Identifier: Apache-2.0
// The values of each server's types, by its own client and by ODBC.
#include "tests/conformance/sql_servers.h"

#include <array>
#include <catch2/catch.hpp>

namespace holdfast::test {

namespace {

// A column with a value as its owner writes them, and as we hand them out.
struct Sample {
  std::string declaration;
  std::string literal;
  std::string type;
  std::string text;
  bool is_base64 = false;
};

template <class Body>
void make_samples(Body& body, const std::vector<Sample>& samples) {
  std::string columns = "id int";
  std::string values = "1";
  for (std::size_t i = 0; i < samples.size(); ++i) {
    columns += ", c" + std::to_string(i) + " " + samples[i].declaration;
    values += ", " + samples[i].literal;
  }
  body.run("create table samples (" + columns + ")");
  body.run("insert into samples values (" + values + ")");
  body.run("insert into samples (id) values (2)");
}

template <class Body>
void check_samples(const std::vector<Sample>& samples) {
  Body body;
  make_samples(body, samples);
  const Answer answer = ask(body, "select * from samples order by id");
  REQUIRE(answer.outcome == "ok");
  REQUIRE(answer.columns.size() == samples.size() + 1);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Sample& sample = samples[i];
    CAPTURE(sample.declaration);
    CHECK(answer.columns[i + 1].type == sample.type);
    CHECK(answer.columns[i + 1].is_base64 == sample.is_base64);
    CHECK(answer.rows.at(0).at(i + 1).value_or("NULL") == sample.text);
    CHECK(!answer.rows.at(1).at(i + 1));
  }
}

// As a driver shows values, where it does so in another way: {column's declaration, type, text}.
std::vector<Sample> as_shown(std::vector<Sample> samples,
                             const std::vector<std::array<std::string, 3>>& ways) {
  for (Sample& sample : samples) {
    for (const auto& [declaration, type, text] : ways) {
      if (sample.declaration != declaration) continue;
      sample.type = type;
      if (!text.empty()) sample.text = text;
    }
  }
  return samples;
}

const std::vector<Sample> kMariadbSamples = {
    {"bigint", "9223372036854775807", "bigint", "9223372036854775807"},
    {"bigint unsigned", "18446744073709551615", "bigint unsigned", "18446744073709551615"},
    {"int(8) zerofill", "42", "int unsigned", "00000042"},
    {"tinyint(1)", "true", "tinyint(1)", "1"},
    {"decimal(38,10)", "1234567890123456789012345678.0123456789", "decimal(38,10)",
     "1234567890123456789012345678.0123456789"},
    {"decimal(9,0) unsigned", "123456789", "decimal(9,0) unsigned", "123456789"},
    {"double", "0.1e0 + 0.2e0", "double", "0.30000000000000004"},
    {"float", "0.1", "float", "0.1"},
    {"datetime(6)", "'2026-03-01 10:00:00.123456'", "datetime(6)", "2026-03-01 10:00:00.123456"},
    {"datetime", "'2026-03-01 10:00:00'", "datetime", "2026-03-01 10:00:00"},
    {"timestamp(3) null", "'2026-03-01 10:00:00.120'", "timestamp(3)", "2026-03-01 10:00:00.120"},
    {"date", "'2026-02-28'", "date", "2026-02-28"},
    {"time(2)", "'-100:00:00.5'", "time(2)", "-100:00:00.50"},
    {"year", "2026", "year", "2026"},
    {"char(3)", "'ab'", "char(3)", "ab"},
    {"varchar(40)", "'承诺还款'", "varchar(40)", "承诺还款"},
    {"varchar(40) character set gbk", "'承诺还款'", "varchar(40)", "承诺还款"},
    {"varchar(40) character set latin1", "'café'", "varchar(40)", "café"},
    {"mediumtext", "'😀'", "mediumtext", "😀"},
    {"enum('x','y')", "'y'", "enum", "y"},
    {"json", "'{\"a\": 1}'", "json", "{\"a\": 1}"},
    {"uuid", "'0192d3a0-7c1e-7000-8000-123456789abc'", "uuid",
     "0192d3a0-7c1e-7000-8000-123456789abc"},
    {"bit(10)", "b'1000000001'", "bit(10)", "513"},
    {"blob", "x'00ff00'", "blob", "AP8A", true},
    {"varbinary(10)", "x'0001'", "varbinary(10)", "AAE=", true},
    {"binary(3)", "'ab'", "binary(3)", "YWIA", true},
    {"longblob", "''", "longblob", "", true},
};

const std::vector<Sample> kPostgresqlSamples = {
    {"bigint", "9223372036854775807", "bigint", "9223372036854775807"},
    {"numeric(38,10)", "1234567890123456789012345678.0123456789", "numeric(38,10)",
     "1234567890123456789012345678.0123456789"},
    {"numeric", "1e-20", "numeric", "0.00000000000000000001"},
    {"double precision", "0.1::float8 + 0.2::float8", "double precision", "0.30000000000000004"},
    {"real", "0.1", "real", "0.1"},
    {"boolean", "true", "boolean", "t"},
    {"timestamp", "'2026-03-01 10:00:00.123456'", "timestamp without time zone",
     "2026-03-01 10:00:00.123456"},
    {"timestamptz", "'2026-03-01 10:00:00.12+00'", "timestamp with time zone",
     "2026-03-01 18:00:00.12+08"},
    {"date", "'2026-02-28'", "date", "2026-02-28"},
    {"time", "'10:00:00.5'", "time without time zone", "10:00:00.5"},
    {"timetz", "'10:00+02'", "time with time zone", "10:00:00+02"},
    {"interval", "'1 day 2 h'", "interval", "1 day 02:00:00"},
    {"char(3)", "'ab'", "character(3)", "ab "},
    {"varchar(10)", "'承诺还款'", "character varying(10)", "承诺还款"},
    {"text", "'😀'", "text", "😀"},
    {"json", "'{\"a\": 1}'", "json", "{\"a\": 1}"},
    {"jsonb", "'{\"a\":1}'", "jsonb", "{\"a\": 1}"},
    {"uuid", "'0192d3a0-7c1e-7000-8000-123456789abc'", "uuid",
     "0192d3a0-7c1e-7000-8000-123456789abc"},
    {"int[]", "'{1,2}'", "integer[]", "{1,2}"},
    {"inet", "'::1'", "inet", "::1"},
    {"bytea", "'\\x00ff00'", "bytea", "AP8A", true},
};

// The same by an ODBC driver.
std::vector<Sample> mariadb_samples_by_odbc() {
  std::vector<Sample> samples =
      as_shown(kMariadbSamples, {{"bigint unsigned", "bigint", ""},
                                 {"int(8) zerofill", "integer", ""},
                                 {"tinyint(1)", "tinyint", ""},
                                 {"decimal(38,10)", "decimal", ""},
                                 {"decimal(9,0) unsigned", "decimal", ""},
                                 {"datetime(6)", "datetime", ""},
                                 {"timestamp(3) null", "timestamp", ""},
                                 {"time(2)", "time", ""},
                                 {"char(3)", "char", ""},
                                 {"varchar(40)", "varchar", ""},
                                 {"varchar(40) character set gbk", "varchar", ""},
                                 {"varchar(40) character set latin1", "varchar", ""},
                                 {"mediumtext", "text", ""},
                                 {"enum('x','y')", "char", ""},
                                 {"json", "text", ""},
                                 {"uuid", "char", ""},
                                 {"bit(10)", "bit", "AgE="},
                                 {"varbinary(10)", "varbinary", ""},
                                 {"binary(3)", "binary", ""},
                                 {"longblob", "blob", ""}});
  for (Sample& sample : samples) sample.is_base64 |= sample.type == "bit";
  return samples;
}

std::vector<Sample> postgresql_samples_by_odbc() {
  return as_shown(kPostgresqlSamples, {{"bigint", "int8", ""},
                                       {"numeric(38,10)", "numeric", ""},
                                       {"double precision", "float8", ""},
                                       {"real", "float4", ""},
                                       {"boolean", "bool", "1"},
                                       // It keeps the zone to itself.
                                       {"timestamptz", "timestamptz", "2026-03-01 18:00:00.12"},
                                       {"time", "time", ""},
                                       {"timetz", "unknown", ""},
                                       {"interval", "", ""},
                                       {"char(3)", "char", ""},
                                       {"varchar(10)", "varchar", ""},
                                       {"json", "unknown", ""},
                                       {"jsonb", "unknown", ""},
                                       {"uuid", "uuid", "0192D3A0-7C1E-7000-8000-123456789ABC"},
                                       {"int[]", "unknown", ""}});
}

}  // namespace

TEST_CASE("MariaDB: values become text without loss", "[mariadb]") {
  check_samples<Mariadb>(kMariadbSamples);
}

TEST_CASE("PostgreSQL: values become text without loss", "[postgresql]") {
  check_samples<Postgresql>(kPostgresqlSamples);
}

TEST_CASE("ODBC: values become text as the drivers write them", "[odbc]") {
  check_samples<OdbcMariadb>(mariadb_samples_by_odbc());
  check_samples<OdbcPostgresql>(postgresql_samples_by_odbc());
}

TEST_CASE("ODBC: PostgreSQL's timestamps keep their zone as text", "[odbc][postgresql]") {
  OdbcPostgresql body;
  CHECK(ask(body, "select '2026-03-01 10:00:00.12+00'::timestamptz::text").rows ==
        Rows{{"2026-03-01 18:00:00.12+08"}});
}

}  // namespace holdfast::test
