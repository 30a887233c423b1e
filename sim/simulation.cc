#include "sim/simulation.h"

#include <utility>

#include "paxos/check.h"

namespace paxos::sim {
namespace {

// Prints as it is, where a string would be quoted and cut.
struct Reason {
  std::string text{};
  friend std::string ShortText(const Reason& reason) { return reason.text; }
};

// [INV-22] One leader that lasts, everything answered, equal states.
void AwaitSettlement(Cluster& cluster, const Swarm& swarm, const Workload& workload,
                     Duration at_most) {
  const Time deadline = cluster.now() + at_most;
  const Duration step = swarm.healing_max / 20;
  const Host* leader_before = nullptr;
  std::string why = "no time has passed";
  while (!why.empty() && cluster.now() < deadline) {
    const Time end = cluster.now() + step;
    while (cluster.RunNext(end)) {
    }
    why = cluster.WhyNotSettled();
    const Host* leader = cluster.Leader();
    if (why.empty() && leader != std::exchange(leader_before, leader)) why = "the leader is new";
    if (why.empty()) why = workload.WhyNotSettled();
  }
  PAXOS_CHECK("INV-22", why.empty(), Reason{why});
}

// [INV-22] A node that comes back catches up with a cluster that may have nothing to do.
void AwaitReturn(Cluster& cluster, const Swarm& swarm, const Workload& workload) {
  if (cluster.Return()) AwaitSettlement(cluster, swarm, workload, swarm.healing_max);
}

// Too many disks are unfit. Whoever has one finds out and abstains, and the others cannot lead.
void AwaitStandstill(Cluster& cluster, const Swarm& swarm) {
  const Time end = cluster.now() + swarm.healing_max;
  while (cluster.RunNext(end)) {
  }
  PAXOS_CHECK("INV-24", cluster.Leader() == nullptr);
}

}  // namespace

RunReport Simulate(const Swarm& swarm, Workload& workload,
                   const std::vector<Spectator*>& spectators) {
  const ThrowingChecks throwing;
  RunReport report;
  report.swarm = swarm;
  Trace trace;
  Cluster cluster(swarm, workload, trace);
  for (Spectator* each : spectators) {
    trace.AddListener(*each);
    cluster.AddObserver(*each);
    each->OnBegin(cluster);
  }
  try {
    cluster.Begin();
    while (cluster.RunNext(Time{swarm.noise})) {
    }
    cluster.Heal();
    if (cluster.IsBeyondRepair()) {
      AwaitStandstill(cluster, swarm);
    } else {
      AwaitSettlement(cluster, swarm, workload, swarm.healing_max + workload.SettleTime());
      AwaitReturn(cluster, swarm, workload);
      workload.Conclude();
      cluster.Conclude();
    }
  } catch (Violation& violation) {
    violation.at = cluster.now();
    report.violation = std::move(violation);
  }
  report.hash = trace.hash();
  report.events = cluster.queue().events_run();
  report.end = cluster.now();
  report.cluster = cluster.totals();
  report.commands = cluster.invariants().log().last_index().value();
  report.void_entries = cluster.invariants().log().void_entries();
  report.network = cluster.network_totals();
  report.faults = cluster.faults();
  return report;
}

}  // namespace paxos::sim
