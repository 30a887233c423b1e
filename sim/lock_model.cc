#include "sim/lock_model.h"

#include <algorithm>
#include <utility>

#include "sim/hash.h"

namespace paxos::sim {
namespace {

bool IsAcquire(const Deal& deal) { return deal.deed == Deed::kAcquire || deal.deed == Deed::kTry; }

bool IsNewGrant(const Deal& deal) { return deal.outcome == Outcome::kGranted && deal.count == 1; }

}  // namespace

LockModel::LockModel(std::vector<LockOperation> operations, std::vector<std::uint64_t> sessions)
    : operations_(std::move(operations)), sessions_(std::move(sessions)) {
  for (const LockOperation& each : operations_) {
    intervals_.push_back(each.interval);
    if (each.kind != LockOperation::Kind::kDeal) continue;
    if (IsNewGrant(*each.deal)) grants_.push_back(each.deal->told);
    has_open_acquires_ |= IsAcquire(*each.deal) && each.deal->outcome == Outcome::kOpen;
  }
  std::sort(grants_.begin(), grants_.end());
}

LockModel::State LockModel::Initial() const {
  State state;
  state.ended.resize(sessions_.size());
  return state;
}

// Who waits is granted before its call returns.
Time LockModel::DeadlineOf(const State& state) const {
  Time deadline = kEndOfTime;
  for (const std::size_t waiting : state.queue)
    deadline = std::min(deadline, operations_[waiting].deal->returned);
  return deadline;
}

// What follows from the operations taken is left out.
std::uint64_t LockModel::FingerprintOf(const State& state) const {
  Hash hash;
  hash.Add(state.count);
  hash.Add(state.session);
  hash.Add(state.owner);
  hash.Add(state.token);
  hash.Add(state.unsure_count);
  hash.Add((state.is_noticed ? 1U : 0U) + (state.is_passing ? 2U : 0U));
  hash.Add(state.last_token);
  for (const std::size_t waiting : state.queue) hash.Add(waiting);
  return hash.value();
}

// ---- what may happen ------------------------------------------------------------------------

void LockModel::Take(const State& state, std::size_t operation, States& next) const {
  const LockOperation& taken = operations_[operation];
  if (state.ended[taken.session]) return;
  switch (taken.kind) {
    case LockOperation::Kind::kDeal:
      return TakeDeal(state, operation, next);
    case LockOperation::Kind::kGiveBack:
      return GiveBack(state, taken, next);
    case LockOperation::Kind::kEnd:
      return EndSession(state, taken, next);
  }
}

void LockModel::TakeDeal(const State& state, std::size_t operation, States& next) const {
  const LockOperation& taken = operations_[operation];
  const Deal& deal = *taken.deal;
  const bool is_open = deal.outcome == Outcome::kOpen;
  if (IsAcquire(deal) && is_open) return AcquireUnsurely(state, taken, next);
  if (state.is_passing) return;
  if (deal.outcome == Outcome::kGranted) return Acquire(state, operation, next);
  if (deal.deed == Deed::kRelease && (is_open || deal.outcome == Outcome::kReleased))
    return Release(state, taken, next);
  State shown = state;
  if (!Shows(shown, taken)) return;
  shown.is_noticed = shown.count > 0;
  next.push_back(std::move(shown));
}

// At once, or it waits from here on.
void LockModel::Acquire(State state, std::size_t operation, States& next) const {
  const LockOperation& acquire = operations_[operation];
  const Deal& deal = *acquire.deal;
  const bool was_free = state.count == 0;
  if (was_free || IsHolder(state, acquire)) {
    if (deal.queued) return;
    const bool is_granted =
        was_free ? IsNewGrant(deal) && Grant(state, acquire.session, acquire.owner, deal.told)
                 : Reenter(state, deal);
    if (is_granted) next.push_back(std::move(state));
    return;
  }
  if (deal.deed == Deed::kTry || !MayWaitBehind(state, deal)) return;
  state.is_noticed = true;
  state.queue.push_back(operation);
  next.push_back(std::move(state));
}

// It may have waited since its call, so it may be ahead of whoever was not sure to wait by then.
void LockModel::AcquireUnsurely(State state, const LockOperation& acquire, States& next) const {
  const Deal& deal = *acquire.deal;
  if (IsHolder(state, acquire)) {
    ++state.count;
    ++state.unsure_count;
    state.is_noticed = false;
    next.push_back(std::move(state));
    return;
  }
  if (state.count > 0) return;
  if (state.is_passing) {
    const bool may_be_first =
        acquire.interval.called <= operations_[state.queue.front()].interval.returned;
    if (!may_be_first || deal.deed == Deed::kTry) return;
  }
  if (!Grant(state, acquire.session, acquire.owner, 0)) return;
  ++state.unsure_count;
  state.is_noticed = state.count > 1;  // by who entered with it
  next.push_back(std::move(state));
}

void LockModel::Release(State state, const LockOperation& release, States& next) const {
  if (!IsHolder(state, release) || !IsToken(state, release.deal->asked)) return;
  --state.count;
  state.unsure_count = std::min(state.unsure_count, state.count);
  const bool is_sure = release.deal->outcome == Outcome::kReleased;
  if (is_sure && state.count != release.deal->count) return;
  state.is_noticed = true;
  HandOn(std::move(state), next);
}

void LockModel::GiveBack(State state, const LockOperation& acquire, States& next) const {
  if (!IsHolder(state, acquire) || state.unsure_count == 0 || !state.is_noticed) return;
  --state.count;
  --state.unsure_count;
  HandOn(std::move(state), next);
}

// One that nobody saw is of interest only if it frees something.
void LockModel::EndSession(State state, const LockOperation& end, States& next) const {
  if (state.is_passing) return;
  for (const std::size_t waiting : state.queue) {
    if (operations_[waiting].session == end.session) return;  // it will be granted
  }
  const bool holds = state.count > 0 && state.session == end.session;
  if (!holds && end.interval.is_open()) return;
  if (holds && state.unsure_count > 0 && !state.is_noticed) return;
  state.ended[end.session] = true;
  if (holds) state.count = state.unsure_count = 0;
  HandOn(std::move(state), next);
}

// ---- what may be seen -----------------------------------------------------------------------

bool LockModel::Shows(State& state, const LockOperation& read) const {
  const bool is_own = IsHolder(state, read);
  const Deal& deal = *read.deal;
  switch (deal.outcome) {
    case Outcome::kHeldBy:
      if (deal.told == 0) return state.count == 0;
      if (deal.deed == Deed::kTry && is_own) return false;
      return ShowsHolder(state, read);
    case Outcome::kNotOwner:
      return state.count > 0 && !is_own;
    case Outcome::kStale: {
      if (state.count == 0) return false;
      if (deal.deed == Deed::kRelease) return is_own && state.token != deal.asked;
      return state.token == 0 || deal.asked < state.token;
    }
    case Outcome::kNoSuchGrant: {
      const std::uint64_t newest =
          state.count > 0 && state.token != 0 ? state.token : state.last_token;
      return deal.asked == 0 || deal.asked > newest;
    }
    default:
      return false;
  }
}

bool LockModel::ShowsHolder(State& state, const LockOperation& read) const {
  if (state.count == 0 || !IsToken(state, read.deal->told)) return false;
  const Deal& deal = *read.deal;
  if (deal.holder_session == 0) return true;
  return state.owner == deal.holder_owner && sessions_[state.session] == deal.holder_session;
}

// ---- parts ----------------------------------------------------------------------------------

bool LockModel::IsHolder(const State& state, const LockOperation& operation) const {
  return state.count > 0 && state.session == operation.session && state.owner == operation.owner;
}

// A token that nobody was told yet may turn out to be this one.
bool LockModel::IsToken(State& state, std::uint64_t token) const {
  if (state.token != 0) return state.token == token;
  const bool is_later_grants =
      state.next_grant < grants_.size() && token >= grants_[state.next_grant];
  if (token <= state.last_token || is_later_grants) return false;
  state.token = state.last_token = token;
  return true;
}

// Token 0: nobody was told.
bool LockModel::Grant(State& state, std::size_t session, std::uint64_t owner,
                      std::uint64_t token) const {
  if (token != 0) {
    const bool is_next = state.next_grant < grants_.size() && grants_[state.next_grant] == token;
    if (!is_next || token <= state.last_token) return false;
    ++state.next_grant;
    state.last_token = token;
  }
  state.session = session;
  state.owner = owner;
  state.token = token;
  state.count = 1;
  state.unsure_count = 0;
  state.is_noticed = true;
  state.is_passing = false;
  return LetInTheOwnersOthers(state);
}

bool LockModel::Reenter(State& state, const Deal& told) const {
  if (!IsToken(state, told.told) || told.count != state.count + 1) return false;
  state.count = told.count;
  state.is_noticed = true;
  return true;
}

// What else the holder's owner waits for here enters with it, open acquires among it.
bool LockModel::LetInTheOwnersOthers(State& state) const {
  std::vector<const Deal*> others;
  std::erase_if(state.queue, [&](std::size_t waiting) {
    const LockOperation& other = operations_[waiting];
    if (other.session != state.session || other.owner != state.owner) return false;
    others.push_back(other.deal);
    return true;
  });
  std::sort(others.begin(), others.end(),
            [](const Deal* a, const Deal* b) { return a->count < b->count; });
  for (const Deal* other : others) {
    const bool may_skip = has_open_acquires_ && other->count > state.count + 1;
    if (may_skip) {
      state.unsure_count += other->count - state.count - 1;
      state.count = other->count - 1;
    }
    if (!Reenter(state, *other)) return false;
  }
  return true;
}

// To the first that waits, unless somebody holds it still; or an open acquire comes first.
void LockModel::HandOn(State state, States& next) const {
  if (state.count > 0) return next.push_back(std::move(state));
  state.session = 0;
  state.owner = state.token = 0;
  state.is_noticed = false;
  if (state.queue.empty()) return next.push_back(std::move(state));
  if (has_open_acquires_) {
    next.push_back(state);
    next.back().is_passing = true;
  }
  const LockOperation& first = operations_[state.queue.front()];
  if (!IsNewGrant(*first.deal)) return;
  state.queue.erase(state.queue.begin());
  if (Grant(state, first.session, first.owner, first.deal->told)) next.push_back(std::move(state));
}

// Whoever waits is granted in turn, so under tokens in that order.
bool LockModel::MayWaitBehind(const State& state, const Deal& acquire) const {
  if (!IsNewGrant(acquire)) return true;
  return std::none_of(state.queue.begin(), state.queue.end(), [&](std::size_t waiting) {
    return operations_[waiting].deal->told > acquire.told;
  });
}

}  // namespace paxos::sim
