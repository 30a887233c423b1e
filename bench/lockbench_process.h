#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "paxos/result.h"

namespace bench {

// A child process. It never outlives this object, nor this program however that ends.
class Process {
 public:
  Process() = default;
  // What it says goes to the end of the file `log`.
  static paxos::Result<Process> Start(const std::vector<std::string>& command,
                                      const std::string& log);
  // Kills it if it runs.
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  void Signal(int signal) const;
  // Until it has ended; its exit code, or 128 + the signal that ended it.
  int Wait();
  [[nodiscard]] bool is_running() const { return pid_ != 0; }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  explicit Process(pid_t pid) : pid_(pid) {}

  pid_t pid_ = 0;
};

// User and system time of all threads of a process that runs; 0 if it cannot be had.
double CpuSeconds(pid_t pid);
double OwnCpuSeconds();
double ResidentMegabytes(pid_t pid);

}  // namespace bench
