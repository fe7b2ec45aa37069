// SPDX-License-Identifier: Apache-2.0
// One shard as a new file: temporary name, sync, read back, rename, sync of the directory.
#pragma once

#include <memory>
#include <string>

#include "firmware/pool/member_disk.h"
#include "firmware/pool/shard.h"

namespace holdfast::pool {

[[nodiscard]] std::string temporary_name(const std::string& path);

// Makes a new file of that path's temporary name; one that a crash left there is replaced.
[[nodiscard]] Result<std::unique_ptr<ports::WriteFile>> create_temporary(ports::Disk& disk,
                                                                         const std::string& path);

// Writes the shard that `header` names; `data`: its L bytes. A file of that name is replaced, and
// only by one that was read back and is right byte for byte: at a cut or an error the name shows
// the old file or the new one, and if it fails before the rename the new one is removed as far as
// the disk lets us. On ok it is durable. Errors are the disk's (`damaged`: it gives back other
// bytes than it got) or the process's; none is noted against the disk but those of reading.
[[nodiscard]] Result<void> store_shard(MemberDisk& disk, const ShardHeader& header, ByteView data);

}  // namespace holdfast::pool
