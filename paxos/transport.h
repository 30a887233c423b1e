// The network as a Node sees it. It may drop, delay, repeat and reorder; it may not alter, nor
// forge the sender. It never calls back from inside Send.
#pragma once

#include "paxos/message.h"

namespace paxos {

class Transport {
 public:
  virtual ~Transport() = default;
  // Best effort, bounded in bytes: a full queue drops. `to` is never the node itself.
  virtual void Send(Envelope envelope) = 0;
};

}  // namespace paxos
