// One machine: a disk and a clock that survive, and a process that comes and goes. Delivers inputs,
// ends turns, fires timers, and does to the process what a fault says.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "sim/babble.h"
#include "sim/disk.h"
#include "sim/event_queue.h"
#include "sim/mischief.h"
#include "sim/network.h"
#include "sim/observer.h"
#include "sim/program.h"
#include "sim/strangers.h"
#include "sim/swarm.h"
#include "sim/trace.h"

namespace paxos::sim {

// Whom a process greets before it says anything else, unless its connections do.
class Greeter {
 public:
  virtual ~Greeter() = default;
  // kDamaged: a peer that the node reaches knows that its disk is not what it was.
  [[nodiscard]] virtual Status Greet(NodeId node, std::uint64_t life, PersistSeq durable) = 0;
};

// What the machines of a cluster share.
struct HostWorld {
  EventQueue& queue;
  const Chance& chance;
  const Swarm& swarm;
  Trace& trace;
  Network& network;
  Sockets& sockets;
  Observer& observer;
  Workload& workload;
  Greeter& greeter;
};

class Host final : private StorageEvents,
                   private DiskWatcher,
                   private NodeEvents,
                   private Transport {
 public:
  Host(const HostWorld& world, NodeId id);
  ~Host() override;

  // ---- the process
  void Start();
  // Takes what its disk had not synced with it.
  void Crash(Network::Death death);
  // The disk's `calls`-th write or sync from now on fails, which ends the process (D2); it starts
  // again after `repair`.
  void FailDisk(std::uint64_t calls, Duration repair);
  // Every write fails for a while: the process ends, starts again and again, and ends at once.
  void FillDisk(Duration lasts);
  // Inputs wait until Resume; the clock runs on.
  void Pause();
  void Resume();
  // Timers follow.
  void ChangeClock(const ClockChange& change);
  // It runs at its own rate again.
  void CorrectClock();
  // A peer has found its disk unfit.
  void CastOut(const Status& why);
  // Crashes for good.
  void Retire();
  // It hears these peers no more, though they hear it; an empty set ends that.
  void SetUnheard(std::set<NodeId> peers) { unheard_ = std::move(peers); }

  // ---- inputs
  void OnMessage(const Envelope& envelope);
  // That no node has sent.
  void OnForged(const Envelope& envelope);
  void OnLinkUp(NodeId peer);
  void OnLinkDown(NodeId peer);
  void OnBytes(SocketId socket, std::string_view bytes);
  void OnClosed(SocketId socket);
  void Campaign();
  void Resign();
  // Something of the workload's: `act` gets the program and the time.
  void Do(std::function<void(Program&, Instant)> act);

  void Calm();

  // ---- what it is like
  [[nodiscard]] NodeId id() const { return id_; }
  [[nodiscard]] bool IsUp() const { return program_ != nullptr; }
  [[nodiscard]] bool IsPaused() const { return is_paused_; }
  [[nodiscard]] bool IsRetired() const { return is_retired_; }
  // It found its disk unfit and takes part no more: it would have to join as a new node (N1).
  [[nodiscard]] bool HasAbstained() const { return has_abstained_; }
  [[nodiscard]] bool IsLeading() const;
  // Null while no process runs.
  [[nodiscard]] Program* program() { return program_.get(); }
  [[nodiscard]] const Program* program() const { return program_.get(); }
  [[nodiscard]] Disk& disk() { return disk_; }
  [[nodiscard]] const Disk& disk() const { return disk_; }
  [[nodiscard]] const sim::Clock& clock() const { return clock_; }
  // What the node was told last before this turn.
  [[nodiscard]] Told told_before() const { return told_before_; }
  [[nodiscard]] std::uint64_t lives() const { return lives_; }
  // What this life of the process heard `peer` say about its disk, in so many words (N1).
  [[nodiscard]] PersistSeq HeardDurable(NodeId peer) const;

 private:
  // ---- from the disk
  void OnDurable(PersistSeq seq) override;
  void OnWriteFailed(const Status& why) override;
  void OnWrite(const std::vector<Record>& batch, PersistSeq seq) override;
  void OnStored(const std::vector<Record>& batch, PersistSeq seq) override;
  // ---- from the node
  void Send(Envelope envelope) override;
  void OnApplied(const ApplyContext& context, const Applied& applied) override;
  void OnProposal(const Done& outcome, const std::optional<std::string>& reply) override;
  void OnRead(const Done& outcome) override;
  void OnRole() override;
  void OnFailed(const Status& why) override;

  template <class Body>
  void Note(EventKind kind, const Body& body);
  // Hands `input` the program, now or at the end of a pause, and ends the turn.
  template <class Act>
  void Input(Act input);
  void EndTurnSoon();
  void EndTurn();
  void StopIfFailed();
  [[nodiscard]] Status OpenAndGreet();
  void Abstain(const Status& why);
  using Arrival = void (Host::*)(const Envelope&);
  void ArriveAfter(Duration delay, Envelope envelope, Arrival arrive);
  void ArmTimer();
  void DisarmTimer();
  void OnTimer(std::uint64_t number);
  void Receive(Program& program, const Envelope& envelope);
  void Stop();
  // Its files and sockets, as the system closes them.
  void LetGoOfAll();
  // What the clock shows; and the same, when the node itself is told.
  [[nodiscard]] Instant Clock() const;
  Instant TellTime();

  HostWorld world_;
  NodeId id_;
  Random turns_;
  sim::Clock clock_;
  Disk disk_;
  Mischief mischief_;
  Strangers strangers_;
  Babble babble_;
  ReplicaOptions options_;
  std::unique_ptr<Program> program_;
  std::uint64_t lives_ = 0;
  std::map<NodeId, PersistSeq> heard_durable_;
  std::set<NodeId> unheard_;
  Told last_told_{};
  Told told_before_{};
  Duration repair_{};
  bool is_paused_ = false;
  bool is_retired_ = false;
  bool has_abstained_ = false;
  bool knows_of_failure_ = false;  // of its disk, in this life
  bool is_calm_ = false;
  std::vector<std::function<void(Program&)>> held_;  // inputs that came during a pause
  bool turn_ends_soon_ = false;
  Time armed_ = kEndOfTime;  // when the timer fires
  std::uint64_t timer_ = 0;  // its number; older ones are void
};

}  // namespace paxos::sim
