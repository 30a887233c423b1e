// The states that single nodes can be in, each found once, and what each step makes of them,
// worked out once: the search proper then only moves numbers. Few states of nodes make up many of
// a cluster, and what a node does depends on nothing but its own state.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "sim/exhaust.h"
#include "sim/exhaust_stage.h"
#include "sim/fingerprint_table.h"

namespace paxos::sim {

// A state of one node, of all nodes' in one numbering.
using NodeState = std::uint32_t;

// The parts of a state's fingerprint under one relabelling; they add up.
struct NodeFingerprint {
  std::uint64_t process = 0;
  std::uint64_t last_process = 0;                         // when no campaign is left
  std::uint64_t questions = 0;                            // of what it sent: all but
  std::array<std::uint64_t, kExhaustNodesMax> answers{};  // those to a proposer, [receiver - 1]
};

// What the search needs of such a state without asking the process.
struct NodeFacts {
  std::vector<NodeFingerprint> fingerprints{};                // one per relabelling
  std::array<std::vector<MessageId>, kExhaustNodesMax> to{};  // sent so far: [receiver - 1]
  std::vector<Act> allowed{};                                 // of its own, bounds apart
  std::uint32_t campaigns = 0;
  std::uint32_t crashes = 0;
  std::uint32_t beaten = 0;
  bool leads = false;
  bool is_idle = false;  // as a proposer

  [[nodiscard]] std::uint64_t WholeFingerprint(std::size_t relabelling) const;
};

// Where a step leads.
struct NodeStep {
  NodeState after = 0;
  StepMarks marks{};
  bool must_judge = false;      // what JudgeTogether looks at has changed
  std::uint32_t violation = 0;  // 0: none; else it is the node's own, see Violated
};

class ExhaustNodes {
 public:
  ExhaustNodes(const ExhaustBounds& bounds, Doctored doctored);

  // A node as it starts.
  NodeState First(NodeId node);
  // What `step` makes of `before`, which is a state of the node that takes it.
  const NodeStep& Take(NodeState before, const ExhaustStep& step);
  // Most messages mean nothing to most states: true if this one is known to be such.
  [[nodiscard]] bool IsIgnored(NodeState state, MessageId message) const {
    const std::vector<bool>& ignored = known_[state].ignored;
    return message.value() < ignored.size() && ignored[message.value()];
  }

  [[nodiscard]] const NodeFacts& Facts(NodeState state) const { return known_[state].facts; }
  [[nodiscard]] const Process& ProcessOf(NodeState state) const { return *known_[state].process; }
  [[nodiscard]] const Violation& Violated(const NodeStep& step) const {
    return violations_[step.violation - 1];
  }
  [[nodiscard]] const ExhaustWire& wire() const { return wire_; }
  [[nodiscard]] std::size_t relabellings() const { return relabellings_.size(); }
  [[nodiscard]] std::size_t size() const { return known_.size(); }

  // Takes the step on a process of its own and says what is seen, up to a violation.
  std::string Tell(Process& process, const ExhaustStep& step);

 private:
  struct Known {
    std::unique_ptr<const Process> process{};
    NodeFacts facts{};
    std::vector<bool> ignored{};  // [message]
  };

  NodeStep WorkOut(NodeState before, const ExhaustStep& step);
  void CheckIdle(NodeState before, NodeState after, const ExhaustStep& step) const;
  void Ignore(NodeState state, MessageId message);
  NodeState Intern(NodeId node, Process process);
  [[nodiscard]] NodeFacts FactsOf(NodeId node, const Process& process) const;
  [[nodiscard]] NodeFingerprint FingerprintOf(NodeId node, const Process& process,
                                              std::size_t relabelling) const;
  ExhaustStage& StageOf(NodeId node) { return *stages_[node.value() - 1]; }

  const ExhaustBounds bounds_;
  const Membership voters_;
  const std::vector<Relabelling> relabellings_;
  ExhaustWire wire_;
  std::vector<std::unique_ptr<ExhaustStage>> stages_;  // [node - 1]
  std::deque<Known> known_;                            // [state]
  FingerprintTable<NodeState> by_fingerprint_;
  std::deque<NodeStep> steps_;
  FingerprintTable<std::uint32_t> by_state_and_step_;  // index into steps_
  std::vector<Violation> violations_;
};

}  // namespace paxos::sim
