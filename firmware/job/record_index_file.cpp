// SPDX-License-Identifier: Apache-2.0
#include "firmware/job/record_index_file.h"

namespace holdfast::job {

std::string record_index_path(vault::Business& business) {
  const std::string& folder = business.box().settings().catalog_directory;
  return folder.empty() ? "" : folder + "/" + business.id().hex() + ".records.sqlite";
}

Result<std::optional<catalog::SnapshotRow>> newest_with_records(vault::Business& business) {
  return business.find_newest(
      [](const catalog::SnapshotRow& row) { return row.body.is_of_whole_look(); });
}

Result<catalog::RecordIndex> open_record_index(vault::Business& business) {
  const auto missing = [&] { return make_error(ErrorCode::records_not_indexed, business.name()); };
  const std::string path = record_index_path(business);
  if (path.empty()) return missing();
  auto index = catalog::RecordIndex::open(path, catalog::OpenMode::read, business.id());
  if (!index) {
    const ErrorCode code = index.error().code;
    if (code == ErrorCode::not_found || code == ErrorCode::damaged) return missing();
    return std::move(index.error());
  }
  HF_TRY(const auto newest, newest_with_records(business));
  HF_TRY(const journal::Head has, index->head());
  if (!newest || newest->head != has) return missing();
  return std::move(*index);
}

}  // namespace holdfast::job
