// One who watches a whole run, from its first event to its last, and changes nothing: transcripts,
// recordings, coverage marks, pictures.
#pragma once

#include "sim/observer.h"
#include "sim/trace.h"

namespace paxos::sim {

class Cluster;

class Spectator : public TraceListener, public Observer {
 public:
  // The cluster is there and nothing has happened. It outlives what is told, not the spectator.
  virtual void OnBegin(const Cluster& /*cluster*/) {}
  void OnEvent(const EventView& /*event*/) override {}
};

}  // namespace paxos::sim
