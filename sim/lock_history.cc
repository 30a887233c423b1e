#include "sim/lock_history.h"

#include <algorithm>
#include <utility>

#include "sim/lock_deal.h"

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
  deal.deed = acquire.mode == lockservice::AcquireMode::kTry ? Deed::kTry : Deed::kAcquire;
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
  std::optional<Deal> deal = DealOf(lockservice::ReadRequest{query});
  if (!deal) return std::nullopt;
  return Add(*std::move(deal));
}

LockChronicle::DealId LockChronicle::OnClose(SessionId session) {
  Deal deal;
  deal.session = session.value();
  deal.deed = Deed::kEnd;
  return Add(std::move(deal));
}

void LockChronicle::OnLost(SessionId session) {
  Deal& deal = history_.deals[OnClose(session)];
  deal.returned = queue_.now();
  deal.outcome = Outcome::kEnded;
}

void LockChronicle::OnQueued(DealId id) {
  Deal& deal = history_.deals[id];
  if (!deal.queued) deal.queued = queue_.now();
}

void LockChronicle::OnCompletion(DealId id, const lockservice::CallResult& result) {
  Deal& deal = history_.deals[id];
  deal.returned = queue_.now();
  NoteResult(result, deal);
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
