// What runs on a simulated machine, and what loads it: the two things that a user of the simulator
// brings along. The lock service is one user (lock_world.h), the ledger another (ledger.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "paxos/node.h"
#include "sim/clock.h"
#include "sim/sockets.h"

namespace paxos::sim {

class Cluster;

// What a process gets from the machine it runs on. All outlive it.
struct Seams {
  const ReplicaOptions& options;
  Storage& storage;
  Transport& transport;
  // Must be told everything that the node tells, before anyone else is.
  NodeEvents& observer;
  // Answers a client.
  std::function<void(SocketId to, std::string bytes)> send{};
};

// One life of a process: a node, its state machine and whatever stands in front of them. A crash
// destroys it between two calls. Inputs come as they come; a turn ends with Drain.
class Program {
 public:
  virtual ~Program() = default;
  [[nodiscard]] virtual Node& node() = 0;
  [[nodiscard]] virtual const Node& node() const = 0;
  // Recovers and replays.
  virtual Status Start(Instant now) = 0;
  virtual void OnTime(Instant now) = 0;
  virtual void Drain(Instant now) = 0;
  [[nodiscard]] virtual Instant next_wakeup() const = 0;
  // The replicated state as bytes: equal on nodes that applied equally much.
  [[nodiscard]] virtual std::string Snapshot() const = 0;
  // To how many it still owes an answer.
  [[nodiscard]] virtual std::size_t owed() const { return 0; }

  virtual void OnBytes(Instant /*now*/, SocketId /*from*/, std::string_view /*bytes*/) {}
  virtual void OnClosed(SocketId /*socket*/) {}
};

// A node that starts greets a peer, which remembers what the node's disk was seen to hold (N1).
struct Greeting {
  NodeId node{};
  std::uint64_t life = 0;  // of the process
  PersistSeq durable{};
  NodeId by{};
  PersistSeq remembered{};
  PersistSeq durable_by_now{};  // when the answer arrives
};

class Workload {
 public:
  virtual ~Workload() = default;
  virtual std::unique_ptr<Program> Start(const Seams& seams) = 0;
  // What the greeting comes to, as the node understands it: kDamaged says that its disk is not the
  // one it was, kUnavailable that the hello was older than what the peer had heard meanwhile.
  [[nodiscard]] virtual Status Greet(const Greeting& greeting) const;
  // A command without effect, unlike any other: what becomes of proposals is judged by such (see
  // ProposalProbes). None: there is no such command.
  [[nodiscard]] virtual std::optional<Command> ProbeCommand(std::uint64_t /*number*/) const {
    return std::nullopt;
  }
  // The cluster is there, time is 0: schedule what will be done.
  virtual void Begin(Cluster& cluster) = 0;
  // Trouble among the clients, as the timeline has it.
  virtual void OnClientFault(std::uint64_t /*choice*/, Duration /*lasts*/) {}
  // Clients do not reach some or all of the nodes, which do reach each other.
  virtual void OnClientsCut(std::uint64_t /*choice*/, Duration /*lasts*/) {}
  // A client's clock goes differently for a while.
  virtual void OnClientClock(std::uint64_t /*choice*/, const ClockChange& /*change*/,
                             Duration /*lasts*/) {}
  // The process on `node` ends of itself, and this is why. A broken invariant, if it may not.
  virtual void OnEnd(NodeId /*node*/, const Status& /*why*/) {}
  // Faults are over. Finish what was begun; begin nothing.
  virtual void OnHeal() {}
  // How long after the healing everything must be settled, beyond what consensus needs.
  [[nodiscard]] virtual Duration SettleTime() const { return Duration{}; }
  // Empty once everything is answered and nothing is left to do, or what is.
  [[nodiscard]] virtual std::string WhyNotSettled() const = 0;
  // The run is over: judge the whole history. A broken invariant is a failed check.
  virtual void Conclude() {}
};

}  // namespace paxos::sim
