// run: a command under a lock (LOCKS 4). It is dead before the lock may be somebody else's.
//
//   open, acquire --granted--> start CMD --CMD ends--> release, its exit status
//        |                        |
//        | signal: leave the      | no server confirmed the session in time:
//        v queue, 128 + signal    v TERM, then KILL before valid_until; 75
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <vector>

#include "lockservice/lockctl_acquire.h"
#include "lockservice/lockctl_child.h"
#include "lockservice/lockctl_cluster.h"
#include "lockservice/lockctl_format.h"

namespace lockservice {

using paxos::Instant;
using paxos::net::Now;

namespace {

// KILL comes so long before validity ends: time for the kernel to carry it out.
constexpr paxos::Duration kKillMargin = std::chrono::milliseconds{250};
// At the end nobody waits long for servers that do not answer; the lock ends with its TTL.
constexpr paxos::Duration kReleasePatience = std::chrono::seconds{3};

// Everything that can be caught and means something to CMD.
std::vector<int> ForwardedSignals() {
  std::vector<int> signals = {SIGHUP,  SIGINT,  SIGQUIT,   SIGUSR1, SIGUSR2, SIGALRM,
                              SIGTERM, SIGCONT, SIGTSTP,   SIGURG,  SIGXCPU, SIGXFSZ,
                              SIGPWR,  SIGPROF, SIGVTALRM, SIGIO,   SIGWINCH};
  for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal) signals.push_back(signal);
  return signals;
}

// What these do to a process that does not catch them is nothing (or stopping it).
bool IsHarmless(int signal) {
  return signal == SIGCONT || signal == SIGURG || signal == SIGWINCH || signal == SIGTSTP;
}

// Hands signals on to CMD; before there is one, the first that would end a process is kept.
class SignalDesk {
 public:
  explicit SignalDesk(paxos::net::Runtime& runtime) {
    std::vector<int> signals = ForwardedSignals();
    signals.push_back(SIGCHLD);
    runtime.OnSignals(signals, [this](int signal) { OnSignal(signal); });
  }

  void ForwardTo(const Child* child) { child_ = child; }
  [[nodiscard]] std::optional<int> pending() const { return pending_; }

 private:
  // SIGCHLD does nothing but wake the loop.
  void OnSignal(int signal) {
    if (signal == SIGCHLD) return;
    if (child_ != nullptr) return child_->Signal(signal);
    if (!pending_ && !IsHarmless(signal)) pending_ = signal;
  }

  const Child* child_ = nullptr;
  std::optional<int> pending_;
};

// Ends CMD in time when the session is not confirmed, or has ended. Validity only grows, so it
// looks at the end of each turn whether the time to begin has come.
class Watchdog final : public paxos::net::TurnHandler {
 public:
  Watchdog(Cluster& cluster, const Child& child, paxos::Duration grace)
      : cluster_(cluster), child_(child), grace_(grace) {
    cluster_.runtime().AddTurnHandler(*this);
  }
  ~Watchdog() override { cluster_.runtime().RemoveTurnHandler(*this); }

  [[nodiscard]] bool has_ended_command() const { return kill_at_.has_value(); }

  Instant OnTurn(Instant now) override {
    if (!kill_at_) {
      const Instant begin = BeginAt();
      if (now < begin) return begin;
      Terminate(now);
    }
    if (now < *kill_at_) return *kill_at_;
    child_.Signal(SIGKILL);
    return paxos::kNever;
  }

 private:
  [[nodiscard]] Instant BeginAt() {
    const Client& client = cluster_.client();
    const bool is_lost = client.state(Now()) == SessionState::kLost;
    return is_lost ? Instant::min() : client.valid_until() - kKillMargin - grace_;
  }

  void Terminate(Instant now) {
    kill_at_ = std::min(now + grace_, cluster_.client().valid_until() - kKillMargin);
    child_.Signal(SIGTERM);
    child_.Signal(SIGCONT);
  }

  Cluster& cluster_;
  const Child& child_;
  paxos::Duration grace_;
  std::optional<Instant> kill_at_;
};

std::string EndpointList(const Settings& settings) {
  std::string list;
  for (const std::string& endpoint : settings.endpoints)
    list += (list.empty() ? "" : ",") + endpoint;
  return list;
}

Environment ChildEnvironment(Cluster& cluster, const AcquireFlags& flags, Token token) {
  const auto valid_until = std::chrono::duration_cast<std::chrono::milliseconds>(
      cluster.client().valid_until().time_since_epoch());
  return {{"LOCK_NAME", flags.name},
          {"LOCK_TOKEN", ShortText(token)},
          {"LOCK_SESSION", ShortText(*cluster.client().session())},
          {"LOCK_MODE", "exclusive"},
          {"LOCK_VALID_UNTIL_MS", std::to_string(valid_until.count())},
          {"LOCK_ENDPOINTS", EndpointList(cluster.settings())}};
}

void CloseSession(Cluster& cluster) {
  cluster.Wait(cluster.client().Close(Now(), kReleasePatience));
}

// A release that a server refuses was made by somebody else who adopted the session, or never will
// be possible here: what is left of it goes with the session.
void GiveBack(Cluster& cluster, const AcquireFlags& flags, Token token) {
  const auto released = cluster.Wait(cluster.client().Release(
      Now(), ReleaseOptions{flags.name, kCommandLineOwner, token, kReleasePatience}));
  const CallError* error = released ? std::get_if<CallError>(&*released) : nullptr;
  const bool is_unanswered = !released || (error && error->why == CallFailure::kUnreachable);
  if (!is_unanswered) return CloseSession(cluster);
  Say("no server confirmed the release of " + Printable(flags.name) + "; it ends with its TTL");
}

// Until CMD has ended; its exit status.
int RunToItsEnd(Cluster& cluster, Child& child, SignalDesk& desk, paxos::Duration grace,
                bool* was_lost) {
  const Watchdog watchdog(cluster, child, grace);
  desk.ForwardTo(&child);
  cluster.runtime().RunUntil([&child] { return child.HasEnded(); }, std::chrono::hours{24 * 36500});
  desk.ForwardTo(nullptr);
  *was_lost = watchdog.has_ended_command();
  // What CMD left behind must not outlive the lock either.
  if (*was_lost) child.Signal(SIGKILL);
  return child.Reap();
}

int RunHolding(Cluster& cluster, const RunFlags& flags, SignalDesk& desk, Token token) {
  auto child = Child::Start(flags.command, ChildEnvironment(cluster, flags.acquire, token));
  if (!child.has_value()) {
    GiveBack(cluster, flags.acquire, token);
    return Fail(ExitCode::kSystem, child.error().ToString());
  }
  bool was_lost = false;
  const int status = RunToItsEnd(cluster, *child, desk, flags.kill_grace, &was_lost);
  if (was_lost) {
    return Fail(ExitCode::kTryLater, "lost " + Printable(flags.acquire.name) +
                                         ": no server confirmed its session in time; " +
                                         flags.command.front() +
                                         " was ended before it could be "
                                         "granted to somebody else");
  }
  GiveBack(cluster, flags.acquire, token);
  return status;
}

// A grant that came late may have little validity left: CMD starts with enough to be ended in.
bool EnsureTimeToEnd(Cluster& cluster, const RunFlags& flags, int* exit_code) {
  const auto ensured = cluster.Wait(
      cluster.client().Ensure(Now(), flags.kill_grace + 2 * kKillMargin, kReleasePatience));
  if (!ensured) return false;
  const auto* error = std::get_if<CallError>(&*ensured);
  if (error != nullptr) *exit_code = cluster.Explain(*error);
  return error == nullptr;
}

}  // namespace

int RunUnderLock(const Settings& settings, const RunFlags& flags) {
  Cluster cluster(settings);
  SignalDesk desk(cluster.runtime());
  cluster.InterruptWhen([&desk] { return desk.pending().has_value(); });
  int exit_code = 0;
  Acquisition acquisition;
  if (cluster.Open(flags.acquire.ttl, &exit_code)) {
    acquisition = TakeLock(cluster, flags.acquire);
    exit_code = acquisition.exit_code;
  }
  const bool may_start = acquisition.granted && EnsureTimeToEnd(cluster, flags, &exit_code);
  const std::optional<int> signal = desk.pending();
  cluster.InterruptWhen([] { return false; });
  if (may_start && !signal) return RunHolding(cluster, flags, desk, acquisition.granted->token);
  // Leaves the queue, and gives back what may have been granted meanwhile.
  CloseSession(cluster);
  return signal ? 128 + *signal : exit_code;
}

}  // namespace lockservice
