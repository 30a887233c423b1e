#include "sim/lock_world.h"

#include <algorithm>

#include "lockservice/exit_code.h"
#include "paxos/check.h"
#include "sim/lock_greeting.h"

namespace paxos::sim {
namespace {

SessionLimits SessionLimitsOf(const SessionTableOptions& options) {
  return SessionLimits{options.drift,
                       options.ttl_min,
                       options.ttl_max,
                       options.sessions_max,
                       options.calls_per_session_max,
                       options.ends_per_tick_max,
                       options.weight_per_tick_max,
                       options.reply_bytes_per_session_max,
                       options.reply_bytes_max};
}

LockLimits LockLimitsOf(const lockservice::LockTableOptions& options) {
  return LockLimits{options.locks_max,
                    options.locks_per_session_max,
                    options.waiters_per_lock_max,
                    options.waits_per_session_max,
                    options.waiters_max,
                    options.note_bytes_max};
}

LockJudgeOptions JudgeOptionsOf(const Swarm& swarm, const lockservice::ServerOptions& server) {
  LockJudgeOptions options{SessionLimitsOf(server.sessions), LockLimitsOf(server.locks)};
  if (swarm.classes.Has(FaultClass::kCoarse)) options.clock_slack = 10 * kGranuleMax;
  options.clocks_are_bounded = !swarm.classes.Has(FaultClass::kBadClock);
  return options;
}

}  // namespace

LockWorld::LockWorld(const Swarm& swarm, const std::vector<LockSpectator*>& spectators)
    : options_(DrawLockSwarm(swarm)),
      judge_(JudgeOptionsOf(swarm, options_.server)),
      store_(judge_) {
  for (LockSpectator* each : spectators) judge_.AddSpectator(*each);
}

namespace {

ClockOptions ClockOf(const Cluster& cluster, ClientId id) {
  const Swarm& swarm = cluster.swarm();
  return DrawClock(cluster.chance().Of(Subject::kClock, 1'000 + id.value()), swarm.drift,
                   swarm.classes);
}

lockservice::ClientOptions OptionsOf(const Cluster& cluster, ClientId id,
                                     lockservice::ClientOptions options) {
  options.seed = cluster.chance().KeyOf(Subject::kClient, id.value(), 1);
  return options;
}

}  // namespace

LockWorld::Seat::Seat(LockWorld& world, ClientId id)
    : chronicle(world.cluster_->queue(), world.history_, id),
      user(world.cluster_->queue(), world.cluster_->trace(), world.store_, chronicle,
           world.cluster_->chance().Of(Subject::kClient, id.value()), world.options_.user),
      client({world.cluster_->queue(), world.cluster_->trace(), world.cluster_->sockets(),
              world.judge_},
             id, ClockOf(*world.cluster_, id),
             OptionsOf(*world.cluster_, id, world.options_.client), chronicle, user) {
  user.Attach(client);
}

std::unique_ptr<Program> LockWorld::Start(const Seams& seams) {
  lockservice::ServerOptions options = options_.server;
  options.replica = seams.options;
  return std::make_unique<LockProgram>(seams, std::move(options), cluster_->queue(), judge_);
}

void LockWorld::Begin(Cluster& cluster) {
  cluster_ = &cluster;
  judge_.Attach(cluster.invariants().log(), cluster.queue());
  cluster.AddObserver(judge_);
  for (std::uint64_t i = 1; i <= options_.clients; ++i) {
    Seat& seat = seats_.emplace_back(*this, ClientId{i});
    judge_.AddBeliever(seat.client);
    cluster.queue().At(Time{}, [&seat] { seat.client.Start(); });
  }
  MeasureIdleness(0);
  LookAtSnapshots(0);
}

// One node's after the other; taking one judges it (LockProgram).
void LockWorld::LookAtSnapshots(std::uint64_t looks) {
  const Host& host = cluster_->host(NodeId{looks % cluster_->size() + 1});
  if (host.IsUp()) (void)host.program()->Snapshot();
  cluster_->queue().After(seconds{5}, [this, looks] { LookAtSnapshots(looks + 1); });
}

void LockWorld::MeasureIdleness(std::uint64_t calls_before) {
  const bool is_anyone_waiting = std::any_of(
      seats_.begin(), seats_.end(), [](const Seat& seat) { return seat.user.IsWaiting(); });
  if (calls() == calls_before && !is_anyone_waiting) idle_ += seconds{1};
  cluster_->queue().After(seconds{1}, [this, now = calls()] { MeasureIdleness(now); });
}

// ---- faults ---------------------------------------------------------------------------------

void LockWorld::CutFor(ClientId client, NodeId node, Duration lasts) {
  cluster_->sockets().Cut(client, node);
  cluster_->queue().After(lasts, [this, client, node] { cluster_->sockets().Mend(client, node); });
}

Status LockWorld::Greet(const Greeting& greeting) const { return JudgeGreeting(greeting); }

// The end of a session that never was.
std::optional<Command> LockWorld::ProbeCommand(std::uint64_t number) const {
  constexpr std::uint64_t kNoSession = std::uint64_t{1} << 62;
  return EncodeCommand(CloseSession{SessionId{kNoSession + number}});
}

// [INV-25] What lockd would end with: its disk failed, holds less than it said, or is gone.
void LockWorld::OnEnd(NodeId node, const Status& why) {
  using lockservice::ExitCode;
  const ExitCode code = lockservice::ExitCodeOf(why);
  const bool is_listed =
      code == ExitCode::kDisk || code == ExitCode::kDamaged || code == ExitCode::kNoInput;
  PAXOS_CHECK("INV-25", is_listed, node, why, static_cast<int>(code));
}

void LockWorld::CutFromAllFor(ClientId client, Duration lasts) {
  for (std::uint64_t i = 1; i <= cluster_->size(); ++i) CutFor(client, NodeId{i}, lasts);
}

void LockWorld::OnClientClock(std::uint64_t choice, const ClockChange& change, Duration lasts) {
  LockClient& client = seats_[Mix(choice, 1) % seats_.size()].client;
  client.ChangeClock(change);
  cluster_->queue().After(lasts, [&client] { client.CorrectClock(); });
}

void LockWorld::OnClientFault(std::uint64_t choice, Duration lasts) {
  enum class Kind : std::uint8_t {
    kDie,
    kDieForGood,
    kPause,
    kSuspend,
    kReset,
    kCutOne,
    kCutAll,
    kStall
  };
  Seat& seat = seats_[Mix(choice, 1) % seats_.size()];
  LockClient& client = seat.client;
  const ClientId id = client.id();
  switch (static_cast<Kind>(Mix(choice, 2) % 8)) {
    case Kind::kDieForGood:
      // Not the last ones: somebody has to do something.
      if (Mix(choice, 3) % 4 == 0 && id.value() > 2) return client.Die();
      [[fallthrough]];
    case Kind::kDie:
      client.Die();
      return cluster_->queue().After(lasts, [&client] { client.Start(); });
    case Kind::kSuspend:
      CutFromAllFor(id, lasts);
      [[fallthrough]];
    case Kind::kPause:
      client.Pause();
      return cluster_->queue().After(lasts, [&client] { client.Resume(); });
    case Kind::kReset:
      return cluster_->sockets().Reset(id);
    case Kind::kCutOne:
      return CutFor(id, NodeId{Mix(choice, 4) % cluster_->size() + 1}, lasts);
    case Kind::kCutAll:
      return CutFromAllFor(id, lasts);
    case Kind::kStall:
      // Long enough for it to ask elsewhere meanwhile.
      return cluster_->sockets().Stall(id, options_.client.answer_timeout + lasts);
  }
}

// From one node (often the leader), from all, or each client from all but one.
void LockWorld::OnClientsCut(std::uint64_t choice, Duration lasts) {
  enum class Shape : std::uint8_t { kFromOne, kFromAll, kFromAllButOne };
  const auto shape = static_cast<Shape>(Mix(choice, 1) % 3);
  const Host* leader = cluster_->Leader();
  const bool is_leader = leader != nullptr && Mix(choice, 2) % 2 == 0;
  const NodeId one = is_leader ? leader->id() : NodeId{Mix(choice, 3) % cluster_->size() + 1};
  for (const Seat& seat : seats_) {
    const ClientId client = seat.client.id();
    const NodeId reached{Mix(choice, 3 + client.value()) % cluster_->size() + 1};
    for (std::uint64_t i = 1; i <= cluster_->size(); ++i) {
      const NodeId node{i};
      const bool is_cut = shape == Shape::kFromAll || (shape == Shape::kFromOne && node == one) ||
                          (shape == Shape::kFromAllButOne && node != reached);
      if (is_cut) CutFor(client, node, lasts);
    }
  }
}

// ---- the end --------------------------------------------------------------------------------

void LockWorld::OnHeal() {
  for (Seat& seat : seats_) {
    seat.client.CorrectClock();
    seat.client.Resume();
    seat.user.WindDown();
  }
}

// [INV-17] A session that nobody keeps alive is gone by then: TTL (1 + rho) of the log's time, on a
// clock that may be slow, and a Tick.
Duration LockWorld::SettleTime() const {
  const auto& sessions = options_.server.sessions;
  const Duration ttl = std::max<Duration>(options_.user.ttl_max, sessions.ttl_min);
  return ttl + ttl / 20 + seconds{5};
}

std::string LockWorld::WhyNotSettled() const {
  for (const Seat& seat : seats_) {
    const std::string why = seat.client.IsUp() ? seat.user.WhyNotDone() : "";
    if (!why.empty()) return "client " + std::to_string(seat.client.id().value()) + why;
  }
  const std::size_t sessions = judge_.spec().size();
  if (sessions > 0) return std::to_string(sessions) + " sessions that nobody keeps alive";
  for (std::uint64_t node = 1; node <= cluster_->size(); ++node) {
    const Program* program = cluster_->host(NodeId{node}).program();
    if (program != nullptr && program->owed() > 0)
      return "node " + std::to_string(node) + " owes " + std::to_string(program->owed()) +
             " answers";
  }
  return "";
}

// Prints as it is.
struct Words {
  const std::string& text;
  friend std::string ShortText(const Words& words) { return words.text; }
};

void LockWorld::Conclude() {
  // [S8] Nobody waits, nobody holds: whoever could release has done so.
  PAXOS_CHECK("INV-22", judge_.spec().locks().locks().empty());
  for (Seat& seat : seats_) seat.chronicle.OnDied();
  JudgeTheHistory();
}

void LockWorld::JudgeTheHistory() {
  std::optional<Finding> finding = JudgeHistory(history_);
  // Beliefs are worth nothing where clocks keep no bound; what clients were told still is.
  const History told{history_.deals, {}};
  const bool is_bounded = judge_.clocks_are_bounded();
  if (finding && !is_bounded) {
    judge_.OnConditionalBreach();
    finding = JudgeHistory(told);
  }
  if (finding) PAXOS_CHECK(finding->tag, false, Words{finding->what});
  order_ = JudgeOrder(is_bounded ? history_ : told);
  if (order_.finding) PAXOS_CHECK(order_.finding->tag, false, Words{order_.finding->what});
}

std::uint64_t LockWorld::calls() const {
  std::uint64_t calls = 0;
  for (const Seat& seat : seats_) calls += seat.user.calls();
  return calls;
}

}  // namespace paxos::sim
