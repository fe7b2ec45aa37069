// SPDX-License-Identifier: Apache-2.0
// hal/ports/http_server.h over real sockets: peers that are slow, idle, many or gone.
#include <sys/resource.h>
#include <time.h>

#include <atomic>
#include <catch2/catch.hpp>

#include "hal/linux/clock.h"
#include "hal/linux/limits.h"
#include "tests/conformance/http_fixture.h"

namespace holdfast::test {

namespace {

constexpr std::int64_t kLong_ns = 600'000 * kMillisecond_ns;

// What is not the matter of a test does not end it.
ports::HttpLimits patient() {
  ports::HttpLimits limits;
  limits.request_timeout_ns = kLong_ns;
  limits.idle_timeout_ns = kLong_ns;
  limits.write_timeout_ns = kLong_ns;
  return limits;
}

void greet(const ports::HttpRequest&, ports::HttpAnswer& answer) {
  static_cast<void>(answer_with(answer, "hello"));
}

std::int64_t now_ns() {
  return linux::SystemClock().monotonic_ns();
}

// Of all threads of this process.
std::int64_t processor_ns() {
  timespec time{};
  HF_CHECK(::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0);
  return time.tv_sec * 1000 * kMillisecond_ns + time.tv_nsec;
}

// A byte each few milliseconds, until the server says something.
void drip(HttpClient& client, std::string_view bytes) {
  const std::int64_t end_ns = now_ns() + HttpClient::kPatience_s * 1000 * kMillisecond_ns;
  for (std::size_t i = 0; !client.is_readable(5) && now_ns() < end_ns; ++i) {
    if (!client.send(bytes.substr(i % bytes.size(), 1))) return;
  }
}

}  // namespace

TEMPLATE_TEST_CASE("who sends its request slowly hears 408, however steadily it sends", "[http]",
                   PlainHttp, TlsHttp) {
  ports::HttpLimits limits = patient();
  limits.request_timeout_ns = 1000 * kMillisecond_ns;
  const HttpSite<TestType> site(greet, limits);
  const std::string begin =
      GENERATE("", "GET / HTTP/1.1\r\nHost: box\r\nX: ",
               "POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 100000\r\n\r\n");
  HttpClient client = site.connect();
  client.send(begin);
  drip(client, begin.empty() ? "GET" : "xxxxxxxx");
  const HttpReply reply = client.read_reply();
  CHECK(reply.status == 408);
  CHECK(reply.field("Connection") == "close");
  CHECK(client.ends());
}

TEST_CASE("a request that comes in time is not late because of the one before", "[http]") {
  ports::HttpLimits limits = patient();
  limits.request_timeout_ns = 1000 * kMillisecond_ns;
  const HttpSite<> site(greet, limits);
  HttpClient client = site.connect();
  const std::int64_t begin_ns = now_ns();
  while (now_ns() - begin_ns < 2000 * kMillisecond_ns) {
    CHECK(client.ask(kGet).body == "hello");
    CHECK_FALSE(client.is_readable(200));
  }
}

TEMPLATE_TEST_CASE("an idle connection is closed without a word", "[http]", PlainHttp, TlsHttp) {
  ports::HttpLimits limits = patient();
  limits.idle_timeout_ns = 700 * kMillisecond_ns;
  const HttpSite<TestType> site(greet, limits);
  HttpClient fresh = site.connect();
  CHECK(fresh.ends());
  HttpClient used = site.connect();
  CHECK(used.ask(kGet).body == "hello");
  CHECK(used.ends());
}

TEST_CASE("a handshake that does not come to its end is given up", "[http]") {
  ports::HttpLimits limits = patient();
  limits.request_timeout_ns = 1000 * kMillisecond_ns;
  const HttpSite<TlsHttp> site(greet, limits);
  HttpClient silent = HttpClient(site.listener().port());  // says nothing
  CHECK(silent.ends());
  HttpClient slow = HttpClient(site.listener().port());
  drip(slow,
       std::string("\x16\x03\x01\x01\x00\x01\x00\x00\xfc\x03\x03", 11) + std::string(4096, 'r'));
  static_cast<void>(slow.read_to_end());  // what TLS says of it is not ours
  CHECK(site.connect().ask(kGet).body == "hello");
}

TEMPLATE_TEST_CASE("a thousand connections that say nothing, or little, keep nobody waiting",
                   "[http]", PlainHttp, TlsHttp) {
  linux::raise_open_files_limit();
  ports::HttpLimits limits = patient();
  limits.connections_max = 1100;
  limits.per_peer_max = 1100;
  const HttpSite<TestType> site(greet, limits);
  std::vector<std::unique_ptr<HttpClient>> others;
  for (int i = 0; i < 1000; ++i) {
    others.push_back(std::make_unique<HttpClient>(site.listener().port()));
    if (i % 2 == 0) others.back()->send("GET / HTTP/1.1\r\nX: ");
  }
  const std::int64_t begin_ns = now_ns();
  for (int i = 0; i < 20; ++i) CHECK(site.connect().ask(kGet).body == "hello");
  CHECK(now_ns() - begin_ns < 10'000 * kMillisecond_ns);
}

TEST_CASE("a thousand connections from many addresses do not shut others out", "[http]") {
  linux::raise_open_files_limit();
  const HttpSite<> site(greet);  // as it is by default
  std::vector<std::unique_ptr<HttpClient>> others;
  for (int i = 0; i < 1000; ++i) {
    HttpClientOptions options;
    options.from = "127.0.1." + std::to_string(1 + i % 50);
    others.push_back(std::make_unique<HttpClient>(site.listener().port(), options));
  }
  HttpClient client = site.connect();
  CHECK(client.ask(kGet).body == "hello");
  CHECK(others.front()->ends());  // has been silent for longest
}

TEST_CASE("when all connections have a request at work, a new one is closed at once", "[http]") {
  ports::HttpLimits limits = patient();
  limits.connections_max = 4;
  Gate gate;
  Notes notes;
  const HttpSite<> site(
      [&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
        notes.add("begun");
        gate.pass();
        greet(request, answer);
      },
      limits);
  std::vector<HttpClient> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(site.connect());
    clients.back().send(kGet);
  }
  static_cast<void>(notes.wait_for(4));
  CHECK(site.connect().ends());
  gate.open();
  for (HttpClient& client : clients) CHECK(client.read_reply().body == "hello");
}

TEST_CASE("one address has so many connections, and others have theirs", "[http]") {
  ports::HttpLimits limits = patient();
  limits.per_peer_max = 3;
  const HttpSite<> site(greet, limits);
  std::vector<HttpClient> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(site.connect());
  for (HttpClient& client : clients) CHECK(client.ask(kGet).body == "hello");
  CHECK(site.connect().ends());
  HttpClientOptions other;
  other.from = "127.0.0.2";
  CHECK(site.connect(other).ask(kGet).body == "hello");
  for (HttpClient& client : clients) CHECK(client.ask(kGet).body == "hello");
  // One that has gone makes room.
  clients.front().end_writing();
  CHECK(clients.front().ends());
  CHECK(site.connect().ask(kGet).body == "hello");
}

TEST_CASE("as many requests as there are handlers are at work, and others wait", "[http]") {
  ports::HttpLimits limits = patient();
  limits.handlers_max = 3;
  std::atomic<int> at_work = 0;
  std::atomic<int> most = 0;
  Gate gate;
  Notes notes;
  const HttpSite<> site(
      [&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
        most = std::max<int>(most, ++at_work);
        notes.add("begun");
        gate.pass();
        --at_work;
        greet(request, answer);
      },
      limits);
  std::vector<HttpClient> clients;
  for (int i = 0; i < 12; ++i) {
    clients.push_back(site.connect());
    clients.back().send(kGet);
  }
  static_cast<void>(notes.wait_for(3));
  for (HttpClient& client : clients) CHECK_FALSE(client.is_readable(5));
  CHECK(notes.all().size() == 3);
  gate.open();
  for (HttpClient& client : clients) CHECK(client.read_reply().body == "hello");
  CHECK(most == 3);
}

TEST_CASE("a request that waits too long for a handler hears 503", "[http]") {
  ports::HttpLimits limits = patient();
  limits.handlers_max = 1;
  limits.request_timeout_ns = 1000 * kMillisecond_ns;
  Gate gate;
  Notes notes;
  const HttpSite<> site(
      [&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
        notes.add(request.path);
        gate.pass();
        greet(request, answer);
      },
      limits);
  HttpClient first = site.connect();
  first.send(kGet);
  static_cast<void>(notes.wait_for(1));
  HttpClient second = site.connect();
  CHECK(second.ask("GET /second HTTP/1.1\r\nHost: box\r\n\r\n").status == 503);
  CHECK(second.ends());
  gate.open();
  CHECK(first.read_reply().body == "hello");  // one at work has the time it takes
  CHECK(first.ask(kGet).body == "hello");
  CHECK(notes.all() == std::vector<std::string>{"/", "/"});
}

TEMPLATE_TEST_CASE("a peer that does not read is given up, and its handler is free", "[http]",
                   PlainHttp, TlsHttp) {
  ports::HttpLimits limits = patient();
  limits.handlers_max = 1;
  limits.write_timeout_ns = 200 * kMillisecond_ns;
  limits.paused_max = 0;
  const bool reads_a_little = GENERATE(false, true);
  Notes notes;
  const HttpSite<TestType> site(
      [&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
        if (request.path == "/") return greet(request, answer);
        static_cast<void>(answer.begin(200, {}, 1 << 30));
        const std::string piece(1 << 20, 'x');
        for (;;) {
          const Result<void> written = answer.write(view_of(piece));
          if (written) continue;
          notes.add(outcome(written) + " " + std::string(written.error().argument("operation")));
          notes.add(outcome(answer.write(view_of(piece))));
          return;
        }
      },
      limits);
  HttpClientOptions options;
  options.receive_buffer = 4096;
  HttpClient client = site.connect(options);
  client.send("GET /large HTTP/1.1\r\nHost: box\r\n\r\n");
  const std::int64_t end_ns = now_ns() + HttpClient::kPatience_s * 1000 * kMillisecond_ns;
  while (notes.all().size() < 2 && now_ns() < end_ns) {  // a little now and then is no progress
    if (reads_a_little) static_cast<void>(client.read_exactly(1));
    static_cast<void>(site.connect().is_readable(10));
  }
  CHECK(notes.all() == std::vector<std::string>{"io write", "io"});
  CHECK(site.ask(kGet).body == "hello");
  CHECK(client.read_to_end().size() < (1 << 30));
}

TEMPLATE_TEST_CASE("a small answer leaves its handler, though its peer does not read", "[http]",
                   PlainHttp, TlsHttp) {
  ports::HttpLimits limits = patient();
  limits.handlers_max = 1;
  const std::string body(100 * kKiB, 'x');
  const HttpSite<TestType> site(
      [&](const ports::HttpRequest&, ports::HttpAnswer& answer) {
        static_cast<void>(answer_with(answer, body));
      },
      limits);
  std::vector<HttpClient> lazy;
  HttpClientOptions options;
  options.receive_buffer = 4096;
  for (int i = 0; i < 10; ++i) {
    lazy.push_back(site.connect(options));
    lazy.back().send(kGet);
  }
  CHECK((site.ask(kGet).body == body));
}

TEST_CASE("a handler hears that its peer is gone", "[http]") {
  Gate gate;
  Notes notes;
  const HttpSite<> site([&](const ports::HttpRequest&, ports::HttpAnswer& answer) {
    static_cast<void>(answer.begin(200, {}, std::nullopt));
    notes.add("begun");
    gate.pass();
    for (int i = 0; i < 100'000; ++i) {
      const Result<void> written = answer.write(view_of(std::string(1000, 'x')));
      if (written) continue;
      notes.add(outcome(written));
      return;
    }
  });
  {
    HttpClient client = site.connect();
    client.send(kGet);
    static_cast<void>(notes.wait_for(1));
  }
  gate.open();
  CHECK(notes.wait_for(2) == std::vector<std::string>{"begun", "io"});
}

TEMPLATE_TEST_CASE("waiting for peers and handlers takes no processor", "[http]", PlainHttp,
                   TlsHttp) {
  Gate gate;
  Notes notes;
  const HttpSite<TestType> site([&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
    notes.add("begun");
    gate.pass();
    greet(request, answer);
  });
  HttpClient idle = site.connect();
  HttpClient half = site.connect();
  half.send("GET / HT");
  HttpClient silent(site.listener().port());
  {
    HttpClient gone = site.connect();
    gone.send(kGet);
    HttpClient ended = site.connect();
    ended.send(kGet);
    ended.end_writing();
    static_cast<void>(notes.wait_for(2));
  }
  const std::int64_t used_ns = processor_ns();
  CHECK_FALSE(idle.is_readable(400));
  CHECK(processor_ns() - used_ns < 200 * kMillisecond_ns);
  gate.open();
}

TEST_CASE("a process without files accepts again when it has some", "[http]") {
  const HttpSite<> site(greet);
  HttpClient first = site.connect();
  CHECK(first.ask(kGet).body == "hello");
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  HttpClientOptions options;
  options.before_connect = [&](int socket) {  // the last file that there may be
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(socket) + 1;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  };
  HttpClient second = site.connect(options);  // the system connects it, and no more
  second.send(kGet);
  CHECK(first.ask(kGet).body == "hello");  // those that are there are served
  const std::int64_t used_ns = processor_ns();
  CHECK_FALSE(second.is_readable(400));
  CHECK(processor_ns() - used_ns < 200 * kMillisecond_ns);  // it does not ask again and again
  CHECK(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(second.read_reply().body == "hello");
}

}  // namespace holdfast::test
