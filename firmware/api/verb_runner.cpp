// SPDX-License-Identifier: Apache-2.0
#include "firmware/api/verb_runner.h"

#include <algorithm>
#include <new>

namespace holdfast::api {

namespace {

// For a child that nobody reads any more: its thread is wanted by others.
constexpr std::int64_t kGrace_ns = 2'000'000'000;

Error refusal(std::string_view what, std::string limit) {
  return make_error(ErrorCode::limit_exceeded, {},
                    {{"what", std::string(what)}, {"limit", std::move(limit)}});
}

// What a child of one request writes. After the first error of `take` it is stopped, and what it
// still says is thrown away.
class RequestSink final : public ports::ProcessSink {
 public:
  RequestSink(const VerbRunner::Take& take, ports::Clock& clock, std::int64_t patience_ns)
      : take_(take), clock_(clock), patience_ns_(patience_ns) {
    be_patient();
  }

  void output(ByteView bytes) override {
    {
      const std::lock_guard lock(mutex_);
      if (error_) return;
    }
    is_taken_ = true;
    auto taken = taken_of(bytes);
    be_patient();
    is_taken_ = false;
    if (!taken) fail(std::move(taken.error()));
  }
  // Words for people; the document has all of it.
  void error_output(ByteView) override {}
  void ended(const ports::ProcessEnd& end) override { end_ = end; }

  void wait_for(ports::Process& child) {
    attach(child);
    for (std::int64_t until_ns = deadline_ns_; !child.wait_until(until_ns);) {
      // Who reads may pause: that is no silence of the child's.
      if (is_taken_) be_patient();
      // What came meanwhile has moved it.
      if (until_ns != deadline_ns_) {
        until_ns = deadline_ns_;
        continue;
      }
      fail(refusal("slow", std::to_string(patience_ns_ / 1'000'000'000)));
      return child.wait();
    }
  }

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
  // What is thrown on the port's thread would end the process.
  [[nodiscard]] Result<void> taken_of(ByteView bytes) {
    try {
      return take_(bytes);
    } catch (const std::bad_alloc&) {
      return make_error(ErrorCode::out_of_memory);
    }
  }
  void be_patient() { deadline_ns_ = clock_.monotonic_ns() + patience_ns_; }
  // It may have failed before it was known.
  void attach(ports::Process& child) {
    const std::lock_guard lock(mutex_);
    child_ = &child;
    if (error_) child_->stop();
  }
  void fail(Error error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    if (child_ != nullptr) child_->stop();
  }

  const VerbRunner::Take& take_;
  ports::Clock& clock_;
  std::int64_t patience_ns_;
  std::atomic<std::int64_t> deadline_ns_ = 0;
  std::atomic<bool> is_taken_ = false;  // what came is being taken
  std::mutex mutex_;
  std::optional<Error> error_;
  ports::Process* child_ = nullptr;
  ports::ProcessEnd end_;
};

}  // namespace

std::optional<std::string_view> refusal_of(const Error& error) {
  const std::string_view what = error.argument("what");
  const bool is_ours = error.code == ErrorCode::limit_exceeded &&
                       (what == "busy" || what == "slow" || what == "replaced");
  return is_ours ? std::optional(what) : std::nullopt;
}

bool DocumentRoom::Share::grow(std::size_t bytes) {
  const std::size_t used = room_.used_ += bytes;
  bytes_ += bytes;
  return used <= room_.bytes_max_;
}

namespace {

std::vector<std::string> with_words(std::vector<std::string> manners,
                                    const std::vector<std::string>& words) {
  manners.insert(manners.end(), words.begin(), words.end());
  return manners;
}

}  // namespace

Result<VerbAnswer> VerbRunner::ask(const std::vector<std::string>& words, const Actor& actor,
                                   messages::Language language, std::size_t document_max) {
  return ask(Question{with_words({"--json", "--quiet"}, words)}, actor, language, document_max);
}

Result<VerbAnswer> VerbRunner::ask(const std::vector<std::string>& words, std::string_view input,
                                   const Actor& actor, messages::Language language) {
  return ask(Question{with_words({"--json", "--quiet"}, words), input}, actor, language,
             settings_.document_max);
}

Result<VerbAnswer> VerbRunner::ask(const Question& question, const Actor& actor,
                                   messages::Language language, std::size_t document_max) {
  VerbAnswer answer;
  answer.share = std::make_shared<DocumentRoom::Share>(room_);
  HF_TRY(answer.exit_code, run(question, actor, language, [&](ByteView bytes) -> Result<void> {
           if (bytes.size() > document_max - answer.document.size()) {
             return make_error(ErrorCode::limit_exceeded, {},
                               {{"what", "document"}, {"limit", std::to_string(document_max)}});
           }
           if (!answer.share->grow(bytes.size())) {
             return refusal("busy", std::to_string(settings_.documents_max));
           }
           answer.document += text_of(bytes);
           return {};
         }));
  return answer;
}

Result<int> VerbRunner::stream(const std::vector<std::string>& words, const Actor& actor,
                               messages::Language language, const Take& take,
                               const std::string& topic) {
  return run(
      Question{.arguments = with_words({"--quiet"}, words), .kind = Kind::stream, .topic = topic},
      actor, language, take);
}

Result<VerbAnswer> VerbRunner::ask_decoded(const std::vector<std::string>& words,
                                           const Actor& actor, messages::Language language,
                                           std::size_t document_max) {
  Question question{with_words({"--json", "--quiet"}, words)};
  question.kind = Kind::decoding;
  return ask(question, actor, language, document_max);
}

Result<VerbAnswer> VerbRunner::look(const std::vector<std::string>& words, std::string_view input,
                                    const Actor& actor, messages::Language language) {
  Question question{with_words({"--json", "--quiet"}, words), input};
  question.kind = Kind::look;
  question.topic = "look";
  return ask(question, actor, language, settings_.document_max);
}

std::optional<VerbRunner::Limits> VerbRunner::limits_of(Kind kind) const {
  switch (kind) {
    case Kind::question:
      return std::nullopt;
    case Kind::decoding:
      return Limits{settings_.decodings_max, settings_.decodings_of_account_max};
    case Kind::look:
      return Limits{settings_.looks_max, settings_.looks_of_account_max};
    case Kind::stream:
      return Limits{settings_.streams_max, settings_.streams_of_account_max};
  }
  return std::nullopt;
}

bool VerbRunner::is_full(const std::string& account, Kind kind) const {
  if (running_.size() >= settings_.verbs_max) return true;
  const auto limits = limits_of(kind);
  if (!limits) return false;
  const auto all = std::ranges::count(running_, kind, &Running::kind);
  const auto of_account = std::ranges::count_if(running_, [&](const Running& each) {
    return each.kind == kind && each.account == account && !each.is_leaving;
  });
  return static_cast<std::size_t>(all) >= limits->all ||
         static_cast<std::size_t>(of_account) >= limits->of_account;
}

void VerbRunner::make_way(const std::string& account, Kind kind, const std::string& topic) {
  const auto limits = limits_of(kind);
  if (!limits || topic.empty()) return;
  const auto of_account = [&](const Running& each) {
    return each.kind == kind && each.account == account && !each.is_leaving;
  };
  const auto count = static_cast<std::size_t>(std::ranges::count_if(running_, of_account));
  if (count < limits->of_account) return;
  const auto oldest = std::ranges::find_if(
      running_, [&](const Running& each) { return of_account(each) && each.topic == topic; });
  if (oldest == running_.end()) return;
  oldest->is_leaving = true;
  oldest->process->stop();
}

Result<int> VerbRunner::run(const Question& question, const Actor& actor,
                            messages::Language language, const Take& take) {
  ports::ProcessRequest request;
  request.arguments = {settings_.program, "--home", settings_.home};
  request.arguments.insert(request.arguments.end(), question.arguments.begin(),
                           question.arguments.end());
  request.input.assign(question.input.begin(), question.input.end());
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
  request.grace_ns = kGrace_ns;
  RequestSink sink(take, clock_, settings_.patience_ns);
  std::unique_ptr<ports::Process> process;
  {
    const std::lock_guard lock(mutex_);
    if (is_stopped_) return make_error(ErrorCode::interrupted);
    make_way(actor.account, question.kind, question.topic);
    if (is_full(actor.account, question.kind)) {
      return refusal("busy", std::to_string(settings_.verbs_max));
    }
    HF_TRY(process, processes_.start(request, sink));
    running_.push_back({process.get(), actor.account, question.kind, question.topic});
  }
  sink.wait_for(*process);
  const bool is_replaced = forget(*process);
  auto result = sink.result();
  const bool is_stopped = !result && result.error().code == ErrorCode::interrupted;
  if (is_stopped && is_replaced) return refusal("replaced", "1");
  return result;
}

bool VerbRunner::forget(const ports::Process& process) {
  const std::lock_guard lock(mutex_);
  const auto running = std::ranges::find(running_, &process, &Running::process);
  const bool is_leaving = running->is_leaving;
  running_.erase(running);
  return is_leaving;
}

void VerbRunner::stop_all() {
  const std::lock_guard lock(mutex_);
  is_stopped_ = true;
  for (const Running& each : running_) each.process->stop();
}

}  // namespace holdfast::api
