#include <algorithm>

#include "sim/paxos_marks.h"

namespace paxos::sim {

void DeathMarks::OnBegin(const Cluster& cluster) {
  PaxosMarkGroup::OnBegin(cluster);
  machines_.resize(cluster.size());
}

void DeathMarks::OnEvent(const EventView& event) {
  const NodeId node = event.node;
  switch (event.kind) {
    case EventKind::kCrash:
      return OnCrash(node);
    case EventKind::kWriteFailed:
      HitIf(true, PaxosMark::kSyncFails);
      return HitIf(LeadsIn(node).has_value(), PaxosMark::kLeadersSyncFails);
    case EventKind::kDurable:
      return OnDurable(node, PersistSeq{event.As<Number>()->value});
    case EventKind::kPause:
      MachineOf(node).held = 0;
      return;
    case EventKind::kResume:
      return OnResume(node);
    case EventKind::kDeliver: {
      const NodeId to = event.As<Envelope>()->to;
      if (cluster().host(to).IsPaused()) ++MachineOf(to).held;
      return;
    }
    default:
      return;
  }
}

// ---- crashes --------------------------------------------------------------------------------

void DeathMarks::OnCrash(NodeId node) {
  if (cluster().host(node).IsRetired()) return;  // no fault: the healing's choice
  HitIf(LeadsIn(node).has_value(), PaxosMark::kLeaderCrashes);
  HitIf(IsPreparing(node), PaxosMark::kCandidateCrashes);
  HitIf(cluster().host(node).IsPaused(), PaxosMark::kPausedNodeCrashes);
  Machine& machine = MachineOf(node);
  machine.unsynced_at_crash = machine.unsynced.size();
}

void DeathMarks::OnStop(NodeId node) {
  std::size_t up = 0;
  for (std::uint64_t i = 1; i <= cluster().size(); ++i) {
    if (NodeId{i} != node && cluster().IsUp(NodeId{i})) ++up;
  }
  HitIf(up < cluster().size() / 2 + 1, PaxosMark::kQuorumDown);
  HitIf(up == 0 && cluster().size() >= 3, PaxosMark::kAllDown);
}

// By now the disk has kept what it keeps.
void DeathMarks::JudgeCrash(Machine& machine) {
  if (machine.unsynced_at_crash.value_or(0) == 0) return;
  const std::size_t lost = machine.unsynced.size();
  HitIf(lost == 0, PaxosMark::kCrashKeepsAll);
  HitIf(0 < lost && lost < *machine.unsynced_at_crash, PaxosMark::kCrashKeepsSome);
  HitIf(lost == *machine.unsynced_at_crash, PaxosMark::kCrashKeepsNone);
  for (const Unsynced& each : machine.unsynced) {
    HitIf(each.promise, PaxosMark::kPromiseForgotten);
    HitIf(each.vote, PaxosMark::kVoteForgotten);
    HitIf(each.ballot, PaxosMark::kBallotForgotten);
  }
}

void DeathMarks::OnStart(NodeId node, const DiskImage& image) {
  Machine& machine = MachineOf(node);
  JudgeCrash(machine);
  machine.unsynced.clear();
  machine.unsynced_at_crash.reset();
  machine.durable = image.persisted();
  const bool has_lived = !machine.starts.empty();
  HitIf(has_lived && image.persisted() == PersistSeq{}, PaxosMark::kRestartsEmpty);
  HitIf(has_lived && image.last_slot() > image.chosen_prefix(), PaxosMark::kRestartsWithOpenVotes);
  machine.starts.push_back(now());
  if (machine.starts.size() > 3) machine.starts.pop_front();
  HitIf(machine.starts.size() == 3 && now() - machine.starts.front() <= seconds{1},
        PaxosMark::kFlaps);
}

// ---- disks ----------------------------------------------------------------------------------

void DeathMarks::OnWrite(NodeId node, const std::vector<Record>& batch, PersistSeq /*seq*/) {
  Unsynced unsynced;
  for (const Record& record : batch) {
    unsynced.promise |= std::holds_alternative<PromisedRecord>(record);
    unsynced.vote |= std::holds_alternative<AcceptedRecord>(record);
    unsynced.ballot |= std::holds_alternative<BallotUsedRecord>(record);
  }
  MachineOf(node).unsynced.push_back(unsynced);
}

void DeathMarks::OnStored(NodeId node, const std::vector<Record>& /*batch*/, PersistSeq /*seq*/) {
  MachineOf(node).unsynced.pop_front();
}

void DeathMarks::OnDurable(NodeId node, PersistSeq seq) {
  Machine& machine = MachineOf(node);
  HitIf(seq - machine.durable >= 8, PaxosMark::kGroupCommit);
  machine.durable = seq;
}

// ---- pauses ---------------------------------------------------------------------------------

void DeathMarks::OnResume(NodeId node) {
  HitIf(MachineOf(node).held >= 20, PaxosMark::kBurstAfterPause);
  const std::optional<Ballot> leads_in = LeadsIn(node);
  const auto leads_above = [&](NodeId other) { return LeadsIn(other) > leads_in; };
  HitIf(leads_in && AnyOther(node, leads_above), PaxosMark::kAwakesDeposed);
}

}  // namespace paxos::sim
