// SPDX-License-Identifier: Apache-2.0
#include "firmware/catalog/recording_rows.h"

#include "firmware/catalog/record_index_rows.h"

namespace holdfast::catalog {

RecordingRows::RecordingRows(RecordIndex& index)
    : state_(index.state()),
      select_(state_.database,
              "SELECT row FROM recordings CROSS JOIN bindings ON recording = recordings.id "
              "WHERE recordings.path = ? AND coalesce(bindings.content, recordings.content) = ? "
              "ORDER BY row LIMIT ?") {}

Result<std::vector<FoundRow>> RecordingRows::find(const std::string& path, const Digest& content,
                                                  std::uint32_t limit) {
  std::vector<FoundRow> found;
  RowReader rows(state_);
  Query row = select_.with(path, content, limit);
  HF_TRY(row.each([&]() -> Result<void> {
    const std::uint32_t id = row.u32();
    HF_TRY(row.intact());
    HF_TRY(auto of, rows.read(id));
    if (!of) return state_.database.damaged("row");
    found.push_back(std::move(*of));
    return {};
  }));
  return found;
}

}  // namespace holdfast::catalog
