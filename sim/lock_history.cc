#include "sim/lock_history.h"

#include <algorithm>

namespace paxos::sim {

LockChronicle::DealId LockChronicle::Add(Deal deal) {
  deal.client = client_;
  deal.invoked = queue_.now();
  history_.deals.push_back(std::move(deal));
  return history_.deals.size() - 1;
}

LockChronicle::DealId LockChronicle::OnAcquire(SessionId session,
                                               const lockservice::AcquireOptions& acquire) {
  Deal deal;
  deal.session = session.value();
  deal.owner = acquire.owner.value();
  deal.lock = acquire.name;
  deal.deed = Deed::kAcquire;
  return Add(std::move(deal));
}

LockChronicle::DealId LockChronicle::OnRelease(SessionId session,
                                               const lockservice::ReleaseOptions& release) {
  Deal deal;
  deal.session = session.value();
  deal.owner = release.owner.value();
  deal.lock = release.name;
  deal.deed = Deed::kRelease;
  deal.asked = release.token.value();
  return Add(std::move(deal));
}

std::optional<LockChronicle::DealId> LockChronicle::OnRead(const lockservice::Query& query) {
  Deal deal;
  if (const auto* check = std::get_if<lockservice::Check>(&query)) {
    deal.deed = Deed::kCheck;
    deal.lock = check->name;
    deal.asked = check->token.value();
  } else if (const auto* get = std::get_if<lockservice::GetLock>(&query)) {
    deal.deed = Deed::kGet;
    deal.lock = get->name;
  } else {
    return std::nullopt;
  }
  return Add(std::move(deal));
}

void LockChronicle::OnCompletion(DealId id, const lockservice::CallResult& result) {
  Deal& deal = history_.deals[id];
  deal.returned = queue_.now();
  if (const auto* granted = std::get_if<lockservice::Granted>(&result)) {
    deal.outcome = Outcome::kGranted;
    deal.told = granted->token.value();
    deal.count = granted->count;
  } else if (const auto* released = std::get_if<lockservice::Released>(&result)) {
    deal.outcome = Outcome::kReleased;
    deal.count = released->count;
  } else if (const auto* read = std::get_if<lockservice::ReadResult>(&result)) {
    if (const auto* standing = std::get_if<lockservice::TokenStanding>(&read->reply)) {
      const bool is_valid = *standing == lockservice::TokenStanding::kValid;
      deal.outcome = is_valid ? Outcome::kHeldBy : Outcome::kHeldByOther;
      deal.told = is_valid ? deal.asked : 0;
    } else if (const auto* view = std::get_if<lockservice::LockView>(&read->reply)) {
      deal.outcome = Outcome::kHeldBy;
      deal.told = view->holder ? view->holder->token.value() : 0;
    }
  } else if (const auto* error = std::get_if<lockservice::CallError>(&result)) {
    const bool may_take_effect = error->why == lockservice::CallFailure::kSessionLost ||
                                 error->why == lockservice::CallFailure::kUnreachable;
    if (!may_take_effect) deal.outcome = Outcome::kNoEffect;
  } else {
    deal.outcome = Outcome::kNoEffect;  // refused: busy, not the owner, a bound
  }
}

// ---- beliefs --------------------------------------------------------------------------------

void LockChronicle::Close(const Key& key, const Open& open) {
  const Time end = std::min(open.until, queue_.now());
  if (open.begin < end)
    history_.beliefs.push_back(Belief{client_, key.first, key.second, open.begin, end});
}

void LockChronicle::Observe(const lockservice::Client& client, const Clock& clock) {
  std::map<Key, Open> now;
  const Instant local = clock.Read(queue_.now());
  const bool is_sure = client.state(local) == lockservice::SessionState::kSafe;
  const Time until = is_sure ? clock.WhenShows(client.valid_until()) : Time{};
  for (const auto& [held, holding] : client.holdings()) {
    if (is_sure) now[Key{held.name, holding.token.value()}] = Open{queue_.now(), until};
  }
  for (const auto& [key, open] : open_) {
    const auto still = now.find(key);
    const bool never_lapsed = open.until >= queue_.now();
    if (still != now.end() && never_lapsed)
      still->second.begin = open.begin;
    else
      Close(key, open);
  }
  open_ = std::move(now);
}

void LockChronicle::OnDied() {
  for (const auto& [key, open] : open_) Close(key, open);
  open_.clear();
}

}  // namespace paxos::sim
