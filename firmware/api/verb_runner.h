// SPDX-License-Identifier: Apache-2.0
// Asks the command line (docs/decisions/0031): one child for one request.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "firmware/api/role.h"
#include "firmware/messages/messages.h"
#include "hal/ports/clock.h"
#include "hal/ports/process.h"

namespace holdfast::api {

// Who asks: the child writes it into the audit log.
struct Actor {
  std::string account;
  Role role = Role::viewer;
  std::string peer;
};

// Memory that documents take up together, whoever holds them. Any thread.
class DocumentRoom {
 public:
  explicit DocumentRoom(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // A document's part of it, given back with the document.
  class Share {
   public:
    explicit Share(DocumentRoom& room) : room_(room) {}
    ~Share() { room_.used_ -= bytes_; }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    // False: there is not so much left.
    [[nodiscard]] bool grow(std::size_t bytes);

   private:
    DocumentRoom& room_;
    std::size_t bytes_ = 0;
  };

 private:
  std::size_t bytes_max_;
  std::atomic<std::size_t> used_ = 0;
};

struct VerbAnswer {
  int exit_code = 0;
  std::string document;                             // what stood on standard output
  std::shared_ptr<DocumentRoom::Share> share = {};  // of the runner's room
};

struct VerbSettings {
  std::string program;  // absolute path of `holdfast`
  std::string home;     // absolute
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::size_t document_max = 64 << 20;    // bytes
  std::size_t documents_max = 256 << 20;  // of all that are held at one time
  // A verb that says nothing for so long is stopped; the time that its reader takes does not count.
  std::int64_t patience_ns = 120'000'000'000;
  // At work at one time: each holds a thread of the server, and pages need some for themselves.
  std::size_t verbs_max = 12;
  // Of these, whose bytes go on to somebody who may pause: the others have theirs whatever he does.
  std::size_t streams_max = 6;
  std::size_t streams_of_account_max = 4;
  // Of these, which have a recording decoded to say how long it is: a minute of computing each.
  std::size_t decodings_max = 2;
  std::size_t decodings_of_account_max = 1;
  // Of these, which look at sources for who writes a definition: other machines are asked.
  std::size_t looks_max = 4;
  std::size_t looks_of_account_max = 1;
};

// What a person is told when a verb was not begun, or given up, for others to be served: "busy",
// "slow" or "replaced". Nothing: the error is another one.
[[nodiscard]] std::optional<std::string_view> refusal_of(const Error& error);

// Any thread.
class VerbRunner {
 public:
  VerbRunner(ports::Processes& processes, ports::Clock& clock, VerbSettings settings)
      : processes_(processes),
        clock_(clock),
        settings_(std::move(settings)),
        room_(settings_.documents_max) {}

  // The verb's JSON document. limit_exceeded {what}: "document", it is larger than may be; "busy",
  // too many verbs are at work, or documents held; "slow", nothing came for too long; "replaced",
  // the same account has asked for a newer one that takes its place. interrupted: stop_all() was
  // called; what Processes::start() says. A child that is not needed any more is stopped.
  [[nodiscard]] Result<VerbAnswer> ask(const std::vector<std::string>& words, const Actor& actor,
                                       messages::Language language) {
    return ask(words, actor, language, settings_.document_max);
  }
  // The same of a verb that reads `input` from its standard input.
  [[nodiscard]] Result<VerbAnswer> ask(const std::vector<std::string>& words,
                                       std::string_view input, const Actor& actor,
                                       messages::Language language);
  // For a document of which it is known how large it may be.
  [[nodiscard]] Result<VerbAnswer> ask(const std::vector<std::string>& words, const Actor& actor,
                                       messages::Language language, std::size_t document_max);
  // The same of a recording, which has to be decoded for it: of such there are few at a time.
  [[nodiscard]] Result<VerbAnswer> ask_decoded(const std::vector<std::string>& words,
                                               const Actor& actor, messages::Language language,
                                               std::size_t document_max);
  // The same with `input` of a look at sources: an account that asks for one more wants the one
  // before no longer, be it that its page has gone, and that one is stopped.
  [[nodiscard]] Result<VerbAnswer> look(const std::vector<std::string>& words,
                                        std::string_view input, const Actor& actor,
                                        messages::Language language);
  // The verb's bytes as they come, until `take` fails; its exit code. Errors: as ask(), and those
  // of `take`. `topic`: what the bytes are a part of. An account that has as many streams as may be
  // and asks for one more of a topic wants the oldest one of it no longer: that one is stopped.
  using Take = std::function<Result<void>(ByteView bytes)>;
  [[nodiscard]] Result<int> stream(const std::vector<std::string>& words, const Actor& actor,
                                   messages::Language language, const Take& take,
                                   const std::string& topic = {});

  // From now on nothing is begun, and what is at work is asked to stop. For the end of the daemon.
  void stop_all();

 private:
  enum class Kind : std::uint8_t { question, decoding, look, stream };
  struct Limits {
    std::size_t all;
    std::size_t of_account;
  };
  struct Running {
    ports::Process* process;
    std::string account;
    Kind kind;
    std::string topic;
    bool is_leaving = false;  // was stopped for a newer one
  };
  struct Question {
    std::vector<std::string> arguments;
    std::string_view input = {};
    Kind kind = Kind::question;
    std::string topic = {};
  };
  [[nodiscard]] Result<VerbAnswer> ask(const Question& question, const Actor& actor,
                                       messages::Language language, std::size_t document_max);
  [[nodiscard]] Result<int> run(const Question& question, const Actor& actor,
                                messages::Language language, const Take& take);
  // Nothing: as many as verbs.
  [[nodiscard]] std::optional<Limits> limits_of(Kind kind) const;
  // As many as may be are at work. With the lock.
  [[nodiscard]] bool is_full(const std::string& account, Kind kind) const;
  // True: it was stopped for a newer one.
  bool forget(const ports::Process& process);
  // With the lock.
  void make_way(const std::string& account, Kind kind, const std::string& topic);

  ports::Processes& processes_;
  ports::Clock& clock_;
  VerbSettings settings_;
  DocumentRoom room_;
  std::mutex mutex_;
  bool is_stopped_ = false;
  std::vector<Running> running_;
};

}  // namespace holdfast::api
