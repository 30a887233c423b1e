#include "sim/lock_deal.h"

namespace paxos::sim {

using lockservice::CallFailure;
using lockservice::LockError;
using lockservice::TokenStanding;

// ---- what is asked ---------------------------------------------------------------------------

namespace {

std::optional<Deal> DealOf(std::uint64_t session, const lockservice::Operation& operation) {
  Deal deal;
  deal.session = session;
  if (const auto* acquire = std::get_if<lockservice::Acquire>(&operation)) {
    deal.deed = acquire->mode == lockservice::AcquireMode::kTry ? Deed::kTry : Deed::kAcquire;
    deal.lock = acquire->name;
    deal.owner = acquire->owner.value();
  } else if (const auto* release = std::get_if<lockservice::Release>(&operation)) {
    deal.deed = Deed::kRelease;
    deal.lock = release->name;
    deal.owner = release->owner.value();
    deal.asked = release->token.value();
  } else {
    return std::nullopt;
  }
  return deal;
}

std::optional<Deal> DealOf(const lockservice::Query& query) {
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
  return deal;
}

}  // namespace

std::optional<Deal> DealOf(const lockservice::RequestBody& request) {
  if (const auto* call = std::get_if<lockservice::CallRequest>(&request))
    return DealOf(call->session.value(), call->operation);
  if (const auto* read = std::get_if<lockservice::ReadRequest>(&request))
    return DealOf(read->query);
  const auto* close = std::get_if<lockservice::CloseRequest>(&request);
  if (close == nullptr) return std::nullopt;
  Deal deal;
  deal.session = close->session.value();
  deal.deed = Deed::kEnd;
  return deal;
}

// ---- what is answered ------------------------------------------------------------------------

namespace {

void NoteHolder(const std::optional<lockservice::Holder>& holder, Deal& deal) {
  deal.outcome = Outcome::kHeldBy;
  if (!holder) return;
  deal.told = holder->token.value();
  deal.holder_session = holder->session.value();
  deal.holder_owner = holder->owner.value();
}

template <class Other>
void Note(const Other& /*result*/, Deal& deal) {
  deal.outcome = Outcome::kNoEffect;
}
void Note(const lockservice::Granted& granted, Deal& deal) {
  deal.outcome = Outcome::kGranted;
  deal.told = granted.token.value();
  deal.count = granted.count;
}
void Note(const lockservice::Busy& busy, Deal& deal) { NoteHolder(busy.holder, deal); }
void Note(const lockservice::Released& released, Deal& deal) {
  deal.outcome = Outcome::kReleased;
  deal.count = released.count;
}
void Note(const paxos::SessionClosed& /*closed*/, Deal& deal) { deal.outcome = Outcome::kEnded; }

void Note(LockError error, Deal& deal) {
  deal.outcome = error == LockError::kNotHeld      ? Outcome::kHeldBy
                 : error == LockError::kNotOwner   ? Outcome::kNotOwner
                 : error == LockError::kStaleToken ? Outcome::kStale
                                                   : Outcome::kNoEffect;
}

void Note(const lockservice::CallError& error, Deal& deal) {
  // A session that is closed under a call may have been granted something before.
  const bool may_take_effect = error.why == CallFailure::kSessionLost ||
                               error.why == CallFailure::kNoSession ||
                               error.why == CallFailure::kUnreachable;
  deal.outcome = may_take_effect ? Outcome::kOpen : Outcome::kNoEffect;
}

void NoteStanding(TokenStanding standing, Deal& deal) {
  switch (standing) {
    case TokenStanding::kValid:
      deal.told = deal.asked;
      [[fallthrough]];
    case TokenStanding::kNotHeld:
      deal.outcome = Outcome::kHeldBy;
      return;
    case TokenStanding::kStale:
      deal.outcome = Outcome::kStale;
      return;
    case TokenStanding::kUnknown:
      deal.outcome = Outcome::kNoSuchGrant;
      return;
  }
}

void Note(const lockservice::ReadResult& read, Deal& deal) {
  if (const auto* standing = std::get_if<TokenStanding>(&read.reply)) NoteStanding(*standing, deal);
  if (const auto* view = std::get_if<lockservice::LockView>(&read.reply))
    NoteHolder(view->holder, deal);
}

}  // namespace

void NoteResult(const lockservice::CallResult& result, Deal& deal) {
  std::visit([&deal](const auto& each) { Note(each, deal); }, result);
}

}  // namespace paxos::sim
