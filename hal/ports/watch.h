// SPDX-License-Identifier: Apache-2.0
// What happens to the files of a folder and of all folders below it, told as it happens.
//
//   starting --+--> events --+--> starting      too much came at once, the folder went and came
//   back
//      ^       |             |
//      |       +--> silent   |                  the file system raises no events: a remote mount
//      |       +--> too_many |                  not all below it can be watched: too many folders,
//      |       |             |                  one that cannot be opened, or that lies on a file
//      |       |             |                  system without events; or it overflows again and
//      again
//      +-------+--> away <---+                  the folder is not there
//
// Each time it stands at `events` it has told `scan` before: whatever happened until then may have
// been missed. From then on all is told. In the other states nothing is, and whoever must know
// looks for themselves. What a program maps into its memory and writes there raises no events.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hal/base/result.h"
#include "hal/ports/bell.h"
#include "hal/ports/files.h"

namespace holdfast::ports {

enum class FileEventKind : std::uint8_t {
  created,  // a new name; it is being written, if nothing else is told of it
  written,  // its content changes, and it is not closed yet
  closed,   // whole for now: closed after writing, moved here, or a link
  altered,  // its owner, mode, times or attributes changed
  removed,  // gone, with all below it
  folder,   // a folder is new here: all below it is to be looked at, and from now on told of
  scan,     // of "": anything at all may have happened, here and below
};

struct FileEvent {
  FileEventKind kind = FileEventKind::closed;
  std::string path;  // below the folder, raw bytes
  bool operator==(const FileEvent&) const = default;
};

enum class WatchState : std::uint8_t { starting, events, silent, too_many, away };

struct WatchRequest {
  std::string root = {};  // absolute; its links are followed
  bool cross_file_systems = false;
  std::vector<std::string> exclude_paths = {};  // absolute, without links: not entered, not told of
  // Names that nobody wants, likewise. `folder` is a path below the root. Called by a thread of the
  // port's own, as long as there is the Watches. Empty: all are wanted.
  std::function<bool(std::string_view folder, std::string_view name)> is_wanted = {};
};

// Any thread. Its destructor waits for nothing, and nothing rings the bell from then on.
class Watch {
 public:
  virtual ~Watch() = default;
  // What was told since the last call, in order. What comes faster than it is fetched becomes
  // `scan`.
  [[nodiscard]] virtual std::vector<FileEvent> take() = 0;
  [[nodiscard]] virtual WatchState state() = 0;
  // Of Clock::monotonic_ns(), while the state is `events`: what happened before has been told, to
  // be taken by a call of take() that begins after this one has returned.
  [[nodiscard]] virtual std::int64_t told_until_ns() = 0;
};

// One path that is looked at when somebody asks, by a thread of the port's own: a file system that
// gives no answer holds up nobody. One thread. Its destructor waits for nothing, and nothing rings
// the bell from then on.
class FileLook {
 public:
  virtual ~FileLook() = default;
  // Looks once more, unless it is still looking.
  virtual void ask() = 0;
  // What the look that ended since has found, once; nothing: none has. Links are followed.
  // not_found also if a folder on the way is not there; permission_denied, io.
  [[nodiscard]] virtual std::optional<Result<FileStatus>> take() = 0;
};

// One thread. Its destructor waits for the threads of all its watches and looks, which wait for the
// file system; these must be gone before.
class Watches {
 public:
  virtual ~Watches() = default;
  // Returns at once, at `starting`. The bell, which must outlive the watch, is rung when there is
  // something to take, and at each change of the state.
  [[nodiscard]] virtual std::unique_ptr<Watch> watch(WatchRequest request, Bell& bell) = 0;
  // Of an absolute path. The bell, which must outlive the look, is rung when there is something to
  // take.
  [[nodiscard]] virtual std::unique_ptr<FileLook> look_at(std::string path, Bell& bell) = 0;
};

}  // namespace holdfast::ports
