// A simulated cluster: machines, wires, sockets, invariants, and the timeline of faults that is
// carried out on them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "sim/bounds.h"
#include "sim/host.h"
#include "sim/invariants.h"
#include "sim/partitions.h"
#include "sim/proposal_probes.h"
#include "sim/read_probes.h"
#include "sim/traffic.h"

namespace paxos::sim {

class Cluster final : private NetworkEvents,
                      private ServerSockets,
                      private NodeViews,
                      private ReadTargets,
                      private ProposalTargets,
                      private Greeter,
                      private Observer {
 public:
  // All must outlive the cluster.
  Cluster(const Swarm& swarm, Workload& workload, Trace& trace);

  // Another who is told of everything.
  void AddObserver(Observer& observer) { observers_.push_back(&observer); }

  // Starts every node and schedules the faults.
  void Begin();
  bool RunNext(Time end) { return queue_.RunNext(end); }

  // Ends the noise: a random quorum lives, undisturbed; the rest is dead for good, but for one node
  // perhaps, the straggler: it hears nobody any more, or comes back when the others have settled.
  void Heal();

  // ---- for workloads
  [[nodiscard]] EventQueue& queue() { return queue_; }
  [[nodiscard]] Time now() const override { return queue_.now(); }
  [[nodiscard]] const Chance& chance() const { return chance_; }
  [[nodiscard]] const Swarm& swarm() const { return swarm_; }
  [[nodiscard]] Trace& trace() { return trace_; }
  [[nodiscard]] Sockets& sockets() { return sockets_; }
  [[nodiscard]] Invariants& invariants() { return invariants_; }
  [[nodiscard]] const Invariants& invariants() const { return invariants_; }
  [[nodiscard]] std::size_t size() const override { return hosts_.size(); }
  [[nodiscard]] Host& host(NodeId node) { return hosts_[node.value() - 1]; }
  [[nodiscard]] const Host& host(NodeId node) const { return hosts_[node.value() - 1]; }
  [[nodiscard]] bool IsUp(NodeId node) const override;
  // The node that leads in the highest ballot; null if none does.
  [[nodiscard]] Host* Leader();

  // Asked again and again after Heal. Empty, or why not yet: no leader, or a node that has not
  // applied all that was chosen when it was asked first, or differs from another.
  [[nodiscard]] std::string WhyNotSettled();
  // The others have settled: a straggler that comes back does so. False if there is none.
  bool Return();
  // The history is complete.
  void Conclude() const { proposals_.Conclude(); }
  // Too many disks are unfit: nobody may lead any more, and nothing else is asked.
  [[nodiscard]] bool IsBeyondRepair() const { return is_healed_ && Fit().size() <= size() / 2; }

  struct Totals {
    std::uint64_t leader_changes = 0;
    std::uint64_t crashes = 0;
    std::uint64_t applied = 0;
  };
  [[nodiscard]] const Totals& totals() const { return totals_; }
  // The faults so far, those that hit single messages included.
  [[nodiscard]] const std::vector<Fault>& faults() const { return strikes_.happened(); }
  [[nodiscard]] const Network::Totals& network_totals() const { return network_.totals(); }

 private:
  // ---- NetworkEvents, ServerSockets
  void OnMessage(const Envelope& envelope) override { host(envelope.to).OnMessage(envelope); }
  void OnLinkUp(NodeId node, NodeId peer) override { host(node).OnLinkUp(peer); }
  void OnLinkDown(NodeId node, NodeId peer) override { host(node).OnLinkDown(peer); }
  [[nodiscard]] Introduction Introduce(NodeId node) const override;
  [[nodiscard]] bool MayConnect(const Introduction& a, const Introduction& b) override;
  void OnBytes(NodeId node, SocketId socket, std::string_view bytes) override {
    host(node).OnBytes(socket, bytes);
  }
  void OnClosed(NodeId node, SocketId socket) override { host(node).OnClosed(socket); }
  // ---- NodeViews
  [[nodiscard]] const DiskImage& image(NodeId node) const override;
  [[nodiscard]] Instant clock(NodeId node) const override;
  [[nodiscard]] Told told_before(NodeId node) const override;
  // ---- ReadTargets
  void AskRead(NodeId node, ReadId read) override;
  // ---- ProposalTargets
  bool AskProposal(NodeId node, ProposalId proposal, const Command& command) override;
  // ---- Greeter
  [[nodiscard]] Status Greet(NodeId node, std::uint64_t life, PersistSeq durable) override;
  // ---- Observer
  void OnStart(NodeId node, const DiskImage& image) override;
  void OnStop(NodeId node) override;
  void OnSend(const Envelope& envelope) override;
  void OnArrive(const Envelope& envelope) override;
  void OnConnected(NodeId node, NodeId peer) override;
  void OnTurnEnd(NodeId id, const Node& node) override;
  void OnWrite(NodeId node, const std::vector<Record>& batch, PersistSeq seq) override;
  void OnStored(NodeId node, const std::vector<Record>& batch, PersistSeq seq) override;
  void OnApply(NodeId node, const ApplyContext& context, const Applied& applied) override;
  void OnOutcome(NodeId node, const Done& outcome) override;
  void OnRead(NodeId node, const Done& outcome) override;
  void OnLead(NodeId node, const Ballot& ballot) override;
  void OnStepDown(NodeId node) override;

  // ---- faults
  void Carry(const Fault& fault);
  void CrashAndRestart(Host& victim, const Fault& fault);
  void RestartAfter(Host& victim, Duration delay);
  void Replay(const Fault& fault);
  void Suspend(Host& victim, Duration lasts);
  void ChangeClock(Host& victim, const Fault& fault);
  Host& PickVictim(const Fault& fault);
  // ---- disks that become unfit
  void Damage(Host& victim, const Fault& fault);
  void LoseDisk(Host& victim, const Fault& fault);
  void CopyDisk(Host& victim, const Fault& fault);
  void RollBack(Host& victim);
  void RollBackAtVote(NodeId node, const std::vector<Record>& batch);
  [[nodiscard]] bool MayLose(NodeId node) const;
  [[nodiscard]] bool IsReachable(NodeId from, NodeId to) const;
  [[nodiscard]] PersistSeq Remembered(NodeId node) const;
  // What `by` makes of the guest's hello, and the guest of a refusal.
  [[nodiscard]] Status GreetOne(const Introduction& guest, NodeId by) const;
  bool IsWelcome(const Introduction& guest, NodeId by);
  // Nodes whose disks are what they should be.
  [[nodiscard]] std::vector<NodeId> Fit() const;
  std::vector<NodeId> PickSurvivors() const;
  // What becomes of a node that does not survive.
  enum class Rest : std::uint8_t { kIsDead, kIsDeaf, kReturns };
  void PickStraggler();
  void LetRest(Host& host);
  void ResignOnceMore();
  void NoteCampaign(const std::vector<Record>& batch);
  void CheckReturned(const std::vector<Record>& batch);

  Swarm swarm_;
  Strikes strikes_;
  Chance chance_;
  Workload& workload_;
  Trace& trace_;
  EventQueue queue_;
  Network network_;
  Partitions partitions_;
  Sockets sockets_;
  Invariants invariants_;
  std::deque<Host> hosts_;
  ReadProbes probes_;
  ProposalProbes proposals_;
  Traffic traffic_;
  Bounds bounds_;
  std::vector<Observer*> observers_;
  std::set<NodeId> unfit_;  // nodes whose disks were struck
  // Copies that come back after the next vote, by the choice of their faults.
  std::map<NodeId, std::uint64_t> rolled_back_at_vote_;
  bool is_healed_ = false;
  std::vector<NodeId> survivors_;
  std::optional<NodeId> straggler_;
  Rest straggles_ = Rest::kIsDead;
  const Host* followed_ = nullptr;  // who led when the straggler came back
  CommandIndex to_apply_{};         // by every survivor
  Totals totals_;
};

}  // namespace paxos::sim
