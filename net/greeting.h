// How to exchange hellos, told to whoever opens connections (Listener, Dial).
#pragma once

#include <functional>

#include "net/hello.h"
#include "paxos/frame.h"

namespace paxos::net {

struct Greeting {
  // What to say; asked for each connection, since the durable seq grows.
  std::function<Hello()> ours{};
  // Whether to accept what the other side said (CheckHello against what is known by then). A
  // Status that is not ok is sent as HelloRefused.
  std::function<Status(const Hello& theirs)> check{};
  // What may be sent to us once it is accepted.
  FrameLimits limits{};
  // What a node's disk was seen to hold; goes into a refusal (peers only).
  std::function<PersistSeq(NodeId)> remembered{};
};

}  // namespace paxos::net
