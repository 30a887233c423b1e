#include "sim/lock_order.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/linearizability.h"
#include "sim/lock_model.h"

namespace paxos::sim {
namespace {

using SessionNumber = std::uint64_t;
using Kind = LockOperation::Kind;

bool IsRead(const Deal& deal) { return deal.deed == Deed::kCheck || deal.deed == Deed::kGet; }

// Failed reads and what surely did nothing say nothing; without a session nothing is done.
bool Counts(const Deal& deal) {
  if (deal.deed == Deed::kEnd || deal.outcome == Outcome::kNoEffect) return false;
  return deal.outcome != Outcome::kOpen || (!IsRead(deal) && deal.session != 0);
}

// When each session ended: not before the last sign of its life, not after it was said to be over.
class SessionEnds {
 public:
  explicit SessionEnds(const History& history) {
    std::map<std::uint64_t, SessionNumber> of_token;
    for (const Deal& deal : history.deals) {
      if (deal.outcome == Outcome::kGranted) of_token[deal.told] = deal.session;
      Interval& end = ends_[deal.session];
      if (deal.outcome == Outcome::kEnded) end.returned = std::min(end.returned, deal.returned);
      const bool is_done_in_it = Counts(deal) && !IsRead(deal) && deal.outcome != Outcome::kOpen;
      if (is_done_in_it) end.called = std::max(end.called, deal.invoked);
    }
    for (const Belief& belief : history.beliefs) {
      const auto session = of_token.find(belief.token);
      if (session == of_token.end()) continue;
      Interval& end = ends_[session->second];
      end.called = std::max(end.called, belief.end);
    }
  }

  [[nodiscard]] Interval Of(SessionNumber session) const { return ends_.at(session); }

 private:
  std::map<SessionNumber, Interval> ends_;
};

Interval IntervalOf(const Deal& deal) {
  if (deal.outcome == Outcome::kOpen) return {deal.invoked, kEndOfTime};
  return {deal.invoked, deal.queued ? std::min(*deal.queued, deal.returned) : deal.returned};
}

LockModel ModelOf(const std::vector<const Deal*>& deals, const SessionEnds& ends) {
  std::vector<LockOperation> operations;
  std::map<SessionNumber, std::size_t> numbers;
  for (const Deal* deal : deals) numbers.try_emplace(deal->session, 0);
  std::vector<SessionNumber> sessions;
  for (auto& [session, number] : numbers) {
    number = sessions.size();
    sessions.push_back(session);
    operations.push_back({Kind::kEnd, nullptr, number, 0, ends.Of(session)});
  }
  for (const Deal* deal : deals) {
    LockOperation operation{Kind::kDeal, deal, numbers.at(deal->session), deal->owner,
                            IntervalOf(*deal)};
    operations.push_back(operation);
    operation.kind = Kind::kGiveBack;
    if (deal->outcome == Outcome::kOpen && deal->deed != Deed::kRelease)
      operations.push_back(operation);
  }
  std::stable_sort(operations.begin(), operations.end(),
                   [](const LockOperation& a, const LockOperation& b) {
                     return a.interval.called < b.interval.called;
                   });
  return LockModel(std::move(operations), std::move(sessions));
}

std::size_t MostConcurrent(const std::vector<const Deal*>& deals) {
  std::vector<std::pair<Time, int>> changes;  // at one moment, what begins comes first
  for (const Deal* deal : deals) {
    if (deal->outcome == Outcome::kOpen) continue;
    changes.emplace_back(deal->invoked, -1);
    changes.emplace_back(deal->returned, +1);
  }
  std::sort(changes.begin(), changes.end());
  int most = 0;
  int now = 0;
  for (const auto& [when, change] : changes) most = std::max(most, now -= change);
  return static_cast<std::size_t>(most);
}

std::size_t OpenAcquires(const std::vector<const Deal*>& deals) {
  const auto count = std::count_if(deals.begin(), deals.end(), [](const Deal* deal) {
    return deal->outcome == Outcome::kOpen && deal->deed != Deed::kRelease;
  });
  return static_cast<std::size_t>(count);
}

Finding FindingOf(const LockModel& model, const LinearizabilitySearch<LockModel>& search) {
  std::string what = "no order explains a lock's calls; at best, none from here on";
  const std::size_t stuck = search.stuck_at();
  if (stuck < model.operations().size()) {
    const Deal* deal = model.operations()[stuck].deal;
    what += deal == nullptr ? ": a session's end" : "\n    " + ToText(*deal);
  }
  return {"INV-20", what};
}

class OrderJudge {
 public:
  OrderJudge(const History& history, const OrderBounds& bounds) : ends_(history), bounds_(bounds) {
    for (const Deal& deal : history.deals) {
      if (Counts(deal)) locks_[deal.lock].push_back(&deal);
    }
  }

  OrderVerdict Run() {
    for (const auto& [lock, deals] : locks_) Judge(deals);
    return verdict_;
  }

 private:
  void Judge(const std::vector<const Deal*>& deals) {
    const bool is_beyond = deals.size() > bounds_.operations_max ||
                           OpenAcquires(deals) > bounds_.open_max ||
                           MostConcurrent(deals) > bounds_.concurrent_max;
    if (is_beyond) return LeaveOut();
    const LockModel model = ModelOf(deals, ends_);
    LinearizabilitySearch<LockModel> search(model, model.intervals());
    const Linearizable is_explained = search.Run(bounds_.steps_max);
    verdict_.steps += search.steps();
    if (is_explained == Linearizable::kUnknown) return LeaveOut();
    ++verdict_.locks;
    verdict_.operations += deals.size();
    if (is_explained == Linearizable::kNo && !verdict_.finding)
      verdict_.finding = FindingOf(model, search);
  }

  void LeaveOut() { ++verdict_.beyond; }

  SessionEnds ends_;
  OrderBounds bounds_;
  std::map<std::string, std::vector<const Deal*>> locks_;
  OrderVerdict verdict_;
};

}  // namespace

OrderVerdict JudgeOrder(const History& history, const OrderBounds& bounds) {
  return OrderJudge(history, bounds).Run();
}

}  // namespace paxos::sim
