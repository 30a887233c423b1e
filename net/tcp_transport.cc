#include "net/tcp_transport.h"

#include "net/mesh.h"

namespace paxos::net {

TcpTransport::TcpTransport(Runtime& runtime, const TcpTransportOptions& options)
    : mesh_(std::make_unique<Mesh>(runtime, options)) {}

TcpTransport::~TcpTransport() = default;

Status TcpTransport::Start(PeerEvents& events) { return mesh_->Start(events); }
void TcpTransport::Send(Envelope envelope) { mesh_->Send(envelope); }
const Address& TcpTransport::address() const { return mesh_->address(); }
TcpTransportStats TcpTransport::stats() const { return mesh_->stats(); }

void TcpTransport::SetPeerAddress(NodeId peer, const Address& address) {
  mesh_->SetPeerAddress(peer, address);
}

}  // namespace paxos::net
