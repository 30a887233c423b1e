#include "lockservice/client_link.h"

#include <algorithm>
#include <utility>

#include "paxos/check.h"

namespace lockservice {

using paxos::Duration;
using paxos::Instant;

namespace {

// Two servers that point at each other are followed this often before the turn goes on.
constexpr std::uint32_t kHintsFollowedMax = 2;

}  // namespace

Link::Link(LinkOptions options, std::uint64_t seed) : options_(std::move(options)), random_(seed) {
  PAXOS_CHECK("CLIENT", !options_.endpoints.empty());
  turn_ = random_.Below(options_.endpoints.size());
}

void Link::OnConnected() {
  PAXOS_CHECK("CLIENT", stage_ == Stage::kConnecting);
  stage_ = Stage::kUp;
  alarm_ = paxos::kNever;
}

// The first trouble after progress moves on at once: another server may lead already.
void Link::Leave(Instant now) {
  NextInTurn();
  const Duration delay = failures_ == 0 ? Duration{0} : Backoff(failures_, options_.backoff_max);
  ++failures_;
  GoDown(now + delay);
}

void Link::Redirect(Instant now, const std::string& address) {
  const bool follows = !address.empty() && hints_followed_ < kHintsFollowedMax;
  const bool is_first_hint = follows && hints_followed_ == 0;
  const Duration delay = is_first_hint ? Duration{0} : Backoff(failures_ + 1, options_.backoff_max);
  ++failures_;
  if (follows) {
    ++hints_followed_;
    hint_ = address;
  } else {
    NextInTurn();
  }
  GoDown(now + delay);
}

void Link::OnProgress() {
  failures_ = 0;
  hints_followed_ = 0;
}

bool Link::HasTimedOut(Instant now) const { return stage_ == Stage::kConnecting && now >= alarm_; }

std::optional<Connect> Link::Attempt(Instant now) {
  if (stage_ != Stage::kDown || now < alarm_) return std::nullopt;
  stage_ = Stage::kConnecting;
  alarm_ = now + options_.connect_timeout;
  return Connect{++link_, hint_.empty() ? options_.endpoints[turn_] : hint_};
}

Instant Link::next_wakeup() const { return alarm_; }

Duration Link::Backoff(std::uint32_t failures, Duration longest) {
  Duration nominal = options_.backoff_min;
  for (std::uint32_t i = 1; i < failures && nominal < longest; ++i) nominal += nominal / 2;
  nominal = std::min(nominal, longest);
  const auto whole = static_cast<std::uint64_t>(nominal.count());
  return Duration{static_cast<Duration::rep>(random_.Between(whole / 2, whole))};
}

void Link::GoDown(Instant not_before) {
  stage_ = Stage::kDown;
  alarm_ = not_before;
}

// Where a hint led nowhere, the turn goes on after the server that gave it.
void Link::NextInTurn() {
  hint_.clear();
  hints_followed_ = 0;
  turn_ = (turn_ + 1) % options_.endpoints.size();
}

}  // namespace lockservice
