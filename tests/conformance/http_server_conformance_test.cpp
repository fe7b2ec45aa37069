// SPDX-License-Identifier: Apache-2.0
// hal/ports/http_server.h over real sockets: requests and answers.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <new>

#include "tests/conformance/http_fixture.h"

namespace holdfast::test {

namespace {

std::string text_of_fields(const ports::HttpFields& fields) {
  std::string text;
  for (const auto& [name, value] : fields) text.append(name).append("=").append(value).append(";");
  return text;
}

std::string text_of_request(const ports::HttpRequest& request) {
  return request.method + " " + request.path + " ?" + text_of_fields(request.query) + " " +
         text_of_fields(request.fields) + " " + std::string(text_of(request.body)) + " " +
         request.peer;
}

std::string post(std::string_view body, std::string_view more = "") {
  return "POST / HTTP/1.1\r\nHost: box\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more) + "\r\n" + std::string(body);
}

void greet(const ports::HttpRequest&, ports::HttpAnswer& answer) {
  static_cast<void>(answer_with(answer, "hello"));
}

}  // namespace

TEMPLATE_TEST_CASE("a request arrives as it was sent, and the answer as it was given", "[http]",
                   PlainHttp, TlsHttp) {
  Notes notes;
  const HttpSite<TestType> site([&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
    notes.add(text_of_request(request));
    notes.add(outcome(answer.begin(201, {{"X-One", "a b"}, {"X-One", ""}}, 5)));
    notes.add(outcome(answer.write(view_of("hel"))));
    notes.add(outcome(answer.write({})));
    notes.add(outcome(answer.write(view_of("lo"))));
  });
  const HttpReply reply = site.ask(
      "PUT /a%2Fb/%E4%BD%A0?q=1&q=a+b%26&%20&=x HTTP/1.1\r\nhost: box:8443\r\n"
      "Content-Length:4\r\nX-Two: \t v \xff w\t\r\n\r\nbody");
  CHECK(reply.status == 201);
  CHECK(reply.body == "hello");
  CHECK(text_of_fields(reply.fields) == "X-One=a b;X-One=;Content-Length=5;");
  CHECK(notes.wait_for(5) ==
        std::vector<std::string>{"PUT /a/b/\xE4\xBD\xA0 ?q=1;q=a b&; =;=x; host=box:8443;"
                                 "Content-Length=4;X-Two=v \xff w; body 127.0.0.1",
                                 "ok", "ok", "ok", "ok"});
}

TEMPLATE_TEST_CASE("a connection is kept for further requests, unless one side does not mean to",
                   "[http]", PlainHttp, TlsHttp) {
  const HttpSite<TestType> site(greet);
  HttpClient client = site.connect();
  for (int i = 0; i < 3; ++i) {
    const HttpReply reply = client.ask(kGet);
    CHECK(reply.body == "hello");
    CHECK(reply.field("Connection") == "(none)");
  }
  const HttpReply last = client.ask("GET / HTTP/1.1\r\nHost: box\r\nConnection: a, Close\r\n\r\n");
  CHECK(last.field("Connection") == "close");
  CHECK(client.ends());

  HttpClient old = site.connect();
  const HttpReply kept = old.ask("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
  CHECK(kept.field("Connection") == "keep-alive");
  CHECK(old.ask("GET / HTTP/1.0\r\n\r\n").field("Connection") == "close");
  CHECK(old.ends());
}

TEMPLATE_TEST_CASE("requests that come together are handled one at a time, in order", "[http]",
                   PlainHttp, TlsHttp) {
  std::atomic<int> at_work = 0;
  std::atomic<int> most = 0;
  const HttpSite<TestType> site([&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
    most = std::max<int>(most, ++at_work);
    const std::string body = request.path + std::string(text_of(request.body));
    --at_work;
    static_cast<void>(answer_with(answer, body));
  });
  HttpClient client = site.connect();
  std::string requests;
  std::string bodies;
  for (int i = 0; i < 50; ++i) {
    const std::string number = std::to_string(i);
    requests += "POST /" + number + " HTTP/1.1\r\nHost: box\r\nContent-Length: 1\r\n\r\n.";
  }
  client.send(requests);
  for (int i = 0; i < 50; ++i) CHECK(client.read_reply().body == "/" + std::to_string(i) + ".");
  CHECK(most == 1);
}

TEST_CASE("an answer to HEAD, and one of 204 or 304, has no body", "[http]") {
  const HttpSite<> site([](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
    const int status = request.path == "/" ? 200 : std::stoi(request.path.substr(1));
    static_cast<void>(answer_with(answer, "hello", status));
  });
  HttpClient client = site.connect();
  const HttpReply head = client.ask("HEAD / HTTP/1.1\r\nHost: box\r\n\r\n");
  CHECK(head.status == 200);
  CHECK(head.field("Content-Length") == "5");
  for (const std::string status : {"204", "304"}) {
    const HttpReply reply = client.ask("GET /" + status + " HTTP/1.1\r\nHost: box\r\n\r\n");
    CHECK(std::to_string(reply.status) == status);
    CHECK(reply.field("Content-Length") == "(none)");
  }
  CHECK(client.ask(kGet).body == "hello");  // nothing was left between them
}

TEMPLATE_TEST_CASE("who expects 100-continue is told before it sends its body", "[http]", PlainHttp,
                   TlsHttp) {
  const HttpSite<TestType> site([](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
    static_cast<void>(answer_with(answer, text_of(request.body)));
  });
  HttpClient client = site.connect();
  const std::string head =
      "POST / HTTP/1.1\r\nHost: box\r\nContent-Length: 4\r\nExpect: 100-Continue\r\n\r\n";
  for (int i = 0; i < 2; ++i) {
    CHECK(client.ask(head).status == 100);
    CHECK(client.ask("body").body == "body");
  }
  CHECK(client.ask(head + "body").body == "body");  // it did not wait: nobody tells it
}

TEMPLATE_TEST_CASE("an answer without a length arrives piece by piece, as it is written", "[http]",
                   PlainHttp, TlsHttp) {
  std::array<Gate, 3> gates;
  const HttpSite<TestType> site([&](const ports::HttpRequest&, ports::HttpAnswer& answer) {
    static_cast<void>(answer.begin(200, {{"Content-Type", "text/event-stream"}}, std::nullopt));
    for (Gate& gate : gates) {
      gate.pass();
      static_cast<void>(answer.write(view_of("data: 1\n\n")));
    }
  });
  HttpClient client = site.connect();
  client.send(kGet);
  CHECK(client.read_line() == "HTTP/1.1 200 \r\n");
  CHECK(client.read_line() == "Content-Type: text/event-stream\r\n");
  CHECK(client.read_line() == "Transfer-Encoding: chunked\r\n");
  CHECK(client.read_line() == "\r\n");
  for (Gate& gate : gates) {
    gate.open();  // each piece is seen before the next one is written
    CHECK(client.read_exactly(14) == "9\r\ndata: 1\n\n\r\n");
  }
  CHECK(client.read_exactly(5) == "0\r\n\r\n");
  CHECK(client.ask(kGet).body == "data: 1\n\ndata: 1\n\ndata: 1\n\n");
}

TEST_CASE("to HTTP/1.0 an answer without a length ends with its connection", "[http]") {
  const HttpSite<> site([](const ports::HttpRequest&, ports::HttpAnswer& answer) {
    static_cast<void>(answer.begin(200, {}, std::nullopt));
    static_cast<void>(answer.write(view_of("hello")));
  });
  HttpClient client = site.connect();
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(client.read_to_end() == "HTTP/1.1 200 \r\nConnection: close\r\n\r\nhello");
}

TEMPLATE_TEST_CASE("a large answer arrives whole, with a length and without", "[http]", PlainHttp,
                   TlsHttp) {
  std::string body;
  for (int i = 0; body.size() < 3 * kMiB; ++i) body += std::to_string(i) + ",";
  const HttpSite<TestType> site([&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
    const bool is_counted = request.path == "/";
    static_cast<void>(
        answer.begin(200, {}, is_counted ? std::optional(body.size()) : std::nullopt));
    static_cast<void>(answer.write(view_of(body)));
  });
  HttpClient client = site.connect();
  CHECK((client.ask(kGet).body == body));
  CHECK((client.ask("GET /chunks HTTP/1.1\r\nHost: box\r\n\r\n").body == body));
}

TEST_CASE("a handler that does not answer answers 500", "[http]") {
  const HttpSite<> site([](const ports::HttpRequest&, ports::HttpAnswer&) {});
  HttpClient client = site.connect();
  for (int i = 0; i < 2; ++i) {
    const HttpReply reply = client.ask(kGet);
    CHECK(reply.status == 500);
    CHECK(reply.is_whole);
    CHECK(reply.body.empty());
  }
}

TEST_CASE("a handler that throws ends its own request, and no other", "[http]") {
  const HttpSite<> site([](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
    if (request.path == "/begun") {
      static_cast<void>(answer.begin(200, {}, std::nullopt));
      static_cast<void>(answer.write(view_of("a part")));
    }
    if (request.path != "/") throw std::bad_alloc();
    static_cast<void>(answer_with(answer, "hello"));
  });
  HttpClient unbegun = site.connect();
  const HttpReply reply = unbegun.ask("GET /unbegun HTTP/1.1\r\nHost: box\r\n\r\n");
  CHECK(reply.status == 500);
  CHECK(reply.is_whole);
  CHECK(reply.field("Connection") == "close");
  CHECK(unbegun.ends());
  CHECK_FALSE(site.ask("GET /begun HTTP/1.1\r\nHost: box\r\n\r\n").is_whole);
  CHECK(site.ask(kGet).body == "hello");
}

TEST_CASE("an answer that is shorter than its length has the connection closed", "[http]") {
  const HttpSite<> site([](const ports::HttpRequest&, ports::HttpAnswer& answer) {
    static_cast<void>(answer.begin(200, {}, 10));
    static_cast<void>(answer.write(view_of("hello")));
  });
  HttpClient client = site.connect();
  const HttpReply reply = client.ask(kGet);
  CHECK(reply.body == "hello");
  CHECK_FALSE(reply.is_whole);
}

TEMPLATE_TEST_CASE("an answer whose handler gives up is not whole", "[http]", PlainHttp, TlsHttp) {
  const auto length = GENERATE(std::optional<std::uint64_t>(), std::optional<std::uint64_t>(5));
  Notes notes;
  const HttpSite<TestType> site([&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
    if (request.path != "/") return answer.fail();
    static_cast<void>(answer.begin(200, {}, length));
    notes.add(outcome(answer.write(view_of("hel"))));
    answer.fail();
    notes.add(outcome(answer.write(view_of("lo"))));
  });
  HttpClient client = site.connect();
  const HttpReply reply = client.ask(kGet);
  CHECK_FALSE(reply.is_whole);
  CHECK(reply.body.size() <= 3);
  CHECK(client.ends());
  CHECK(notes.wait_for(2) == std::vector<std::string>{"ok", "io"});
  CHECK(site.ask("GET /none HTTP/1.1\r\nHost: box\r\n\r\n").status == 500);
}

TEST_CASE("to HTTP/1.0 an answer whose handler gives up ends with a broken connection", "[http]") {
  Gate gate;
  const HttpSite<> site([&](const ports::HttpRequest&, ports::HttpAnswer& answer) {
    static_cast<void>(answer.begin(200, {}, std::nullopt));
    static_cast<void>(answer.write(view_of("hel")));
    gate.pass();
    answer.fail();
  });
  HttpClient client = site.connect();
  client.send("GET / HTTP/1.0\r\n\r\n");
  const std::string begin = "HTTP/1.1 200 \r\nConnection: close\r\n\r\nhel";
  CHECK(client.read_exactly(begin.size()) == begin);
  gate.open();
  CHECK(client.ends());
  CHECK(client.was_reset());
}

TEST_CASE("of an answer that is longer than its length nothing more is sent", "[http]") {
  Notes notes;
  const HttpSite<> site([&](const ports::HttpRequest&, ports::HttpAnswer& answer) {
    static_cast<void>(answer.begin(200, {}, 5));
    notes.add(outcome(answer.write(view_of("hello"))));
    notes.add(outcome(answer.write(view_of("HTTP/1.1 200 \r\n\r\n"))));
  });
  HttpClient client = site.connect();
  client.send(kGet);
  CHECK(client.read_to_end() == "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello");
  CHECK(notes.wait_for(2) == std::vector<std::string>{"ok", "invalid_argument"});
}

TEST_CASE("what the protocol does not allow is no answer", "[http]") {
  using Fields = ports::HttpFields;
  const auto [status, fields] = GENERATE(table<int, Fields>({
      {100, Fields{}},
      {199, Fields{}},
      {600, Fields{}},
      {200, Fields{{"", "no name"}}},
      {200, Fields{{"a b", "no name"}}},
      {200, Fields{{"Location", "/\r\nSet-Cookie: a=b"}}},
      {200, Fields{{"Location", "/\nSet-Cookie: a=b"}}},
      {200, Fields{{"Location", std::string("/\0", 2)}}},
      {200, Fields{{"content-length", "3"}}},
      {200, Fields{{"Transfer-Encoding", "chunked"}}},
      {200, Fields{{"CONNECTION", "close"}}},
  }));
  Notes notes;
  const HttpSite<> site([&](const ports::HttpRequest&, ports::HttpAnswer& answer) {
    notes.add(outcome(answer.write(view_of("early"))));
    notes.add(outcome(answer.begin(status, fields, 5)));
  });
  CHECK(site.ask(kGet).status == 500);
  CHECK(notes.wait_for(2) == std::vector<std::string>(2, "invalid_argument"));
}

TEST_CASE("an answer begins once", "[http]") {
  Notes notes;
  const HttpSite<> site([&](const ports::HttpRequest&, ports::HttpAnswer& answer) {
    static_cast<void>(answer_with(answer, "hello"));
    notes.add(outcome(answer.begin(200, {}, 5)));
  });
  HttpClient client = site.connect();
  CHECK(client.ask(kGet).body == "hello");
  CHECK(client.ask(kGet).body == "hello");
  CHECK(notes.wait_for(2) == std::vector<std::string>(2, "invalid_argument"));
}

TEMPLATE_TEST_CASE("what is malformed or too large is refused, and reaches no handler", "[http]",
                   PlainHttp, TlsHttp) {
  ports::HttpLimits limits;
  limits.target_max = 40;
  limits.fields_max = 60;
  limits.body_max = 10;
  Notes notes;
  const HttpSite<TestType> site(
      [&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
        notes.add(request.path);
        greet(request, answer);
      },
      limits);
  const std::string line = "GET /" + std::string(40 - 14, 'a') + " HTTP/1.1\r\n";
  const std::string fields = "Host: box\r\nX: " + std::string(60 - 11 - 5, 'b') + "\r\n";
  const std::vector<std::pair<std::string, int>> requests = {
      {line + fields + "\r\n", 200},
      {"GET /a" + line.substr(5) + fields + "\r\n", 414},
      {line + "Host: box\r\nX: b" + fields.substr(14) + "\r\n", 431},
      {post(std::string(10, 'c')), 200},
      {post(std::string(11, 'c')), 413},
      {"POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 99\r\nExpect: 100-continue\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 1\r\nExpect: tea\r\n\r\n", 417},
      {"POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501},
      {"GET / HTTP/2.0\r\nHost: b\r\n\r\n", 505},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"\x16\x03\x01", 400},
  };
  std::size_t handled = 0;
  for (const auto& [request, status] : requests) {
    INFO(request);
    HttpClient client = site.connect();
    const HttpReply reply = client.ask(request);
    CHECK(reply.status == status);
    handled += status == 200 ? 1 : 0;
    if (status == 200) continue;
    CHECK(text_of_fields(reply.fields) == "Content-Length=0;Connection=close;");
    client.send(kGet);  // on this connection nothing counts any more
    CHECK(client.ends());
  }
  CHECK(notes.all().size() == handled);
}

TEMPLATE_TEST_CASE("what the server refuses itself is said in the handler's words, and told to it",
                   "[http]", PlainHttp, TlsHttp) {
  // Waits long before it takes anything down: nobody else waits for that.
  struct Strict final : ports::HttpHandler {
    Notes notes;
    Gate gate;
    void handle(const ports::HttpRequest& request, ports::HttpAnswer& answer) override {
      greet(request, answer);
    }
    ports::HttpRefusal refusal_of(int status) override {
      return {{{"X-Strict", "yes"}}, "no: " + std::to_string(status)};
    }
    bool refused(const std::string& peer, int status, std::uint64_t count) override {
      gate.pass();
      for (; count > 0; --count) notes.add(peer + " " + std::to_string(status));
      return true;
    }
  };
  Strict strict;
  linux::HttpServer server;
  const auto listener = server.listen(TestType::listen_request(), strict).value();
  const auto ask = [&](std::string_view request, const std::string& from) {
    HttpClientOptions options;
    options.is_tls = TestType::kIsTls;
    options.from = from;
    HttpClient client(listener->port(), options);
    return client.ask(request);
  };
  for (int i = 0; i < 3; ++i) {
    const HttpReply reply = ask("GET / HTTP/2.0\r\nHost: b\r\n\r\n", "127.0.0.2");
    CHECK(text_of_fields(reply.fields) == "X-Strict=yes;Content-Length=7;Connection=close;");
    CHECK(reply.body == "no: 505");
  }
  CHECK(ask("GET / HTTP/1.1\r\n\r\n", "127.0.0.3").body == "no: 400");
  CHECK(ask(kGet, "127.0.0.2").body == "hello");
  strict.gate.open();
  static_cast<void>(strict.notes.wait_for(4));
  listener->stop();
  std::vector<std::string> told = strict.notes.all();
  std::ranges::sort(told);
  CHECK(told == std::vector<std::string>{"127.0.0.2 505", "127.0.0.2 505", "127.0.0.2 505",
                                         "127.0.0.3 400"});
}

TEST_CASE("an answer arrives though its peer is still sending", "[http]") {
  const HttpSite<> site(greet);
  HttpClient client = site.connect();
  client.send("POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 9999999\r\n\r\n");
  for (int i = 0; i < 50 && client.send(std::string(4096, 'x')); ++i) {
  }
  CHECK_FALSE(client.was_reset());  // other systems forget then what they have not read
  CHECK(client.read_reply().status == 413);
  CHECK(client.ends());
  CHECK_FALSE(client.was_reset());
}

TEST_CASE("a request that its peer does not finish is no request", "[http]") {
  Notes notes;
  const HttpSite<> site([&](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
    notes.add(request.path);
    greet(request, answer);
  });
  const std::string request = post("body");
  for (std::size_t size = 0; size < request.size(); ++size) {
    HttpClient client = site.connect();
    client.send(request.substr(0, size));
    client.end_writing();
    CHECK(client.ends());
  }
  CHECK(notes.all().empty());
  // One that is whole is answered, though nothing more will come.
  HttpClient client = site.connect();
  client.send(request);
  client.end_writing();
  CHECK(client.read_reply().body == "hello");
}

TEMPLATE_TEST_CASE("a request may come in single bytes", "[http]", PlainHttp, TlsHttp) {
  const HttpSite<TestType> site([](const ports::HttpRequest& request, ports::HttpAnswer& answer) {
    static_cast<void>(answer_with(answer, text_of(request.body)));
  });
  HttpClient client = site.connect();
  for (const char c : post("body") + post("more")) client.send(std::string(1, c));
  CHECK(client.read_reply().body == "body");
  CHECK(client.read_reply().body == "more");
}

}  // namespace holdfast::test
