// SPDX-License-Identifier: Apache-2.0
// hal/ports/http_server.h over real sockets: peers that ask much and take little, or nothing.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "hal/linux/clock.h"
#include "hal/linux/limits.h"
#include "tests/conformance/http_fixture.h"

namespace holdfast::test {

namespace {

constexpr std::int64_t kLong_ns = 600'000 * kMillisecond_ns;
constexpr int kAsked = 20;  // requests of one connection, more than the system keeps answers of
constexpr std::size_t kLarge = 4 << 20;

ports::HttpLimits one_handler() {
  ports::HttpLimits limits;
  limits.handlers_max = 1;
  limits.request_timeout_ns = kLong_ns;
  limits.idle_timeout_ns = kLong_ns;
  limits.write_timeout_ns = kLong_ns;
  return limits;
}

std::string get(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: box\r\n\r\n";
}

std::string page_of(std::string_view path) {
  return std::string(path) + std::string(200 * kKiB, path.back());
}

// "/" is short, all else a page.
void answer_page(const ports::HttpRequest& request, ports::HttpAnswer& answer) {
  static_cast<void>(
      answer_with(answer, request.path == "/" ? std::string("hello") : page_of(request.path)));
}

HttpClientOptions lazy_options(const std::string& from = "127.0.0.1") {
  HttpClientOptions options;
  options.receive_buffer = 16 * 1024;
  options.from = from;
  return options;
}

template <class Kind>
HttpClient ask_much(const HttpSite<Kind>& site, const std::string& from = "127.0.0.1") {
  HttpClient client = site.connect(lazy_options(from));
  std::string requests;
  for (int i = 0; i < kAsked; ++i) requests += get("/" + std::to_string(i));
  client.send(requests);
  return client;
}

bool reads_all(HttpClient& client) {
  for (int i = 0; i < kAsked; ++i) {
    if (client.read_reply().body != page_of("/" + std::to_string(i))) return false;
  }
  return true;
}

// So long nothing happens.
template <class Kind>
void pass(const HttpSite<Kind>& site, int time_ms) {
  CHECK_FALSE(site.connect().is_readable(time_ms));
}

}  // namespace

TEMPLATE_TEST_CASE("who asks much and takes nothing holds no handler", "[http]", PlainHttp,
                   TlsHttp) {
  Notes notes;
  const HttpSite<TestType> site(
      [&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
        notes.add(request.path);
        answer_page(request, answer);
      },
      one_handler());
  std::vector<HttpClient> lazy;
  for (int i = 0; i < 3; ++i) lazy.push_back(ask_much(site));
  static_cast<void>(notes.wait_for(3));
  CHECK(site.ask(kGet).body == "hello");
  CHECK(notes.all().size() < 3 * kAsked / 2);  // what is not taken begins no further request
  for (HttpClient& client : lazy) CHECK(reads_all(client));
}

TEST_CASE("a thousand that take nothing keep nobody waiting for a page", "[http]") {
  linux::raise_open_files_limit();
  ports::HttpLimits limits = one_handler();
  limits.connections_max = 1100;
  const HttpSite<> site(answer_page, limits);
  std::vector<std::unique_ptr<HttpClient>> lazy;
  for (int i = 0; i < 1000; ++i) {
    lazy.push_back(
        std::make_unique<HttpClient>(ask_much(site, "127.0.1." + std::to_string(1 + i % 20))));
  }
  const std::int64_t begin_ns = linux::SystemClock().monotonic_ns();
  for (int i = 0; i < 20; ++i) CHECK(site.ask(kGet).body == "hello");
  CHECK(linux::SystemClock().monotonic_ns() - begin_ns < 10'000 * kMillisecond_ns);
}

TEMPLATE_TEST_CASE("who takes nothing of a kept answer is given up, and told so", "[http]",
                   PlainHttp, TlsHttp) {
  ports::HttpLimits limits = one_handler();
  limits.write_timeout_ns = 300 * kMillisecond_ns;
  const HttpSite<TestType> site(answer_page, limits);
  HttpClient lazy = ask_much(site);
  pass(site, 1500);
  CHECK(lazy.read_to_end().size() < kAsked * 200 * kKiB);
  CHECK((TestType::kIsTls || lazy.was_reset()));
  CHECK(site.ask(kGet).body == "hello");
}

TEMPLATE_TEST_CASE("who takes 64 KiB in the time of a write gets the whole answer", "[http]",
                   PlainHttp, TlsHttp) {
  ports::HttpLimits limits = one_handler();
  limits.write_timeout_ns = 1000 * kMillisecond_ns;
  const HttpSite<TestType> site(answer_page, limits);
  HttpClient slow = ask_much(site);
  for (int i = 0; i < kAsked; ++i) {
    pass(site, 150);
    CHECK((slow.read_reply().body == page_of("/" + std::to_string(i))));
  }
}

TEMPLATE_TEST_CASE("who pauses a long answer is waited for, so many of an address", "[http]",
                   PlainHttp, TlsHttp) {
  ports::HttpLimits limits = one_handler();
  limits.handlers_max = 4;
  limits.write_timeout_ns = 300 * kMillisecond_ns;
  limits.paused_max = 2;
  limits.paused_per_peer_max = 1;
  limits.pause_look_ns = 100 * kMillisecond_ns;
  std::atomic<bool> is_there = true;
  Notes notes;
  const HttpSite<TestType> site(
      [&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
        if (request.path == "/") return answer_page(request, answer);
        answer.let_pause([&] { return is_there.load(); });
        static_cast<void>(answer.begin(200, {}, kLarge));
        notes.add(request.path);
        static_cast<void>(answer.write(view_of(std::string(kLarge, 'x'))));
      },
      limits);
  const auto ask = [&](const std::string& path, const std::string& from) {
    HttpClient client = site.connect(lazy_options(from));
    const std::size_t noted = notes.all().size();
    client.send(get(path));
    static_cast<void>(notes.wait_for(noted + 1));
    return client;
  };
  HttpClient first = ask("/first", "127.0.0.2");
  HttpClient second = ask("/second", "127.0.0.2");  // of one address one too many
  HttpClient third = ask("/third", "127.0.0.3");
  HttpClient fourth = ask("/fourth", "127.0.0.4");  // and of all
  pass(site, 1500);
  CHECK(second.read_to_end().size() < kLarge);
  CHECK(fourth.read_to_end().size() < kLarge);
  CHECK(site.ask(kGet).body == "hello");
  CHECK(first.read_reply().body.size() == kLarge);
  CHECK(third.read_reply().body.size() == kLarge);
  // The room is free for the next one.
  first.send(get("/fifth"));
  pass(site, 1500);
  CHECK(first.read_reply().body.size() == kLarge);
  // Who may hear it no more hears no more, though the peer only waits.
  first.send(get("/sixth"));
  static_cast<void>(notes.wait_for(6));
  is_there = false;
  pass(site, 2500);
  CHECK(first.read_to_end().size() < kLarge);
}

TEMPLATE_TEST_CASE("large answers have so many handlers, and others are told", "[http]", PlainHttp,
                   TlsHttp) {
  ports::HttpLimits limits = one_handler();
  limits.handlers_max = 4;
  limits.large_max = 2;
  limits.large_per_peer_max = 1;
  Notes notes;
  const HttpSite<TestType> site(
      [&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
        if (request.path == "/") return answer_page(request, answer);
        const Result<void> begun = answer.begin(200, {}, kLarge);
        notes.add(outcome(begun));
        if (!begun) return static_cast<void>(answer_with(answer, "busy", 503));
        static_cast<void>(answer.write(view_of(std::string(kLarge, 'x'))));
      },
      limits);
  const auto ask = [&](const std::string& from) {
    HttpClient client = site.connect(lazy_options(from));
    const std::size_t noted = notes.all().size();
    client.send(get("/large"));
    static_cast<void>(notes.wait_for(noted + 1));
    return client;
  };
  HttpClient first = ask("127.0.0.2");
  CHECK(ask("127.0.0.2").read_reply().status == 503);
  HttpClient second = ask("127.0.0.3");
  CHECK(ask("127.0.0.4").read_reply().body == "busy");
  CHECK(site.ask(kGet).body == "hello");
  CHECK(first.read_reply().body.size() == kLarge);
  CHECK(first.ask(get("/large")).body.size() == kLarge);  // its room is free again
  CHECK(second.read_reply().body.size() == kLarge);
}

TEST_CASE("a large answer has a time for all of it, however steadily it is taken", "[http]") {
  ports::HttpLimits limits = one_handler();
  limits.write_timeout_ns = 1000 * kMillisecond_ns;
  limits.least_rate = kLarge;
  Notes notes;
  const HttpSite<> site(
      [&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
        if (request.path == "/") return answer_page(request, answer);
        static_cast<void>(answer.begin(200, {}, kLarge));
        notes.add(outcome(answer.write(view_of(std::string(kLarge, 'x')))));
      },
      limits);
  HttpClient slow = site.connect(lazy_options());
  slow.send(get("/large"));
  const std::int64_t begin_ns = linux::SystemClock().monotonic_ns();
  while (notes.all().empty()) {  // 64 KiB in the time of a write, and more
    if (slow.read_some().empty()) break;
    pass(site, 40);
  }
  CHECK(notes.wait_for(1) == std::vector<std::string>{"io"});
  CHECK(linux::SystemClock().monotonic_ns() - begin_ns < 15'000 * kMillisecond_ns);
}

TEST_CASE("who pauses a long answer and goes is noticed", "[http]") {
  ports::HttpLimits limits = one_handler();
  limits.handlers_max = 1;
  Notes notes;
  const HttpSite<> site(
      [&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
        if (request.path == "/") return answer_page(request, answer);
        static_cast<void>(answer.begin(200, {}, kLarge));
        notes.add("begun");
        notes.add(outcome(answer.write(view_of(std::string(kLarge, 'x')))));
      },
      limits);
  {
    HttpClient client = site.connect(lazy_options());
    client.send(get("/long"));
    static_cast<void>(notes.wait_for(1));
    pass(site, 100);
  }
  CHECK(notes.wait_for(2) == std::vector<std::string>{"begun", "io"});
  CHECK(site.ask(kGet).body == "hello");
}

TEMPLATE_TEST_CASE("a stop lets a peer take the answer that is kept for it", "[http]", PlainHttp,
                   TlsHttp) {
  const bool reads = GENERATE(true, false);
  const bool asks_on = GENERATE(false, true);  // what comes while the server ends cuts nothing
  ports::HttpLimits limits = one_handler();
  limits.write_timeout_ns = (reads ? 20'000 : 300) * kMillisecond_ns;
  Notes notes;
  const HttpSite<TestType> site(
      [&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
        answer_page(request, answer);
        notes.add(request.path);
      },
      limits);
  HttpClient client = ask_much(site);
  static_cast<void>(notes.wait_for(1));
  CHECK(site.ask(kGet).body == "hello");
  const std::int64_t begin_ns = linux::SystemClock().monotonic_ns();
  site.listener().begin_stop();
  std::thread stopper([&] { site.listener().stop(); });
  std::size_t whole = 0;
  for (bool goes_on = reads; goes_on; whole += goes_on ? 1 : 0) {
    if (asks_on) client.send(kGet);
    const HttpReply reply = client.read_reply();
    goes_on = reply.status == 200 && reply.is_whole;
  }
  stopper.join();
  if (reads) CHECK(whole == notes.all().size() - 1);  // without that of the other client
  CHECK(linux::SystemClock().monotonic_ns() - begin_ns < 15'000 * kMillisecond_ns);
}

}  // namespace holdfast::test
