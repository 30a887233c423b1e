// Where processes of one node act, one step at a time: everything that a Node asks of its disk, its
// wire, its state machine and its owner, answered out of the process that is on. Rules that one
// node can break alone are checked here, at the moment.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/exhaust.h"
#include "sim/exhaust_process.h"
#include "sim/exhaust_step.h"

namespace paxos::sim {

// As transcripts call it: "n1".
[[nodiscard]] std::string NameOf(NodeId node);
// Nodes 1 to `nodes`.
[[nodiscard]] Membership Voters(std::size_t nodes);

class ExhaustStage final : private Storage,
                           private Transport,
                           private StateMachine,
                           private NodeEvents {
 public:
  // `wire` must outlive the stage, and the stage every process that it made.
  ExhaustStage(const ExhaustBounds& bounds, Doctored doctored, NodeId self, ExhaustWire& wire);
  ExhaustStage(const ExhaustStage&) = delete;
  ExhaustStage& operator=(const ExhaustStage&) = delete;

  // A node with an empty disk, running.
  Process First();

  // May it happen, as far as this node is concerned? Deliveries always may.
  [[nodiscard]] bool Allows(const Process& process, Act act) const;

  // Carries out `step` on `process`. Writes what is seen to `story`, if there is one.
  StepMarks Take(Process& process, const ExhaustStep& step, std::string* story = nullptr);

  // [INV-21] Votes and promises of a node that nobody lists leave `process` as it is.
  void JudgeStranger(const Process& process);

 private:
  // ---- Storage
  Result<DurableState> Recover() override;
  Result<std::vector<ChosenEntry>> ReadChosen(Slot first, Slot last,
                                              std::size_t bytes_max) override;
  void Write(std::vector<Record> batch, PersistSeq seq) override;
  // ---- Transport
  void Send(Envelope envelope) override;
  // ---- StateMachine
  Applied Apply(const ApplyContext& context, std::string_view command) override;
  [[nodiscard]] std::string Snapshot() const override { return ""; }
  Status Restore(std::string_view /*snapshot*/) override { return Status::Ok(); }
  // ---- NodeEvents
  void OnProposal(const Done& outcome, const std::optional<std::string>& reply) override;
  void OnRole() override;
  void OnFailed(const Status& why) override;

  void Start();
  void Do(const ExhaustStep& step);
  // The node's turn, and those that its disk brings about at once.
  void Finish(const ExhaustStep& step);
  void Deliver(const Envelope& envelope);
  void Propose();
  void Sync();
  void Crash();
  void PutOnTheWire(const Envelope& envelope);
  // What the node knows to be chosen after the step.
  void Learn(const ExhaustStep& step);
  void LookAtRole(const std::optional<Ballot>& led_before, bool was_idle);
  // Most steps have no listener: the line is made only for one.
  template <class Line>
  void Say(const Line& line) const {
    if (story_ != nullptr) *story_ += "n" + ToText(options_.self) + line() + "\n";
  }

  const ExhaustBounds bounds_;
  const Doctored doctored_;
  ReplicaOptions options_;
  ExhaustWire& wire_;
  Process* on_ = nullptr;  // the process that acts
  StepMarks marks_;        // of the step
  std::string* story_ = nullptr;
};

}  // namespace paxos::sim
