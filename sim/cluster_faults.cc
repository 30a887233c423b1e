// How the timeline's faults are carried out.
#include <utility>

#include "sim/cluster.h"

namespace paxos::sim {
namespace {

// A fault's choice is 64 random bits; each question it answers takes its own.
std::uint64_t Answer(std::uint64_t choice, std::uint64_t question, std::uint64_t answers) {
  return Mix(choice, question) % answers;
}

}  // namespace

// In half of the cases the leader: what hits anybody else is seldom seen.
Host& Cluster::PickVictim(std::uint64_t choice) {
  Host* leader = Leader();
  if (leader != nullptr && Answer(choice, 1, 2) == 0) return *leader;
  return hosts_[Answer(choice, 2, hosts_.size())];
}

void Cluster::Carry(const Fault& fault) {
  if (is_healed_) return;
  trace_.Add(now(), EventKind::kFault, NodeId{}, fault);
  Host& victim = PickVictim(fault.choice);
  switch (fault.what) {
    case FaultClass::kCrash:
    case FaultClass::kHarshCrash:
      return CrashAndRestart(victim, fault);
    case FaultClass::kPartition:
      return Partition(fault);
    case FaultClass::kPause:
      victim.Pause();
      return queue_.After(fault.lasts, [&victim] { victim.Resume(); });
    case FaultClass::kDiskStall:
      return victim.disk().StallUntil(now() + fault.lasts);
    case FaultClass::kDiskFailure:
      return victim.FailDisk(fault.lasts);
    case FaultClass::kResign:
      return Answer(fault.choice, 3, 2) == 0 ? victim.Resign() : victim.Campaign();
    case FaultClass::kClients:
      return workload_.OnClientFault(fault.choice, fault.lasts);
    default:
      return;  // the classes that are no single events
  }
}

void Cluster::CrashAndRestart(Host& victim, const Fault& fault) {
  const bool is_silent = Answer(fault.choice, 4, 2) == 0;
  if (victim.IsUp()) ++totals_.crashes;
  victim.Crash(is_silent ? Network::Death::kSilent : Network::Death::kSocketsClosed);
  RestartAfter(victim, fault.lasts);
}

// Starting a process that runs does nothing.
void Cluster::RestartAfter(Host& victim, Duration delay) {
  queue_.After(delay, [&victim] { victim.Start(); });
}

void Cluster::CutFor(NodeId from, NodeId to, Duration lasts) {
  if (from == to || network_.IsCut(from, to)) return;
  network_.Cut(from, to);
  queue_.After(lasts, [this, from, to] {
    if (network_.IsCut(from, to)) network_.Mend(from, to);
  });
}

// Nodes on a circle, from a random one on: a shape says who may still send to whom.
void Cluster::Partition(const Fault& fault) {
  enum class Shape : std::uint8_t { kIsolate, kSplit, kBridge, kRing, kDeaf, kMute, kOneWay };
  constexpr std::uint64_t kShapes = 7;
  const auto shape = static_cast<Shape>(Answer(fault.choice, 5, kShapes));
  const std::size_t nodes = hosts_.size();
  const std::size_t first = PickVictim(fault.choice).id().value() - 1;
  const auto may_send = [&](std::size_t from, std::size_t to) {
    const std::size_t middle = nodes / 2;
    switch (shape) {
      case Shape::kIsolate:
        return from != 0 && to != 0;
      case Shape::kSplit:
        return (from < middle) == (to < middle);
      case Shape::kBridge:  // the one in the middle sees both halves
        return from == middle || to == middle || (from < middle) == (to < middle);
      case Shape::kRing:
        return (from + 1) % nodes == to || (to + 1) % nodes == from;
      case Shape::kDeaf:
        return to != 0;
      case Shape::kMute:
        return from != 0;
      case Shape::kOneWay:
        return from != 0 || to != 1;
    }
    return true;
  };
  for (std::size_t from = 0; from < nodes; ++from) {
    for (std::size_t to = 0; to < nodes; ++to) {
      if (from == to || may_send(from, to)) continue;
      CutFor(NodeId{(first + from) % nodes + 1}, NodeId{(first + to) % nodes + 1}, fault.lasts);
    }
  }
}

}  // namespace paxos::sim
