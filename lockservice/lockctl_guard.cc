// guard: a command that touches a resource, let in by its fencing token (LOCKS S5).
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "lockservice/guard.h"
#include "lockservice/lockctl.h"

namespace lockservice {

// CMD takes this process's place, so its exit status and signals are its own, and the guard it
// inherits is held until the last process of it ends.
int RunGuarded(const GuardFlags& flags) {
  auto guard = Guard::Enter(flags.file, Token(flags.token), flags.wait);
  if (!guard.has_value()) {
    const bool is_busy = guard.error().code() == paxos::ErrorCode::kTimeout;
    return Fail(is_busy ? ExitCode::kTryLater : ExitCodeOf(guard.error()), guard.error().message());
  }
  if (paxos::Status kept = guard->KeepAcrossExec(); !kept.ok())
    return Fail(ExitCodeOf(kept), kept.message());
  std::vector<std::string> words = flags.command;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  execvp(arguments[0], arguments.data());
  const bool is_missing = errno == ENOENT;
  Say(words.front() + ": " + std::strerror(errno));
  return is_missing ? 127 : 126;
}

}  // namespace lockservice
