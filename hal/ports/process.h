// SPDX-License-Identifier: Apache-2.0
// Other programs, run as children of this one: the box's own command line for a job or a question,
// a command that a business's file names, a reader of hostile bytes in a sandbox.
//
// No shell is between: arguments arrive as they are given. A child inherits nothing but what stands
// in its request: no variables, no open files, no signal settings, no terminal, no working
// directory (it starts in /). It leads a process group of its own, which ends with it: once ended()
// is called, no process of that group is left. If this process dies, its children get SIGTERM from
// the system. When memory runs short, the system ends children before it ends this process.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "hal/base/bytes.h"
#include "hal/base/result.h"

namespace holdfast::ports {

struct ProcessRequest {
  std::vector<std::string> arguments;  // the first one is the program's absolute path
  std::vector<std::pair<std::string, std::string>> environment = {};
  Bytes input = {};                        // what its standard input holds, then the end
  std::int64_t grace_ns = 30'000'000'000;  // from being asked to stop until it is killed
  bool is_background = false;              // gives way to others: low CPU, lowest disk priority
};

// How a child ended.
struct ProcessEnd {
  int exit_code = 0;       // if no signal ended it
  int signal = 0;          // 0: it ended by itself
  bool was_asked = false;  // a stop was asked for before it ended
};

// What a child writes and how it ends, on one thread of the port's own for each child, in order;
// ended() is the last call. Of the Process it may call stop(), to hear no more, and nothing else.
class ProcessSink {
 public:
  virtual ~ProcessSink() = default;
  // In pieces of any size. While it does not return, the child waits.
  virtual void output(ByteView bytes) = 0;
  virtual void error_output(ByteView bytes) = 0;
  virtual void ended(const ProcessEnd& end) = 0;
};

// A child that was started. Any thread. Its destructor asks it to stop, and waits.
class Process {
 public:
  virtual ~Process() = default;
  // SIGINT to its group, and SIGKILL when the grace is over. Returns at once; further calls, and
  // those after the end, do nothing.
  virtual void stop() = 0;
  // Returns when ended() has returned.
  virtual void wait() = 0;
  // The same, but false if Clock::monotonic_ns() reaches `until_ns` before.
  [[nodiscard]] virtual bool wait_until(std::int64_t until_ns) = 0;
};

class Processes {
 public:
  virtual ~Processes() = default;
  // The sink must outlive the Process. Any thread. not_found, permission_denied, out_of_memory, io
  // (operation "start"): it was not started, and the sink hears nothing.
  [[nodiscard]] virtual Result<std::unique_ptr<Process>> start(const ProcessRequest& request,
                                                               ProcessSink& sink) = 0;
};

}  // namespace holdfast::ports
