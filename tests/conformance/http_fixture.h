// SPDX-License-Identifier: Apache-2.0
// The bodies of ports::HttpServer, each with a handler that does what a test tells it.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "hal/linux/clock.h"
#include "hal/linux/http/certificate.h"
#include "hal/linux/http/server.h"
#include "hal/ports/http_server.h"
#include "tests/conformance/http_client.h"
#include "tests/conformance/support.h"

namespace holdfast::test {

constexpr std::int64_t kMillisecond_ns = 1'000'000;
constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: box\r\n\r\n";

// Notes what one thread says, for another one that waits for it.
class Notes {
 public:
  void add(std::string note) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(std::move(note));
    changed_.notify_all();
  }
  // Waits for so many.
  [[nodiscard]] std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    const auto is_there = [&] { return notes_.size() >= count; };
    if (!changed_.wait_for(lock, std::chrono::seconds(HttpClient::kPatience_s), is_there)) {
      throw std::runtime_error("not noted in time");
    }
    return notes_;
  }
  [[nodiscard]] std::vector<std::string> all() { return wait_for(0); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> notes_;
};

// Closed until it is opened; whoever waits too long goes on, so that a test that failed ends.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(HttpClient::kPatience_s),
                      [this] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;
};

using Handle = std::function<void(const ports::HttpRequest&, ports::HttpAnswer&)>;

// A whole answer with that body.
inline Result<void> answer_with(ports::HttpAnswer& answer, std::string_view body,
                                int status = 200) {
  HF_TRY(answer.begin(status, {}, body.size()));
  return answer.write(view_of(body));
}

class TestHandler final : public ports::HttpHandler {
 public:
  explicit TestHandler(Handle handle) : handle_(std::move(handle)) {}
  void handle(const ports::HttpRequest& request, ports::HttpAnswer& answer) override {
    handle_(request, answer);
  }

 private:
  Handle handle_;
};

struct PlainHttp {
  static constexpr bool kIsTls = false;
  static ports::HttpListen listen_request() { return {.address = "127.0.0.1"}; }
};

struct TlsHttp {
  static constexpr bool kIsTls = true;
  static ports::HttpListen listen_request() {
    auto identity =
        linux::OpenSslCertificates().make({"localhost", "127.0.0.1"}, linux::SystemClock().now());
    return {.address = "127.0.0.1",
            .certificate = identity->certificate,
            .key = std::move(identity->key)};
  }
};

// A server that listens, with the handler of a test. Declared after what the handler uses, so that
// it goes first.
template <class Kind = PlainHttp>
class HttpSite {
 public:
  explicit HttpSite(Handle handle, const ports::HttpLimits& limits = {})
      : handler_(std::move(handle)) {
    ports::HttpListen request = Kind::listen_request();
    request.limits = limits;
    listener_ = server_.listen(request, handler_).value();
  }

  [[nodiscard]] HttpClient connect(HttpClientOptions options = {}) const {
    options.is_tls = Kind::kIsTls;
    return HttpClient(listener_->port(), options);
  }
  [[nodiscard]] HttpReply ask(std::string_view request) const { return connect().ask(request); }
  [[nodiscard]] ports::HttpListener& listener() const { return *listener_; }
  void destroy() { listener_.reset(); }

 private:
  TestHandler handler_;
  linux::HttpServer server_;
  std::unique_ptr<ports::HttpListener> listener_;
};

}  // namespace holdfast::test
