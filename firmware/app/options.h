// SPDX-License-Identifier: Apache-2.0
// What a person asked for, as values: one struct a verb, filled by cli_verbs.cpp and taken by the
// verbs. Texts are as typed; the verbs give them meaning (arguments.h).
#pragma once

#include <string>
#include <vector>

namespace holdfast::app {

struct GlobalOptions {
  std::string home;
  bool json = false;
  bool quiet = false;
  bool no_progress = false;
  bool yes = false;
};

struct InitOptions {
  bool with_passphrase = false;
  std::string recovery_shares;
  std::vector<std::string> recovery_out;
  bool dry_run = false;
};

struct KeyAddOptions {
  std::string recovery_shares;
  std::vector<std::string> recovery_out;
  bool dry_run = false;
};

struct KeyRemoveOptions {
  std::string slot;
  std::vector<std::string> shares;
  std::string recovery_shares;
  std::vector<std::string> recovery_out;
  bool drop_others = false;
  bool machine_only_allowed = false;
  bool dry_run = false;
};

struct KeyRecoverOptions {
  std::vector<std::string> shares;
  std::vector<std::string> disks;
  bool dry_run = false;
};

struct PoolCreateOptions {
  std::vector<std::string> disks;
  std::string geometry = "auto";
  bool same_device_allowed = false;
  bool dry_run = false;
};

struct PoolAddOptions {
  std::string disk;
  bool same_device_allowed = false;
  bool dry_run = false;
};

struct PoolReplaceOptions {
  std::string old_disk;
  std::string new_disk;
  bool same_device_allowed = false;
  bool loss_accepted = false;
  bool moves_later = false;
  bool dry_run = false;
};

struct PoolRetireOptions {
  std::string disk;
  bool loss_accepted = false;
  bool moves_later = false;
  bool dry_run = false;
};

struct PoolStatusOptions {
  int visit_days = 30;
};

struct PoolReadBackOptions {
  std::string percent;  // empty: it is shown
  bool dry_run = false;
};

struct CandidateOptions {
  std::string replaced;  // a disk of the pool; empty: beside all that are there
};

struct PoolScrubOptions {
  bool full = false;
  int cycle_days = 0;
};

struct PoolTendOptions {
  int away_hours = 24;
  int cycle_days = 14;
  bool dry_run = false;
};

struct PoolHealOptions {
  bool dry_run = false;
};

struct BusinessAddOptions {
  std::string name;
  std::vector<std::string> sources;
  std::string file;
  bool mirror = false;
  bool dry_run = false;
};

// `business preview NAME`, `business change NAME`: by the definition of a file.
struct DefinitionOptions {
  std::string name;
  std::string file;
  std::string before;  // SHA-256 of the text that is to be changed, as hex; empty: whichever
  bool dry_run = false;
};

struct BackupOptions {
  std::string name;
  std::vector<std::string> paths;
  std::vector<std::string> newest;  // sources
  std::vector<std::string> tags;
  bool allow_empty = false;
  bool accept_loss = false;
  bool ignore_window = false;
  bool definition_in_force = false;
  double partial_interval_s = 300;  // 0: no partial snapshots on the way
  double full_interval_s = 3600;    // 0: no delta snapshots
  bool dry_run = false;
};

struct SnapshotTagOptions {
  std::string name;
  std::string snapshot;
  std::string tag;
  bool dry_run = false;
};

// Also of a release, where the reason chooses.
struct SnapshotHoldOptions {
  std::string name;
  std::string snapshot;
  std::string reason;
  bool dry_run = false;
};

// `hold NAME add|release|list`.
struct HoldOptions {
  std::string name;
  std::string verb;
  std::string path;
  std::string where;  // KEY=VALUE
  std::string reason;
  bool dry_run = false;
};

struct SnapshotDiffOptions {
  std::string name;
  std::string before;
  std::string after;
};

struct RestoreOptions {
  std::string name;
  std::string snapshot;
  std::string number;  // the same, as an option
  std::string tag;
  std::string at;
  std::string since;
  std::string target;
  std::string into;    // instead: a folder that takes exports
  std::string reason;  // of an export
  std::vector<std::string> paths;
  bool gone = false;
  bool with_rows = false;
  bool overwrite = false;
  bool dry_run = false;
};

struct ListOptions {
  std::string name;
  std::vector<std::string> where;  // [N] [PATH]
  bool recursive = false;
};

// `cat NAME PATH [N]`.
struct ItemOptions {
  std::string name;
  std::string path;
  std::string snapshot;
  std::string from_byte;
  std::string bytes;
  std::string reason;  // for the audit log; empty: none was given
};

// `hear NAME PATH [N]`.
struct HearOptions {
  ItemOptions item;
  int peaks = 1000;  // with --json: so many parts; 0: only what it is, nothing is decoded
};

struct FindOptions {
  std::string name;
  std::string pattern;
  std::string snapshot;
};

// `record find NAME KEY=VALUE...`.
struct RecordFindOptions {
  std::string name;
  std::vector<std::string> conditions;
  std::string from;
  std::string to;
  std::string source;  // empty: all
  std::string day;     // as parse_source_day() takes it
  std::string reason;  // for the audit log; empty: none was given
  int skip = 0;
  int limit = 100;
  bool masked = false;
};

// `record recordings NAME CLASS`.
struct RecordRecordingsOptions {
  std::string name;
  std::string call_class;
  std::string source;  // empty: all
  std::string day;     // as parse_source_day() takes it
  int skip = 0;
  int limit = 100;
};

// `record reconcile NAME [N]`.
struct RecordReconcileOptions {
  std::string name;
  std::string snapshot;
  bool csv = false;
  bool html = false;
};

// `record statistics NAME`. Days like 2026-11-29, both included; empty: from the first, to the
// last.
struct RecordStatisticsOptions {
  std::string name;
  std::string from;
  std::string to;
  bool csv = false;
};

struct VerifyOptions {
  std::string name;
  std::string snapshot;
  int sample_percent = 100;
};

struct DrillOptions {
  std::string name;
  int items = 50;
  std::string report;  // a month, like 2026-11; empty: a drill is made
  bool html = false;
};

struct TimeConfirmOptions {
  std::string at;
  std::vector<std::string> by;
  bool may_be_far = false;  // the first one, from the newest entry's time
  bool dry_run = false;
};

struct PruneOptions {
  std::string name;
  bool accept_loss = false;
  bool packs_only = false;
  double bytes_wait_s = 86'400;  // from a prune until the bytes of what it condemned may go
  bool dry_run = false;
};

struct CatalogRebuildOptions {
  std::string name;  // empty: every business
  bool dry_run = false;
};

struct AuditListOptions {
  std::string actor;
  std::string action;
  std::string from;  // times; empty: from the first, to the last
  std::string to;
  int limit = 100;
  bool csv = false;  // export: instead of the lines as they stand
};

// Of all verbs of accounts: each takes what it needs.
struct AccountOptions {
  std::string name;
  std::string role;
  std::string password_file;
  bool off = false;
};

struct AlertOptions {
  std::string id;
  std::string note;
  int limit = 100;  // of those that are over
};

// A business, and for some verbs one of its snapshots.
struct NameOptions {
  std::string name;
  std::string snapshot;
  bool masked = false;  // without paths, keys and reasons
};

}  // namespace holdfast::app
