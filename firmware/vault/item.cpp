// SPDX-License-Identifier: Apache-2.0
#include "firmware/vault/item.h"

namespace holdfast::vault {

void take_status(Item& item, const ports::FileStatus& status) {
  const bool is_folder = status.type == ports::FileType::directory;
  item.type = status.type;
  item.mode = status.mode;
  item.uid = status.uid;
  item.gid = status.gid;
  item.mtime_ns = status.mtime_ns;
  item.ctime_ns = status.ctime_ns;
  item.inode = status.inode;
  item.device = status.device;
  // Size and links of a folder tell how its file system keeps folders, nothing about the folder.
  item.links = is_folder ? 1 : status.links;
  item.size = is_folder ? 0 : status.size;
  item.device_major = status.device_major;
  item.device_minor = status.device_minor;
}

}  // namespace holdfast::vault
