#include "sim/lock_program.h"

#include "paxos/check.h"

namespace paxos::sim {

using lockservice::ConnectionId;

std::string EndpointOf(NodeId node) { return "n" + std::to_string(node.value()); }
NodeId NodeAt(const std::string& endpoint) { return NodeId{std::stoull(endpoint.substr(1))}; }

LockProgram::LockProgram(const Seams& seams, lockservice::ServerOptions options,
                         const EventQueue& queue, LockJudge& judge)
    : queue_(queue),
      judge_(judge),
      send_(seams.send),
      server_(options, seams.storage, seams.transport, &seams.observer) {}

void LockProgram::OnBytes(Instant now, SocketId from, std::string_view bytes) {
  auto request = Decode<lockservice::Request>(bytes);
  PAXOS_CHECK("CODEC", request.has_value(), from, bytes);
  judge_.OnReceived(request->body);
  received_[Key{from, request->id}] = Received{request->body, queue_.now()};
  server_.OnRequest(now, ConnectionId{from.value()}, *std::move(request));
}

void LockProgram::OnClosed(SocketId socket) {
  server_.OnDisconnect(ConnectionId{socket.value()});
  const auto from = received_.lower_bound(Key{socket, lockservice::RequestId{}});
  const auto to = received_.lower_bound(Key{socket.next(), lockservice::RequestId{}});
  received_.erase(from, to);
}

void LockProgram::Drain(Instant now) {
  server_.Drain(now);
  for (const lockservice::AddressedResponse& each : server_.TakeResponses()) {
    const SocketId to{each.to.value()};
    const auto request = received_.find(Key{to, each.response.id});
    if (request == received_.end()) continue;  // its connection closed within this turn
    judge_.OnAnswered(request->second.body, request->second.when, each.response.body);
    for (LockSpectator* spectator : judge_.spectators())
      spectator->OnResponseSent(node().replica().options().self, to, each.response);
    const bool is_final = !std::holds_alternative<lockservice::Waiting>(each.response.body);
    if (is_final) received_.erase(request);
    send_(to, Encode(each.response));
  }
}

}  // namespace paxos::sim
