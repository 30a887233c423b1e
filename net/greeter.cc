#include "net/greeter.h"

#include <utility>

namespace paxos::net {
namespace {

// Hellos belong to the connection, not to one of the groups that share it.
constexpr std::uint32_t kNoGroup = 0;

// Of a refusal's text, so that the frame stays within kHelloBytesMax.
constexpr std::size_t kTextBytesMax = 512;

Status Malformed(std::string_view what, const Status& why) {
  return {ErrorCode::kDamaged, std::string(what) + ": " + why.message()};
}

}  // namespace

Greeter::Greeter(std::unique_ptr<Connection> connection, Side side, const Greeting& greeting,
                 GreeterEvents& events)
    : connection_(std::move(connection)), side_(side), greeting_(greeting), events_(events) {
  connection_->SetHandler(*this);
  if (side_ == Side::kDialer) connection_->Send(FrameType::kHello, kNoGroup, greeting_.ours());
}

Status Greeter::OnFrame(Connection& /*connection*/, const Frame& frame) {
  if (frame.type == FrameType::kHello) {
    const Result<Hello> hello = Decode<Hello>(frame.payload);
    return hello.has_value() ? OnHello(*hello) : Malformed("hello", hello.error());
  }
  if (frame.type == FrameType::kHelloRefused && side_ == Side::kDialer) {
    const Result<HelloRefused> refused = Decode<HelloRefused>(frame.payload);
    return refused.has_value() ? OnRefused(*refused) : Malformed("refusal", refused.error());
  }
  return {ErrorCode::kDamaged, "a frame other than hello came first"};
}

// The last statement of each branch may destroy this object.
Status Greeter::OnHello(const Hello& hello) {
  theirs_ = hello;
  if (Status judged = greeting_.check(hello); !judged.ok()) {
    Refuse(judged);
    return Status::Ok();
  }
  if (side_ == Side::kListener) {
    connection_->Send(FrameType::kHello, kNoGroup, greeting_.ours());
  }
  connection_->Admit(greeting_.limits);
  events_.OnGreeted(*this, hello);
  return Status::Ok();
}

Status Greeter::OnRefused(const HelloRefused& refused) {
  if (refused.code == ErrorCode::kOk) return {ErrorCode::kDamaged, "a refusal that says ok"};
  const Status judged = greeting_.check(refused.by);
  if (!judged.ok()) {
    events_.OnGreetingFailed(*this, GreetingFailure::kWeRefused, judged);
  } else {
    events_.OnGreetingFailed(*this, GreetingFailure::kTheyRefused,
                             JudgeRefusal(refused, greeting_.ours().durable));
  }
  return Status::Ok();
}

void Greeter::Refuse(const Status& why) {
  HelloRefused refusal{
      .code = why.code(), .text = why.message().substr(0, kTextBytesMax), .by = greeting_.ours()};
  if (greeting_.remembered && theirs_) refusal.remembered = greeting_.remembered(theirs_->node);
  connection_->Send(FrameType::kHelloRefused, kNoGroup, refusal);
  connection_->CloseAfterFlush(why);
  events_.OnGreetingFailed(*this, GreetingFailure::kWeRefused, why);
}

void Greeter::OnClosed(Connection& /*connection*/, const Status& why) {
  events_.OnGreetingFailed(*this, GreetingFailure::kBroken, why);
}

}  // namespace paxos::net
