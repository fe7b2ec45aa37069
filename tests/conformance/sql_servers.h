// SPDX-License-Identifier: Apache-2.0
// The bodies of ports::SqlClient that need a server, each with an empty database there. The servers
// are those that sql_servers_test.py started; it says in the environment where they are.
#pragma once

#include <libpq-fe.h>
#include <mysql.h>
#include <signal.h>

#include <chrono>
#include <tuple>

#include "hal/linux/sql/client.h"
#include "tests/conformance/sql_answer.h"

namespace holdfast::test {

inline constexpr std::string_view kPassword = "se;c}r{et x'\\";

inline std::string environment(const char* name) {
  const char* value = std::getenv(name);
  HF_CHECK(value != nullptr);
  return value;
}

inline std::uint16_t port_of(const char* name) {
  return static_cast<std::uint16_t>(std::stoi(environment(name)));
}

// What the fixtures of all servers share.
class Server {
 public:
  ports::SqlClient& client() { return client_; }
  void finds(const ports::SqlQuery&, const std::vector<std::string>&, const Rows&) {}

  Limits limits;

 protected:
  // As the one of `kind` would be reached by network.
  static ports::SqlConnection by_network(ports::SqlKind kind, std::uint16_t port) {
    return {.kind = kind,
            .server = "localhost",
            .port = port,
            .database = "calls",
            .user = "reader",
            .password = SecretBytes(bytes_of(kPassword)),
            .tls = ports::SqlTls::none};
  }

 private:
  linux::SqlClients client_;
};

class Mariadb : public Server {
 public:
  static constexpr const char* kLongText = "longtext";

  Mariadb() {
    owner_ = mysql_init(nullptr);
    HF_CHECK(mysql_real_connect(owner_, "localhost", "root", "", "", 0, socket().c_str(),
                                CLIENT_MULTI_STATEMENTS) != nullptr);
    run("set names utf8mb4");
    run("drop database if exists calls");
    run("create database calls character set utf8mb4");
    run("use calls");
  }
  ~Mariadb() { mysql_close(owner_); }
  Mariadb(const Mariadb&) = delete;
  Mariadb& operator=(const Mariadb&) = delete;

  static std::string socket() { return environment("HOLDFAST_TEST_MARIADB_SOCKET"); }
  static ports::SqlConnection network() {
    return by_network(ports::SqlKind::mysql, port_of("HOLDFAST_TEST_MARIADB_PORT"));
  }
  static ports::SqlConnection connection() {
    ports::SqlConnection connection = network();
    connection.server = socket();
    return connection;
  }
  static ports::SqlConnection unreachable() {
    ports::SqlConnection connection = connection_to("127.0.0.1");
    connection.port = 1;
    return connection;
  }

  void run(const std::string& statement) {
    HF_CHECK(mysql_real_query(owner_, statement.data(), statement.size()) == 0);
  }
  // The server dies, and with it all that it had begun.
  static void kill() {
    HF_CHECK(::kill(static_cast<pid_t>(std::stol(environment("HOLDFAST_TEST_MARIADB_PID"))),
                    SIGKILL) == 0);
  }

 private:
  static ports::SqlConnection connection_to(const std::string& server) {
    ports::SqlConnection connection = network();
    connection.server = server;
    return connection;
  }

  MYSQL* owner_;
};

class Postgresql : public Server {
 public:
  static constexpr const char* kLongText = "text";

  Postgresql() {
    // It may be starting anew, after another test made it die.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    do {
      PQfinish(owner_);
      owner_ = PQsetdbLogin(socket().c_str(), environment("HOLDFAST_TEST_POSTGRESQL_PORT").c_str(),
                            nullptr, nullptr, "calls", "postgres", nullptr);
    } while (PQstatus(owner_) != CONNECTION_OK && std::chrono::steady_clock::now() < deadline);
    HF_CHECK(PQstatus(owner_) == CONNECTION_OK);
    PQsetNoticeProcessor(owner_, [](void*, const char*) {}, nullptr);
    run("drop schema public cascade; create schema public; grant all on schema public to reader;"
        " alter default privileges in schema public grant all on tables to reader;"
        " alter default privileges in schema public grant all on sequences to reader");
  }
  ~Postgresql() { PQfinish(owner_); }
  Postgresql(const Postgresql&) = delete;
  Postgresql& operator=(const Postgresql&) = delete;

  static std::string socket() { return environment("HOLDFAST_TEST_POSTGRESQL_SOCKET"); }
  static ports::SqlConnection network() {
    return by_network(ports::SqlKind::postgresql, port_of("HOLDFAST_TEST_POSTGRESQL_PORT"));
  }
  static ports::SqlConnection connection() {
    ports::SqlConnection connection = network();
    connection.server = socket();
    return connection;
  }
  static ports::SqlConnection unreachable() {
    ports::SqlConnection connection = network();
    connection.port = 1;
    return connection;
  }

  void run(const std::string& statement) {
    PGresult* result = PQexec(owner_, statement.c_str());
    const ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    HF_CHECK(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK);
  }
  // Of the server the process that serves the reader dies. The others notice and end, this one's
  // among them: who comes behind that finds a server that starts anew, or has.
  void kill() {
    PGresult* result = PQexec(owner_, "select pid from pg_stat_activity where usename = 'reader'");
    HF_CHECK(PQntuples(result) == 1);
    const auto process = static_cast<pid_t>(std::stol(PQgetvalue(result, 0, 0)));
    PQclear(result);
    HF_CHECK(::kill(process, SIGKILL) == 0);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (PQstatus(owner_) == CONNECTION_OK && std::chrono::steady_clock::now() < deadline) {
      PQclear(PQexec(owner_, "select 1"));
    }
    HF_CHECK(PQstatus(owner_) != CONNECTION_OK);
  }

 private:
  PGconn* owner_ = nullptr;
};

// The same servers behind their ODBC drivers.
class OdbcMariadb : public Mariadb {
 public:
  static ports::SqlConnection connection() { return odbc("SOCKET=" + socket()); }
  static ports::SqlConnection unreachable() { return odbc("SERVER=127.0.0.1;PORT=1"); }

 private:
  static ports::SqlConnection odbc(const std::string& server) {
    ports::SqlConnection connection = network();
    connection.kind = ports::SqlKind::odbc;
    connection.server = "DRIVER=libmaodbc.so;DATABASE=calls;CHARSET=utf8mb4;" + server;
    return connection;
  }
};

class OdbcPostgresql : public Postgresql {
 public:
  static ports::SqlConnection connection() {
    return odbc(socket(), environment("HOLDFAST_TEST_POSTGRESQL_PORT"));
  }
  static ports::SqlConnection unreachable() { return odbc("127.0.0.1", "1"); }

 private:
  static ports::SqlConnection odbc(const std::string& server, const std::string& port) {
    ports::SqlConnection connection = network();
    connection.kind = ports::SqlKind::odbc;
    connection.server = "DRIVER=psqlodbcw.so;DATABASE=calls;SERVER=" + server + ";PORT=" + port;
    return connection;
  }
};

using SqlBodies = std::tuple<Mariadb, Postgresql, OdbcMariadb, OdbcPostgresql>;

}  // namespace holdfast::test
