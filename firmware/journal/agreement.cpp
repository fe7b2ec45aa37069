// SPDX-License-Identifier: Apache-2.0
#include "firmware/journal/agreement.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <set>

namespace holdfast::journal {

namespace {

class Agreeing {
 public:
  Agreeing(const AgreementInput& input, std::vector<JournalCopy>& copies) : input_(input) {
    for (JournalCopy& copy : copies) newest_first_.push_back(&copy);
    std::sort(newest_first_.begin(), newest_first_.end(),
              [](const JournalCopy* left, const JournalCopy* right) {
                const auto numbers = left->head().number <=> right->head().number;
                return numbers != 0 ? numbers > 0 : left < right;  // else in the order given
              });
  }

  Result<Agreement> run() {
    HF_CHECK(!newest_first_.empty());
    auto agreed = agree_on_head();
    if (agreed || agreed.error().code != ErrorCode::fork) return agreed;
    return settle_for_less(std::move(agreed.error()));
  }
  // Of another chain than the one that is read.
  [[nodiscard]] bool is_left_out(const JournalCopy& copy) const {
    return std::ranges::find(left_out_, &copy) != left_out_.end();
  }

 private:
  Result<Agreement> agree_on_head() {
    HF_TRY(choose_newest());
    for (JournalCopy* copy : newest_first_) {
      if (copy->head() == agreement_.head) agreed_.push_back(copy);
    }
    HF_TRY(check_acknowledged());
    for (JournalCopy* copy : newest_first_) {
      if (copy->head() != agreement_.head) HF_TRY(check_older(*copy));
    }
    HF_TRY(check_proved(agreement_.head.number));
    HF_TRY(read_on());
    note_incomplete();
    return agreement_;
  }

  // Of a fork there is what this home has acknowledged. Where it does not know, or no copy shows
  // its entry any more, nothing is good to read by.
  Result<Agreement> settle_for_less(Error fork) {
    if (!input_.witness) return fork;
    const Head& head = input_.witness->head;
    std::vector<JournalCopy*> kept;
    std::vector<JournalCopy*> others;
    Agreement less;
    for (JournalCopy* copy : newest_first_) {
      History history(input_.business, input_.trusted, input_.report);
      history.add(*copy);
      HF_TRY(const auto shown, shown_by(history, head.number));
      const bool has_it = shown && shown->head == head;
      (has_it ? kept : others).push_back(copy);
      if (has_it) less.incarnation = shown->incarnation;
    }
    if (kept.empty()) return fork;
    less.head = head;
    less.incomplete = std::move(fork);
    for (JournalCopy* copy : others) {
      HF_TRY(const bool lags, is_before(*copy, head, kept));
      if (!lags) left_out_.push_back(copy);
    }
    return less;
  }

  // Its newest entry is one of the chain that ends with `head`, of which `kept` have all.
  Result<bool> is_before(const JournalCopy& copy, const Head& head,
                         const std::vector<JournalCopy*>& kept) {
    if (copy.head().number >= head.number) return false;
    if (copy.head().number == 0) return true;
    History history(input_.business, input_.trusted, input_.report);
    for (const JournalCopy* other : kept) history.add(*other);
    auto follows = history.goes_on_from(copy.head());
    if (!follows && follows.error().is_of_process()) return follows;
    return follows && *follows;
  }

  struct Shown {
    Head head;
    std::uint32_t incarnation = 1;
  };
  Result<std::optional<Shown>> shown_by(History& history, std::uint64_t number) {
    const auto found = history.entry(number, std::nullopt);
    if (found) {
      const Entry& entry = *found->entry;
      return std::optional(Shown{{entry.number, entry.digest}, entry.incarnation});
    }
    if (found.error().is_of_process()) return found.error();
    return std::optional<Shown>();
  }

  // Among entries with the highest number: the only one, or the only one that must have counted.
  Result<void> choose_newest() {
    const std::uint64_t number = newest_first_.front()->head().number;
    std::map<Digest, std::size_t> holders;
    for (const JournalCopy* copy : newest_first_) {
      if (copy->head().number == number) ++holders[copy->head().digest];
    }
    const bool single = holders.size() == 1;
    std::vector<Digest> candidates;
    for (const auto& [digest, count] : holders) {
      const bool acknowledged = input_.witness && input_.witness->head == Head{number, digest};
      if (single || acknowledged || count >= input_.quorum) candidates.push_back(digest);
    }
    if (candidates.size() != 1) return fork(number);
    agreement_.head = {number, candidates.front()};
    return {};
  }

  // The witness's entry must lie on the chain, if it is not above it.
  Result<void> check_acknowledged() {
    if (!input_.witness || input_.witness->head.number > agreement_.head.number) return {};
    const Head& acknowledged = input_.witness->head;
    HF_TRY(const bool on_chain, is_on_chain(acknowledged));
    if (!on_chain) return fork(acknowledged.number);
    acknowledged_ = acknowledged.number;
    return {};
  }

  Result<void> check_older(JournalCopy& copy) {
    HF_TRY(const bool on_chain, is_on_chain(copy.head()));
    if (!on_chain) {
      if (!has_never_counted(copy)) return fork(copy.head().number);
      // The chain and the copy must part at this entry and not before.
      HF_TRY(const bool parts_here, is_on_chain(copy.before_head()));
      if (!parts_here) return fork(copy.before_head().number);
      copy.disown_head();
    }
    agreed_.push_back(&copy);
    return {};
  }

  // True if the chain's entry of that number counts, and the copy's is on too few members.
  [[nodiscard]] bool has_never_counted(const JournalCopy& copy) const {
    const std::uint64_t number = copy.head().number;
    const auto holds = [&](const JournalCopy* other) { return other->head().number >= number; };
    const auto same = [&](const JournalCopy* other) { return other->head() == copy.head(); };
    const auto on_chain =
        static_cast<std::size_t>(std::count_if(agreed_.begin(), agreed_.end(), holds));
    const auto beside =
        static_cast<std::size_t>(std::count_if(newest_first_.begin(), newest_first_.end(), same));
    return beside < input_.quorum && (on_chain >= input_.quorum || acknowledged_ >= number);
  }

  // As the copies on the chain show it, but for `except`.
  Result<bool> is_on_chain(const Head& head, const JournalCopy* except = nullptr) {
    if (head.number == 0) return true;
    if (head.number == agreement_.head.number) return head == agreement_.head;
    History history = history_of_agreed(except);
    auto follows = history.goes_on_from(head);
    // Lost on these copies: reading will say so. It is no reason to call it a fork.
    if (!follows && follows.error().code == ErrorCode::entries_lost) return true;
    return follows;
  }

  // Damage may end what each copy shows at another place: together they may know more. Whatever is
  // claimed is looked for.
  Result<void> read_on() {
    agreement_.incarnation = agreed_.front()->head_incarnation();
    History history = history_of_agreed();
    while (agreement_.head.number < std::max(proved(), claims(1))) {
      const auto next = history.entry(agreement_.head.number + 1, agreement_.head.digest);
      if (!next) {
        if (next.error().is_of_process()) return next.error();
        break;
      }
      agreement_.head = {next->entry->number, next->entry->digest};
      agreement_.incarnation = next->entry->incarnation;
    }
    if (agreement_.head.number < proved()) go_behind_gap();
    HF_TRY(check_acknowledged());
    return check_proved(std::numeric_limits<std::uint64_t>::max());
  }

  // Entries that no copy has, and behind them one that we signed: it is the head. It may be
  // followed if it counts, or if it is the only one that follows what counts, like any newest
  // entry.
  void go_behind_gap() {
    const std::uint64_t before = agreement_.head.number;
    std::set<Digest> shown;
    for (const JournalCopy* copy : agreed_) {
      if (copy->proved() == proved()) shown.insert(copy->proved_head().digest);
    }
    const JournalCopy* newest = nullptr;
    for (const JournalCopy* copy : agreed_) {
      if (copy->proved() != proved()) continue;
      if (shown.size() > 1 && !is_known(copy->proved_head())) continue;
      if (newest != nullptr && copy->proved_head() != newest->proved_head()) return;
      newest = copy;
    }
    if (newest == nullptr) return;
    agreement_.head = newest->proved_head();
    agreement_.incarnation = newest->proved_incarnation();
    if (is_known(agreement_.head) || is_known(newest->before_proved())) return;
    agreement_.incomplete = make_error(ErrorCode::damaged, journal_directory(input_.business),
                                       {{"what", "journal"},
                                        {"expected", std::to_string(agreement_.head.number)},
                                        {"found", std::to_string(before)}});
    agreement_.incomplete->data_loss = true;
  }

  // It counts: by the witness, or by the copies that show it as their newest.
  [[nodiscard]] bool is_known(const Head& head) const {
    if (input_.witness && input_.witness->head == head) return true;
    const auto shows = [&](const JournalCopy* copy) { return copy->proved_head() == head; };
    return static_cast<std::size_t>(std::ranges::count_if(agreed_, shows)) >= input_.quorum;
  }

  // What a copy proves behind its damage, up to that number, must be of the chain, too, but for an
  // entry that never counted: the copy ends before it.
  Result<void> check_proved(std::uint64_t number_max) {
    for (JournalCopy* copy : agreed_) {
      const Head shown = copy->proved_head();
      if (shown.number <= copy->head().number || shown.number > number_max) continue;
      HF_TRY(const bool on_chain, is_on_chain(shown, copy));
      if (on_chain) continue;
      std::size_t beside = 0;
      std::size_t holders = 0;
      for (const JournalCopy* other : agreed_) {
        const bool same = other->proved_head() == shown;
        beside += same ? 1 : 0;
        holders += !same && std::max(other->head().number, other->proved()) >= shown.number ? 1 : 0;
      }
      const bool counts = holders >= input_.quorum || acknowledged_ >= shown.number;
      if (beside >= input_.quorum || !counts) return fork(shown.number);
      // The chain and the copy must part at this entry and not before.
      HF_TRY(const bool parts_here, is_on_chain(copy->before_proved(), copy));
      if (!parts_here) return fork(copy->before_proved().number);
      copy->disown_proved();
    }
    return {};
  }

  // check_acknowledged() has found the witness's entry on the chain, or above it.
  void note_incomplete() {
    const std::uint64_t found = agreement_.head.number;
    const std::uint64_t acknowledged = input_.witness ? input_.witness->head.number : 0;
    if (const std::uint64_t there = evidence(); found < there) {
      agreement_.incomplete = incomplete(ErrorCode::damaged, there);
      agreement_.incomplete->data_loss = true;
    } else if (found < acknowledged) {
      agreement_.incomplete = incomplete(ErrorCode::not_newest, acknowledged);
    }
    note_strays(std::max(found, evidence()));
  }

  // Names above all that counts, with nothing in them that can be read.
  void note_strays(std::uint64_t counted) {
    for (const JournalCopy* copy : agreed_) {
      if (copy->claimed() <= counted) continue;
      agreement_.strays.push_back(
          make_error(ErrorCode::damaged, copy->claiming_path(), {{"what", "journal"}}));
    }
  }

  [[nodiscard]] Error incomplete(ErrorCode code, std::uint64_t expected) const {
    return make_error(code, journal_directory(input_.business),
                      {{"what", "journal"},
                       {"expected", std::to_string(expected)},
                       {"found", std::to_string(agreement_.head.number)}});
  }

  // The newest number that is known to have been there. A proved entry was written by us, and the
  // one before it counted by then. A name proves nothing by itself: a stray file, or what is left
  // of an entry that never counted, must not stop everything. So a name above the witness counts
  // when as many copies claim it as make an entry count, or when the witness cannot speak against
  // it: there is none, or the disks have gone on without it, which makes it an old one.
  [[nodiscard]] std::uint64_t evidence() const {
    const std::uint64_t found = agreement_.head.number;
    const std::uint64_t acknowledged = input_.witness ? input_.witness->head.number : 0;
    const bool is_witnessed = input_.witness && found <= acknowledged + 1;
    if (!is_witnessed) return std::max(proved(), claims(1));
    return std::max({proved(), claims(input_.quorum), claimed_up_to(acknowledged)});
  }

  [[nodiscard]] std::uint64_t proved() const {
    std::uint64_t number = 0;
    for (const JournalCopy* copy : agreed_) number = std::max(number, copy->proved());
    return number;
  }

  // The highest number that at least `copies` of them claim; 0: none.
  [[nodiscard]] std::uint64_t claims(std::size_t copies) const {
    std::vector<std::uint64_t> numbers;
    for (const JournalCopy* copy : agreed_) numbers.push_back(copy->claimed());
    if (numbers.size() < copies) return 0;
    std::ranges::sort(numbers, std::greater());
    return numbers[copies - 1];
  }

  // The highest claim of those that are not above `number_max`.
  [[nodiscard]] std::uint64_t claimed_up_to(std::uint64_t number_max) const {
    std::uint64_t number = 0;
    for (const JournalCopy* copy : agreed_) {
      if (copy->claimed() <= number_max) number = std::max(number, copy->claimed());
    }
    return number;
  }

  // Those that end with what counts come first: of two entries of one number theirs is taken.
  [[nodiscard]] History history_of_agreed(const JournalCopy* except = nullptr) const {
    History history(input_.business, input_.trusted, input_.report);
    for (const bool known : {true, false}) {
      for (const JournalCopy* copy : agreed_) {
        if (copy != except && is_known(copy->proved_head()) == known) history.add(*copy);
      }
    }
    return history;
  }

  [[nodiscard]] Error fork(std::uint64_t number) const {
    return make_error(ErrorCode::fork, journal_directory(input_.business),
                      {{"number", std::to_string(number)}});
  }

  const AgreementInput& input_;
  std::vector<JournalCopy*> newest_first_;
  std::vector<JournalCopy*> agreed_;  // on the chain of the head
  Agreement agreement_;
  std::uint64_t acknowledged_ = 0;  // newest number known to have been
  std::vector<JournalCopy*> left_out_;
};

}  // namespace

Result<Agreement> agree(const AgreementInput& input, std::vector<JournalCopy>& copies) {
  Agreeing agreeing(input, copies);
  HF_TRY(Agreement agreement, agreeing.run());
  std::vector<JournalCopy> kept;
  for (JournalCopy& copy : copies) {
    if (!agreeing.is_left_out(copy)) kept.push_back(std::move(copy));
  }
  copies = std::move(kept);
  return agreement;
}

}  // namespace holdfast::journal
