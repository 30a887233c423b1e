// Asks nodes for reads that nobody needs, most of all around a change of leader and of whoever may
// not know of it yet, and judges what they may be served at (INV-20, R1): a read that is ready must
// find everything applied that was applied anywhere when it was asked.
#pragma once

#include <cstdint>
#include <map>

#include "paxos/output.h"
#include "sim/chance.h"
#include "sim/event_queue.h"
#include "sim/global_log.h"

namespace paxos::sim {

// Where probes go.
class ReadTargets {
 public:
  virtual ~ReadTargets() = default;
  [[nodiscard]] virtual std::size_t size() const = 0;
  virtual void AskRead(NodeId node, ReadId read) = 0;
};

class ReadProbes {
 public:
  // `span`: about how long a deposed leader may not know it.
  ReadProbes(EventQueue& queue, const Chance& chance, Duration span, const GlobalLog& log,
             ReadTargets& targets);

  // Now and then, for ever.
  void Begin();
  // Every node, some times within the span.
  void OnLead();
  // The outcome of any read of the node; those of others are ignored.
  void OnRead(NodeId node, const Done& outcome);

 private:
  void AskSoon();
  void Ask(NodeId node);

  EventQueue& queue_;
  Random random_;
  Duration span_;
  const GlobalLog& log_;
  ReadTargets& targets_;
  ReadId last_id_;
  std::map<ReadId, CommandIndex> must_see_;
};

}  // namespace paxos::sim
