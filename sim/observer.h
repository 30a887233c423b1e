// What happens in a cluster, as one who sees everything would tell it. Invariants, transcripts and
// workloads observe; nobody who observes may change anything.
#pragma once

#include <cstdint>
#include <vector>

#include "paxos/message.h"
#include "paxos/node.h"
#include "paxos/output.h"
#include "paxos/record.h"
#include "paxos/state_machine.h"
#include "sim/disk_image.h"
#include "sim/true_time.h"

namespace paxos::sim {

class Observer {
 public:
  virtual ~Observer() = default;
  // A process starts on what its disk holds; the replay of the chosen log comes next.
  virtual void OnStart(NodeId /*node*/, const DiskImage& /*image*/) {}
  // It is gone: crashed, or stopped by its own disk.
  virtual void OnStop(NodeId /*node*/) {}
  // A message leaves a node for another one.
  virtual void OnSend(const Envelope& /*envelope*/) {}
  // A message reaches a node, or waits there until a pause ends.
  virtual void OnArrive(const Envelope& /*envelope*/) {}
  // The node has a new connection to `peer`.
  virtual void OnConnected(NodeId /*node*/, NodeId /*peer*/) {}
  // What was asked of the node in one turn is done: this is how it stands now.
  virtual void OnTurnEnd(NodeId /*id*/, const Node& /*node*/) {}
  // A batch is handed to the disk; a batch is about to become part of the image.
  virtual void OnWrite(NodeId /*node*/, const std::vector<Record>& /*batch*/, PersistSeq /*seq*/) {}
  virtual void OnStored(NodeId /*node*/, const std::vector<Record>& /*batch*/, PersistSeq /*seq*/) {
  }
  // A command was applied.
  virtual void OnApply(NodeId /*node*/, const ApplyContext& /*context*/,
                       const Applied& /*applied*/) {}
  // The outcome of a proposal, and of a read, that the node was asked for.
  virtual void OnOutcome(NodeId /*node*/, const Done& /*outcome*/) {}
  virtual void OnRead(NodeId /*node*/, const Done& /*outcome*/) {}
  // The node began to lead in `ballot`.
  virtual void OnLead(NodeId /*node*/, const Ballot& /*ballot*/) {}
  // It leads no more, and lives.
  virtual void OnStepDown(NodeId /*node*/) {}
};

// What invariants may ask the simulator.
// When a node was told the time: what its clock showed, and when that truly was.
struct Told {
  Instant local{};
  Time when{};
};

class NodeViews {
 public:
  virtual ~NodeViews() = default;
  [[nodiscard]] virtual Time now() const = 0;
  // D_i: what would survive a crash now.
  [[nodiscard]] virtual const DiskImage& image(NodeId node) const = 0;
  // What the node's clock shows, and what the node was told last before this turn: a stamp that is
  // seen for the first time now was made between the two.
  [[nodiscard]] virtual Instant clock(NodeId node) const = 0;
  [[nodiscard]] virtual Told told_before(NodeId node) const = 0;
};

}  // namespace paxos::sim
