#include "net/peer_dialer.h"

#include <algorithm>
#include <utility>

namespace paxos::net {
namespace {

// A link that is lost sooner than this after its hello was no success: dialing again at once would
// make two nodes that disagree about something spin.
constexpr Duration kStable = std::chrono::seconds{1};

}  // namespace

PeerDialer::PeerDialer(Runtime& runtime, NodeId peer, const Address& address,
                       const PeerDialerOptions& options, Greeting greeting, std::uint64_t seed,
                       PeerDialerEvents& events)
    : runtime_(runtime),
      peer_(peer),
      address_(address),
      options_(options),
      greeting_(std::move(greeting)),
      random_(seed),
      events_(events),
      timer_(runtime) {}

void PeerDialer::Begin() {
  const bool was_dialed = dialed_at_ != Instant{};
  const bool was_brief = was_dialed && Now() - dialed_at_ < kStable;
  failures_ = was_brief ? failures_ + 1 : 0;
  Schedule();
}

void PeerDialer::Schedule() {
  timer_.SetAfter(NextDelay(), [this] {
    ++dials_;
    dial_ = std::make_unique<Dial>(runtime_, address_, options_.dial, greeting_, *this);
  });
}

Duration PeerDialer::NextDelay() {
  if (failures_ == 0) return Duration{0};
  Duration whole = options_.redial_first;
  for (std::uint32_t i = 1; i < failures_ && whole < options_.redial_last; ++i) whole *= 2;
  whole = std::min(whole, options_.redial_last);
  const auto count = static_cast<std::uint64_t>(whole.count());
  return Duration{static_cast<std::int64_t>(random_.Between(count / 2, count))};
}

void PeerDialer::OnConnected(std::unique_ptr<Connection> connection, const Hello& theirs) {
  dial_.reset();
  dialed_at_ = Now();
  events_.OnDialed(peer_, std::move(connection), theirs);
}

void PeerDialer::OnDialFailed(DialFailure how, const Status& why) {
  dial_.reset();
  ++dials_failed_;
  ++failures_;
  Schedule();
  if (how != DialFailure::kUnreachable) events_.OnDialRefused(peer_, how, why);
}

}  // namespace paxos::net
