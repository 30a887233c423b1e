// A connection on which a peer sends to this node.
#pragma once

#include <memory>

#include "net/connection.h"
#include "net/hello.h"
#include "paxos/message.h"

namespace paxos::net {

class IncomingEvents {
 public:
  virtual ~IncomingEvents() = default;
  virtual void OnEnvelope(const Envelope& envelope) = 0;
  // The peer closed or broke the connection. Destroys the link.
  virtual void OnIncomingDown(NodeId peer) = 0;
  // The peer, whose hello we accepted, does not accept ours.
  virtual void OnRefusedBy(NodeId peer, const Status& why) = 0;
};

class IncomingLink final : public ConnectionHandler {
 public:
  // `connection` is admitted; `theirs` is what it said. `events` must outlive the link.
  IncomingLink(std::unique_ptr<Connection> connection, const Hello& theirs, NodeId self,
               GroupId group, IncomingEvents& events);

  Status OnFrame(Connection& connection, const Frame& frame) override;
  void OnClosed(Connection& connection, const Status& why) override;

 private:
  Status OnPeerMessage(const Frame& frame);
  Status OnHelloRefused(const Frame& frame);

  std::unique_ptr<Connection> connection_;
  const NodeId peer_;
  const NodeId self_;
  const GroupId group_;
  IncomingEvents& events_;
};

// What a peer may send once its hello is accepted.
FrameLimits PeerLimits();

}  // namespace paxos::net
