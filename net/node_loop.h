// Runs a Node on a Runtime over a TcpTransport: brings it messages, link events and time, drains it
// at the end of each turn.
//
//   net::Runtime runtime;
//   net::TcpTransport transport(runtime, transport_options);
//   ... storage (posting through runtime.Post), state machine, events ...
//   paxos::Node node(replica_options, storage, transport, machine, events);
//   net::NodeLoop loop(runtime, transport, node);
//   if (Status s = loop.Start(); !s.ok()) ...
//   runtime.Run();
//
// A shell with more to do in a turn (the lock server) derives and extends OnTurn, or runs the node
// itself in the same dozen lines.
#pragma once

#include <functional>

#include "net/runtime.h"
#include "net/tcp_transport.h"
#include "paxos/node.h"

namespace paxos::net {

class NodeLoop : public TurnHandler, public PeerEvents {
 public:
  // All three must outlive it.
  NodeLoop(Runtime& runtime, TcpTransport& transport, Node& node);
  ~NodeLoop() override;
  NodeLoop(const NodeLoop&) = delete;
  NodeLoop& operator=(const NodeLoop&) = delete;

  // Recovers the node from its storage, then opens the network.
  Status Start();
  // The second half, for a node that its owner has started.
  Status OpenNetwork();

  // Called with why this node cannot be part of the cluster (PeerEvents::OnCastOut). Without it the
  // loop stops.
  void WhenCastOut(std::function<void(const Status&)> function);
  // Called with one line for the operator's log.
  void WhenLogging(std::function<void(const std::string&)> function);

  Instant OnTurn(Instant now) override;
  void OnEnvelope(const Envelope& envelope) override;
  void OnLinkUp(NodeId peer) override;
  void OnLinkDown(NodeId peer) override;
  [[nodiscard]] GenesisDigest Genesis() const override;
  [[nodiscard]] PersistSeq Durable() const override;
  [[nodiscard]] PersistSeq Remembered(NodeId peer) const override;
  void OnHelloRefused(NodeId peer, const Status& why) override;
  void OnCastOut(const Status& why) override;

 private:
  void Log(const std::string& line);

  Runtime& runtime_;
  TcpTransport& transport_;
  Node& node_;
  bool is_started_ = false;
  std::function<void(const Status&)> when_cast_out_{};
  std::function<void(const std::string&)> when_logging_{};
};

}  // namespace paxos::net
