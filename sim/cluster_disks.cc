// Disks that become unfit for good. The atlas: at most a minority of the nodes is struck, so that
// what was chosen is still there; in few runs more, and then the cluster must stop rather than
// diverge. A struck node that finds out abstains for ever, since a NodeId names a disk (N1).
#include "sim/cluster.h"

namespace paxos::sim {
namespace {

// What a fault's choice is asked.
enum Question : std::uint64_t { kWhere = 40, kIsFoundAtOnce };

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
  queue_.After(fault.lasts, [this, &victim] { RollBack(victim); });
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

Status Cluster::Greet(NodeId node, std::uint64_t life, PersistSeq durable) {
  for (const Host& each : hosts_) {
    if (!IsReachable(node, each.id())) continue;
    const PersistSeq remembered = each.program()->node().replica().RememberedDurable(node);
    const Status greeted = workload_.Greet(Greeting{node, life, durable, each.id(), remembered});
    if (!greeted.ok()) return greeted;
  }
  return Status::Ok();
}

}  // namespace paxos::sim
