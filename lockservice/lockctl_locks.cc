// acquire, renew, release: locks that outlive the command, for scripts.
#include <chrono>
#include <cstdio>
#include <optional>
#include <random>

#include "lockservice/lockctl_acquire.h"
#include "lockservice/lockctl_cluster.h"
#include "lockservice/lockctl_format.h"
#include "paxos/session_table.h"

namespace lockservice {

namespace json = boost::json;
using paxos::net::Now;

namespace {

// Seqs of a session must not repeat, and its processes do not know of each other: the calendar,
// with chance below its microseconds, orders them well enough. An earlier process's clock that was
// ahead makes the servers refuse, which is said.
std::uint64_t FreshSeq() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  return static_cast<std::uint64_t>(us) << 10 | (std::random_device()() & 0x3ff);
}

// Another process's session; its TTL is not known here, but no session has less than the floor.
void Adopt(Cluster& cluster, std::uint64_t session, std::optional<std::uint64_t> first_seq) {
  cluster.client().Adopt(Now(), paxos::SessionId(session), paxos::SessionTableOptions{}.ttl_min,
                         first_seq);
}

int ExplainInSession(Cluster& cluster, const CallError& error, std::uint64_t session) {
  if (error.why != CallFailure::kSessionLost) return cluster.Explain(error);
  return Fail(ExitCode::kTryLater, "session " + std::to_string(session) +
                                       " has ended, and its locks with it: acquire again");
}

void PrintAcquired(const Settings& settings, const AcquireFlags& flags, Cluster& cluster,
                   Token token) {
  const std::uint64_t session = cluster.client().session()->value();
  const auto ttl = cluster.client().ttl().count();
  if (settings.format == OutputFormat::kJson) {
    PrintJson(json::object{{"name", Printable(flags.name)},
                           {"session", session},
                           {"token", token.value()},
                           {"ttl_ms", ttl}});
    return;
  }
  std::printf("LOCK_NAME=%s\nLOCK_SESSION=%s\nLOCK_TOKEN=%s\nLOCK_TTL_MS=%s\n",
              ShellQuoted(flags.name).c_str(), std::to_string(session).c_str(),
              ShortText(token).c_str(), std::to_string(ttl).c_str());
}

}  // namespace

int AcquireLock(const Settings& settings, const AcquireFlags& flags) {
  Cluster cluster(settings);
  int exit_code = 0;
  if (!cluster.Open(flags.ttl, &exit_code)) return exit_code;
  const Acquisition acquisition = TakeLock(cluster, flags);
  if (!acquisition.granted) {
    cluster.Wait(cluster.client().Close(Now(), settings.patience));
    return acquisition.exit_code;
  }
  PrintAcquired(settings, flags, cluster, acquisition.granted->token);
  return 0;
}

int RenewSession(const Settings& settings, const SessionFlags& flags) {
  Cluster cluster(settings);
  // No call: whoever opened the session may be making calls in it.
  Adopt(cluster, flags.session, std::nullopt);
  const auto renewed =
      cluster.client().Ensure(Now(), std::chrono::milliseconds{1}, settings.patience);
  const auto result = cluster.Wait(renewed);
  if (const auto* error = std::get_if<CallError>(&*result))
    return ExplainInSession(cluster, *error, flags.session);
  if (settings.format == OutputFormat::kJson)
    PrintJson(json::object{{"session", flags.session}, {"renewed", true}});
  else
    std::printf("session %s renewed\n", std::to_string(flags.session).c_str());
  return 0;
}

int ReleaseLock(const Settings& settings, const SessionFlags& flags) {
  Cluster cluster(settings);
  Adopt(cluster, flags.session, FreshSeq());
  const auto result = cluster.Wait(cluster.client().Release(
      Now(), ReleaseOptions{flags.name, kCommandLineOwner, Token(flags.token), settings.patience}));
  if (const auto* error = std::get_if<CallError>(&*result))
    return ExplainInSession(cluster, *error, flags.session);
  if (const auto* refused = std::get_if<LockError>(&*result))
    return Fail(ExitCode::kConflict, flags.name + ": not released: " + Name(*refused));
  const std::uint32_t count = std::get<Released>(*result).count;
  if (settings.format == OutputFormat::kJson)
    PrintJson(json::object{{"name", Printable(flags.name)}, {"count", count}});
  else
    std::printf("%s released\n", Printable(flags.name).c_str());
  return 0;
}

}  // namespace lockservice
