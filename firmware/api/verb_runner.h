// SPDX-License-Identifier: Apache-2.0
// Asks the command line (docs/decisions/0031): one child for one request.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "firmware/api/role.h"
#include "firmware/messages/messages.h"
#include "hal/ports/process.h"

namespace holdfast::api {

// Who asks: the child writes it into the audit log.
struct Actor {
  std::string account;
  Role role = Role::viewer;
  std::string peer;
};

struct VerbAnswer {
  int exit_code = 0;
  std::string document;  // what stood on standard output
};

struct VerbSettings {
  std::string program;  // absolute path of `holdfast`
  std::string home;     // absolute
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::size_t document_max = 64 << 20;  // bytes
};

// Any thread.
class VerbRunner {
 public:
  VerbRunner(ports::Processes& processes, VerbSettings settings)
      : processes_(processes), settings_(std::move(settings)) {}

  // The verb's JSON document. limit_exceeded {what "document"}: it is larger than may be;
  // interrupted: stop_all() was called; what Processes::start() says.
  [[nodiscard]] Result<VerbAnswer> ask(const std::vector<std::string>& words, const Actor& actor,
                                       messages::Language language);
  // The verb's bytes as they come, until `take` fails; its exit code. Errors: as ask(), and those
  // of `take`.
  using Take = std::function<Result<void>(ByteView bytes)>;
  [[nodiscard]] Result<int> stream(const std::vector<std::string>& words, const Actor& actor,
                                   messages::Language language, const Take& take);

  // From now on nothing is begun, and what is at work is asked to stop. For the end of the daemon.
  void stop_all();

 private:
  [[nodiscard]] Result<int> run(std::vector<std::string> arguments, const Actor& actor,
                                messages::Language language, const Take& take);

  ports::Processes& processes_;
  VerbSettings settings_;
  std::mutex mutex_;
  bool is_stopped_ = false;
  std::vector<ports::Process*> running_;
};

}  // namespace holdfast::api
