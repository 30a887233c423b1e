#include "sim/cluster.h"

#include <algorithm>
#include <utility>

#include "sim/clock_swarm.h"

namespace paxos::sim {
namespace {

Invariants::Options AssumedOf(const Swarm& swarm) {
  Invariants::Options assumed{swarm.nodes, swarm.replica.alpha, DriftMax(swarm.drift)};
  if (swarm.classes.Has(FaultClass::kBadClock)) assumed.drift_max = std::nullopt;
  return assumed;
}

}  // namespace

Cluster::Cluster(const Swarm& swarm, Workload& workload, Trace& trace)
    : swarm_(swarm),
      chance_(swarm.seed, &strikes_),
      workload_(workload),
      trace_(trace),
      queue_(chance_.KeyOf(Subject::kTies)),
      network_(queue_, chance_, swarm_.network, swarm_.nodes, *this),
      partitions_(queue_, network_, swarm_.nodes),
      sockets_(queue_, chance_, swarm_.sockets, *this),
      invariants_(AssumedOf(swarm_), *this),
      probes_(queue_, chance_, swarm_.replica.election_timeout_max, invariants_.log(), *this),
      observers_{&invariants_} {
  if (swarm_.strikes) strikes_.Restrict(*swarm_.strikes);
  const HostWorld world{queue_,   chance_, swarm_,    trace_, network_,
                        sockets_, *this,   workload_, *this};
  for (std::uint64_t i = 1; i <= swarm_.nodes; ++i) hosts_.emplace_back(world, NodeId{i});
}

void Cluster::Begin() {
  for (Host& each : hosts_) {
    queue_.At(Time{}, [&each] { each.Start(); });
  }
  for (const Fault& fault : swarm_.faults) {
    queue_.At(fault.at, [this, &fault] { Carry(fault); });
  }
  probes_.Begin();
  workload_.Begin(*this);
}

bool Cluster::IsUp(NodeId node) const { return hosts_[node.value() - 1].IsUp(); }
const DiskImage& Cluster::image(NodeId node) const {
  return hosts_[node.value() - 1].disk().image();
}
Instant Cluster::clock(NodeId node) const { return hosts_[node.value() - 1].clock().Read(now()); }
Told Cluster::told_before(NodeId node) const { return hosts_[node.value() - 1].told_before(); }

Host* Cluster::Leader() {
  Host* leader = nullptr;
  const auto ballot_of = [](Host& each) {
    return each.program()->node().replica().proposer().leading()->ballot;
  };
  for (Host& each : hosts_) {
    if (!each.IsLeading()) continue;
    if (leader == nullptr || ballot_of(each) > ballot_of(*leader)) leader = &each;
  }
  return leader;
}

// ---- what observers are told ----------------------------------------------------------------

void Cluster::OnStart(NodeId node, const DiskImage& image) {
  for (Observer* each : observers_) each->OnStart(node, image);
}
void Cluster::OnStop(NodeId node) {
  for (Observer* each : observers_) each->OnStop(node);
}
void Cluster::OnSend(const Envelope& envelope) {
  for (Observer* each : observers_) each->OnSend(envelope);
}
void Cluster::OnWrite(NodeId node, const std::vector<Record>& batch, PersistSeq seq) {
  for (Observer* each : observers_) each->OnWrite(node, batch, seq);
}
void Cluster::OnStored(NodeId node, const std::vector<Record>& batch, PersistSeq seq) {
  for (Observer* each : observers_) each->OnStored(node, batch, seq);
}
void Cluster::OnApply(NodeId node, const ApplyContext& context, const Applied& applied) {
  ++totals_.applied;
  for (Observer* each : observers_) each->OnApply(node, context, applied);
}
void Cluster::OnRead(NodeId node, const Done& outcome) {
  probes_.OnRead(node, outcome);
  for (Observer* each : observers_) each->OnRead(node, outcome);
}
void Cluster::AskRead(NodeId node, ReadId read) {
  host(node).Do([read](Program& program, Instant now) { program.node().Read(now, read); });
}
void Cluster::OnLead(NodeId node, const Ballot& ballot) {
  ++totals_.leader_changes;
  probes_.OnLead();
  for (Observer* each : observers_) each->OnLead(node, ballot);
}
void Cluster::OnStepDown(NodeId node) {
  for (Observer* each : observers_) each->OnStepDown(node);
}

// ---- the end --------------------------------------------------------------------------------

std::vector<NodeId> Cluster::Fit() const {
  std::vector<NodeId> nodes;
  for (const Host& each : hosts_) {
    if (!unfit_.contains(each.id())) nodes.push_back(each.id());
  }
  return nodes;
}

// A random quorum of those that can be one; if there is none, everybody.
std::vector<NodeId> Cluster::PickSurvivors() const {
  std::vector<NodeId> nodes = Fit();
  const std::size_t quorum = size() / 2 + 1;
  if (nodes.size() < quorum) return nodes;
  Random random = chance_.Of(Subject::kHeal);
  for (std::size_t i = nodes.size(); i > 1; --i) std::swap(nodes[i - 1], nodes[random.Below(i)]);
  nodes.resize(quorum);
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

void Cluster::Heal() {
  trace_.Add(now(), EventKind::kHeal, NodeId{});
  is_healed_ = true;
  network_.Calm();
  sockets_.Calm();
  const std::vector<NodeId> survivors = PickSurvivors();
  for (Host& each : hosts_) {
    if (std::binary_search(survivors.begin(), survivors.end(), each.id())) {
      each.Calm();
      each.Start();
    } else if (IsBeyondRepair()) {
      each.Crash(Network::Death::kSilent);
      each.Start();  // and finds out
    } else {
      each.Retire();
    }
  }
  workload_.OnHeal();
}

std::string Cluster::WhyNotSettled() {
  const GlobalLog& log = invariants_.log();
  if (to_apply_ == CommandIndex{}) to_apply_ = log.last_index();
  Host* leader = Leader();
  if (leader == nullptr) return "no node leads";
  for (Host& each : hosts_) {
    if (each.IsRetired()) continue;
    const std::string name = "node " + std::to_string(each.id().value());
    if (!each.IsUp()) return name + " is down";
    if (log.applied(each.id()) < to_apply_) return name + " lags behind";
    const bool is_level = log.applied(each.id()) == log.applied(leader->id());
    if (is_level && each.program()->Snapshot() != leader->program()->Snapshot())
      return name + " differs from the leader";
  }
  return {};
}

}  // namespace paxos::sim
