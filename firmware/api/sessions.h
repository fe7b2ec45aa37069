// SPDX-License-Identifier: Apache-2.0
// Who is logged in: in memory only, so a restart of the appliance ends all sessions.
//
// A browser holds a token in a cookie that scripts cannot read, and a second word that its pages
// send with each change: another site's page can make the browser send the first, and does not know
// the second (CSRF). Of the token only a digest is kept here.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hal/base/digest.h"
#include "hal/ports/clock.h"
#include "hal/ports/random.h"

namespace holdfast::api {

inline constexpr std::int64_t kSessionIdle_ns = 30LL * 60 * 1'000'000'000;
inline constexpr std::int64_t kSessionLife_ns = 12LL * 3600 * 1'000'000'000;
inline constexpr int kStreamsOfSession = 4;  // of events: so many pages of one browser may be open
inline constexpr std::size_t kSessionsMax = 1000;  // then the one that was idle longest ends

struct Session {
  std::string account;
  std::string credential;   // that it was opened with (Account::credential)
  std::string change_word;  // 64 hex digits
};

// Any thread. Times are powered-on times: setting the clock lengthens no session.
class Sessions {
 public:
  Sessions(ports::Clock& clock, ports::Random& random) : clock_(clock), random_(random) {}

  struct Opened {
    std::string token;  // 64 hex digits
    Session session;
  };
  [[nodiscard]] Opened open(const std::string& account, const std::string& credential);
  // Nothing for a token that is unknown, idle for too long, or too old. Counts as use.
  [[nodiscard]] std::optional<Session> find(std::string_view token);
  // The same without counting as use: for what goes on by itself.
  [[nodiscard]] std::optional<Session> peek(std::string_view token);
  // False: the session has kStreamsOfSession already, or is none. What began must end.
  [[nodiscard]] bool begin_stream(std::string_view token);
  void end_stream(std::string_view token);
  void close(std::string_view token);
  [[nodiscard]] std::size_t count();

 private:
  struct Kept {
    Digest token;
    Session session;
    std::int64_t opened_ns = 0;
    std::int64_t used_ns = 0;
    int streams = 0;
  };
  // nullptr: there is none that is open.
  [[nodiscard]] Kept* find_kept(std::string_view token);
  void drop_old(std::int64_t now_ns);

  ports::Clock& clock_;
  ports::Random& random_;
  std::mutex mutex_;
  std::vector<Kept> kept_;
};

// The words agree, in time that does not tell where they differ.
[[nodiscard]] bool is_change_word(const Session& session, std::string_view word);

}  // namespace holdfast::api
