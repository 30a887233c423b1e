// How the timeline's faults are carried out.
#include <utility>

#include "sim/cluster.h"

namespace paxos::sim {
namespace {

// What a fault's choice is asked.
enum FaultQuestion : std::uint64_t { kIsLeader = 1, kWho, kHow, kWhen };

// Mostly soon.
std::uint64_t CallsToFailure(const Fault& fault) {
  Random random(Mix(fault.choice, kWhen));
  return LogUniform(random, 1, 64);
}

}  // namespace

// In half of the cases the leader: what hits anybody else is seldom seen.
Host& Cluster::PickVictim(const Fault& fault) {
  Host* leader = Leader();
  if (leader != nullptr && fault.Pick(kIsLeader, 2) == 0) return *leader;
  return hosts_[fault.Pick(kWho, hosts_.size())];
}

void Cluster::Carry(const Fault& fault) {
  if (is_healed_) return;
  trace_.Add(now(), EventKind::kFault, NodeId{}, fault);
  strikes_.Note(fault);
  Host& victim = PickVictim(fault);
  switch (fault.what) {
    case FaultClass::kCrash:
    case FaultClass::kHarshCrash:
      return CrashAndRestart(victim, fault);
    case FaultClass::kPartition:
      return partitions_.Cut(fault, victim.id());
    case FaultClass::kOneWay:
      return partitions_.CutOneWay(fault, victim.id());
    case FaultClass::kClog:
      return partitions_.Clog(fault, victim.id());
    case FaultClass::kReplay:
      return Replay(fault);
    case FaultClass::kPause:
      victim.Pause();
      return queue_.After(fault.lasts, [&victim] { victim.Resume(); });
    case FaultClass::kDiskStall:
      return victim.disk().StallUntil(now() + fault.lasts);
    case FaultClass::kDiskFailure:
      return victim.FailDisk(CallsToFailure(fault), fault.lasts);
    case FaultClass::kDiskFull:
      return victim.FillDisk(fault.lasts);
    case FaultClass::kSuspend:
      return Suspend(victim, fault.lasts);
    case FaultClass::kStrobe:
    case FaultClass::kBadClock:
      return ChangeClock(victim, fault);
    case FaultClass::kDamage:
      return Damage(victim, fault);
    case FaultClass::kLostDisk:
      return LoseDisk(victim, fault);
    case FaultClass::kRollback:
      return CopyDisk(victim, fault);
    case FaultClass::kResign:
      return fault.Pick(kHow, 2) == 0 ? victim.Resign() : victim.Campaign();
    case FaultClass::kClients:
      return workload_.OnClientFault(fault.choice, fault.lasts);
    case FaultClass::kClientCut:
      return workload_.OnClientsCut(fault.choice, fault.lasts);
    default:
      return;  // the classes that are no single events
  }
}

void Cluster::CrashAndRestart(Host& victim, const Fault& fault) {
  const bool is_silent = fault.Pick(kHow, 2) == 0;
  if (victim.IsUp()) ++totals_.crashes;
  victim.Crash(is_silent ? Network::Death::kSilent : Network::Death::kSocketsClosed);
  RestartAfter(victim, fault.lasts);
}

// Starting a process that runs does nothing.
void Cluster::RestartAfter(Host& victim, Duration delay) {
  queue_.After(delay, [&victim] { victim.Start(); });
}

// Its disk, its process and its network card stand still.
void Cluster::Suspend(Host& victim, Duration lasts) {
  victim.disk().StallUntil(now() + lasts);
  partitions_.Isolate(victim.id(), lasts);
  victim.Pause();
  queue_.After(lasts, [&victim] { victim.Resume(); });
}

// A node's, or a client's.
void Cluster::ChangeClock(Host& victim, const Fault& fault) {
  const bool is_bad = fault.what == FaultClass::kBadClock;
  const ClockChange change = is_bad ? DrawBadClock(fault) : DrawStrobe(fault, swarm_.drift);
  const Duration lasts = is_bad ? fault.lasts : swarm_.noise;
  if (fault.Pick(kHow, 2) == 0) return workload_.OnClientClock(fault.choice, change, lasts);
  victim.ChangeClock(change);
  if (is_bad) queue_.After(lasts, [&victim] { victim.CorrectClock(); });
}

// Datagrams of one node, to all others.
void Cluster::Replay(const Fault& fault) {
  const NodeId from = PickVictim(fault).id();
  for (std::uint64_t to = 1; to <= hosts_.size(); ++to) {
    if (NodeId{to} != from) network_.Replay(from, NodeId{to}, Mix(fault.choice, to));
  }
}

}  // namespace paxos::sim
