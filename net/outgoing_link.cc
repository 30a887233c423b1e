#include "net/outgoing_link.h"

#include <algorithm>
#include <utility>

namespace paxos::net {
namespace {

// A link that breaks sooner than this after its hello is no success: dialing it again at once
// would make two nodes that disagree about something spin.
constexpr Duration kStable = std::chrono::seconds{1};

}  // namespace

OutgoingLink::OutgoingLink(Runtime& runtime, NodeId peer, const Address& address,
                           const OutgoingLinkOptions& options, Greeting greeting,
                           std::uint64_t seed, OutgoingEvents& events)
    : runtime_(runtime),
      peer_(peer),
      address_(address),
      options_(options),
      greeting_(std::move(greeting)),
      random_(seed),
      events_(events),
      redial_timer_(runtime) {}

void OutgoingLink::Redial() {
  redial_timer_.SetAfter(NextDelay(), [this] { DialNow(); });
}

void OutgoingLink::Hurry() {
  if (!redial_timer_.is_set()) return;
  redial_timer_.Cancel();
  DialNow();
}

void OutgoingLink::DialNow() {
  ++dials_;
  dial_ = std::make_unique<Dial>(runtime_, address_, options_.dial, greeting_, *this);
}

Duration OutgoingLink::NextDelay() {
  if (failures_ == 0) return Duration{0};
  Duration whole = options_.redial_first;
  for (std::uint32_t i = 1; i < failures_ && whole < options_.redial_last; ++i) whole *= 2;
  whole = std::min(whole, options_.redial_last);
  const auto count = static_cast<std::uint64_t>(whole.count());
  return Duration{static_cast<std::int64_t>(random_.Between(count / 2, count))};
}

void OutgoingLink::OnConnected(std::unique_ptr<Connection> connection, const Hello& theirs) {
  dial_.reset();
  connection_ = std::move(connection);
  connection_->SetHandler(*this);
  up_since_ = Now();
  events_.OnOutgoingUp(peer_, theirs);
}

void OutgoingLink::OnDialFailed(DialFailure how, const Status& why) {
  dial_.reset();
  ++failures_;
  Redial();
  if (how != DialFailure::kUnreachable) events_.OnDialRefused(peer_, how, why);
}

Status OutgoingLink::OnFrame(Connection& /*connection*/, const Frame& /*frame*/) {
  return {ErrorCode::kDamaged, "a frame on a connection that only this side sends on"};
}

void OutgoingLink::OnClosed(Connection& /*connection*/, const Status& /*why*/) {
  connection_.reset();
  failures_ = Now() - up_since_ < kStable ? failures_ + 1 : 0;
  Redial();
  events_.OnOutgoingDown(peer_);
}

}  // namespace paxos::net
