#include "lockservice/server_io.h"

#include <utility>

#include "paxos/archive.h"

namespace lockservice {

using paxos::ErrorCode;
using paxos::Frame;
using paxos::FrameLimits;
using paxos::FrameType;
using paxos::Status;
using paxos::net::Connection;
using paxos::net::Hello;

namespace {

// What a client may send: requests, and no larger than the largest honest one.
FrameLimits RequestLimits() {
  FrameLimits limits;
  limits.cap.fill(0);
  return limits.SetCap(FrameType::kClientRequest, kRequestBytesMax);
}

}  // namespace

// One client's connection, as its handler.
class ServerLoop::ClientPort final : public paxos::net::ConnectionHandler {
 public:
  ClientPort(ServerLoop& loop, ConnectionId id, std::unique_ptr<Connection> connection)
      : loop_(loop), id_(id), connection_(std::move(connection)) {
    connection_->SetHandler(*this);
  }

  void Send(const Response& response) {
    connection_->Send(FrameType::kClientResponse, 0, response);
  }

  Status OnFrame(Connection& /*connection*/, const Frame& frame) override {
    if (frame.type != FrameType::kClientRequest)
      return {ErrorCode::kDamaged, "a frame that is no request"};
    return loop_.OnRequest(id_, frame.payload);
  }
  void OnClosed(Connection& connection, const Status& why) override {
    loop_.OnClosed(id_, connection.remote(), why);
  }

 private:
  ServerLoop& loop_;
  ConnectionId id_;
  std::unique_ptr<Connection> connection_;
};

ServerLoop::ServerLoop(paxos::net::Runtime& runtime, paxos::net::TcpTransport& transport,
                       Server& server, const ServerLoopOptions& options)
    : NodeLoop(runtime, transport, server.node()),
      runtime_(runtime),
      server_(server),
      options_(options) {}

ServerLoop::~ServerLoop() = default;

void ServerLoop::WhenCuttingOff(std::function<void(const std::string&)> function) {
  when_cutting_off_ = std::move(function);
}

Status ServerLoop::Recover(
    const std::function<void(paxos::Slot at, paxos::Slot of)>& replay_progress) {
  return server_.Start(paxos::net::Now(), replay_progress);
}

Status ServerLoop::OpenPorts() {
  if (Status opened = OpenNetwork(); !opened.ok()) return opened.Annotate("open the peer port");
  paxos::net::ListenerOptions listen;
  listen.address = options_.client_listen;
  listen.connections_max = options_.connections_max;
  listen.connection.write_bytes_max = options_.answer_bytes_max;
  const Hello ours{paxos::net::Role::kPeer, paxos::net::kProtocolVersion, options_.cluster,
                   server_.node().replica().options().self};
  paxos::net::HelloExpectations expected;
  expected.role = paxos::net::Role::kClient;
  expected.cluster = options_.cluster;
  const paxos::net::Greeting greeting{
      [ours] { return ours; },
      [expected](const Hello& theirs) { return CheckHello(theirs, expected); }, RequestLimits()};
  auto listener = paxos::net::Listener::Open(runtime_, listen, greeting, *this);
  if (!listener.has_value()) return listener.error().Annotate("open the client port");
  listener_ = std::move(*listener);
  is_serving_ = true;
  return Status::Ok();
}

paxos::Instant ServerLoop::OnTurn(paxos::Instant now) {
  if (!is_serving_) return paxos::kNever;
  if (server_.next_wakeup() <= now) server_.OnTime(now);
  server_.set_connections(ports_.size());
  server_.Drain(now);
  SendResponses();
  return server_.next_wakeup();
}

void ServerLoop::SendResponses() {
  for (const AddressedResponse& addressed : server_.TakeResponses()) {
    const auto port = ports_.find(addressed.to);
    if (port != ports_.end()) port->second->Send(addressed.response);
  }
}

// ---- connections ----------------------------------------------------------------------------

void ServerLoop::OnConnection(std::unique_ptr<Connection> connection, const Hello& /*theirs*/) {
  const ConnectionId id = ++last_connection_;
  ports_.emplace(id, std::make_unique<ClientPort>(*this, id, std::move(connection)));
}

void ServerLoop::OnGreetingFailed(const std::string& remote, const Status& why) {
  CutOff(remote, why);
}

Status ServerLoop::OnRequest(ConnectionId from, std::string_view payload) {
  auto request = paxos::Decode<Request>(payload);
  if (!request.has_value()) return request.error().Annotate("request");
  server_.OnRequest(paxos::net::Now(), from, *std::move(request));
  return Status::Ok();
}

void ServerLoop::OnClosed(ConnectionId connection, const std::string& remote, const Status& why) {
  if (why.code() != ErrorCode::kUnavailable) CutOff(remote, why);
  server_.OnDisconnect(connection);
  ports_.erase(connection);
}

void ServerLoop::CutOff(const std::string& remote, const Status& why) {
  if (when_cutting_off_) when_cutting_off_(remote + ": " + why.ToString());
}

}  // namespace lockservice
