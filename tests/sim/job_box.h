// SPDX-License-Identifier: Apache-2.0
// A whole appliance that a job is about to be done on, and what must hold of it whatever becomes of
// the job.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "firmware/job/prune.h"
#include "hal/sim/sql.h"
#include "tests/sim/sim_box.h"

namespace holdfast::test {

inline constexpr const char* kDrawer = "/drawer";  // an empty disk
inline constexpr const char* kStick = "/stick";    // for recovery shares
inline constexpr const char* kStays = "stays";     // passphrases
inline constexpr const char* kGoes = "goes";
inline constexpr const char* kSecretText = "spoken in confidence";  // in every call

class JobBox : public SimBox {
 public:
  explicit JobBox(std::uint64_t seed = 1);

  // The steps of a day, as far as they are not done yet. A step of which something is there already
  // was done by a call that did not answer.
  Result<void> make_home();
  Result<void> make_pool();
  Result<void> make_business();
  Result<void> make_snapshots();  // two, and passphrases
  // From now on the business has rows: a folder of files and a database tell of calls,
  // of two more each time this is called.
  void tell_rows();

  // Four snapshots, and a call that is gone since the last of them. A prune drops the first two,
  // takes that call from the others, and writes anew what is needed of the pack that it is in.
  Result<void> make_prunable();
  // As many small packs as a prune puts together. It lets nothing go.
  Result<void> make_small_packs();

  // A call of that size, with noise of its own.
  void call(const std::string& name, std::size_t size);
  // A backup of all that the source shows. What is answered without a problem is acknowledged.
  Result<void> back_up();
  // The same, where nothing else has changed.
  Result<void> back_up_path(const std::string& name);
  // The newest snapshot is what the source shows.
  void check_newest();
  // And that its rows are there, each with its recording.
  void check_rows();

  Result<void> change_members(const std::optional<std::string>& joining,
                              const std::optional<std::string>& leaving);
  // Damages two shards, a segment of the journal and a keyring, each on one disk.
  void damage();
  // Ok: whatever is damaged was told.
  Result<void> scrub();
  Result<void> heal();
  Result<void> tend();
  Result<void> restore_all();
  Result<void> restore_rows();  // each recording that was told of, with its rows beside it
  Result<void> verify_all();
  Result<void> drill();
  void check_drilled();  // the last one was good, and is noted
  Result<void> rebuild();
  Result<void> recover();
  Result<void> add_passphrase(const std::string& passphrase);
  Result<void> add_shares();
  Result<void> remove_key();
  Result<void> hold();
  Result<void> release();
  Result<void> tag();
  Result<void> prune();
  // All that was to go is gone, and nothing more is to go.
  void check_pruned();
  void check_put_together();
  [[nodiscard]] std::size_t count_condemned_shards();
  // The home folder is empty: a new machine.
  void lose_home();

  // Whatever happened: every acknowledged snapshot is there and comes back bit for bit, and every
  // snapshot that is visible comes back whole. What a prune was asked for is gone as a whole, or
  // there as a whole.
  void check_kept();
  // The box works on: scrub finds nothing, at the latest after a heal, and the next call is backed
  // up.
  void check_goes_on();
  [[nodiscard]] bool is_clean();  // by a scrub

  // Nothing that was said, no name of a call and no key lies open on home or disks; and no two
  // packs have one salt, so no key and nonce was used twice. machine.key is home's secret.
  void check_secrets();
  // Names of writes that did not finish.
  [[nodiscard]] std::size_t count_unfinished();

  // Of every byte and name on home and disks, whether durable or not; lock files are left out. Two
  // boxes that agree in it, and in what was acknowledged, go on alike.
  [[nodiscard]] std::uint64_t state();

  [[nodiscard]] bool has_home() const { return home.contents("keyring").has_value(); }
  [[nodiscard]] std::size_t count_slots();
  [[nodiscard]] std::vector<catalog::HoldRow> holds();
  [[nodiscard]] std::vector<catalog::SnapshotRow> snapshots();
  [[nodiscard]] std::vector<std::string> pool_disks() const;
  [[nodiscard]] bool is_plain_member(const std::string& place);

  std::vector<std::pair<std::uint64_t, Contents>> acknowledged;

 private:
  source::BusinessDefinition definition_with_rows();
  Result<job::BackupReport> back_up_with_rows();
  Result<std::unique_ptr<vault::Business>> open_business(const std::unique_ptr<vault::Box>& box,
                                                         vault::Access access);
  job::PruneRequest prune_request();
  Result<void> confirm_time();
  Result<job::PrunePlan> plan_prune();
  void check_acknowledged(const std::map<std::uint64_t, Contents>& visible);
  Result<Contents> restore_whole();
  Result<Contents> restore_and_forget(vault::Business& business, std::uint64_t number);
  void for_each_file(const std::function<void(const std::string& path, const Bytes& bytes)>& visit);
  std::uint64_t heard_ = 0;
  sim::SimSql sql_{world};
  int told_ = 0;       // calls that rows tell of
  std::string going_;  // a prune may take this call away, and the first two snapshots
  int wholes_ = 0;
  int restores_ = 0;
};

}  // namespace holdfast::test
