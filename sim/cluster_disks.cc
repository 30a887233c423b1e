// Disks that become unfit for good. The atlas: at most a minority of the nodes is struck, so that
// what was chosen is still there; in few runs more, and then the cluster must stop rather than
// diverge. A struck node that finds out abstains for ever, since a NodeId names a disk (N1).
#include <algorithm>

#include "paxos/check.h"
#include "sim/cluster.h"

namespace paxos::sim {
namespace {

// What a fault's choice is asked.
enum DiskQuestion : std::uint64_t { kWhere = 40, kIsFoundAtOnce, kIsAtVote };

}  // namespace

bool Cluster::MayLose(NodeId node) const {
  if (unfit_.contains(node)) return false;
  return swarm_.exceeds_atlas || unfit_.size() < (size() - 1) / 2;
}

// It is found when the record is read: at a start, or by a peer that lags far behind.
void Cluster::Damage(Host& victim, const Fault& fault) {
  if (!MayLose(victim.id())) return;
  unfit_.insert(victim.id());
  victim.disk().Damage(Mix(fault.choice, kWhere));
  if (fault.Pick(kIsFoundAtOnce, 2) == 0) CrashAndRestart(victim, fault);
}

void Cluster::LoseDisk(Host& victim, const Fault& fault) {
  if (!MayLose(victim.id())) return;
  unfit_.insert(victim.id());
  CrashAndRestart(victim, fault);
  victim.disk().Lose();
}

void Cluster::CopyDisk(Host& victim, const Fault& fault) {
  victim.disk().Copy();
  if (fault.Pick(kIsAtVote, 2) == 0) rolled_back_at_vote_[victim.id()] = fault.choice;
  queue_.After(fault.lasts, [this, &victim] { RollBack(victim); });
}

// The moment to forget is just after a promise, or a ballot of its own, has become durable: those
// who count on it are in the midst of an election.
void Cluster::RollBackAtVote(NodeId node, const std::vector<Record>& batch) {
  const auto planned = rolled_back_at_vote_.find(node);
  if (planned == rolled_back_at_vote_.end()) return;
  const bool is_vote = std::any_of(batch.begin(), batch.end(), [](const Record& record) {
    return std::holds_alternative<PromisedRecord>(record) ||
           std::holds_alternative<BallotUsedRecord>(record);
  });
  if (!is_vote) return;
  Random random(Mix(planned->second, kIsAtVote));
  rolled_back_at_vote_.erase(planned);
  const Duration delay = LogUniform(random, microseconds{1}, milliseconds{20});
  queue_.After(delay, [this, node] { RollBack(host(node)); });
}

// An old copy is started while a peer in reach remembers more; the rest is outside the fault model.
void Cluster::RollBack(Host& victim) {
  const bool is_known = Remembered(victim.id()) > victim.disk().copy().persisted();
  if (is_healed_ || !is_known || !MayLose(victim.id())) return;
  unfit_.insert(victim.id());
  if (victim.IsUp()) ++totals_.crashes;
  victim.Crash(Network::Death::kSilent);
  victim.disk().RestoreCopy();
  victim.Start();
}

bool Cluster::IsReachable(NodeId from, NodeId to) const {
  const Host& peer = host(to);
  const bool is_cut = network_.IsCut(from, to) || network_.IsCut(to, from);
  return from != to && peer.IsUp() && !peer.IsPaused() && !is_cut;
}

PersistSeq Cluster::Remembered(NodeId node) const {
  PersistSeq most;
  for (const Host& each : hosts_) {
    if (!IsReachable(node, each.id())) continue;
    most = std::max(most, each.program()->node().replica().RememberedDurable(node));
    most = std::max(most, each.HeardDurable(node));
  }
  return most;
}

// Datagrams have no connections: a node that starts greets everybody in reach at once. [N1]
Status Cluster::Greet(NodeId node, std::uint64_t life, PersistSeq durable) {
  if (swarm_.network.style == LinkStyle::kStreams) return Status::Ok();
  Status greeted;
  for (const Host& each : hosts_) {
    if (greeted.ok() && IsReachable(node, each.id()))
      greeted = GreetOne(Introduction{node, life, durable}, each.id());
  }
  PAXOS_CHECK("N1", greeted.ok() != host(node).disk().IsRolledBack(), node, greeted);
  return greeted;
}

Status Cluster::GreetOne(const Introduction& guest, NodeId by) const {
  const PersistSeq remembered = host(by).program()->node().replica().RememberedDurable(guest.node);
  const PersistSeq by_now = host(guest.node).program()->node().durable();
  return workload_.Greet(Greeting{guest.node, guest.life, guest.durable, by, remembered, by_now});
}

Introduction Cluster::Introduce(NodeId node) const {
  const Host& one = host(node);
  return {node, one.lives(), one.program()->node().durable()};
}

// A process that stands still or was another one by then greets nobody.
bool Cluster::MayConnect(const Introduction& a, const Introduction& b) {
  for (const Introduction* each : {&a, &b}) {
    const Host& one = host(each->node);
    if (one.lives() != each->life || one.IsPaused()) return false;
  }
  return IsWelcome(a, b.node) && IsWelcome(b, a.node);
}

// A sound disk is at worst greeted late. One that was rolled back is found out, and its node ends;
// from peers that do not remember it is kept apart, since that is outside the fault model. [N1]
bool Cluster::IsWelcome(const Introduction& guest, NodeId by) {
  Host& victim = host(guest.node);
  const Status greeted = GreetOne(guest, by);
  if (!victim.disk().IsRolledBack()) {
    PAXOS_CHECK("N1", greeted.ok() || greeted.code() == ErrorCode::kUnavailable, guest.node, by,
                greeted);
    return greeted.ok();
  }
  if (!greeted.ok()) victim.CastOut(greeted);
  return false;
}

}  // namespace paxos::sim
