#include "lockservice/lockctl_child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace lockservice {

using paxos::ErrorCode;
using paxos::Result;
using paxos::Status;

namespace {

constexpr int kNotFoundStatus = 127;
constexpr int kNotExecutableStatus = 126;

bool HasTerminal() { return isatty(STDIN_FILENO) == 1 && tcgetpgrp(STDIN_FILENO) == getpgrp(); }

// A process that is not in the foreground is stopped for this unless it ignores SIGTTOU.
void GiveTerminalTo(pid_t group) {
  const auto before = std::signal(SIGTTOU, SIG_IGN);
  tcsetpgrp(STDIN_FILENO, group);
  std::signal(SIGTTOU, before);
}

// What a program expects to find: our handlers go with the execution, ignored signals do not.
void RestoreSignals() {
  for (int signal : {SIGPIPE, SIGTTOU}) std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// The parent may be gone before the kernel knows of the wish.
void DieWith(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(128 + SIGKILL);
}

[[noreturn]] void Execute(char* const* arguments) {
  execvp(arguments[0], arguments);
  const int error = errno;
  dprintf(STDERR_FILENO, "lockctl: %s: %s\n", arguments[0], std::strerror(error));
  _exit(error == ENOENT ? kNotFoundStatus : kNotExecutableStatus);
}

std::vector<char*> PointersTo(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

// The environment is set before the fork: afterwards only plain system calls are safe.
Result<Child> Child::Start(const std::vector<std::string>& command, const Environment& extra) {
  for (const auto& [name, value] : extra) setenv(name.c_str(), value.c_str(), 1);
  std::vector<std::string> words = command;
  const std::vector<char*> arguments = PointersTo(words);
  const bool has_terminal = HasTerminal();
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return Status(ErrorCode::kIo, std::string("fork: ") + std::strerror(errno));
  if (pid == 0) {
    DieWith(parent);
    setpgid(0, 0);
    if (has_terminal) GiveTerminalTo(getpid());
    RestoreSignals();
    Execute(arguments.data());
  }
  // In both processes, since either may come first.
  setpgid(pid, pid);
  Child child(pid);
  child.gave_terminal_ = has_terminal;
  return child;
}

void Child::Signal(int signal) const { kill(-pid_, signal); }

// Without reaping: as long as the command is a zombie, nobody else gets its group's number.
bool Child::HasEnded() const {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid_;
}

int Child::Reap() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  if (gave_terminal_) GiveTerminalTo(getpgrp());
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace lockservice
