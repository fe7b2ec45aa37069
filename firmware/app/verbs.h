// SPDX-License-Identifier: Apache-2.0
// The verbs of the command line. Each takes what was asked, does it by the box's libraries, speaks
// through the session and returns the exit code; an Error is told by the session.
#pragma once

#include "firmware/app/options.h"
#include "firmware/app/session.h"

namespace holdfast::app {

[[nodiscard]] Result<ExitCode> run_init(Session& session, const InitOptions& options);

[[nodiscard]] Result<ExitCode> run_key_list(Session& session);
[[nodiscard]] Result<ExitCode> run_key_add(Session& session, const KeyAddOptions& options);
[[nodiscard]] Result<ExitCode> run_key_remove(Session& session, const KeyRemoveOptions& options);
[[nodiscard]] Result<ExitCode> run_key_recover(Session& session, const KeyRecoverOptions& options);

[[nodiscard]] Result<ExitCode> run_pool_create(Session& session, const PoolCreateOptions& options);
[[nodiscard]] Result<ExitCode> run_pool_status(Session& session, const PoolStatusOptions& options);
[[nodiscard]] Result<ExitCode> run_pool_bays(Session& session);
[[nodiscard]] Result<ExitCode> run_pool_candidates(Session& session,
                                                   const CandidateOptions& options);
[[nodiscard]] Result<ExitCode> run_pool_add(Session& session, const PoolAddOptions& options);
[[nodiscard]] Result<ExitCode> run_pool_replace(Session& session,
                                                const PoolReplaceOptions& options);
[[nodiscard]] Result<ExitCode> run_pool_retire(Session& session, const PoolRetireOptions& options);
[[nodiscard]] Result<ExitCode> run_pool_read_back(Session& session,
                                                  const PoolReadBackOptions& options);
[[nodiscard]] Result<ExitCode> run_pool_tend(Session& session, const PoolTendOptions& options);
[[nodiscard]] Result<ExitCode> run_pool_scrub(Session& session, const PoolScrubOptions& options);
[[nodiscard]] Result<ExitCode> run_pool_heal(Session& session, const PoolHealOptions& options);

[[nodiscard]] Result<ExitCode> run_business_add(Session& session,
                                                const BusinessAddOptions& options);
[[nodiscard]] Result<ExitCode> run_business_preview(Session& session,
                                                    const DefinitionOptions& options);
[[nodiscard]] Result<ExitCode> run_business_change(Session& session,
                                                   const DefinitionOptions& options);
[[nodiscard]] Result<ExitCode> run_business_list(Session& session);
[[nodiscard]] Result<ExitCode> run_business_show(Session& session, const NameOptions& options);

[[nodiscard]] Result<ExitCode> run_backup(Session& session, const BackupOptions& options);

[[nodiscard]] Result<ExitCode> run_snapshot_list(Session& session, const NameOptions& options);
[[nodiscard]] Result<ExitCode> run_snapshot_show(Session& session, const NameOptions& options);
[[nodiscard]] Result<ExitCode> run_snapshot_diff(Session& session,
                                                 const SnapshotDiffOptions& options);
[[nodiscard]] Result<ExitCode> run_snapshot_tag(Session& session,
                                                const SnapshotTagOptions& options);

[[nodiscard]] Result<ExitCode> run_snapshot_hold(Session& session,
                                                 const SnapshotHoldOptions& options);
[[nodiscard]] Result<ExitCode> run_snapshot_release(Session& session,
                                                    const SnapshotHoldOptions& options);
[[nodiscard]] Result<ExitCode> run_hold(Session& session, const HoldOptions& options);

[[nodiscard]] Result<ExitCode> run_restore(Session& session, const RestoreOptions& options);

[[nodiscard]] Result<ExitCode> run_ls(Session& session, const ListOptions& options);
[[nodiscard]] Result<ExitCode> run_cat(Session& session, const ItemOptions& options);
[[nodiscard]] Result<ExitCode> run_hear(Session& session, const HearOptions& options);
[[nodiscard]] Result<ExitCode> run_find(Session& session, const FindOptions& options);

[[nodiscard]] Result<ExitCode> run_record_find(Session& session, const RecordFindOptions& options);
[[nodiscard]] Result<ExitCode> run_record_recordings(Session& session,
                                                     const RecordRecordingsOptions& options);
[[nodiscard]] Result<ExitCode> run_record_reconcile(Session& session,
                                                    const RecordReconcileOptions& options);
[[nodiscard]] Result<ExitCode> run_record_statistics(Session& session,
                                                     const RecordStatisticsOptions& options);

[[nodiscard]] Result<ExitCode> run_verify(Session& session, const VerifyOptions& options);
[[nodiscard]] Result<ExitCode> run_drill(Session& session, const DrillOptions& options);
[[nodiscard]] Result<ExitCode> run_prune(Session& session, const PruneOptions& options);
[[nodiscard]] Result<ExitCode> run_catalog_rebuild(Session& session,
                                                   const CatalogRebuildOptions& options);
[[nodiscard]] Result<ExitCode> run_time_show(Session& session);
[[nodiscard]] Result<ExitCode> run_time_confirm(Session& session,
                                                const TimeConfirmOptions& options);
[[nodiscard]] Result<ExitCode> run_status(Session& session);

[[nodiscard]] Result<ExitCode> run_audit_list(Session& session, const AuditListOptions& options);
[[nodiscard]] Result<ExitCode> run_audit_export(Session& session, const AuditListOptions& options);
[[nodiscard]] Result<ExitCode> run_audit_verify(Session& session);

[[nodiscard]] Result<ExitCode> run_alert_list(Session& session, const AlertOptions& options);
[[nodiscard]] Result<ExitCode> run_alert_acknowledge(Session& session, const AlertOptions& options);
[[nodiscard]] Result<ExitCode> run_hook_list(Session& session);
[[nodiscard]] Result<ExitCode> run_hook_add(Session& session, const NameOptions& options);
[[nodiscard]] Result<ExitCode> run_hook_remove(Session& session, const NameOptions& options);
[[nodiscard]] Result<ExitCode> run_account_list(Session& session);
[[nodiscard]] Result<ExitCode> run_account_add(Session& session, const AccountOptions& options);
[[nodiscard]] Result<ExitCode> run_account_remove(Session& session, const AccountOptions& options);
[[nodiscard]] Result<ExitCode> run_account_role(Session& session, const AccountOptions& options);
[[nodiscard]] Result<ExitCode> run_account_lock(Session& session, const AccountOptions& options);
[[nodiscard]] Result<ExitCode> run_account_unlock(Session& session, const AccountOptions& options);
[[nodiscard]] Result<ExitCode> run_account_password(Session& session,
                                                    const AccountOptions& options);
[[nodiscard]] Result<ExitCode> run_account_code(Session& session, const AccountOptions& options);

}  // namespace holdfast::app
