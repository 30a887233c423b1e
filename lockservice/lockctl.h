// lockctl's subcommands. Each returns the exit code of the process and has said why on stderr.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lockservice/exit_code.h"
#include "lockservice/operation.h"
#include "paxos/session_id.h"

namespace lockservice {

enum class OutputFormat : std::uint8_t { kHuman, kJson };

// What every subcommand that talks to the cluster needs.
struct Settings {
  std::vector<std::string> endpoints{};
  OutputFormat format = OutputFormat::kHuman;
  std::chrono::milliseconds patience{10'000};  // to reach a server that answers
};

// How to take a lock, for `run` and `acquire`.
struct AcquireFlags {
  std::string name{};
  bool no_wait = false;                             // -n
  std::optional<std::chrono::milliseconds> wait{};  // -w
  int conflict_code = 1;                            // -E
  std::chrono::milliseconds ttl{20'000};
  std::string note{};
};

struct RunFlags {
  AcquireFlags acquire{};
  std::chrono::milliseconds kill_grace{5'000};  // but at most a quarter of the TTL unless asked for
  std::vector<std::string> command{};
};

struct GuardFlags {
  std::string file{};
  std::uint64_t token = 0;
  std::optional<std::chrono::milliseconds> wait{};
  std::vector<std::string> command{};
};

// A session that `acquire` opened.
struct SessionFlags {
  std::uint64_t session = 0;
  std::uint64_t token = 0;
  std::string name{};
};

int RunUnderLock(const Settings& settings, const RunFlags& flags);
int AcquireLock(const Settings& settings, const AcquireFlags& flags);
int RenewSession(const Settings& settings, const SessionFlags& flags);
int ReleaseLock(const Settings& settings, const SessionFlags& flags);
int ShowLock(const Settings& settings, const std::string& name);
int CheckToken(const Settings& settings, const SessionFlags& flags);
int ListAllLocks(const Settings& settings, const std::string& prefix);
int ShowQueue(const Settings& settings, const std::string& name);
int ShowStatus(const Settings& settings);
int RunGuarded(const GuardFlags& flags);

// Locks are taken by handles; lockctl's processes of one session are one handle.
inline constexpr OwnerId kCommandLineOwner{1};

// "lockctl: text" on stderr.
void Say(const std::string& text);
// Says `text`; `code` as a number.
int Fail(ExitCode code, const std::string& text);

}  // namespace lockservice
