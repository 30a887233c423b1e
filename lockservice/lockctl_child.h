// A command in a process group of its own, so that it can be ended as a whole.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "paxos/result.h"

namespace lockservice {

using Environment = std::vector<std::pair<std::string, std::string>>;

class Child {
 public:
  // Runs `command` with this process's files and environment, and `extra` added to it. If this
  // process has the terminal, the command gets it. A command that cannot be executed ends with 127
  // or 126, as a shell's would. If this process is killed, so is the command: nobody would be left
  // to end it in time.
  static paxos::Result<Child> Start(const std::vector<std::string>& command,
                                    const Environment& extra);

  // To the whole group. Only before Reap.
  void Signal(int signal) const;

  // Whether the command itself has ended; its group may still hold others.
  [[nodiscard]] bool HasEnded() const;
  // Its exit status as a shell tells it: 128 + signal if one killed it. Waits for it to end; its
  // process group is no more ours afterwards.
  int Reap();

 private:
  explicit Child(pid_t pid) : pid_(pid) {}

  pid_t pid_;
  bool gave_terminal_ = false;
};

}  // namespace lockservice
