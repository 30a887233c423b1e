// What is behind TcpTransport: the listener, a link each way per peer, and who may talk to us.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "net/envelope_encoder.h"
#include "net/incoming_link.h"
#include "net/listener.h"
#include "net/outgoing_link.h"
#include "net/tcp_transport.h"

namespace paxos::net {

class Mesh final : public ListenerEvents, public OutgoingEvents, public IncomingEvents {
 public:
  Mesh(Runtime& runtime, const TcpTransportOptions& options);

  Status Start(PeerEvents& events);
  void Send(const Envelope& envelope);
  void SetPeerAddress(NodeId peer, const Address& address);
  [[nodiscard]] const Address& address() const { return options_.listen; }
  [[nodiscard]] TcpTransportStats stats() const;

  void OnConnection(std::unique_ptr<Connection> connection, const Hello& theirs) override;
  void OnGreetingFailed(const std::string& remote, const Status& why) override;
  void OnOutgoingUp(NodeId peer, const Hello& theirs) override;
  void OnOutgoingDown(NodeId peer) override;
  void OnDialRefused(NodeId peer, DialFailure how, const Status& why) override;
  void OnEnvelope(const Envelope& envelope) override;
  void OnIncomingDown(NodeId peer) override;
  void OnRefusedBy(NodeId peer, const Status& why) override;

 private:
  struct Peer {
    KnownNode known{};
    std::unique_ptr<OutgoingLink> out{};
    std::unique_ptr<IncomingLink> in{};
    bool is_up = false;  // both ways, as the owner was told
    Status refusal{};    // the last one, until a link is up; ok = none
  };

  [[nodiscard]] Hello Ours() const;
  [[nodiscard]] Status Check(const Hello& theirs, std::optional<NodeId> dialed) const;
  [[nodiscard]] Greeting MakeGreeting(std::optional<NodeId> dialed) const;
  [[nodiscard]] OutgoingLinkOptions MakeLinkOptions() const;
  void Update(NodeId id, Peer& peer);
  void NoteRefusal(NodeId id, const Status& why);
  void CastOut(const Status& why);
  [[nodiscard]] bool MostPeersAreForeign() const;

  Runtime& runtime_;
  TcpTransportOptions options_;
  PeerEvents* events_ = nullptr;
  EnvelopeEncoder encoder_;
  TcpTransportStats stats_{};
  bool is_cast_out_ = false;
  std::map<NodeId, Peer> peers_;
  std::unique_ptr<Listener> listener_;
};

}  // namespace paxos::net
