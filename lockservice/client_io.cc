#include "lockservice/client_io.h"

#include <utility>

#include "net/address.h"
#include "paxos/archive.h"

namespace lockservice {

using paxos::ErrorCode;
using paxos::Frame;
using paxos::FrameLimits;
using paxos::FrameType;
using paxos::Instant;
using paxos::Status;
using paxos::net::Connection;
using paxos::net::Hello;
using paxos::net::Now;

namespace {

paxos::net::Greeting ClientGreeting() {
  paxos::net::HelloExpectations expected;
  expected.role = paxos::net::Role::kPeer;
  FrameLimits limits;
  limits.cap.fill(0);
  limits.SetCap(FrameType::kClientResponse, paxos::kFramePayloadBytesMax);
  return {[] { return Hello{}; },
          [expected](const Hello& theirs) { return CheckHello(theirs, expected); }, limits};
}

}  // namespace

ClientLoop::ClientLoop(paxos::net::Runtime& runtime, const ClientOptions& options,
                       ClientEvents& events)
    : runtime_(runtime),
      events_(events),
      client_(options),
      connect_timeout_(options.connect_timeout) {
  runtime_.AddTurnHandler(*this);
}

ClientLoop::~ClientLoop() { runtime_.RemoveTurnHandler(*this); }

Instant ClientLoop::OnTurn(Instant now) {
  if (client_.next_wakeup() <= now) client_.OnTime(now);
  for (ClientOutput output = client_.TakeOutput(); !output.empty(); output = client_.TakeOutput())
    CarryOut(std::move(output));
  events_.OnTurnEnd();
  return client_.next_wakeup();
}

void ClientLoop::CarryOut(ClientOutput output) {
  if (output.disconnect == link_.link) {
    dial_.reset();
    connection_.reset();
  }
  if (output.connect) StartDial(*output.connect);
  if (connection_ != nullptr) {
    for (const Request& request : output.send)
      connection_->Send(FrameType::kClientRequest, 0, request);
  }
  for (const StateChange& change : output.states) events_.OnStateChange(change);
  for (const Completion& completion : output.done) events_.OnCompletion(completion);
}

// The address may be what a server named as the leader's, so it need not make sense.
void ClientLoop::StartDial(const Connect& connect) {
  dial_.reset();
  connection_.reset();
  link_ = connect;
  const auto address = paxos::net::ParseAddress(connect.endpoint);
  if (!address.has_value()) return GiveUpLink(address.error());
  paxos::net::DialOptions options;
  options.connect_time_max = connect_timeout_;
  paxos::net::DialEvents& self = *this;
  dial_ = std::make_unique<paxos::net::Dial>(runtime_, *address, options, ClientGreeting(), self);
}

void ClientLoop::OnConnected(std::unique_ptr<Connection> connection, const Hello& /*theirs*/) {
  dial_.reset();
  connection_ = std::move(connection);
  connection_->SetHandler(*this);
  client_.OnConnected(Now(), link_.link);
}

void ClientLoop::OnDialFailed(paxos::net::DialFailure /*how*/, const Status& why) {
  GiveUpLink(why);
}

Status ClientLoop::OnFrame(Connection& /*connection*/, const Frame& frame) {
  if (frame.type != FrameType::kClientResponse)
    return {ErrorCode::kDamaged, "a frame that is no response"};
  const auto response = paxos::Decode<Response>(frame.payload);
  if (!response.has_value()) return response.error().Annotate("response");
  client_.OnResponse(Now(), link_.link, *response);
  return Status::Ok();
}

void ClientLoop::OnClosed(Connection& /*connection*/, const Status& why) { GiveUpLink(why); }

void ClientLoop::GiveUpLink(const Status& why) {
  last_trouble_ = link_.endpoint + ": " + why.ToString();
  dial_.reset();
  connection_.reset();
  client_.OnDisconnected(Now(), link_.link);
}

}  // namespace lockservice
