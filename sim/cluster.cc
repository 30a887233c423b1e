#include "sim/cluster.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "paxos/check.h"
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
      proposals_(queue_, chance_, swarm_.replica.election_timeout_max, invariants_.log(), workload,
                 *this),
      traffic_(swarm_.nodes, swarm_.replica, *this),
      bounds_(swarm_.nodes, swarm_.replica),
      observers_{&invariants_, &traffic_, &bounds_} {
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
  proposals_.Begin();
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
  proposals_.OnStop(node);
  for (Observer* each : observers_) each->OnStop(node);
}
void Cluster::OnSend(const Envelope& envelope) {
  for (Observer* each : observers_) each->OnSend(envelope);
}
void Cluster::NoteCampaign(const std::vector<Record>& batch) {
  for (const Record& record : batch) {
    if (std::holds_alternative<BallotUsedRecord>(record)) proposals_.OnCampaign();
  }
}

// [INV-22] Whom the others follow is not deposed by one that comes back.
void Cluster::CheckReturned(const std::vector<Record>& batch) {
  for (const Record& record : batch) {
    const auto* taken = std::get_if<BallotUsedRecord>(&record);
    if (taken == nullptr) continue;
    PAXOS_CHECK("INV-22", Leader() != followed_, taken->ballot);
  }
}

void Cluster::OnArrive(const Envelope& envelope) {
  for (Observer* each : observers_) each->OnArrive(envelope);
}
void Cluster::OnConnected(NodeId node, NodeId peer) {
  for (Observer* each : observers_) each->OnConnected(node, peer);
}
void Cluster::OnTurnEnd(NodeId id, const Node& node) {
  for (Observer* each : observers_) each->OnTurnEnd(id, node);
}
void Cluster::OnWrite(NodeId node, const std::vector<Record>& batch, PersistSeq seq) {
  NoteCampaign(batch);
  if (followed_ != nullptr && node == straggler_) CheckReturned(batch);
  for (Observer* each : observers_) each->OnWrite(node, batch, seq);
}
void Cluster::OnStored(NodeId node, const std::vector<Record>& batch, PersistSeq seq) {
  for (Observer* each : observers_) each->OnStored(node, batch, seq);
  RollBackAtVote(node, batch);
}
void Cluster::OnApply(NodeId node, const ApplyContext& context, const Applied& applied) {
  ++totals_.applied;
  for (Observer* each : observers_) each->OnApply(node, context, applied);
}
void Cluster::OnOutcome(NodeId node, const Done& outcome) {
  proposals_.OnOutcome(outcome);
  for (Observer* each : observers_) each->OnOutcome(node, outcome);
}
void Cluster::OnRead(NodeId node, const Done& outcome) {
  probes_.OnRead(node, outcome);
  for (Observer* each : observers_) each->OnRead(node, outcome);
}
void Cluster::AskRead(NodeId node, ReadId read) {
  host(node).Do([read](Program& program, Instant now) { program.node().Read(now, read); });
}
bool Cluster::AskProposal(NodeId node, ProposalId proposal, const Command& command) {
  if (!host(node).IsUp()) return false;
  host(node).Do([proposal, command](Program& program, Instant now) {
    program.node().Propose(now, proposal, command);
  });
  return true;
}
void Cluster::OnLead(NodeId node, const Ballot& ballot) {
  ++totals_.leader_changes;
  probes_.OnLead();
  proposals_.OnLead();
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
  proposals_.Stop();
  network_.Calm();
  sockets_.Calm();
  survivors_ = PickSurvivors();
  PickStraggler();
  for (Host& each : hosts_) {
    if (std::binary_search(survivors_.begin(), survivors_.end(), each.id())) {
      each.Calm();
      each.Start();
    } else if (IsBeyondRepair()) {
      each.Crash(Network::Death::kSilent);
      each.Start();  // and finds out
    } else {
      LetRest(each);
    }
  }
  workload_.OnHeal();
  ResignOnceMore();
}

// Perhaps when everybody has gone: whoever leads next must not need a command to do what it owes.
// Not where a node comes back: who deposed the leader must be plain then.
void Cluster::ResignOnceMore() {
  Random random = chance_.Of(Subject::kHeal, 2);
  if (random.Chance(1, 2) || straggles_ == Rest::kReturns) return;
  queue_.After(DurationBetween(random, Duration{0}, swarm_.healing_max / 2), [this] {
    if (Host* leader = Leader()) leader->Resign();
  });
}

// Mostly there is one. To be dead is the least that a node can do to the others.
void Cluster::PickStraggler() {
  Random random = chance_.Of(Subject::kHeal, 1);
  const std::vector<NodeId> nodes = Fit();
  const std::uint64_t how = random.Below(3);
  const bool is_none = how == 0 || !swarm_.may_straggle || nodes.size() <= survivors_.size();
  if (is_none) return;
  straggles_ = how == 1 ? Rest::kIsDeaf : Rest::kReturns;
  std::vector<NodeId> rest;
  std::set_difference(nodes.begin(), nodes.end(), survivors_.begin(), survivors_.end(),
                      std::back_inserter(rest));
  const Host* leader = Leader();
  const bool has_led =
      leader != nullptr && std::find(rest.begin(), rest.end(), leader->id()) != rest.end();
  straggler_ = has_led ? leader->id() : rest[random.Below(rest.size())];
}

void Cluster::LetRest(Host& host) {
  if (host.id() != straggler_) return host.Retire();
  std::set<NodeId> everybody;
  for (const Host& each : hosts_) everybody.insert(each.id());
  if (straggles_ == Rest::kReturns) host.Crash(Network::Death::kSocketsClosed);
  host.SetUnheard(std::move(everybody));
  host.Calm();
}

// It hears everyone but the leader at first: it may ask for votes, and must not get them.
bool Cluster::Return() {
  if (!straggler_ || std::exchange(straggles_, Rest::kIsDead) != Rest::kReturns) return false;
  Host& late = host(*straggler_);
  followed_ = Leader();
  late.SetUnheard({followed_->id()});
  late.Start();
  queue_.After(3 * swarm_.replica.election_timeout_max, [&late] { late.SetUnheard({}); });
  survivors_.push_back(*straggler_);
  to_apply_ = CommandIndex{};
  return true;
}

std::string Cluster::WhyNotSettled() {
  const GlobalLog& log = invariants_.log();
  if (to_apply_ == CommandIndex{}) to_apply_ = log.last_index();
  Host* leader = Leader();
  if (leader == nullptr) return "no node leads";
  for (const NodeId node : survivors_) {
    Host& each = host(node);
    const std::string name = "node " + std::to_string(each.id().value());
    if (!each.IsUp()) return name + " is down";
    if (log.applied(each.id()) < to_apply_) return name + " lags behind";
    const bool is_level = log.applied(each.id()) == log.applied(leader->id());
    if (is_level && each.program()->Snapshot() != leader->program()->Snapshot())
      return name + " differs from the leader";
  }
  if (const auto node = proposals_.WhoOwes())
    return "node " + std::to_string(node->value()) + " has not said what became of a proposal";
  return {};
}

}  // namespace paxos::sim
