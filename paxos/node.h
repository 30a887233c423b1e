// The driver: carries out what the replica wants, in the one order that is safe:
// persist -> send -> apply -> report. One thread, no locks, no clock of its own; the same class
// runs in lockd and in the simulator.
//
// The owner calls inputs as they come and Drain(now) at the end of each turn of its loop.
// Everything that came in between shares a slot, a disk batch and a flush. Events are delivered
// only from Drain, never from inside an input.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "paxos/options.h"
#include "paxos/replica.h"
#include "paxos/result.h"
#include "paxos/state_machine.h"
#include "paxos/storage.h"
#include "paxos/transport.h"

namespace paxos {

// What a node tells its owner. All calls come from Drain(); an implementation may call the node's
// inputs from them.
class NodeEvents {
 public:
  virtual ~NodeEvents() = default;
  // A command was applied: in log order, on every node, and again during a replay.
  virtual void OnApplied(const ApplyContext& /*context*/, const Applied& /*applied*/) {}
  // The outcome of Propose. `reply` is what Apply returned for it, if it was chosen and has one.
  virtual void OnProposal(const Done& outcome, const std::optional<std::string>& reply) = 0;
  // The outcome of Read: the state machine now reflects everything the read must see.
  virtual void OnRead(const Done& /*outcome*/) {}
  // Leadership came or went. Told before the outcomes that follow from it, so that an owner never
  // takes what a later ballot decided for an answer of its own.
  virtual void OnRole() {}
  // The disk failed: the node takes no part any more. The process should end with exit code 74.
  virtual void OnFailed(const Status& why) = 0;
};

class Node final : public StorageEvents {
 public:
  // All must outlive the node. `options` must be valid.
  Node(const ReplicaOptions& options, Storage& storage, Transport& transport, StateMachine& machine,
       NodeEvents& events);
  // A copy goes on from the same state, with the same storage, transport, machine and events: the
  // exhaustive checker branches in this way.
  Node(const Node&) = default;
  Node& operator=(const Node&) = delete;

  // Recovers from the storage and replays the chosen log into the state machine, `replay_progress`
  // (if given) being told after each chunk how far it is. Before any input.
  Status Start(Instant now, const std::function<void(Slot at, Slot of)>& replay_progress = {});

  // ---- inputs; any number of them, then Drain. The storage calls without a time: what it says is
  // taken in by Drain.
  void Receive(Instant now, const Envelope& envelope);
  void OnTime(Instant now);
  void Propose(Instant now, ProposalId id, Command command, Urgency urgency = Urgency::kUser);
  void Read(Instant now, ReadId id);
  void OnLinkUp(Instant now, NodeId peer);
  void OnLinkDown(Instant now, NodeId peer);
  void OnDurable(PersistSeq seq) override;
  void OnWriteFailed(const Status& why) override;
  // For tests and operators: see Replica.
  void Campaign(Instant now);
  void Resign(Instant now);

  // ---- the end of a turn
  void Drain(Instant now);

  // When OnTime wants to be called next.
  [[nodiscard]] Instant next_wakeup() const;
  [[nodiscard]] bool failed() const { return failure_.has_value(); }
  // Everything up to here is on this node's disk.
  [[nodiscard]] PersistSeq durable() const { return durable_; }
  // After Start.
  [[nodiscard]] const Replica& replica() const { return *replica_; }

  // What its further behaviour depends on, at the end of a turn; for telling states apart.
  template <class Archive>
  friend void serialize(Archive& ar, Node& n, unsigned /*version*/) {
    bool has_failed = n.failed();
    ar& Named("replica", n.replica_) & Named("now", n.now_) & Named("durable", n.durable_) &
        Named("gated", n.gated_) & Named("failed", has_failed) &
        Named("leading", n.reported_leading_);
  }

 private:
  void Persist(Output& output);
  void Send(Output& output);
  void Serve(const Output& output);
  void Apply(const Output& output);
  void Report(const Output& output);

  Status Replay(const std::function<void(Slot at, Slot of)>& progress);
  void ApplyDelivery(const Delivery& delivery);
  void ReportOne(const Done& done);
  void Depart(Outgoing outgoing);
  void OpenGate();
  [[nodiscard]] bool IsGivenUp(const Outgoing& outgoing) const;
  bool ReportRole();  // whether it had changed
  void ReportFailure();
  void DeliverToSelf();
  [[nodiscard]] bool TakesInput() const { return replica_.has_value() && !failed(); }

  // The replies of one round of Apply, so that Report finds them by index.
  struct Reply {
    CommandIndex index{};
    std::optional<std::string> text{};
  };

  ReplicaOptions options_;
  Storage& storage_;
  Transport& transport_;
  StateMachine& machine_;
  NodeEvents& events_;
  std::optional<Replica> replica_;
  Instant now_{};
  PersistSeq durable_;            // as the storage said
  std::deque<Outgoing> gated_;    // waiting for durable_ to reach their `after`, which never falls
  std::deque<Envelope> to_self_;  // sent by this node to itself
  std::vector<Reply> replies_;
  std::optional<Status> failure_;
  bool is_failure_reported_ = false;
  std::optional<Ballot> reported_leading_;  // the ballot OnRole was told of; none = not leading
};

}  // namespace paxos
