#include "sim/lock_marks.h"

#include <utility>

#include "paxos/check.h"

namespace paxos::sim {
namespace {

std::optional<lockservice::OperationReply> OperationOf(const std::optional<SessionResult>& reply) {
  const auto* answered = reply ? std::get_if<CallAnswered>(&*reply) : nullptr;
  if (answered == nullptr) return std::nullopt;
  const auto operation = Decode<lockservice::OperationReply>(answered->payload);
  return operation.has_value() ? std::optional(*operation) : std::nullopt;
}

const SessionError* ErrorOf(const std::optional<SessionResult>& reply) {
  return reply ? std::get_if<SessionError>(&*reply) : nullptr;
}

bool IsGrant(const SessionResult& result) {
  const auto operation = OperationOf(result);
  return operation && std::holds_alternative<lockservice::Granted>(*operation);
}

}  // namespace

// ---- the log --------------------------------------------------------------------------------

void LockMarks::OnCommand(CommandIndex index, const GlobalLog::Numbered& command,
                          const Outcome& outcome) {
  index_ = index;
  ballot_ = command.entry->first_ballot;
  HitIf(news_.grants >= 3, LockMark::kManyGrantsAtOnce);
  const auto decoded = Decode<SessionCommand>(command.command());
  std::visit([&](const auto& each) { On(each, outcome); }, *decoded);
  news_ = News{};
}

void LockMarks::On(const OpenSession& open, const Outcome& outcome) {
  if (const SessionError* error = ErrorOf(outcome.reply))
    return HitIf(*error == SessionError::kTableFull, LockMark::kTableFull);
  const auto& opened = std::get<SessionOpened>(*outcome.reply);
  HitIf(opened.session.value() != index_.value(), LockMark::kOpenRepeated);
  HitIf(opened.ttl > open.ttl, LockMark::kTtlRaised);
}

bool LockMarks::Meet(const LockSpec::Call& call, const Outcome& outcome, LockMark repeated) {
  const auto [known, is_first] = known_.try_emplace(call, Known{ballot_});
  if (is_first) return true;
  if (known->second.is_cancelled_unseen) {
    HitIf(true, LockMark::kCallAfterItsCancel);
    return false;
  }
  const bool is_alive = ErrorOf(outcome.reply) == nullptr;
  HitIf(is_alive && outcome.reply, repeated);
  HitIf(is_alive && !outcome.reply, LockMark::kRepeatedCallWaits);
  HitIf(known->second.ballot != ballot_, LockMark::kRepeatedUnderOtherLeader);
  return false;
}

void LockMarks::OnError(const LockSpec::Call& call, SessionError error) {
  HitIf(error == SessionError::kExpired, LockMark::kCallOfDeadSession);
  if (error == SessionError::kSeqTooFar) known_.erase(call);  // nothing was done
}

void LockMarks::On(const SessionCall& call, const Outcome& outcome) {
  HitIf(!call.unanswered.empty(), LockMark::kWaitNamedUnanswered);
  const LockSpec::Call id{call.session, call.seq};
  const bool is_first = Meet(id, outcome, LockMark::kRepeatedCallAnswered);
  if (const SessionError* error = ErrorOf(outcome.reply)) OnError(id, *error);
  if (!is_first) return;
  if (const auto reply = OperationOf(outcome.reply)) OnOperation(*reply);
  for (const SessionSpec::Late& late : outcome.late) {
    HitIf(IsGrant(late.reply), LockMark::kHandedOnByRelease);
  }
}

void LockMarks::OnOperation(const lockservice::OperationReply& reply) {
  if (const auto* granted = std::get_if<lockservice::Granted>(&reply))
    HitIf(granted->count > 1, LockMark::kReEntry);
  if (const auto* released = std::get_if<lockservice::Released>(&reply))
    HitIf(released->count > 0, LockMark::kPartialRelease);
  if (const auto* busy = std::get_if<lockservice::Busy>(&reply)) {
    HitIf(true, LockMark::kTryRefused);
    HitIf(busy->waiting > 0, LockMark::kTryRefusedByQueue);
    HitIf(busy->waiting >= 5, LockMark::kLongQueue);
  }
  const auto* error = std::get_if<lockservice::LockError>(&reply);
  if (error == nullptr) return;
  HitIf(*error == lockservice::LockError::kNotOwner, LockMark::kNotOwner);
  HitIf(*error == lockservice::LockError::kStaleToken, LockMark::kStaleToken);
  HitIf(*error == lockservice::LockError::kNotHeld, LockMark::kNotHeld);
  HitIf(*error == lockservice::LockError::kTooManyLocks, LockMark::kTooManyLocks);
  HitIf(*error == lockservice::LockError::kTooManyWaiters, LockMark::kTooManyWaiters);
}

void LockMarks::On(const CancelCall& cancel, const Outcome& outcome) {
  const LockSpec::Call id{cancel.session, cancel.seq};
  const bool is_first = Meet(id, outcome, LockMark::kRepeatedCancel);
  if (const SessionError* error = ErrorOf(outcome.reply)) return OnError(id, *error);
  if (!is_first || !outcome.reply) return;
  const auto* cancelled = std::get_if<CallCancelled>(&*outcome.reply);
  if (cancelled == nullptr) return;
  const auto target = Decode<SessionResult>(cancelled->target_reply);
  HitIf(IsGrant(*target), LockMark::kCancelLosesToGrant);
  HitIf(!outcome.late.empty(), LockMark::kWaitWithdrawn);
  const bool is_cancelled = *target == SessionResult(SessionError::kCancelled);
  const LockSpec::Call target_id{cancel.session, cancel.target};
  if (!is_cancelled || known_.count(target_id) != 0) return;
  HitIf(true, LockMark::kCancelComesFirst);
  known_[target_id] = Known{ballot_, true};
}

void LockMarks::On(const RenewSessions& renew, const Outcome& outcome) {
  const auto& renewed = std::get<SessionsRenewed>(*outcome.reply);
  HitIf(renewed.alive.size() < renew.sessions.size(), LockMark::kRenewOfDeadSession);
  HitIf(renewed.alive.size() >= 6, LockMark::kRenewGathersMany);
}

void LockMarks::On(const CloseSession& /*close*/, const Outcome& outcome) {
  for (const SessionSpec::Late& late : outcome.late) {
    HitIf(IsGrant(late.reply), LockMark::kHandedOnByClose);
  }
}

void LockMarks::On(const Tick& /*tick*/, const Outcome& outcome) {
  const auto& ended = std::get<SessionsEnded>(*outcome.reply).ended;
  HitIf(ended.empty(), LockMark::kTickEndsNobody);
  HitIf(ended.size() >= 2, LockMark::kTickEndsSeveral);
  OnExpiries(outcome);
}

void LockMarks::OnExpiries(const Outcome& outcome) {
  for (const SessionSpec::Late& late : outcome.late) {
    HitIf(IsGrant(late.reply), LockMark::kHandedOnByExpiry);
    HitIf(late.reply == SessionResult(SessionError::kExpired), LockMark::kWaiterExpires);
  }
  for (const auto& [session, locks] : news_.lost) {
    HitIf(true, LockMark::kHolderExpires);
    HitIf(locks >= 3, LockMark::kHolderOfSeveralExpires);
  }
}

// ---- grants and sessions --------------------------------------------------------------------

void LockMarks::OnGranted(const std::string& /*name*/, const lockservice::Holder& /*holder*/) {
  ++news_.grants;
}

void LockMarks::OnGrantOver(const std::string& /*name*/, const lockservice::Holder& holder) {
  const auto ended = news_.ended.find(holder.session);
  if (ended != news_.ended.end()) ++news_.lost[holder.session];
}

void LockMarks::OnSessionEnded(SessionId session, SessionEnd how) { news_.ended[session] = how; }

// ---- servers and clients --------------------------------------------------------------------

void LockMarks::OnAnswer(const lockservice::RequestBody& /*request*/,
                         const lockservice::ResponseBody& answer) {
  if (const auto* elsewhere = std::get_if<lockservice::NotLeader>(&answer)) {
    HitIf(elsewhere->leader.has_value(), LockMark::kRedirected);
    HitIf(!elsewhere->leader.has_value(), LockMark::kLeaderUnknown);
  }
  const auto* why = std::get_if<lockservice::RetryReason>(&answer);
  if (why == nullptr) return;
  HitIf(*why == lockservice::RetryReason::kOverloaded, LockMark::kOverloaded);
  HitIf(*why == lockservice::RetryReason::kOutcomeUnknown, LockMark::kOutcomeUnknown);
}

void LockMarks::OnState(ClientId /*client*/, const lockservice::StateChange& change) {
  using lockservice::SessionState;
  const bool was_in_jeopardy = change.from == SessionState::kJeopardy;
  HitIf(change.to == SessionState::kJeopardy, LockMark::kJeopardy);
  HitIf(was_in_jeopardy && change.to == SessionState::kSafe, LockMark::kSafeAgain);
  HitIf(was_in_jeopardy && change.to == SessionState::kLost, LockMark::kLostInJeopardy);
}

void LockMarks::OnFenced(const std::string& /*name*/, lockservice::Token /*token*/) {
  HitIf(true, LockMark::kFenced);
}

}  // namespace paxos::sim
