#include "sim/host.h"

#include <algorithm>
#include <utility>

#include "paxos/check.h"

namespace paxos::sim {
namespace {

ReplicaOptions OptionsOf(const HostWorld& world, NodeId id) {
  ReplicaOptions options = world.swarm.replica;
  std::vector<NodeId> voters;
  for (std::uint64_t i = 1; i <= world.swarm.nodes; ++i) voters.push_back(NodeId{i});
  options.self = id;
  options.membership = Membership(std::move(voters));
  return options;
}

sim::Clock ClockOf(const HostWorld& world, NodeId id) {
  const ClockOptions& options = world.swarm.clocks[id.value() - 1];
  return sim::Clock(options.at_start, options.rate, options.granule);
}

}  // namespace

Host::Host(const HostWorld& world, NodeId id)
    : world_(world),
      id_(id),
      turns_(world.chance.Of(Subject::kTurn, id.value())),
      clock_(ClockOf(world, id)),
      disk_(world.queue, world.chance.Of(Subject::kDisk, id.value()), world.swarm.disk, *this,
            *this),
      mischief_(world.chance, world.swarm.classes, id, world.swarm.nodes),
      strangers_(world.chance, world.swarm.classes, id, world.swarm.nodes),
      babble_(world.chance, world.swarm.classes, id),
      options_(OptionsOf(world, id)) {}

Host::~Host() = default;

template <class Body>
void Host::Note(EventKind kind, const Body& body) {
  world_.trace.Add(world_.queue.now(), kind, id_, body);
}

Instant Host::Clock() const { return clock_.Read(world_.queue.now()); }
Instant Host::TellTime() {
  last_told_ = Told{Clock(), world_.queue.now()};
  return last_told_.local;
}

bool Host::IsLeading() const { return program_ && program_->node().replica().IsLeading(); }

// ---- the process ----------------------------------------------------------------------------

void Host::Start() {
  if (program_ != nullptr || is_retired_ || has_abstained_) return;
  ++lives_;
  Note(EventKind::kStart, Number{lives_});
  options_.seed = world_.chance.KeyOf(Subject::kElection, id_.value(), lives_);
  options_.life = Mix(options_.seed, lives_);
  world_.observer.OnStart(id_, disk_.image());
  program_ = world_.workload.Start(
      Seams{options_, disk_, *this, *this, [this](SocketId to, std::string bytes) {
              world_.sockets.SendToClient(to, std::move(bytes));
            }});
  if (const Status fit = OpenAndGreet(); !fit.ok()) return Abstain(fit);
  world_.network.OnStarted(id_);
  EndTurn();
}

// A disk is found unfit if it is, and only then: by what it holds, or by what peers remember. [N1]
// What a stream's peers remember is told when it connects (CastOut).
Status Host::OpenAndGreet() {
  const Status opened = program_->Start(TellTime());
  PAXOS_CHECK("INV-24", opened.ok() == disk_.IsSound(), id_, opened);
  if (!opened.ok()) return opened;
  return world_.greeter.Greet(id_, lives_, program_->node().durable());
}

// [INV-25] With an exit code that says why: damaged data (65) or no directory (66).
void Host::Abstain(const Status& why) {
  const bool is_listed = why.code() == ErrorCode::kDamaged || why.code() == ErrorCode::kNotFound;
  PAXOS_CHECK("INV-25", is_listed, id_, why);
  world_.workload.OnEnd(id_, why);
  Note(EventKind::kStop, Number{static_cast<std::uint64_t>(why.code())});
  Stop();
  has_abstained_ = true;
}

void Host::CastOut(const Status& why) {
  Abstain(why);
  LetGoOfAll();
}

void Host::LetGoOfAll() {
  disk_.Crash();
  world_.network.OnDied(id_, Network::Death::kSocketsClosed);
  world_.sockets.OnNodeDied(id_, Sockets::Death::kSocketsClosed);
}

void Host::Stop() {
  world_.observer.OnStop(id_);
  program_.reset();
  held_.clear();
  heard_durable_.clear();
  is_paused_ = turn_ends_soon_ = knows_of_failure_ = false;
  DisarmTimer();
}

void Host::Crash(Network::Death death) {
  if (program_ == nullptr) return;
  Note(EventKind::kCrash, Number{static_cast<std::uint64_t>(death)});
  Stop();
  disk_.Crash();
  world_.network.OnDied(id_, death);
  world_.sockets.OnNodeDied(id_, death == Network::Death::kSilent ? Sockets::Death::kSilent
                                                                  : Sockets::Death::kSocketsClosed);
}

void Host::Retire() {
  is_retired_ = true;
  Crash(Network::Death::kSocketsClosed);
}

void Host::FailDisk(std::uint64_t calls, Duration repair) {
  repair_ = repair;
  disk_.FailLater(calls);
}

void Host::FillDisk(Duration lasts) {
  repair_ = lasts / 8;
  disk_.FillUntil(world_.queue.now() + lasts);
}

void Host::Pause() {
  if (program_ == nullptr || is_paused_) return;
  Note(EventKind::kPause, Number{});
  is_paused_ = true;
}

// Timers that fell due meanwhile fire before what arrived meanwhile, or after it.
void Host::Resume() {
  if (!is_paused_) return;
  Note(EventKind::kResume, Number{});
  is_paused_ = false;
  const bool timers_first = turns_.Chance(1, 2);
  if (timers_first) program_->OnTime(TellTime());
  for (const auto& input : std::exchange(held_, {})) {
    if (program_ != nullptr) input(*program_);
  }
  EndTurnSoon();
}

void Host::ChangeClock(const ClockChange& change) {
  Note(EventKind::kClock, Number{static_cast<std::uint64_t>(change.rate)});
  clock_.Change(world_.queue.now(), change);
  DisarmTimer();
  if (program_ != nullptr) ArmTimer();
}

void Host::CorrectClock() {
  ChangeClock(ClockChange{world_.swarm.clocks[id_.value() - 1].rate, Duration{}});
}

void Host::Calm() {
  is_calm_ = true;
  CorrectClock();
  mischief_.Calm();
  strangers_.Calm();
  babble_.Calm();
  disk_.Calm();
  Resume();
}

// ---- inputs and turns -----------------------------------------------------------------------

template <class Act>
void Host::Input(Act input) {
  if (program_ == nullptr) return;
  if (is_paused_) return held_.push_back(std::move(input));
  input(*program_);
  EndTurnSoon();
}

// What comes in until the turn ends shares a slot, a batch and a flush.
void Host::EndTurnSoon() {
  if (turn_ends_soon_ || program_ == nullptr) return;
  const Duration turn_max = is_calm_ ? Duration{} : world_.swarm.turn_max;
  if (turn_max == Duration{}) return EndTurn();
  turn_ends_soon_ = true;
  world_.queue.After(DurationBetween(turns_, Duration{0}, turn_max), [this, life = lives_] {
    if (life == lives_ && program_ != nullptr && turn_ends_soon_) EndTurn();
  });
}

void Host::EndTurn() {
  turn_ends_soon_ = false;
  if (is_paused_) return;  // it ends when the pause does
  program_->Drain(Clock());
  told_before_ = last_told_;
  world_.observer.OnTurnEnd(id_, program_->node());
  StopIfFailed();
  if (program_ != nullptr) ArmTimer();
}

// [D2] A process whose disk failed ends. What the disk holds then is found out at the next start.
void Host::StopIfFailed() {
  if (!program_->node().failed()) return;
  Note(EventKind::kStop, Number{});
  Stop();
  LetGoOfAll();
  world_.queue.After(repair_, [this] { Start(); });
}

// A timer that is set already is not set again for later: it looks when it fires.
void Host::ArmTimer() {
  const Instant wanted = program_->next_wakeup();
  if (wanted == kNever) return;
  Time when = clock_.WhenShows(wanted);
  if (when >= armed_) return;
  armed_ = when;
  if (!is_calm_) when += DurationBetween(turns_, Duration{0}, world_.swarm.timer_late_max);
  world_.queue.At(when, [this, number = ++timer_] { OnTimer(number); });
}

void Host::DisarmTimer() {
  armed_ = kEndOfTime;
  ++timer_;
}

void Host::OnTimer(std::uint64_t number) {
  if (number != timer_ || program_ == nullptr) return;
  armed_ = kEndOfTime;
  if (!is_paused_ && program_->next_wakeup() > Clock()) return ArmTimer();
  Note(EventKind::kWake, Number{});
  Input([this](Program& program) { program.OnTime(TellTime()); });
}

void Host::OnMessage(const Envelope& envelope) {
  if (unheard_.contains(envelope.from)) return;
  Note(EventKind::kDeliver, envelope);
  world_.observer.OnArrive(envelope);
  if (!is_paused_ && program_ != nullptr) {
    Receive(*program_, envelope);
    return EndTurnSoon();
  }
  Input([this, envelope](Program& program) { Receive(program, envelope); });
}

void Host::Receive(Program& program, const Envelope& envelope) {
  PersistSeq& heard = heard_durable_[envelope.from];
  heard = std::max(heard, envelope.durable);
  program.node().Receive(TellTime(), envelope);
}

PersistSeq Host::HeardDurable(NodeId peer) const {
  const auto found = heard_durable_.find(peer);
  return found == heard_durable_.end() ? PersistSeq{} : found->second;
}

void Host::OnForged(const Envelope& envelope) {
  Note(EventKind::kForged, envelope);
  Input([this, envelope](Program& program) { program.node().Receive(TellTime(), envelope); });
}

void Host::OnLinkUp(NodeId peer) {
  Note(EventKind::kLinkUp, Number{peer.value()});
  world_.observer.OnConnected(id_, peer);
  Input([this, peer](Program& program) { program.node().OnLinkUp(TellTime(), peer); });
}

void Host::OnLinkDown(NodeId peer) {
  Note(EventKind::kLinkDown, Number{peer.value()});
  Input([this, peer](Program& program) { program.node().OnLinkDown(TellTime(), peer); });
}

void Host::OnBytes(SocketId socket, std::string_view bytes) {
  std::string kept(bytes);
  Note(EventKind::kSocket, Text{kept});
  Input([this, socket, kept = std::move(kept)](Program& program) {
    program.OnBytes(Clock(), socket, kept);
  });
}

void Host::OnClosed(SocketId socket) {
  Note(EventKind::kSocket, Number{socket.value()});
  Input([socket](Program& program) { program.OnClosed(socket); });
}

// [P0] What a rolled-back disk has forgotten are ballots of its own too, until a peer tells.
void Host::Campaign() {
  if (disk_.IsRolledBack()) return;
  Note(EventKind::kCampaign, Number{});
  Input([this](Program& program) { program.node().Campaign(TellTime()); });
}

void Host::Resign() {
  Note(EventKind::kResign, Number{});
  Input([this](Program& program) { program.node().Resign(TellTime()); });
}

void Host::Do(std::function<void(Program&, Instant)> act) {
  Input([this, act = std::move(act)](Program& program) { act(program, TellTime()); });
}

// ---- from the disk and the node -------------------------------------------------------------

void Host::OnDurable(PersistSeq seq) {
  Note(EventKind::kDurable, Number{seq.value()});
  Input([seq](Program& program) { program.node().OnDurable(seq); });
}

void Host::OnWriteFailed(const Status& why) {
  Note(EventKind::kWriteFailed, Number{});
  Input([this, why](Program& program) {
    knows_of_failure_ = true;
    program.node().OnWriteFailed(why);
  });
}

// [D2] A node that was told of its disk's failure writes and says nothing more.
void Host::OnWrite(const std::vector<Record>& batch, PersistSeq seq) {
  PAXOS_CHECK("INV-24", !knows_of_failure_, id_, seq);
  world_.observer.OnWrite(id_, batch, seq);
}
void Host::OnStored(const std::vector<Record>& batch, PersistSeq seq) {
  world_.observer.OnStored(id_, batch, seq);
}

void Host::Send(Envelope envelope) {
  PAXOS_CHECK("INV-24", !knows_of_failure_, envelope);
  world_.observer.OnSend(envelope);
  if (const auto delay = mischief_.EchoAfter(envelope)) {
    Envelope echo = envelope;
    echo.to = id_;
    ArriveAfter(*delay, std::move(echo), &Host::OnMessage);
  }
  if (auto lie = strangers_.Answer(envelope))
    ArriveAfter(lie->delay, std::move(lie->envelope), &Host::OnForged);
  if (auto nonsense = babble_.Answer(envelope))
    ArriveAfter(Duration{1}, *std::move(nonsense), &Host::OnForged);
  if (auto altered = mischief_.Alter(world_.queue.now(), std::move(envelope)))
    world_.network.Send(*std::move(altered));
}

// What does not come over the network does not outlive the process.
void Host::ArriveAfter(Duration delay, Envelope envelope, Arrival arrive) {
  world_.queue.After(delay, [this, envelope = std::move(envelope), arrive, life = lives_] {
    if (life == lives_ && program_ != nullptr) (this->*arrive)(envelope);
  });
}

void Host::OnApplied(const ApplyContext& context, const Applied& applied) {
  world_.observer.OnApply(id_, context, applied);
}

void Host::OnProposal(const Done& outcome, const std::optional<std::string>& /*reply*/) {
  world_.observer.OnOutcome(id_, outcome);
}

void Host::OnRead(const Done& outcome) { world_.observer.OnRead(id_, outcome); }

void Host::OnRole() {
  const Leading* leading = program_->node().replica().proposer().leading();
  if (leading == nullptr) return world_.observer.OnStepDown(id_);
  world_.observer.OnLead(id_, leading->ballot);
}

// [INV-25] The disk failed (74), or holds what cannot be read (65).
void Host::OnFailed(const Status& why) {
  const bool is_damage = why.code() == ErrorCode::kDamaged && !disk_.IsSound();
  PAXOS_CHECK("INV-25", why.code() == ErrorCode::kIo || is_damage, id_, why);
  world_.workload.OnEnd(id_, why);
}

}  // namespace paxos::sim
