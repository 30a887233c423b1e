#include "bench/lockbench_nemesis.h"

#include <csignal>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <utility>

#include "bench/lockbench_history.h"
#include "bench/lockbench_load.h"
#include "bench/lockbench_watch.h"
#include "paxos/random.h"

namespace bench {

using paxos::Duration;
using paxos::ErrorCode;
using paxos::Instant;
using paxos::Status;
using paxos::net::Now;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr lockservice::OwnerId kOwner{1};

// A holder works this long at most, and a timed wait gives up after as long.
constexpr std::uint64_t kWorkUsMax = 5000;

// Between a struck node's recovery and the next strike, at random.
constexpr std::uint64_t kCalmMsMin = 300;
constexpr std::uint64_t kCalmMsMax = 900;

// Takes one of a few locks that others want too, in all the ways there are, works, gives it back.
class RivalScript final : public Script {
 public:
  RivalScript(std::uint32_t locks, std::uint64_t seed) : locks_(locks), random_(seed) {}

  void Begin(Instant now, lockservice::Client& client) override {
    lock_ = "hot/" + std::to_string(random_.Below(locks_));
    lockservice::AcquireOptions acquire;
    acquire.name = lock_;
    acquire.owner = kOwner;
    const std::uint64_t way = random_.Below(4);
    if (way == 0) acquire.mode = lockservice::AcquireMode::kTry;
    if (way == 1) acquire.timeout = Work();
    client.Acquire(now, std::move(acquire));
  }

  Next OnCompletion(Instant /*now*/, lockservice::Client& /*client*/,
                    const lockservice::Completion& completion) override {
    if (const auto* granted = std::get_if<lockservice::Granted>(&completion.result)) {
      token_ = granted->token;
      return {Next::Kind::kRest, Work()};
    }
    const auto* error = std::get_if<lockservice::CallError>(&completion.result);
    const bool is_late = error != nullptr && error->why == lockservice::CallFailure::kTimedOut;
    const bool is_answer = std::holds_alternative<lockservice::Released>(completion.result) ||
                           std::holds_alternative<lockservice::Busy>(completion.result);
    return {is_late || is_answer ? Next::Kind::kDone : Next::Kind::kFailed, Duration{0}};
  }

  void OnRested(Instant now, lockservice::Client& client) override {
    lockservice::ReleaseOptions release;
    release.name = lock_;
    release.owner = kOwner;
    release.token = token_;
    client.Release(now, std::move(release));
  }

 private:
  Duration Work() { return std::chrono::microseconds{random_.Below(kWorkUsMax)}; }

  std::uint32_t locks_;
  paxos::Random random_;
  std::string lock_{};
  lockservice::Token token_{};
};

LoadOptions RivalsOf(const Cluster& cluster, const NemesisOptions& options,
                     LoadObserver& observer) {
  LoadOptions load;
  load.endpoints = cluster.endpoints();
  load.clients = options.clients;
  load.conns = options.conns;
  load.ttl = options.ttl;
  load.seed = options.seed;
  load.observer = &observer;
  return load;
}

class Nemesis {
 public:
  Nemesis(paxos::net::Runtime& runtime, Cluster& cluster, const NemesisOptions& options)
      : runtime_(runtime),
        cluster_(cluster),
        options_(options),
        random_(options.seed),
        history_(options.history),
        watch_(runtime, cluster.endpoints(), random_.Next()),
        load_(runtime, RivalsOf(cluster, options, history_), [&](UserNumber /*number*/) {
          return std::make_unique<RivalScript>(options.locks, random_.Next());
        }) {}

  // Everything up to the moment when the servers may stop.
  Status Run(NemesisReport& report);

 private:
  Status Strike(NemesisReport& report);
  void Hit(std::size_t leader);
  Status Mend(std::size_t node);
  Status CalmDown();
  void RunFor(Duration time) { runtime_.RunUntil(options_.is_interrupted, time); }

  paxos::net::Runtime& runtime_;
  Cluster& cluster_;
  const NemesisOptions& options_;
  paxos::Random random_;
  HistoryRecorder history_;
  ClusterWatch watch_;
  Load load_;
};

Status Nemesis::Run(NemesisReport& report) {
  if (!load_.OpenSessions(seconds{30}))
    return {ErrorCode::kTimeout, "no sessions: " + load_.last_trouble()};
  load_.Run();
  load_.StartMeasuring();
  for (std::uint32_t strike = 0; strike < options_.strikes; ++strike) {
    RunFor(milliseconds{random_.Between(kCalmMsMin, kCalmMsMax)});
    if (options_.is_interrupted()) return {ErrorCode::kUnavailable, "interrupted"};
    if (Status status = Strike(report); !status.ok()) return status;
  }
  report.operations = load_.figures().latency.count();
  return CalmDown();
}

Status Nemesis::Strike(NemesisReport& report) {
  const auto leader = watch_.WaitForLeader(seconds{20});
  if (!leader) return {ErrorCode::kTimeout, "nobody leads"};
  bench::Strike strike{"n" + std::to_string(*leader + 1), Name(options_.kind), Now(), {}};
  history_.OnStrike(strike.at);
  Hit(*leader);
  if (!runtime_.RunUntil([&] { return history_.next_grant().has_value(); }, seconds{20}))
    return {ErrorCode::kTimeout, "no grant within 20 s of a strike"};
  strike.next_grant = *history_.next_grant();
  report.next_grant.push_back(strike.next_grant - strike.at);
  history_.Write(strike);
  std::cerr << strike.how << " " << strike.node << ": next grant after "
            << (strike.next_grant - strike.at) / milliseconds{1} << " ms\n";
  return Mend(*leader);
}

void Nemesis::Hit(std::size_t leader) {
  if (options_.kind == StrikeKind::kKillLeader) {
    cluster_.Kill(leader);
  } else {
    cluster_.Signal(leader, SIGSTOP);
  }
}

Status Nemesis::Mend(std::size_t node) {
  if (options_.kind == StrikeKind::kKillLeader) {
    if (Status status = cluster_.Restart(node); !status.ok()) return status;
  } else {
    cluster_.Signal(node, SIGCONT);
  }
  if (watch_.WaitUntilCaughtUp(node, seconds{60})) return Status::Ok();
  return {ErrorCode::kTimeout, "a struck node does not catch up\n" + cluster_.Logs()};
}

Status Nemesis::CalmDown() {
  if (!load_.FinishOperations(seconds{20}) || !load_.CloseSessions(seconds{20}))
    return {ErrorCode::kTimeout, "calls are not answered: " + load_.last_trouble()};
  if (!history_.Finish(Now())) return {ErrorCode::kIo, "cannot write " + options_.history};
  if (!watch_.WaitUntilEqual(seconds{30}))
    return {ErrorCode::kTimeout, "the replicas do not come to the same state"};
  return Status::Ok();
}

// lockcheck is a program of its own, so that a history can be judged again, or by someone else.
Status Judge(const Cluster& cluster, const NemesisOptions& options, NemesisReport& report) {
  std::vector<std::string> command{options.lockcheck, "--history", options.history};
  for (const std::string& directory : cluster.data_directories()) {
    command.push_back("--data");
    command.push_back(directory);
  }
  const std::string log = cluster.directory() + "/lockcheck.log";
  auto judge = Process::Start(command, log);
  if (!judge) return judge.error();
  report.is_sound = judge->Wait() == 0;
  std::ifstream file(log);
  report.verdict.assign(std::istreambuf_iterator<char>(file), {});
  return Status::Ok();
}

}  // namespace

const char* Name(StrikeKind kind) {
  switch (kind) {
    case StrikeKind::kKillLeader:
      return "kill-leader";
    case StrikeKind::kPauseLeader:
      return "pause-leader";
  }
  return "?";
}

paxos::Result<NemesisReport> RunNemesis(paxos::net::Runtime& runtime, Cluster& cluster,
                                        const NemesisOptions& options) {
  NemesisReport report;
  Status status = Nemesis(runtime, cluster, options).Run(report);
  if (status.ok()) status = cluster.StopAll();
  if (status.ok()) status = Judge(cluster, options, report);
  if (!status.ok()) return status;
  return report;
}

}  // namespace bench
