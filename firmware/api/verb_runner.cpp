// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/verb_runner.h"

#include <algorithm>
#include <optional>

namespace holdfast::api {

namespace {

// What a child of one request writes. After the first error of `take` the rest is thrown away until
// it has ended: the call that waits for it stops it.
class RequestSink final : public ports::ProcessSink {
 public:
  explicit RequestSink(const VerbRunner::Take& take) : take_(take) {}

  void output(ByteView bytes) override {
    if (error_) return;
    if (auto taken = take_(bytes); !taken) error_ = std::move(taken.error());
  }
  // Words for people; the document has all of it.
  void error_output(ByteView) override {}
  void ended(const ports::ProcessEnd& end) override { end_ = end; }

  // Once the child has ended.
  [[nodiscard]] Result<int> result() const {
    if (error_) return *error_;
    if (end_.was_asked) return make_error(ErrorCode::interrupted);
    if (end_.signal != 0) {
      return make_error(ErrorCode::internal, {},
                        {{"what", "signal " + std::to_string(end_.signal)}});
    }
    return end_.exit_code;
  }

 private:
  const VerbRunner::Take& take_;
  std::optional<Error> error_;
  ports::ProcessEnd end_;
};

}  // namespace

Result<VerbAnswer> VerbRunner::ask(const std::vector<std::string>& words, const Actor& actor,
                                   messages::Language language) {
  std::vector<std::string> arguments = {"--json", "--quiet"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  VerbAnswer answer;
  HF_TRY(answer.exit_code,
         run(std::move(arguments), actor, language, [&](ByteView bytes) -> Result<void> {
           if (bytes.size() > settings_.document_max - answer.document.size()) {
             return make_error(
                 ErrorCode::limit_exceeded, {},
                 {{"what", "document"}, {"limit", std::to_string(settings_.document_max)}});
           }
           answer.document += text_of(bytes);
           return {};
         }));
  return answer;
}

Result<int> VerbRunner::stream(const std::vector<std::string>& words, const Actor& actor,
                               messages::Language language, const Take& take) {
  std::vector<std::string> arguments = {"--quiet"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  return run(std::move(arguments), actor, language, take);
}

Result<int> VerbRunner::run(std::vector<std::string> arguments, const Actor& actor,
                            messages::Language language, const Take& take) {
  ports::ProcessRequest request;
  request.arguments = {settings_.program, "--home", settings_.home};
  request.arguments.insert(request.arguments.end(), arguments.begin(), arguments.end());
  request.environment = settings_.environment;
  // The language is that of whoever asks, whatever the appliance's own is.
  std::erase_if(request.environment, [](const auto& variable) {
    return variable.first == "LANG" || variable.first.starts_with("LC_");
  });
  const bool is_chinese = language == messages::Language::chinese;
  request.environment.emplace_back("LANG", is_chinese ? "zh_CN.UTF-8" : "C.UTF-8");
  request.environment.emplace_back("HOLDFAST_ACTOR", actor.account);
  request.environment.emplace_back("HOLDFAST_ACTOR_ROLE", std::string(name_of(actor.role)));
  request.environment.emplace_back("HOLDFAST_ACTOR_PEER", actor.peer);
  RequestSink sink(take);
  std::unique_ptr<ports::Process> process;
  {
    const std::lock_guard lock(mutex_);
    if (is_stopped_) return make_error(ErrorCode::interrupted);
    HF_TRY(process, processes_.start(request, sink));
    running_.push_back(process.get());
  }
  process->wait();
  {
    const std::lock_guard lock(mutex_);
    std::erase(running_, process.get());
  }
  return sink.result();
}

void VerbRunner::stop_all() {
  const std::lock_guard lock(mutex_);
  is_stopped_ = true;
  for (ports::Process* process : running_) process->stop();
}

}  // namespace holdfast::api
