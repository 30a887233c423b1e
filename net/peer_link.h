// An established connection to a peer, whoever dialed it.
#pragma once

#include <memory>

#include "net/connection.h"
#include "net/hello.h"
#include "paxos/message.h"

namespace paxos::net {

class PeerLinkEvents {
 public:
  virtual ~PeerLinkEvents() = default;
  virtual void OnEnvelope(const Envelope& envelope) = 0;
  // Closed or broken. Destroys the link.
  virtual void OnLinkLost(NodeId peer) = 0;
  // What this node's disk holds now.
  [[nodiscard]] virtual PersistSeq Durable() const = 0;
  // The peer, whose hello we accepted, does not accept ours.
  virtual void OnRefusedBy(NodeId peer, const Status& why) = 0;
};

class PeerLink final : public ConnectionHandler {
 public:
  // `connection` is admitted. `events` must outlive the link.
  PeerLink(std::unique_ptr<Connection> connection, NodeId peer, NodeId self, GroupId group,
           PeerLinkEvents& events);

  [[nodiscard]] Connection& connection() { return *connection_; }

  Status OnFrame(Connection& connection, const Frame& frame) override;
  void OnClosed(Connection& connection, const Status& why) override;

 private:
  Status OnPeerMessage(const Frame& frame);
  Status OnHelloRefused(const Frame& frame);

  std::unique_ptr<Connection> connection_;
  const NodeId peer_;
  const NodeId self_;
  const GroupId group_;
  PeerLinkEvents& events_;
};

// What a peer may send once its hello is accepted.
FrameLimits PeerLimits(std::uint32_t message_bytes_max);

}  // namespace paxos::net
