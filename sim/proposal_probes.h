// Proposes commands that nobody needs, and judges what is said to become of them: what counts as
// never proposed or as superseded is never chosen, what counts as chosen stands where it is said to
// stand, and nothing is chosen twice (INV-11). Commands of clients cannot show that: a session
// makes good whatever a wrong outcome does to them.
#pragma once

#include <cstdint>
#include <vector>

#include "paxos/output.h"
#include "sim/chance.h"
#include "sim/event_queue.h"
#include "sim/global_log.h"
#include "sim/program.h"

namespace paxos::sim {

// Where probes go.
class ProposalTargets {
 public:
  virtual ~ProposalTargets() = default;
  [[nodiscard]] virtual std::size_t size() const = 0;
  // False: no process is there to take it.
  [[nodiscard]] virtual bool AskProposal(NodeId node, ProposalId proposal,
                                         const Command& command) = 0;
};

class ProposalProbes {
 public:
  // `span`: about how long a deposed leader may not know it. All must outlive the probes.
  ProposalProbes(EventQueue& queue, const Chance& chance, Duration span, const GlobalLog& log,
                 const Workload& workload, ProposalTargets& targets);

  // Now and then until Stop; never, if the workload has no command for it.
  void Begin();
  // A cluster that has nothing to do must work as well.
  void Stop() { is_over_ = true; }
  // A node campaigns: whoever leads gets one or two that it may not be able to finish.
  void OnCampaign();
  // Every node, some times within the span.
  void OnLead();
  // The outcome of any proposal; those of others are ignored.
  void OnOutcome(const Done& outcome);
  // Its process is gone, and with it what it would have said.
  void OnStop(NodeId node);
  // A node that has not said yet what became of a proposal.
  [[nodiscard]] std::optional<NodeId> WhoOwes() const;
  // The log is complete.
  void Conclude() const;

 private:
  enum class Fate : std::uint8_t { kOpen, kChosen, kWithoutEffect, kUnknown };
  struct Proposal {
    Command command{};
    NodeId asked{};
    Fate fate = Fate::kOpen;
  };

  void AskSoon();
  void Ask(NodeId node);
  void AskAllWithin(Duration span);
  void OnChosen(Proposal& proposal, const ProposalChosen& chosen);

  EventQueue& queue_;
  Random random_;
  Duration span_;
  const GlobalLog& log_;
  const Workload& workload_;
  ProposalTargets& targets_;
  std::vector<Proposal> proposals_;  // number 1 first
  bool is_over_ = false;
};

}  // namespace paxos::sim
