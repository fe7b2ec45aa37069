// SPDX-License-Identifier: Apache-2.0
#include "hal/linux/http/request_parser.h"

#include <catch2/catch.hpp>

namespace holdfast::linux {

namespace {

constexpr ports::HttpLimits kSmall{.target_max = 100, .fields_max = 200, .body_max = 50};

// The status to refuse with, 200 for one whole request, 0 if more is needed.
int judge(std::string_view bytes, const ports::HttpLimits& limits = kSmall) {
  RequestParser parser(limits);
  parser.push(view_of(bytes));
  return parser.is_whole() ? 200 : parser.refusal();
}

ParsedRequest parse(std::string_view bytes) {
  RequestParser parser(kSmall);
  REQUIRE(parser.push(view_of(bytes)) == bytes.size());
  REQUIRE(parser.is_whole());
  return parser.take();
}

// A request with these lines after its first two.
std::string with(std::string_view lines, std::string_view body = "") {
  return "POST / HTTP/1.1\r\nHost: box\r\n" + std::string(lines) + "\r\n" + std::string(body);
}

std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: box\r\n\r\n";
}

using Requests = std::vector<std::string>;

void check_all(const Requests& requests, int status) {
  for (const std::string& request : requests) {
    INFO(request);
    CHECK(judge(request) == status);
  }
}

}  // namespace

TEST_CASE("what ends the body where two readers may differ is refused", "[http]") {
  check_all({with("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
             with("Transfer-Encoding: identity\r\nContent-Length: 1\r\n", "x"),
             with("Content-Length: 1\r\nContent-Length: 1\r\n", "x"),
             with("Content-Length: 1\r\ncontent-length: 2\r\n", "x"),
             with("Content-Length: 1, 1\r\n", "x"), with("Content-Length: +1\r\n", "x"),
             with("Content-Length: -1\r\n", "x"), with("Content-Length: 0x1\r\n", "x"),
             with("Content-Length: 1 1\r\n", "x"), with("Content-Length: 1.\r\n", "x"),
             with("Content-Length: \r\n"),
             "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
            400);
  check_all({with("Transfer-Encoding: chunked\r\n"), with("transfer-ENCODING:\tgzip, chunked\r\n"),
             with("Transfer-Encoding:\r\n")},
            501);
  check_all({with("Content-Length: 51\r\n"), with("Content-Length: 18446744073709551615\r\n"),
             with("Content-Length: 18446744073709551616\r\n"),
             with("Content-Length: 99999999999999999999999999\r\n")},
            413);
  check_all({with("Content-Length: 0\r\n"), with("Content-Length: 0001\r\n", "x"),
             with("Content-Length:\t2 \r\n", "xy"), with("")},
            200);
}

TEST_CASE("lines end in CR LF, and hold no control characters", "[http]") {
  check_all({"GET / HTTP/1.1\nHost: box\r\n\r\n", "GET / HTTP/1.1\r\nHost: box\n\r\n",
             "GET / HTTP/1.1\r\nHost: box\r\n\n", "GET / HTTP/1.1\r\r\nHost: box\r\n\r\n",
             with("X: a\rb\r\n"), with("X: a\r\r\n"), with(std::string("X: a\0b\r\n", 8)),
             with("X: a\x1b[1m\r\n"), with("X: a\x7f\r\n"), std::string("G\0", 2), "\x16\x03\x01",
             "GET\t/ HTTP/1.1\r\n"},
            400);
  CHECK(judge(with("X: \xE4\xBD\xA0\tb\r\n")) == 200);
}

TEST_CASE("a header line is a name, a colon and a value, on one line", "[http]") {
  check_all(
      {with("X : a\r\n"), with("X\t: a\r\n"), with(" X: a\r\n"), with("X: a\r\n b\r\n"),
       with("X: a\r\n\tb\r\n"), with(": a\r\n"), with("X\r\n"), with("X(a): b\r\n"),
       with("X\xC3\xA4: b\r\n"), with("\"X\": b\r\n"), "GET / HTTP/1.1\r\n Host: box\r\n\r\n"},
      400);
  const ParsedRequest parsed = parse(with("X:\r\nx: a:b  c \t\r\n"));
  CHECK(parsed.request.fields == ports::HttpFields{{"Host", "box"}, {"X", ""}, {"x", "a:b  c"}});
}

TEST_CASE("a request line is a method, a target and a version, one space apart", "[http]") {
  check_all(
      {"GET  / HTTP/1.1\r\n", "GET /  HTTP/1.1\r\n", " GET / HTTP/1.1\r\n", "GET / HTTP/1.1 \r\n",
       "GET / a HTTP/1.1\r\n", "GET /\r\n", "GET\r\n", "GET  HTTP/1.1\r\n", "get / HTTP/1.1\r\n",
       "G:T / HTTP/1.1\r\n", " / HTTP/1.1\r\n", "GET / http/1.1\r\n", "GET / HTTP/1.1x\r\n",
       "GET / HTTP/11\r\n", "GET / HTTP/1.\r\n", "GET / XTTP/1.1\r\n", "\r\n\r\n"},
      400);
  check_all(
      {"GET / HTTP/1.2\r\n", "GET / HTTP/2.0\r\n", "PRI * HTTP/2.0\r\n", "GET / HTTP/0.9\r\n"},
      505);
  check_all({get("*"), get("http://box/"), get("box:443"), get("a"), get("?a"), get("/#a"),
             get("/\xC3\xA4"), get("/a\tb")},
            400);
  CHECK(judge("\r\n" + get("/")) == 200);  // one empty line before it is a custom
  CHECK(parse("M-SEARCH / HTTP/1.0\r\n\r\n").request.method == "M-SEARCH");
}

TEST_CASE("percent signs are decoded once, and no zero byte comes of it", "[http]") {
  check_all(
      {get("/%"), get("/%4"), get("/%4g"), get("/%g4"), get("/%%41"), get("/%u0041"), get("/%00"),
       get("/?%"), get("/?a=%0"), get("/?a=%00"), get("/?%00=a"), get("/?a&b=%")},
      400);
  const auto path = [](std::string_view target) { return parse(get(target)).request.path; };
  CHECK(path("/%41%2f%2F%5c..%2e%ff") == "/A//\\...\xff");
  CHECK(path("/%2541") == "/%41");
  CHECK(path("/%250") == "/%0");
  CHECK(path("/a+b") == "/a+b");
  CHECK(path("/../a//b/./") == "/../a//b/./");  // whose path it is decides
  CHECK(path("/%0d%0aX:%20a") == "/\r\nX: a");
  CHECK(path("/?a") == "/");

  const auto query = [](std::string_view target) { return parse(get(target)).request.query; };
  using Fields = ports::HttpFields;
  CHECK(query("/") == Fields{});
  CHECK(query("/?") == Fields{});
  CHECK(query("/?&&") == Fields{});
  CHECK(query("/?a&b=&=c&d=1=2&a=+%2B%26?") ==
        Fields{{"a", ""}, {"b", ""}, {"", "c"}, {"d", "1=2"}, {"a", " +&?"}});
}

TEST_CASE("HTTP/1.1 names its host once", "[http]") {
  check_all({"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
             "GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
             "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
             "GET / HTTP/1.1\r\nHost: a\tb\r\n\r\n", "GET / HTTP/1.1\r\nHost: \xE4\r\n\r\n"},
            400);
  check_all({"GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost:\r\n\r\n",
             "GET / HTTP/1.1\r\nhOST:[fe80::1%25eth0]:8443\r\n\r\n",
             "GET / HTTP/1.0\r\nHost: a.b\r\n\r\n"},
            200);
}

TEST_CASE("limits are exact", "[http]") {
  const std::string line = "GET /" + std::string(100 - 14, 'a') + " HTTP/1.1";
  CHECK(judge(line + "\r\nHost: b\r\n\r\n") == 200);
  CHECK(judge("GET /a" + line.substr(5)) == 414);
  CHECK(judge(std::string(100, 'A')) == 0);
  CHECK(judge(std::string(101, 'A')) == 414);

  const std::string one = "Host: b\r\n";
  const std::string value(200 - one.size() - 5, 'v');
  CHECK(judge("GET / HTTP/1.1\r\n" + one + "X: " + value + "\r\n\r\n") == 200);
  CHECK(judge("GET / HTTP/1.1\r\n" + one + "X: " + value + "v\r\n\r\n") == 431);
  std::string many = one;
  while (many.size() + 4 <= 200) many += "a:\r\n";
  CHECK(judge("GET / HTTP/1.1\r\n" + many + "\r\n") == 200);
  CHECK(judge("GET / HTTP/1.1\r\n" + many + "a:\r\n\r\n") == 431);
  CHECK(judge("GET / HTTP/1.1\r\n" + std::string(201, 'a')) == 431);

  CHECK(judge(with("Content-Length: 50\r\n", std::string(50, 'b'))) == 200);
  CHECK(judge(with("Content-Length: 51\r\n")) == 413);
}

TEST_CASE("who may be kept is told by version and Connection", "[http]") {
  const auto keeps = [](std::string_view version, std::string_view lines) {
    return parse("GET / HTTP/" + std::string(version) + "\r\nHost: a\r\n" + std::string(lines) +
                 "\r\n")
        .keeps_alive;
  };
  CHECK(keeps("1.1", ""));
  CHECK_FALSE(keeps("1.0", ""));
  CHECK(keeps("1.0", "connection: Keep-Alive\r\n"));
  CHECK(keeps("1.1", "Connection: upgrade , x\r\n"));
  CHECK_FALSE(keeps("1.1", "Connection: CLOSE\r\n"));
  CHECK_FALSE(keeps("1.1", "Connection: x,close ,y\r\n"));
  CHECK_FALSE(keeps("1.1", "Connection: x\r\nConnection: close\r\n"));
  CHECK_FALSE(keeps("1.0", "Connection: close, keep-alive\r\n"));
}

TEST_CASE("only what is known is expected", "[http]") {
  const auto awaits = [](std::string_view lines, std::string_view body) {
    RequestParser parser(kSmall);
    parser.push(view_of(with(lines, body)));
    return parser.awaits_continue();
  };
  CHECK(awaits("Content-Length: 2\r\nExpect: 100-Continue\r\n", ""));
  CHECK_FALSE(awaits("Content-Length: 2\r\nExpect: 100-continue\r\n", "x"));
  CHECK_FALSE(awaits("Content-Length: 0\r\nExpect: 100-continue\r\n", ""));
  CHECK_FALSE(awaits("Content-Length: 2\r\n", ""));
  CHECK(judge(with("Content-Length: 2\r\nExpect: 100-continue, tea\r\n")) == 417);
  CHECK(judge("GET / HTTP/1.0\r\nExpect: tea\r\n\r\n") == 200);  // had no such thing
}

TEST_CASE("of bytes behind a request none are taken", "[http]") {
  RequestParser parser(kSmall);
  const std::string first = with("Content-Length: 3\r\n", "abc");
  const std::string both = first + get("/next");
  CHECK_FALSE(parser.has_begun());
  CHECK(parser.push(view_of(both)) == first.size());
  REQUIRE(parser.is_whole());
  CHECK(parser.push(view_of("x")) == 0);
  CHECK(text_of(parser.take().request.body) == "abc");
  CHECK_FALSE(parser.has_begun());
  CHECK(parser.push(view_of(both).subspan(first.size())) == both.size() - first.size());
  CHECK(parser.take().request.path == "/next");
  parser.push(view_of("\r\nGET\n"));
  CHECK(parser.refusal() == 400);
  CHECK(parser.push(view_of(first)) == 0);
}

}  // namespace holdfast::linux
