// The black-box checker. Everything about one lock is sorted once and then walked.
#include <algorithm>
#include <map>
#include <string_view>

#include "sim/history.h"

namespace paxos::sim {
namespace {

// One grant, as far as anybody was told of it.
struct Grant {
  std::uint64_t token = 0;
  const Deal* deal =
      nullptr;             // the acquire that began it; null: only a re-entry or a read told of it
  Time known{kEndOfTime};  // when somebody was first told of it
  Time over{kEndOfTime};   // when a release of its last hold was acknowledged
  Time known_or_later{kEndOfTime};  // when somebody was first told of it or of a later one
};

// Everything about one lock.
struct Lock {
  std::map<std::uint64_t, Grant> grants{};  // by token, which is the order of the log
  std::vector<const Deal*> reads{};
  std::vector<const Belief*> beliefs{};
};

// A refused try or release says as much as a read.
bool TellsOfHolder(const Deal& deal) {
  const bool denies_asked = deal.deed == Deed::kCheck && (deal.outcome == Outcome::kStale ||
                                                          deal.outcome == Outcome::kNoSuchGrant);
  return deal.outcome == Outcome::kHeldBy || denies_asked;
}

class HistoryJudge {
 public:
  explicit HistoryJudge(const History& history) : history_(history) {}

  std::optional<Finding> Run() {
    Sort();
    CheckTokenOrder();
    for (auto& [name, lock] : locks_) {
      CheckQueueOrder(lock);
      CheckBeliefsAreDisjoint(lock);
      for (const Deal* read : lock.reads) CheckRead(lock, *read);
    }
    return finding_;
  }

 private:
  template <class... Witnesses>
  void Find(const char* tag, std::string_view why, const Witnesses&... witnesses) {
    if (finding_) return;
    finding_ = Finding{tag, std::string(why)};
    ((finding_->what += "\n    " + ToText(witnesses)), ...);
  }

  void Sort() {
    for (const Deal& deal : history_.deals) {
      Lock& lock = locks_[deal.lock];
      if (TellsOfHolder(deal)) lock.reads.push_back(&deal);
      if (deal.outcome == Outcome::kGranted) OnGranted(lock, deal);
    }
    for (const Deal& deal : history_.deals) {
      const bool ends_it = deal.outcome == Outcome::kReleased && deal.count == 0;
      if (ends_it) EndGrant(locks_[deal.lock], deal);
    }
    for (const Belief& belief : history_.beliefs) locks_[belief.lock].beliefs.push_back(&belief);
    for (auto& [name, lock] : locks_) {
      Time known{kEndOfTime};
      for (auto grant = lock.grants.rbegin(); grant != lock.grants.rend(); ++grant) {
        known = std::min(known, grant->second.known);
        grant->second.known_or_later = known;
      }
    }
  }

  void OnGranted(Lock& lock, const Deal& deal) {
    Grant& grant = lock.grants[deal.told];
    grant.token = deal.told;
    grant.known = std::min(grant.known, deal.returned);
    owners_.try_emplace(deal.told, &deal);
    const Deal& first = *owners_[deal.told];
    const bool is_one_owner =
        first.lock == deal.lock && first.session == deal.session && first.owner == deal.owner;
    if (!is_one_owner) Find("INV-11", "one token was granted to two owners", first, deal);
    if (deal.count == 1) grant.deal = &deal;
  }

  void EndGrant(Lock& lock, const Deal& release) {
    const auto grant = lock.grants.find(release.asked);
    if (grant != lock.grants.end()) grant->second.over = release.returned;
  }

  // In order of asking, each new grant is above all that were told before it was asked.
  void CheckTokenOrder() {
    std::vector<const Deal*> by_asking;
    for (const auto& [token, deal] : owners_) {
      const Grant& grant = locks_[deal->lock].grants[token];
      if (grant.deal != nullptr) by_asking.push_back(grant.deal);
    }
    std::vector<const Deal*> by_telling = by_asking;
    std::sort(by_asking.begin(), by_asking.end(),
              [](const Deal* a, const Deal* b) { return a->invoked < b->invoked; });
    std::sort(by_telling.begin(), by_telling.end(),
              [](const Deal* a, const Deal* b) { return a->returned < b->returned; });
    const Deal* highest = nullptr;
    auto told = by_telling.begin();
    for (const Deal* asked : by_asking) {
      for (; told != by_telling.end() && (*told)->returned < asked->invoked; ++told) {
        if (highest == nullptr || (*told)->told > highest->told) highest = *told;
      }
      if (highest != nullptr && asked->told <= highest->told)
        Find("INV-13", "a later acquire got a lower token", *highest, *asked);
    }
  }

  // Nobody overtakes who was told to wait, and was granted the lock.
  void CheckQueueOrder(const Lock& lock) {
    std::vector<const Deal*> by_asking;
    std::vector<const Deal*> by_waiting;
    for (const auto& [token, grant] : lock.grants) {
      if (grant.deal == nullptr) continue;
      by_asking.push_back(grant.deal);
      if (grant.deal->queued) by_waiting.push_back(grant.deal);
    }
    std::sort(by_asking.begin(), by_asking.end(),
              [](const Deal* a, const Deal* b) { return a->invoked < b->invoked; });
    std::sort(by_waiting.begin(), by_waiting.end(),
              [](const Deal* a, const Deal* b) { return *a->queued < *b->queued; });
    const Deal* last = nullptr;  // of those that waited before, the one that was granted last
    auto waits = by_waiting.begin();
    for (const Deal* asked : by_asking) {
      for (; waits != by_waiting.end() && *(*waits)->queued < asked->invoked; ++waits) {
        if (last == nullptr || (*waits)->told > last->told) last = *waits;
      }
      if (last != nullptr && asked->told < last->told)
        Find("INV-16", "a later acquire overtook one that waited", *last, *asked);
    }
  }

  void CheckBeliefsAreDisjoint(Lock& lock) {
    std::sort(lock.beliefs.begin(), lock.beliefs.end(),
              [](const Belief* a, const Belief* b) { return a->begin < b->begin; });
    const Belief* last = nullptr;  // of those so far, the one that ends last
    for (const Belief* belief : lock.beliefs) {
      if (last != nullptr && belief->token != last->token) {
        if (belief->begin < last->end)
          Find("INV-12", "two clients believed at once", *last, *belief);
        if (belief->token < last->token)
          Find("INV-13", "a later belief has a lower token", *last, *belief);
      }
      if (last == nullptr || belief->end > last->end) last = belief;
    }
  }

  void CheckRead(const Lock& lock, const Deal& read) {
    const bool is_holder_known = read.outcome == Outcome::kHeldBy;
    if (is_holder_known) CheckNotFromTheFuture(lock, read);
    if (is_holder_known) CheckNotFromThePast(lock, read);
    CheckAgainstBelief(lock, read);
  }

  // The one that had begun when it was asked: beliefs are disjoint.
  void CheckAgainstBelief(const Lock& lock, const Deal& read) {
    const auto after =
        std::upper_bound(lock.beliefs.begin(), lock.beliefs.end(), read.invoked,
                         [](Time time, const Belief* belief) { return time < belief->begin; });
    if (after == lock.beliefs.begin()) return;
    const Belief& belief = **std::prev(after);
    if (read.returned >= belief.end) return;
    const bool denies =
        read.outcome == Outcome::kHeldBy ? read.told != belief.token : read.asked == belief.token;
    if (denies) Find("INV-15", "a read denies what a client believed meanwhile", belief, read);
  }

  void CheckNotFromTheFuture(const Lock& lock, const Deal& read) {
    const auto grant = lock.grants.find(read.told);
    if (grant == lock.grants.end() || grant->second.deal == nullptr) return;
    if (grant->second.deal->invoked > read.returned)
      Find("INV-20", "a read shows a grant that nobody had asked for", *grant->second.deal, read);
  }

  // The holder it shows was released, or another grant was told, before it was asked.
  void CheckNotFromThePast(const Lock& lock, const Deal& read) {
    const auto shown = lock.grants.find(read.told);
    if (shown != lock.grants.end() && shown->second.over < read.invoked)
      Find("INV-20", "a read shows a grant that had been released", read);
    if (read.told == 0) return;
    const auto later = lock.grants.upper_bound(read.told);
    if (later != lock.grants.end() && later->second.known_or_later < read.invoked)
      Find("INV-20", "a read shows an earlier grant than one told before", read,
           *owners_[later->first]);
  }

  const History& history_;
  std::map<std::string, Lock> locks_;
  std::map<std::uint64_t, const Deal*> owners_;  // who was told of a token first
  std::optional<Finding> finding_;
};

}  // namespace

std::optional<Finding> JudgeHistory(const History& history) { return HistoryJudge(history).Run(); }

}  // namespace paxos::sim
