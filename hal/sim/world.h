// SPDX-License-Identifier: Apache-2.0
// Simulated: the moment at which things happen. Every call of a simulated disk or file tree is an
// operation with a number (the first is 1), and a plan says at which number the power goes or an
// operation fails.
//
//            cut_at(4)                      crash(choice)
//   1  2  3  4x 5x 6x ... (all power_cut)   ------------>  5' 6' ...   runs again, numbers go on
//
// The operation at the cut is in flight: it may have reached the medium, as far as an operation
// that was never synced may. Files and locks that were open at a crash stay dead.
//
// Any thread may call; the world outlives its disks, and they outlive their files.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "hal/base/digest.h"
#include "hal/sim/random.h"

namespace holdfast::sim {

enum class CrashPolicy {
  drop_unsynced,  // nothing that was not synced is there
  keep_all,       // as if only the process had died
  random,         // each name and each file's tail by itself, torn and zeroed tails too
};

struct CrashChoice {
  CrashPolicy policy = CrashPolicy::random;
  std::uint64_t seed = 0;  // of the random choices
};

enum class Repeat { once, forever };

// What an operation does to what a crash leaves. A power cut at one that only looks leaves nothing
// that a cut at the next change could not leave.
enum class Touch { look, change };

// What a disk must do with an operation.
enum class Effect {
  whole,  // do it
  part,   // fails after bytes that it was given arrived in part; names do not change
  none,   // nothing happens
};

struct Step {
  Effect effect = Effect::whole;
  std::optional<Error> error;  // what the caller gets, whatever came of it
};

// An operation that is about to be done.
struct Moment {
  std::uint64_t operation = 0;  // its number
  std::uint64_t change = 0;     // changes until now, it included
  Touch touch = Touch::look;
  std::string_view name;   // of the call: "append"
  std::string_view where;  // the full path
};

// A thing whose unsynced state a crash decides.
class Crashable {
 public:
  virtual ~Crashable() = default;
  // Called with the world's mutex held.
  virtual void crash(CrashPolicy policy, Generator& generator) = 0;
};

class World {
 public:
  explicit World(std::uint64_t seed) : seed_(seed) {}

  // Operations until now, failed ones included.
  [[nodiscard]] std::uint64_t operations() const;
  // Those of them that change what a crash leaves.
  [[nodiscard]] std::uint64_t changes() const;
  // Digest of all operations, their paths and bytes, in order: equal for two equal runs.
  [[nodiscard]] Digest trace() const;
  [[nodiscard]] std::uint64_t seed() const { return seed_; }

  // Operation `number` and every later one fails with power_cut.
  void cut_at(std::uint64_t number);
  // The same, with the operation that is change `number`.
  void cut_at_change(std::uint64_t number);
  // Operation `number` (and with `forever` every later one) fails with `code`.
  void fail_at(std::uint64_t number, ErrorCode code, Repeat repeat = Repeat::once);
  // Asked before each operation, with mutex() held; empty: nobody. An answer makes that operation
  // fail with it, once; power_cut: and every later one.
  using Choose = std::function<std::optional<ErrorCode>(const Moment&)>;
  void ask(Choose choose);
  [[nodiscard]] bool is_cut() const;
  // The power comes back: what was not synced is decided, plans and locks are gone.
  void crash(CrashChoice choice);

  // For the simulated ports. begin() counts an operation and is called with mutex() held.
  [[nodiscard]] std::mutex& mutex() const { return mutex_; }
  [[nodiscard]] Step begin(Touch touch, std::string_view operation, std::string_view where,
                           std::span<const ByteView> bytes);
  // Returns a number that no other member of this world has.
  std::uint64_t add(Crashable& member);
  void remove(Crashable& member);

 private:
  struct Fault {
    std::uint64_t number;
    ErrorCode code;
    Repeat repeat;
  };
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t seed_;
  mutable std::mutex mutex_;
  std::uint64_t operations_ = 0;
  std::uint64_t changes_ = 0;
  std::uint64_t cut_at_ = kNever;
  std::uint64_t cut_at_change_ = kNever;
  std::vector<Fault> faults_;
  Choose choose_;
  std::vector<Crashable*> members_;
  std::uint64_t last_member_ = 0;
  Digest trace_;
};

}  // namespace holdfast::sim
