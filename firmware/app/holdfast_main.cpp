// SPDX-License-Identifier: Apache-2.0
// holdfast: the command line on this machine.
#include "firmware/app/cli.h"
#include "firmware/app/interrupt.h"
#include "hal/base/memory.h"
#include "hal/linux/clock.h"
#include "hal/linux/console.h"
#include "hal/linux/disk.h"
#include "hal/linux/files.h"
#include "hal/linux/limits.h"
#include "hal/linux/memory.h"
#include "hal/linux/mounts.h"
#include "hal/linux/process.h"
#include "hal/linux/program.h"
#include "hal/linux/random.h"
#include "hal/linux/sql/client.h"
#include "hal/linux/workers.h"

int main(int argc, char** argv) {
  using namespace holdfast;
  HF_CHECK(let_openssl_ask_new_handler());
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const app::Environment environment = app::read_environment();
  app::OutOfMemory last = app::out_of_memory(environment, arguments);
  linux::end_without_memory({std::move(last.out), std::move(last.error), last.exit_code});
  linux::raise_open_files_limit();
  linux::SystemClock clock;
  linux::SystemRandom random;
  linux::ThreadWorkers workers;
  linux::PosixFiles files;
  linux::SqlClients sql;
  linux::ProcessConsole console;
  const auto open_disk = [](const std::string& path) -> Result<pool::DiskPointer> {
    HF_TRY(auto disk, linux::PosixDisk::open_root(path));
    return pool::DiskPointer(std::move(disk));
  };
  linux::PosixProcesses processes;
  linux::KernelMounts mounts;
  const app::AppPorts ports{
      clock,   random,    workers,   files,  sql,
      console, open_disk, processes, mounts, linux::program_beside("holdfast-audio")};
  return app::run_cli(ports, environment, arguments, app::stop_on_interrupt());
}
