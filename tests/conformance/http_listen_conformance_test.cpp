// SPDX-License-Identifier: Apache-2.0
// hal/ports/http_server.h over real sockets: where it listens, TLS, and how it stops.
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <iterator>
#include <thread>

#include "hal/linux/clock.h"
#include "tests/conformance/http_fixture.h"

namespace holdfast::test {

namespace {

constexpr Timestamp kNow{1'800'000'000'000'000'000};

void greet(const ports::HttpRequest&, ports::HttpAnswer& answer) {
  static_cast<void>(answer_with(answer, "hello"));
}

// The error's code and what it is about.
std::string refusal(const ports::HttpListen& request) {
  TestHandler handler(greet);
  const auto listener = linux::HttpServer().listen(request, handler);
  if (listener) return "ok";
  const Error& error = listener.error();
  return std::string(name_of(error.code)) + " " + std::string(error.argument("what")) +
         std::string(error.argument("operation"));
}

ports::HttpIdentity identity() {
  return linux::OpenSslCertificates().make({"localhost"}, kNow).value();
}

SecretBytes copy(const SecretBytes& secret) {
  return SecretBytes(Bytes(secret.view().begin(), secret.view().end()));
}

}  // namespace

TEST_CASE("a port that is taken, or not ours to take, is an error", "[http]") {
  const HttpSite<> site(greet);
  const std::uint16_t port = site.listener().port();
  CHECK(port != 0);
  CHECK(refusal({.address = "127.0.0.1", .port = port}) == "io listen");
  CHECK(refusal({.address = "127.0.0.2", .port = port}) == "ok");  // another address
  const ports::HttpIdentity own = identity();
  CHECK(refusal({.address = "192.0.2.1",  // nobody's
                 .certificate = own.certificate,
                 .key = copy(own.key)}) == "io listen");
  CHECK(site.ask(kGet).body == "hello");
}

TEST_CASE("a port is free again once its listener has stopped", "[http]") {
  std::uint16_t port = 0;
  {
    HttpSite<> site(greet);
    port = site.listener().port();
    CHECK(site.ask(kGet).body == "hello");
    HttpClient open = site.connect();
    CHECK(open.ask(kGet).body == "hello");
    site.listener().stop();
    CHECK(open.ends());
    CHECK(refusal({.address = "127.0.0.1", .port = port}) == "ok");
  }
  CHECK(refusal({.address = "127.0.0.1", .port = port}) == "ok");
}

TEST_CASE("an address is numbers in their usual form", "[http]") {
  const std::string address =
      GENERATE("", "localhost", "127.1", "0x7f.0.0.1", "127.0.0.1 ", "1.2.3.4.5", ":::", "*");
  CHECK(refusal({.address = address}) == "invalid_argument address");
}

TEST_CASE("plain HTTP is for loopback only", "[http]") {
  for (const std::string address : {"0.0.0.0", "::", "192.0.2.1", "::ffff:127.0.0.1"}) {
    CHECK(refusal({.address = address}) == "invalid_argument plain HTTP off loopback");
  }
  for (const std::string address : {"127.0.0.1", "127.8.9.10", "::1"}) {
    CHECK(refusal({.address = address}) == "ok");
  }
  for (const std::string address : {"0.0.0.0", "::"}) {
    ports::HttpIdentity own = identity();
    CHECK(
        refusal({.address = address, .certificate = own.certificate, .key = std::move(own.key)}) ==
        "ok");
  }
}

TEST_CASE("IPv6 is as good", "[http]") {
  TestHandler handler([](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
    static_cast<void>(answer_with(answer, request.peer));
  });
  const auto listener = linux::HttpServer().listen({.address = "::1"}, handler).value();
  HttpClientOptions options;
  options.to = "::1";
  CHECK(HttpClient(listener->port(), options).ask(kGet).body == "::1");
}

TEST_CASE("a certificate and key that cannot serve are an error", "[http]") {
  const ports::HttpIdentity own = identity();
  const ports::HttpIdentity other = identity();
  const auto with = [](const std::string& certificate, ByteView key) {
    return refusal({.address = "127.0.0.1",
                    .certificate = certificate,
                    .key = SecretBytes(Bytes(key.begin(), key.end()))});
  };
  CHECK(with(own.certificate, own.key.view()) == "ok");
  CHECK(with(own.certificate + other.certificate, own.key.view()) == "ok");  // a chain
  CHECK(with(own.certificate, other.key.view()) == "invalid_argument key of another certificate");
  CHECK(with("x", own.key.view()) == "invalid_argument certificate");
  CHECK(with(own.certificate.substr(0, 200), own.key.view()) == "invalid_argument certificate");
  CHECK(with(own.certificate, {}) == "invalid_argument key");
  CHECK(with(own.certificate, own.key.view().first(100)) == "invalid_argument key");
}

TEST_CASE("TLS is 1.2 or 1.3, with a key of its own for each connection", "[http]") {
  const HttpSite<TlsHttp> site(greet);
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    HttpClientOptions options;
    options.tls_version_max = version;
    CHECK_FALSE(site.connect(options).has_shaken_hands());
  }
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    HttpClientOptions options;
    options.tls_version_max = version;
    HttpClient client = site.connect(options);
    REQUIRE(client.has_shaken_hands());
    CHECK(client.ask(kGet).body == "hello");
    CHECK(SSL_version(client.tls()) == version);
    CHECK(SSL_CIPHER_is_aead(SSL_get_current_cipher(client.tls())) == 1);
    CHECK(SSL_session_reused(client.tls()) == 0);
    CHECK(SSL_SESSION_has_ticket(SSL_get0_session(client.tls())) == 0);
    CHECK(SSL_SESSION_is_resumable(SSL_get0_session(client.tls())) == 0);
    CHECK(SSL_renegotiate(client.tls()) == (version == TLS1_2_VERSION ? 1 : 0));
  }
}

TEST_CASE("who changes the keys of TLS again and again keeps nobody waiting", "[http]") {
  Notes notes;
  const HttpSite<TlsHttp> site([&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
    notes.add(request.path);
    greet(request, answer);
  });
  HttpClient other = site.connect();
  CHECK(other.ask(kGet).body == "hello");
  HttpClient client = site.connect();
  // All are made first and sent at once: they come faster than they are understood.
  BIO* const made = BIO_new(BIO_s_mem());
  SSL_set0_wbio(client.tls(), made);
  for (int i = 0; i < 50'000; ++i) {
    REQUIRE(SSL_key_update(client.tls(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
    REQUIRE(SSL_do_handshake(client.tls()) == 1);
  }
  REQUIRE(client.send("GET /last HTTP/1.1\r\nHost: box\r\n\r\n"));
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(made, &bytes);
  const linux::BioPtr socket(BIO_new_socket(SSL_get_fd(client.tls()), BIO_NOCLOSE));
  REQUIRE(BIO_write(socket.get(), bytes, static_cast<int>(size)) == size);
  CHECK(other.ask(kGet).body == "hello");
  CHECK(client.read_reply().body == "hello");
  CHECK(notes.all() == std::vector<std::string>{"/", "/", "/last"});
}

TEST_CASE("plain HTTP on a port with TLS ends", "[http]") {
  const HttpSite<TlsHttp> site(greet);
  HttpClient client(site.listener().port());
  client.send(kGet);
  CHECK(client.read_reply().status == 0);
  CHECK(site.ask(kGet).body == "hello");
}

TEMPLATE_TEST_CASE("handlers at work when it stops end, and what waits hears 503", "[http]",
                   PlainHttp, TlsHttp) {
  ports::HttpLimits limits;
  limits.handlers_max = 1;
  Notes notes;
  HttpSite<TestType> site(
      [&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
        static_cast<void>(answer.begin(200, {}, std::nullopt));
        notes.add(request.path + (answer.is_stopping() ? " stopping" : ""));
        while (!answer.is_stopping()) std::this_thread::yield();
        static_cast<void>(answer.write(view_of("the end")));
      },
      limits);
  HttpClient idle = site.connect();
  HttpClient working = site.connect();
  working.send(kGet);
  static_cast<void>(notes.wait_for(1));
  HttpClient waiting = site.connect();
  waiting.send(kGet);
  HttpClient half = site.connect();
  half.send("GET / HT");
  CHECK(site.ask("x\n").status == 400);  // what came before this has been read
  std::thread stopper([&] { site.listener().stop(); });
  const HttpReply reply = working.read_reply();
  CHECK(reply.body == "the end");
  CHECK(reply.is_whole);
  CHECK(waiting.read_reply().status == 503);
  CHECK(working.ends());
  CHECK(waiting.ends());
  CHECK(idle.ends());
  CHECK(half.ends());
  stopper.join();
  site.listener().stop();
  CHECK_THROWS(site.connect());
  CHECK(notes.all() == std::vector<std::string>{"/"});
}

TEST_CASE("a stop can be begun by who does not wait for handlers", "[http]") {
  Notes notes;
  Gate gate;
  HttpSite<> site([&](const ports::HttpRequest&, ports::HttpAnswer& answer) {
    notes.add("begun");
    gate.pass();
    static_cast<void>(answer_with(answer, answer.is_stopping() ? "stopping" : "hello"));
  });
  const std::uint16_t port = site.listener().port();
  HttpClient client = site.connect();
  client.send(kGet);
  static_cast<void>(notes.wait_for(1));
  CHECK_FALSE(site.listener().is_stopped());
  site.listener().begin_stop();
  site.listener().begin_stop();
  CHECK_FALSE(site.listener().is_stopped());
  CHECK_THROWS(site.connect());
  CHECK(refusal({.address = "127.0.0.1", .port = port}) == "ok");
  gate.open();
  CHECK(client.read_reply().body == "stopping");
  CHECK(client.ends());
  site.listener().stop();
  CHECK(site.listener().is_stopped());
}

TEST_CASE("of those that wait when it stops none is begun with", "[http]") {
  GENERATE(range(0, 8));  // who comes first, a handler that is free or the stop, is chance
  ports::HttpLimits limits;
  limits.handlers_max = 1;
  limits.connections_max = 500;
  limits.per_peer_max = 500;
  Notes notes;
  const HttpSite<> site(
      [&](const ports::HttpRequest&, ports::HttpAnswer& answer) {
        notes.add(answer.is_stopping() ? "begun too late" : "begun");
        while (!answer.is_stopping()) {  // and goes on at once
        }
      },
      limits);
  std::vector<HttpClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(site.connect());
    clients.back().send(kGet);
  }
  static_cast<void>(notes.wait_for(1));
  std::vector<HttpClient> idle;  // to close them takes a while, in which a handler is free
  for (int i = 0; i < 400; ++i) idle.push_back(site.connect());
  CHECK(site.ask("x\n").status == 400);  // what came before this has been read
  site.listener().stop();
  CHECK(clients.front().read_reply().status == 500);
  for (std::size_t i = 1; i < clients.size(); ++i) CHECK(clients[i].read_reply().status == 503);
  CHECK(notes.all() == std::vector<std::string>{"begun"});
}

TEST_CASE("after the listener is gone no handler is at work, and no file is open", "[http]") {
  const auto files = [] {
    const std::filesystem::directory_iterator open("/proc/self/fd");
    return std::distance(begin(open), end(open));
  };
  const auto before = files();
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> at_work = 0;
    HttpSite<> site([&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
      ++at_work;
      greet(request, answer);
      --at_work;
    });
    std::vector<HttpClient> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(site.connect());
      clients.back().send(kGet);
    }
    site.destroy();
    CHECK(at_work == 0);
  }
  CHECK(files() == before);
}

TEST_CASE("a stop tells what was refused in one word, and waits for no other", "[http]") {
  // Each note waits, and those that come behind it are many.
  struct Slow final : ports::HttpHandler {
    Notes notes;
    Gate gate;
    bool can_note = true;
    void handle(const ports::HttpRequest& request, ports::HttpAnswer& answer) override {
      greet(request, answer);
    }
    bool refused(const std::string& peer, int, std::uint64_t) override {
      notes.add(peer);
      gate.pass();
      return can_note;
    }
    bool tell_refused(std::uint64_t more, bool is_last) override {
      if (is_last) notes.add("rest " + std::to_string(more));
      return true;
    }
  };
  Slow slow;
  slow.can_note = GENERATE(true, false);
  linux::HttpServer server;
  const auto listener = server.listen({.address = "127.0.0.1"}, slow).value();
  const auto refuse = [&](const std::string& from) {
    HttpClientOptions options;
    options.from = from;
    HttpClient client(listener->port(), options);
    CHECK(client.ask("x\n").status == 400);
  };
  refuse("127.0.0.2");
  static_cast<void>(slow.notes.wait_for(1));
  for (int i = 3; i < 9; ++i) refuse("127.0.0." + std::to_string(i));
  listener->begin_stop();
  CHECK_FALSE(listener->is_stopped());
  slow.gate.open();
  listener->stop();
  CHECK(listener->is_stopped());
  const std::vector<std::string> whole = {"127.0.0.2", "rest 6"};
  const std::vector<std::string> failed = {"127.0.0.2"};
  CHECK(slow.notes.all() == (slow.can_note ? whole : failed));
}

TEST_CASE("a stop takes the time of a write, whatever peers and handlers do", "[http]") {
  const bool reads = GENERATE(false, true);
  ports::HttpLimits limits;
  limits.write_timeout_ns = 300 * kMillisecond_ns;
  Notes notes;
  HttpSite<> site(
      [&](const ports::HttpRequest&, ports::HttpAnswer& answer) {
        static_cast<void>(answer.begin(200, {}, std::nullopt));
        notes.add("begun");
        while (answer.write(view_of(std::string(1000, 'x')))) {  // deaf to the stop
        }
      },
      limits);
  HttpClient client = site.connect();
  client.send(kGet);
  static_cast<void>(notes.wait_for(1));
  std::thread reader([&] {
    while (reads && !client.read_some().empty()) {
    }
  });
  const std::int64_t begin_ns = linux::SystemClock().monotonic_ns();
  site.listener().stop();
  CHECK(linux::SystemClock().monotonic_ns() - begin_ns < 20'000 * kMillisecond_ns);
  reader.join();
}

}  // namespace holdfast::test
