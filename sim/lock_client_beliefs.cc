// ClientJudge: what the client must believe (S01, S10, S15).
#include <algorithm>

#include "paxos/check.h"
#include "sim/lock_client_judge.h"

namespace paxos::sim {

using lockservice::HoldingKey;
using lockservice::RequestId;
using lockservice::RetryReason;
using lockservice::SessionState;
using lockservice::Token;

namespace {

constexpr Duration kToldWithin = milliseconds{50};

const lockservice::Acquire* AcquireIn(const lockservice::RequestBody& body) {
  const auto* call = std::get_if<lockservice::CallRequest>(&body);
  return call == nullptr ? nullptr : std::get_if<lockservice::Acquire>(&call->operation);
}

bool IsOfSession(const lockservice::RequestBody& body) {
  return std::holds_alternative<lockservice::CallRequest>(body) ||
         std::holds_alternative<lockservice::CancelRequest>(body) ||
         std::holds_alternative<lockservice::KeepAliveRequest>(body);
}

}  // namespace

// ---- the session ----------------------------------------------------------------------------

SessionState ClientJudge::StateAt(Instant now) const {
  if (!session_ || end_ != SessionState::kNone) return end_;
  return now < valid_until_ ? SessionState::kSafe : SessionState::kJeopardy;
}

void ClientJudge::Begin(SessionId session, std::chrono::milliseconds ttl) {
  session_ = session;
  ttl_ = ttl;
  end_ = SessionState::kNone;
  is_adopted_ = false;
  may_call_ = true;
  proved_ = valid_until_ = asked_ = Instant::min();
  held_.clear();
}

void ClientJudge::OnAdopted(SessionId session, std::chrono::milliseconds ttl, bool may_call) {
  Begin(session, ttl);
  is_adopted_ = true;
  may_call_ = may_call;
}

void ClientJudge::End(SessionState how) {
  end_ = how;
  held_.clear();
  std::erase_if(open_, [this](const auto& open) { return IsOfSession(sent_.at(open.first).body); });
}

// TTL (1 - rho), rounded down, less epsilon.
void ClientJudge::Prove(Instant first_sent) {
  const std::int64_t ttl = Duration{ttl_}.count();
  const ClockDrift& drift = options_.drift;
  const std::int64_t lost = (ttl * drift.parts + drift.per - 1) / drift.per;
  proved_ = std::max(proved_, first_sent);
  valid_until_ = std::max(valid_until_, first_sent + Duration{ttl - lost} - options_.epsilon);
}

void ClientJudge::Hold(const HoldingKey& lock, Token token) {
  lockservice::Holding& holding = held_[lock];
  if (holding.token < token) holding = {token, 0};
  if (holding.token == token) ++holding.count;
}

bool ClientJudge::EndHold(const HoldingKey& lock, Token token) {
  const auto held = held_.find(lock);
  if (held == held_.end() || held->second.token != token) return false;
  if (--held->second.count == 0) held_.erase(held);
  return true;
}

// ---- answers --------------------------------------------------------------------------------

void ClientJudge::OnAnswer(Instant now, const lockservice::Response& response) {
  if (open_.count(response.id) == 0) return;
  const Sent& sent = sent_.at(response.id);
  const bool is_acquire = AcquireIn(sent.body) != nullptr;
  const bool is_keep_alive = std::holds_alternative<lockservice::KeepAliveRequest>(sent.body);
  if (const auto* result = std::get_if<lockservice::Result>(&response.body))
    return On(response.id, sent, *result);
  const auto* retry = std::get_if<RetryReason>(&response.body);
  const bool waits = std::holds_alternative<lockservice::Waiting>(response.body) ||
                     (retry != nullptr && *retry == RetryReason::kWaitsUnwatched);
  if (waits && is_acquire) Prove(sent.first);
  if (retry != nullptr && is_keep_alive) asked_ = std::max(asked_, now + options_.backoff_min);
  const bool is_final = std::holds_alternative<lockservice::Refused>(response.body) ||
                        (retry != nullptr && is_keep_alive);
  if (is_final) open_.erase(response.id);
}

void ClientJudge::On(RequestId id, const Sent& sent, const lockservice::Result& result) {
  if (const auto* opened = std::get_if<SessionOpened>(&result.result)) {
    Begin(opened->session, opened->ttl);
    Prove(sent.first);
  }
  if (std::holds_alternative<lockservice::CallRequest>(sent.body))
    return OnCallResult(id, sent, result.result);
  if (std::holds_alternative<lockservice::CancelRequest>(sent.body))
    return OnCancelResult(id, sent, result.result);
  open_.erase(id);
  if (!std::holds_alternative<lockservice::KeepAliveRequest>(sent.body)) return;
  if (std::holds_alternative<SessionsRenewed>(result.result)) return Prove(sent.first);
  End(SessionState::kLost);
}

void ClientJudge::OnCallResult(RequestId id, const Sent& sent, const SessionResult& result) {
  if (const auto* error = std::get_if<SessionError>(&result)) return OnSessionError(id, *error);
  open_.erase(id);
  Prove(sent.first);
  OnReply(sent, std::get<CallAnswered>(result));
}

// What waits may be told that it is over, and goes on; nothing of the kind proves life.
void ClientJudge::OnSessionError(RequestId id, SessionError error) {
  if (error == SessionError::kExpired) return End(SessionState::kLost);
  const bool is_asked_again =
      error == SessionError::kSeqTooFar || error == SessionError::kTableFull;
  if (!is_asked_again) open_.erase(id);
}

// A grant that comes after its user was told something else goes back by itself.
void ClientJudge::OnReply(const Sent& sent, const CallAnswered& answered) {
  const auto reply = Decode<lockservice::OperationReply>(answered.payload);
  const auto* granted = std::get_if<lockservice::Granted>(&*reply);
  const lockservice::Acquire* acquire = AcquireIn(sent.body);
  if (granted == nullptr || acquire == nullptr || sent.is_given_up) return;
  Hold({acquire->name, acquire->owner}, granted->token);
}

// Its target has its final answer as well.
void ClientJudge::OnCancelResult(RequestId id, const Sent& sent, const SessionResult& result) {
  if (const auto* error = std::get_if<SessionError>(&result)) return OnSessionError(id, *error);
  open_.erase(id);
  Prove(sent.first);
  const auto target = Decode<SessionResult>(std::get<CallCancelled>(result).target_reply);
  const std::uint64_t seq = std::get<lockservice::CancelRequest>(sent.body).target;
  for (const auto& [other, open_seq] : open_) {
    if (open_seq == seq) return OnCallResult(other, sent_.at(other), *target);
  }
}

// ---- what it says ---------------------------------------------------------------------------

void ClientJudge::OnState(Instant now, const lockservice::StateChange& change) {
  PAXOS_CHECK("S15", change.from == told_ && change.session == session_, change, told_);
  PAXOS_CHECK("S15", change.to == StateAt(now), change, StateAt(now), now, valid_until_);
  told_ = change.to;
  if (change.to == SessionState::kLost)
    PAXOS_CHECK("INV-17", !judge_.spec().IsAlive(change.session), change);
  const bool passed = change.from == SessionState::kSafe && change.to == SessionState::kJeopardy;
  const bool is_in_time = was_away_ || now <= valid_until_ + kToldWithin;
  if (passed) PAXOS_CHECK("S15", is_in_time, change, now, valid_until_);
}

void ClientJudge::OnSettled(Instant now, const lockservice::Client& client, bool is_connected) {
  CheckDeadlines(now, is_connected);
  CheckAwaited();
  was_away_ = false;
  if (!session_) return;
  const SessionState state = StateAt(now);
  PAXOS_CHECK("S15", client.state(now) == state, *session_, client.state(now), state);
  PAXOS_CHECK("S15", told_ == state, *session_, told_, state);
  PAXOS_CHECK("S10", client.holdings() == held_, *session_);
  if (!IsOpen()) return;
  PAXOS_CHECK("S01", client.valid_until() == valid_until_, *session_, client.valid_until(),
              valid_until_);
  if (is_connected && may_call_) CheckAsking(now);
  CheckAgainstLog(client);
}

// A keep-alive that is not answered for a third of the TTL makes it leave the server; one that is
// put off rests for a moment.
void ClientJudge::CheckAsking(Instant now) const {
  const Instant last = std::max(proved_, asked_);
  PAXOS_CHECK("S15", now <= last + ttl_ / 2, *session_, now, last, ttl_);
}

}  // namespace paxos::sim
