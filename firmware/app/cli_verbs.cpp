// SPDX-License-Identifier: Apache-2.0
// The verbs of the program, and what each of them takes.
#include "firmware/app/audit_heads.h"
#include "firmware/app/cli_tree.h"
#include "firmware/app/verbs.h"

namespace holdfast::app {

namespace {

// The option structs are filled while words are parsed, and copied into the verb that is chosen.
class Verbs {
 public:
  explicit Verbs(CliTree& tree);

 private:
  void add_init();
  void add_key();
  void add_key_remove(const CliVerb& group);
  void add_pool();
  void add_members(const CliVerb& group);
  void add_business();
  void add_backup();
  void add_snapshot();
  void add_hold(const CliVerb& snapshot);
  void add_restore();
  void add_browse();
  void add_hear();
  void add_record();
  void add_verify();
  void add_prune();
  void add_time();
  void add_status();
  void add_audit();
  void add_account();
  void add_alert();
  void add_hook();

  CliTree& tree_;
  InitOptions init_;
  KeyAddOptions key_add_;
  KeyRemoveOptions key_remove_;
  KeyRecoverOptions key_recover_;
  PoolCreateOptions pool_create_;
  PoolAddOptions pool_add_;
  PoolReplaceOptions pool_replace_;
  PoolRetireOptions pool_retire_;
  PoolStatusOptions pool_status_;
  PoolReadBackOptions pool_read_back_;
  CandidateOptions candidates_;
  PoolScrubOptions pool_scrub_;
  PoolTendOptions pool_tend_;
  PoolHealOptions pool_heal_;
  BusinessAddOptions business_add_;
  DefinitionOptions definition_;
  NameOptions name_;
  BackupOptions backup_;
  SnapshotDiffOptions diff_;
  SnapshotTagOptions tag_;
  SnapshotHoldOptions snapshot_hold_;
  HoldOptions hold_;
  RestoreOptions restore_;
  ListOptions list_;
  ItemOptions item_;
  HearOptions hear_;
  FindOptions find_;
  RecordFindOptions record_find_;
  RecordRecordingsOptions recordings_;
  RecordReconcileOptions reconcile_;
  RecordStatisticsOptions statistics_;
  VerifyOptions verify_;
  AuditListOptions audit_list_;
  AlertOptions alert_;
  AccountOptions account_;
  DrillOptions drill_;
  PruneOptions prune_;
  CatalogRebuildOptions rebuild_;
  TimeConfirmOptions time_confirm_;
};

Verbs::Verbs(CliTree& tree) : tree_(tree) {
  add_init();
  add_key();
  add_pool();
  add_business();
  add_backup();
  add_snapshot();
  add_restore();
  add_browse();
  add_record();
  add_verify();
  add_prune();
  add_time();
  add_status();
  add_audit();
  add_account();
  add_alert();
  add_hook();
}

void Verbs::add_init() {
  const CliVerb verb = tree_.add_verb("init", "init");
  verb.flag("--with-passphrase", init_.with_passphrase, "with_passphrase");
  verb.value("--recovery-shares", init_.recovery_shares, "recovery_shares", "KofN");
  verb.repeated("--recovery-out", init_.recovery_out, "recovery_out", "DIR");
  verb.dry_run(init_.dry_run);
  verb.runs(run_init, init_);
}

void Verbs::add_key() {
  const CliVerb group = tree_.add_group("key");
  group.add_verb("list", "key_list").runs(run_key_list);
  const CliVerb add = group.add_verb("add", "key_add");
  add.value("--recovery-shares", key_add_.recovery_shares, "recovery_shares", "KofN");
  add.repeated("--recovery-out", key_add_.recovery_out, "recovery_out", "DIR");
  add.dry_run(key_add_.dry_run);
  add.runs(run_key_add, key_add_);
  add_key_remove(group);
  const CliVerb recover = group.add_verb("recover", "key_recover");
  recover.repeated("--share", key_recover_.shares, "share", "FILE");
  recover.required_values("--disk", key_recover_.disks, "pool_disk", "DIR...");
  recover.dry_run(key_recover_.dry_run);
  recover.runs(run_key_recover, key_recover_);
}

void Verbs::add_key_remove(const CliVerb& group) {
  const CliVerb verb = group.add_verb("remove", "key_remove");
  verb.word("N", key_remove_.slot, "slot");
  verb.repeated("--share", key_remove_.shares, "share", "FILE");
  verb.value("--recovery-shares", key_remove_.recovery_shares, "recovery_shares", "KofN");
  verb.repeated("--recovery-out", key_remove_.recovery_out, "recovery_out", "DIR");
  verb.flag("--drop-others", key_remove_.drop_others, "drop_others");
  verb.flag("--allow-machine-only", key_remove_.machine_only_allowed, "allow_machine_only");
  verb.dry_run(key_remove_.dry_run);
  verb.runs(run_key_remove, key_remove_);
}

void Verbs::add_pool() {
  const CliVerb group = tree_.add_group("pool");
  const CliVerb create = group.add_verb("create", "pool_create");
  create.required_values("--disk", pool_create_.disks, "disk", "DIR...");
  create.value("--geometry", pool_create_.geometry, "geometry", "auto|half|K+M");
  create.flag("--allow-same-device", pool_create_.same_device_allowed, "allow_same_device");
  create.dry_run(pool_create_.dry_run);
  create.runs(run_pool_create, pool_create_);
  const CliVerb status = group.add_verb("status", "pool_status");
  status.number("--visit-days", pool_status_.visit_days, 0, 3650, "visit_days");
  status.runs(run_pool_status, pool_status_);
  const CliVerb read_back = group.add_verb("read-back", "pool_read_back");
  read_back.optional_word("PERCENT", pool_read_back_.percent, "read_back_percent");
  read_back.dry_run(pool_read_back_.dry_run);
  read_back.runs(run_pool_read_back, pool_read_back_);
  add_members(group);
  const CliVerb scrub = group.add_verb("scrub", "pool_scrub");
  scrub.flag("--full", pool_scrub_.full, "full");
  scrub.number("--within-days", pool_scrub_.cycle_days, 1, 365, "within_days");
  scrub.runs(run_pool_scrub, pool_scrub_);
  const CliVerb tend = group.add_verb("tend", "pool_tend");
  tend.number("--away-hours", pool_tend_.away_hours, 0, 8760, "away_hours");
  tend.number("--within-days", pool_tend_.cycle_days, 1, 365, "tend_days");
  tend.dry_run(pool_tend_.dry_run);
  tend.runs(run_pool_tend, pool_tend_);
  const CliVerb heal = group.add_verb("heal", "pool_heal");
  heal.dry_run(pool_heal_.dry_run);
  heal.runs(run_pool_heal, pool_heal_);
}

void Verbs::add_members(const CliVerb& group) {
  group.add_verb("bays", "pool_bays").runs(run_pool_bays);
  const CliVerb candidates = group.add_verb("candidates", "pool_candidates");
  candidates.value("--replace", candidates_.replaced, "old_disk", "DISK");
  candidates.runs(run_pool_candidates, candidates_);
  const CliVerb add = group.add_verb("add", "pool_add");
  add.required_value("--disk", pool_add_.disk, "disk", "DIR");
  add.flag("--allow-same-device", pool_add_.same_device_allowed, "allow_same_device");
  add.dry_run(pool_add_.dry_run);
  add.runs(run_pool_add, pool_add_);
  const CliVerb replace = group.add_verb("replace", "pool_replace");
  replace.word("OLD", pool_replace_.old_disk, "old_disk");
  replace.word("NEW", pool_replace_.new_disk, "disk");
  replace.flag("--allow-same-device", pool_replace_.same_device_allowed, "allow_same_device");
  replace.flag("--accept-loss", pool_replace_.loss_accepted, "accept_disk_loss");
  replace.flag("--later", pool_replace_.moves_later, "later");
  replace.dry_run(pool_replace_.dry_run);
  replace.runs(run_pool_replace, pool_replace_);
  const CliVerb retire = group.add_verb("retire", "pool_retire");
  retire.word("DISK", pool_retire_.disk, "old_disk");
  retire.flag("--accept-loss", pool_retire_.loss_accepted, "accept_disk_loss");
  retire.flag("--later", pool_retire_.moves_later, "later");
  retire.dry_run(pool_retire_.dry_run);
  retire.runs(run_pool_retire, pool_retire_);
}

void Verbs::add_business() {
  const CliVerb group = tree_.add_group("business");
  const CliVerb add = group.add_verb("add", "business_add");
  add.name(business_add_.name);
  add.repeated("--source", business_add_.sources, "source", "DIR");
  add.value("--file", business_add_.file, "file", "F.toml");
  add.flag("--mirror", business_add_.mirror, "mirror");
  add.dry_run(business_add_.dry_run);
  add.runs(run_business_add, business_add_);
  const CliVerb preview = group.add_verb("preview", "business_preview");
  preview.name(definition_.name);
  preview.required_value("--file", definition_.file, "file", "F.toml");
  preview.runs(run_business_preview, definition_);
  const CliVerb change = group.add_verb("change", "business_change");
  change.name(definition_.name);
  change.required_value("--file", definition_.file, "file", "F.toml");
  change.value("--before", definition_.before, "before", "SHA256");
  change.dry_run(definition_.dry_run);
  change.runs(run_business_change, definition_);
  group.add_verb("list", "business_list").runs(run_business_list);
  const CliVerb show = group.add_verb("show", "business_show");
  show.name(name_.name);
  show.runs(run_business_show, name_);
}

void Verbs::add_backup() {
  const CliVerb verb = tree_.add_verb("backup", "backup");
  verb.name(backup_.name);
  verb.repeated("--tag", backup_.tags, "tag", "T");
  verb.repeated("--path", backup_.paths, "backup_path", "P");
  verb.repeated("--newest", backup_.newest, "backup_newest", "SOURCE");
  verb.flag("--accept-loss", backup_.accept_loss, "accept_loss");
  verb.flag("--allow-empty", backup_.allow_empty, "allow_empty");
  verb.flag("--ignore-window", backup_.ignore_window, "ignore_window");
  verb.flag("--definition-in-force", backup_.definition_in_force, "definition_in_force");
  verb.hidden_seconds("--partial-every", backup_.partial_interval_s);
  verb.hidden_seconds("--full-every", backup_.full_interval_s);
  verb.dry_run(backup_.dry_run);
  verb.runs(run_backup, backup_);
}

void Verbs::add_snapshot() {
  const CliVerb group = tree_.add_group("snapshot");
  const CliVerb list = group.add_verb("list", "snapshot_list");
  list.name(name_.name);
  list.runs(run_snapshot_list, name_);
  const CliVerb show = group.add_verb("show", "snapshot_show");
  show.name(name_.name);
  show.word("N", name_.snapshot, "number");
  show.flag("--masked", name_.masked, "names_masked");
  show.runs(run_snapshot_show, name_);
  const CliVerb diff = group.add_verb("diff", "snapshot_diff");
  diff.name(diff_.name);
  diff.word("N", diff_.before, "number");
  diff.word("M", diff_.after, "number");
  diff.runs(run_snapshot_diff, diff_);
  const CliVerb tag = group.add_verb("tag", "snapshot_tag");
  tag.name(tag_.name);
  tag.word("N", tag_.snapshot, "number");
  tag.word("T", tag_.tag, "tag");
  tag.dry_run(tag_.dry_run);
  tag.runs(run_snapshot_tag, tag_);
  add_hold(group);
}

void Verbs::add_hold(const CliVerb& snapshot) {
  const auto add_words = [this](const CliVerb& verb) {
    verb.name(snapshot_hold_.name);
    verb.word("N", snapshot_hold_.snapshot, "number");
    verb.dry_run(snapshot_hold_.dry_run);
  };
  const CliVerb hold = snapshot.add_verb("hold", "snapshot_hold");
  add_words(hold);
  hold.required_value("--reason", snapshot_hold_.reason, "reason", "R");
  hold.runs(run_snapshot_hold, snapshot_hold_);
  const CliVerb release = snapshot.add_verb("release", "snapshot_release");
  add_words(release);
  release.value("--reason", snapshot_hold_.reason, "reason", "R");
  release.runs(run_snapshot_release, snapshot_hold_);
  // The name comes before the verb, so that is a word like the name.
  const CliVerb items = tree_.add_verb("hold", "hold");
  items.name(hold_.name);
  items.word("VERB", hold_.verb, "hold_verb");
  items.value("--path", hold_.path, "hold_path", "P");
  items.value("--where", hold_.where, "hold_where", "KEY=VALUE");
  items.value("--reason", hold_.reason, "reason", "R");
  items.dry_run(hold_.dry_run);
  items.runs(run_hold, hold_);
}

void Verbs::add_restore() {
  const CliVerb verb = tree_.add_verb("restore", "restore");
  verb.name(restore_.name);
  verb.optional_word("N", restore_.snapshot, "number");
  verb.value("--tag", restore_.tag, "restore_tag", "T");
  verb.value("--at", restore_.at, "at", "TIME");
  verb.value("--number", restore_.number, "restore_number", "N");
  verb.value("--target", restore_.target, "target", "DIR");
  verb.value("--into", restore_.into, "into", "FOLDER");
  verb.value("--reason", restore_.reason, "into_reason", "R");
  verb.repeated("--path", restore_.paths, "path", "P");
  verb.value("--since", restore_.since, "since", "N");
  verb.flag("--gone", restore_.gone, "gone");
  verb.flag("--with-rows", restore_.with_rows, "with_rows");
  verb.flag("--overwrite", restore_.overwrite, "overwrite");
  verb.dry_run(restore_.dry_run);
  verb.runs(run_restore, restore_);
}

void Verbs::add_browse() {
  const CliVerb ls = tree_.add_verb("ls", "ls");
  ls.name(list_.name);
  // Two words of which the first may be either: parse_list_place() tells them apart.
  const auto add_word = [this](const std::string& word) { list_.where.push_back(word); };
  ls.each_word("N", "list_number", add_word);
  ls.each_word("PATH", "place", add_word);
  ls.flag("-r,--recursive", list_.recursive, "recursive");
  ls.runs(run_ls, list_);
  const CliVerb cat = tree_.add_verb("cat", "cat");
  cat.name(item_.name);
  cat.word("PATH", item_.path, "item_path");
  cat.optional_word("N", item_.snapshot, "number");
  cat.value("--from-byte", item_.from_byte, "from_byte", "N");
  cat.value("--bytes", item_.bytes, "bytes", "N");
  cat.value("--reason", item_.reason, "hear_reason", "R");
  cat.runs(run_cat, item_);
  add_hear();
  const CliVerb find = tree_.add_verb("find", "find");
  find.name(find_.name);
  find.word("PATTERN", find_.pattern, "pattern");
  find.optional_word("N", find_.snapshot, "number");
  find.runs(run_find, find_);
}

void Verbs::add_hear() {
  const CliVerb hear = tree_.add_verb("hear", "hear");
  hear.name(hear_.item.name);
  hear.word("PATH", hear_.item.path, "item_path");
  hear.optional_word("N", hear_.item.snapshot, "number");
  hear.value("--from-byte", hear_.item.from_byte, "from_byte", "N");
  hear.value("--bytes", hear_.item.bytes, "bytes", "N");
  hear.value("--reason", hear_.item.reason, "hear_reason", "R");
  hear.number("--peaks", hear_.peaks, 0, 10'000, "hear_peaks");
  hear.runs(run_hear, hear_);
}

void Verbs::add_record() {
  const CliVerb group = tree_.add_group("record");
  const CliVerb find = group.add_verb("find", "record_find");
  find.name(record_find_.name);
  find.words("KEY=VALUE", record_find_.conditions, "record_condition");
  find.value("--from", record_find_.from, "record_from", "TIME");
  find.value("--to", record_find_.to, "record_to", "TIME");
  find.value("--source", record_find_.source, "record_source", "SOURCE");
  find.value("--day", record_find_.day, "record_day", "DAY");
  find.number("--skip", record_find_.skip, 0, 10'000'000, "record_skip");
  find.number("--limit", record_find_.limit, 1, 100'000, "record_limit");
  find.value("--reason", record_find_.reason, "hear_reason", "R");
  find.flag("--masked", record_find_.masked, "record_masked");
  find.runs(run_record_find, record_find_);
  const CliVerb recordings = group.add_verb("recordings", "record_recordings");
  recordings.name(recordings_.name);
  recordings.word("CLASS", recordings_.call_class, "record_class");
  recordings.value("--source", recordings_.source, "record_source", "SOURCE");
  recordings.value("--day", recordings_.day, "record_day", "DAY");
  recordings.number("--skip", recordings_.skip, 0, 10'000'000, "record_skip");
  recordings.number("--limit", recordings_.limit, 1, 100'000, "record_limit");
  recordings.runs(run_record_recordings, recordings_);
  const CliVerb reconcile = group.add_verb("reconcile", "record_reconcile");
  reconcile.name(reconcile_.name);
  reconcile.optional_word("N", reconcile_.snapshot, "number");
  reconcile.flag("--csv", reconcile_.csv, "reconcile_csv");
  reconcile.flag("--html", reconcile_.html, "reconcile_html");
  reconcile.runs(run_record_reconcile, reconcile_);
  const CliVerb statistics = group.add_verb("statistics", "record_statistics");
  statistics.name(statistics_.name);
  statistics.value("--from", statistics_.from, "day_from", "DAY");
  statistics.value("--to", statistics_.to, "day_to", "DAY");
  statistics.flag("--csv", statistics_.csv, "csv");
  statistics.runs(run_record_statistics, statistics_);
}

void Verbs::add_prune() {
  const CliVerb verb = tree_.add_verb("prune", "prune");
  verb.name(prune_.name);
  verb.flag("--packs-only", prune_.packs_only, "packs_only");
  verb.flag("--accept-loss", prune_.accept_loss, "accept_loss_for_good");
  verb.hidden_seconds("--bytes-wait", prune_.bytes_wait_s);
  verb.dry_run(prune_.dry_run);
  verb.runs(run_prune, prune_);
}

void Verbs::add_verify() {
  const CliVerb verify = tree_.add_verb("verify", "verify");
  verify.name(verify_.name);
  verify.optional_word("N", verify_.snapshot, "number");
  verify.number("--sample", verify_.sample_percent, 1, 100, "sample", "PERCENT");
  verify.runs(run_verify, verify_);
  const CliVerb drill = tree_.add_verb("drill", "drill");
  drill.name(drill_.name);
  drill.number("--items", drill_.items, 1, 10'000, "drill_items", "COUNT");
  drill.value("--report", drill_.report, "drill_report", "MONTH");
  drill.flag("--html", drill_.html, "drill_html");
  drill.runs(run_drill, drill_);
  const CliVerb rebuild = tree_.add_group("catalog").add_verb("rebuild", "catalog_rebuild");
  rebuild.optional_word("NAME", rebuild_.name, "name");
  rebuild.dry_run(rebuild_.dry_run);
  rebuild.runs(run_catalog_rebuild, rebuild_);
}

void Verbs::add_time() {
  const CliVerb group = tree_.add_group("time");
  group.add_verb("show", "time_show").runs(run_time_show);
  const CliVerb confirm = group.add_verb("confirm", "time_confirm");
  confirm.required_value("--at", time_confirm_.at, "time_at", "TIME");
  confirm.repeated("--by", time_confirm_.by, "time_by", "NAME");
  confirm.flag("--far-from-journal", time_confirm_.may_be_far, "time_far");
  confirm.dry_run(time_confirm_.dry_run);
  confirm.runs(run_time_confirm, time_confirm_);
}

void Verbs::add_status() {
  tree_.add_verb("status", "status").runs(run_status);
}

void Verbs::add_audit() {
  const CliVerb group = tree_.add_group("audit");
  const CliVerb list = group.add_verb("list", "audit_list");
  const auto add_filter = [this](const CliVerb& verb) {
    verb.value("--actor", audit_list_.actor, "audit_actor", "NAME");
    verb.value("--action", audit_list_.action, "audit_action", "VERB");
    verb.value("--from", audit_list_.from, "audit_from", "TIME");
    verb.value("--to", audit_list_.to, "audit_to", "TIME");
  };
  add_filter(list);
  list.number("--limit", audit_list_.limit, 1, 1'000'000, "audit_limit");
  list.runs(run_audit_list, audit_list_);
  const CliVerb exported = group.add_verb("export", "audit_export");
  add_filter(exported);
  exported.flag("--csv", audit_list_.csv, "audit_csv");
  exported.runs(run_audit_export, audit_list_);
  group.add_verb("sign", "audit_sign").runs(run_audit_sign);
  group.add_verb("verify", "audit_verify").runs(run_audit_verify);
}

void Verbs::add_alert() {
  const CliVerb group = tree_.add_group("alert");
  const CliVerb list = group.add_verb("list", "alert_list");
  list.number("--limit", alert_.limit, 0, 1'000'000, "alert_limit");
  list.runs(run_alert_list, alert_);
  const CliVerb acknowledge = group.add_verb("acknowledge", "alert_acknowledge");
  acknowledge.word("ID", alert_.id, "alert_id");
  acknowledge.required_value("--note", alert_.note, "alert_note", "TEXT");
  acknowledge.runs(run_alert_acknowledge, alert_);
}

void Verbs::add_hook() {
  const CliVerb group = tree_.add_group("hook");
  group.add_verb("list", "hook_list").runs(run_hook_list);
  const CliVerb add = group.add_verb("add", "hook_add");
  add.name(name_.name);
  add.runs(run_hook_add, name_);
  const CliVerb remove = group.add_verb("remove", "hook_remove");
  remove.name(name_.name);
  remove.runs(run_hook_remove, name_);
}

void Verbs::add_account() {
  const CliVerb group = tree_.add_group("account");
  group.add_verb("list", "account_list").runs(run_account_list);
  const CliVerb add = group.add_verb("add", "account_add");
  add.word("NAME", account_.name, "account");
  add.required_value("--role", account_.role, "account_role", "ROLE");
  add.value("--password-file", account_.password_file, "password_file", "FILE");
  add.runs(run_account_add, account_);
  const CliVerb remove = group.add_verb("remove", "account_remove");
  remove.word("NAME", account_.name, "account");
  remove.runs(run_account_remove, account_);
  const CliVerb role = group.add_verb("role", "account_set_role");
  role.word("NAME", account_.name, "account");
  role.word("ROLE", account_.role, "account_role");
  role.runs(run_account_role, account_);
  const CliVerb lock = group.add_verb("lock", "account_lock");
  lock.word("NAME", account_.name, "account");
  lock.runs(run_account_lock, account_);
  const CliVerb unlock = group.add_verb("unlock", "account_unlock");
  unlock.word("NAME", account_.name, "account");
  unlock.runs(run_account_unlock, account_);
  const CliVerb password = group.add_verb("password", "account_password");
  password.word("NAME", account_.name, "account");
  password.value("--password-file", account_.password_file, "password_file", "FILE");
  password.runs(run_account_password, account_);
  const CliVerb code = group.add_verb("code", "account_code");
  code.word("NAME", account_.name, "account");
  code.flag("--off", account_.off, "code_off");
  code.runs(run_account_code, account_);
}

}  // namespace

Result<Command> parse_command(const std::vector<std::string>& arguments,
                              messages::Language language) {
  CliTree tree(language);
  const Verbs verbs(tree);
  return tree.parse(arguments);
}

}  // namespace holdfast::app
