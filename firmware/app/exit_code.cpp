// SPDX-License-Identifier: Apache-2.0
#include "firmware/app/exit_code.h"

#include <algorithm>
#include <array>

namespace holdfast::app {

// What is not named here is 1: failed, nothing committed.
ExitCode exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return ExitCode::usage;
    case ErrorCode::verify_failed:
      return ExitCode::differences;
    case ErrorCode::data_lost:
    case ErrorCode::entries_lost:
    case ErrorCode::names_lost:
      return ExitCode::lost;
    case ErrorCode::not_found:
    case ErrorCode::no_home:
    case ErrorCode::no_pool:
    case ErrorCode::no_business:
    case ErrorCode::no_definition:
    case ErrorCode::no_snapshot:
    case ErrorCode::no_item:
    case ErrorCode::not_held:
    case ErrorCode::item_gone:
    case ErrorCode::item_pruned:
    case ErrorCode::snapshot_pruned:
    case ErrorCode::no_content:
    case ErrorCode::no_disk:
    case ErrorCode::records_not_indexed:
      return ExitCode::not_found;
    case ErrorCode::locked:
    case ErrorCode::keys_changed:
      return ExitCode::locked;
    case ErrorCode::wrong_passphrase:
    case ErrorCode::no_passphrase:
    case ErrorCode::no_key:
    case ErrorCode::wrong_key:
    case ErrorCode::keyring_missing:
    case ErrorCode::keyring_damaged:
    case ErrorCode::share_word:
    case ErrorCode::share_checksum:
    case ErrorCode::share_length:
    case ErrorCode::share_form:
    case ErrorCode::share_sets:
    case ErrorCode::share_twice:
    case ErrorCode::too_few_shares:
    case ErrorCode::shares_disagree:
    case ErrorCode::wrong_shares:
    case ErrorCode::no_keyring:
    case ErrorCode::key_removed:
      return ExitCode::key;
    case ErrorCode::disk_missing:
    case ErrorCode::disk_label_damaged:
    case ErrorCode::too_few_disks:
    case ErrorCode::loss_not_accepted:
    case ErrorCode::disk_needed:
    case ErrorCode::not_newest:
    case ErrorCode::home_not_newest:
    case ErrorCode::fork:
      return ExitCode::disks;
    case ErrorCode::medium_missing:
    case ErrorCode::medium_full:
    case ErrorCode::disk_too_small:
    case ErrorCode::pool_full:
      return ExitCode::medium;
    case ErrorCode::denied:
    case ErrorCode::not_pruned:
    case ErrorCode::window_closed:
      return ExitCode::denied;
    case ErrorCode::interrupted:
      return ExitCode::interrupted;
    default:
      return ExitCode::failed;
  }
}

ExitCode exit_code_of(const Error& error) {
  return error.data_loss ? ExitCode::lost : exit_code_of(error.code);
}

ExitCode worst_of(std::initializer_list<ExitCode> codes) {
  constexpr std::array kWorstFirst = {ExitCode::failed, ExitCode::lost, ExitCode::differences,
                                      ExitCode::unreadable};
  for (const ExitCode code : kWorstFirst) {
    if (std::ranges::find(codes, code) != codes.end()) return code;
  }
  return ExitCode::done;
}

}  // namespace holdfast::app
