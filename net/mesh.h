// What is behind TcpTransport: a listener, a link per peer, and who may talk to us.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "net/envelope_encoder.h"
#include "net/listener.h"
#include "net/peer_dialer.h"
#include "net/peer_link.h"
#include "net/tcp_transport.h"

namespace paxos::net {

class Mesh final : public ListenerEvents, public PeerDialerEvents, public PeerLinkEvents {
 public:
  Mesh(Runtime& runtime, const TcpTransportOptions& options);

  Status Start(PeerEvents& events);
  void Send(const Envelope& envelope);
  void SetPeerAddress(NodeId peer, const Address& address);
  [[nodiscard]] const Address& address() const { return options_.listen; }
  [[nodiscard]] TcpTransportStats stats() const;

  void OnConnection(std::unique_ptr<Connection> connection, const Hello& theirs) override;
  void OnGreetingFailed(const std::string& remote, const Status& why) override;
  void OnHelloRefused(const Hello& theirs, const Status& why) override;
  void OnDialed(NodeId peer, std::unique_ptr<Connection> connection, const Hello& theirs) override;
  void OnDialRefused(NodeId peer, DialFailure how, const Status& why) override;
  void OnEnvelope(const Envelope& envelope) override;
  void OnLinkLost(NodeId peer) override;
  void OnRefusedBy(NodeId peer, const Status& why) override;
  [[nodiscard]] PersistSeq Durable() const override;

 private:
  struct Peer {
    KnownNode known{};
    std::unique_ptr<PeerDialer> dialer{};  // null: it dials us
    std::unique_ptr<PeerLink> link{};
    Status refusal{};  // the last one since there was a link; ok = none
  };

  [[nodiscard]] Hello Ours() const;
  [[nodiscard]] PersistSeq Remembered(NodeId id) const;
  [[nodiscard]] Status Check(const Hello& theirs, std::optional<NodeId> dialed) const;
  [[nodiscard]] Greeting MakeGreeting(std::optional<NodeId> dialed) const;
  [[nodiscard]] PeerDialerOptions MakeDialerOptions() const;
  [[nodiscard]] ConnectionOptions MakeConnectionOptions() const;
  void LinkUp(NodeId id, std::unique_ptr<Connection> connection, const Hello& theirs);
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
