// ClientJudge: what becomes of calls (S14, S16, X1).
#include <algorithm>
#include <type_traits>

#include "paxos/check.h"
#include "sim/lock_client_judge.h"

namespace paxos::sim {

using lockservice::CallError;
using lockservice::CallFailure;
using lockservice::CallId;
using lockservice::CallRequest;
using lockservice::CancelRequest;
using lockservice::OperationReply;
using lockservice::RequestId;
using lockservice::SessionState;

namespace {

// By which the log knows it; none: it is not in the log by itself.
std::optional<LockSpec::Call> CallIn(const lockservice::RequestBody& body) {
  if (const auto* call = std::get_if<CallRequest>(&body))
    return LockSpec::Call{call->session, call->seq};
  if (const auto* cancel = std::get_if<CancelRequest>(&body))
    return LockSpec::Call{cancel->session, cancel->seq};
  return std::nullopt;
}

// 0: it has none.
std::uint64_t SeqIn(const lockservice::RequestBody& body) {
  const auto call = CallIn(body);
  return call ? call->seq : 0;
}

std::optional<OperationReply> ReplyIn(const lockservice::CallResult& result) {
  return std::visit(
      [](const auto& each) -> std::optional<OperationReply> {
        if constexpr (std::is_constructible_v<OperationReply, decltype(each)>) return each;
        return std::nullopt;
      },
      result);
}

}  // namespace

// ---- asking ---------------------------------------------------------------------------------

void ClientJudge::OnAsked(Instant now, CallId call, const Asked& asked) {
  Pending pending{asked};
  if (asked.timeout) pending.deadline = now + *asked.timeout;
  if (asked.kind == Asked::Kind::kRelease) pending.ended_a_hold = EndHold(asked.lock, asked.token);
  if (asked.kind == Asked::Kind::kClose && IsOpen()) End(SessionState::kClosed);
  pending_.emplace(call, pending);
}

void ClientJudge::OnAskedToCancel(CallId acquire) { pending_.at(acquire).is_cancelled = true; }

void ClientJudge::OnSent(Instant now, const lockservice::Request& request) {
  if (std::holds_alternative<lockservice::KeepAliveRequest>(request.body)) {
    asked_ = now;
    if (keep_alive_) open_.erase(*keep_alive_);
    keep_alive_ = request.id;
  }
  const auto [sent, is_first] = sent_.try_emplace(request.id, Sent{request.body, now});
  if (is_first) open_.emplace(request.id, SeqIn(request.body));
  CheckRepeated(request, sent->second);
  if (const auto* call = std::get_if<CallRequest>(&request.body)) {
    PAXOS_CHECK("X1", may_call_ && call->session == session_, request);
    CheckAnswered(call->answered_below, call->unanswered);
  }
  if (const auto* cancel = std::get_if<CancelRequest>(&request.body)) {
    withdrawn_.insert({cancel->session, cancel->target});
    CheckAnswered(cancel->answered_below, cancel->unanswered);
  }
}

// All but what it says of other calls.
void ClientJudge::CheckRepeated(const lockservice::Request& request, const Sent& earlier) const {
  lockservice::RequestBody body = request.body;
  if (auto* call = std::get_if<CallRequest>(&body)) {
    if (const auto* before = std::get_if<CallRequest>(&earlier.body)) {
      call->answered_below = before->answered_below;
      call->unanswered = before->unanswered;
    }
  }
  if (auto* cancel = std::get_if<CancelRequest>(&body)) {
    if (const auto* before = std::get_if<CancelRequest>(&earlier.body)) {
      cancel->answered_below = before->answered_below;
      cancel->unanswered = before->unanswered;
    }
  }
  PAXOS_CHECK("X1", body == earlier.body, request, earlier.body);
}

void ClientJudge::CheckAnswered(std::uint64_t below,
                                const std::vector<std::uint64_t>& unanswered) const {
  for (const auto& [id, seq] : open_) {
    if (seq == 0 || seq >= below) continue;
    const bool is_named = std::find(unanswered.begin(), unanswered.end(), seq) != unanswered.end();
    PAXOS_CHECK("X1", is_named, session_, seq, below);
  }
}

// ---- completions ----------------------------------------------------------------------------

void ClientJudge::OnCompletion(Instant now, const lockservice::Client& client,
                               const lockservice::Completion& completion) {
  const auto found = pending_.find(completion.call);
  PAXOS_CHECK("S14", found != pending_.end(), completion);
  const Pending pending = found->second;
  pending_.erase(found);
  const RequestId id{completion.call.value()};
  const auto sent = sent_.find(id);
  CheckCompletion(now, pending, sent == sent_.end() ? nullptr : &sent->second, completion.result);
  if (std::holds_alternative<lockservice::Ensured>(completion.result)) {
    const bool is_left = client.valid_until() >= now + *pending.asked.ensured;
    PAXOS_CHECK("S16", is_left, completion, now, client.valid_until());
  }
  if (open_.count(id) == 0) return;
  sent->second.is_given_up = true;
  if (std::holds_alternative<lockservice::OpenRequest>(sent->second.body)) open_.erase(id);
}

void ClientJudge::CheckCompletion(Instant now, const Pending& pending, const Sent* sent,
                                  const lockservice::CallResult& result) {
  if (const auto* error = std::get_if<CallError>(&result))
    return CheckFailure(now, pending, sent, *error);
  if (const auto reply = ReplyIn(result)) return CheckReply(sent, *reply);
  if (!std::holds_alternative<SessionClosed>(result)) return;
  const SessionId closed = std::get<lockservice::CloseRequest>(sent->body).session;
  PAXOS_CHECK("INV-17", !judge_.spec().IsAlive(closed), closed);
}

void ClientJudge::CheckReply(const Sent* sent, const OperationReply& reply) const {
  const auto call = sent == nullptr ? std::nullopt : CallIn(sent->body);
  PAXOS_CHECK("INV-11", call.has_value(), reply);
  const LockJudge::Final* final = judge_.FindFinal(*call);
  const bool is_final =
      final != nullptr && final->reply == SessionResult(CallAnswered{Encode(reply)});
  PAXOS_CHECK("INV-11", is_final, call->session, call->seq, reply);
}

void ClientJudge::CheckFailure(Instant now, const Pending& pending, const Sent* sent,
                               const CallError& error) {
  const bool is_acquire = pending.asked.kind == Asked::Kind::kAcquire;
  const bool is_late = now >= pending.deadline;
  const bool is_withdrawn = is_acquire && (is_late || pending.is_cancelled);
  const auto call = sent == nullptr ? std::nullopt : CallIn(sent->body);
  switch (error.why) {
    case CallFailure::kTimedOut:
    case CallFailure::kCancelled: {
      const bool was_asked = error.why == CallFailure::kTimedOut ? is_late : pending.is_cancelled;
      PAXOS_CHECK("S14", is_acquire && was_asked, error, now, pending.deadline);
      const LockJudge::Final* final = call ? judge_.FindFinal(*call) : nullptr;
      const bool is_not_held =
          !call || (final != nullptr && final->reply == SessionResult(SessionError::kCancelled));
      return PAXOS_CHECK("S14", is_not_held, call->session, call->seq, error);
    }
    case CallFailure::kSessionLost:
      return PAXOS_CHECK("S14", !IsOpen() || (is_withdrawn && now >= valid_until_), error, now,
                         valid_until_);
    case CallFailure::kNoSession:
      return PAXOS_CHECK("S14", !IsOpen(), error);
    case CallFailure::kUnreachable:
      return PAXOS_CHECK("S14", !is_acquire && is_late, error, now, pending.deadline);
    case CallFailure::kRefused: {
      if (call) judge_.OnDisclaimed(*call);
      const bool is_own_word = sent == nullptr && IsOpen() && may_call_;
      return PAXOS_CHECK("S10", !is_own_word || !pending.ended_a_hold, error, pending.asked.token);
    }
    case CallFailure::kOverloaded:
      if (call) judge_.OnDisclaimed(*call);
      if (sent == nullptr && pending.ended_a_hold && IsOpen())
        Hold(pending.asked.lock, pending.asked.token);
      return;
  }
}

// ---- after a turn ---------------------------------------------------------------------------

// A wait outlasts its deadline only while it is being withdrawn, or no server can be reached.
void ClientJudge::CheckDeadlines(Instant now, bool is_connected) const {
  for (const auto& [id, pending] : pending_) {
    const bool is_over = pending.is_cancelled || now > pending.deadline;
    if (!is_over) continue;
    const auto sent = sent_.find(RequestId{id.value()});
    const auto call = sent == sent_.end() ? std::nullopt : CallIn(sent->second.body);
    const bool may_go_on = pending.asked.kind == Asked::Kind::kAcquire && call &&
                           StateAt(now) == SessionState::kSafe &&
                           (!is_connected || withdrawn_.count(*call) != 0);
    PAXOS_CHECK("S14", may_go_on, id, now, pending.deadline);
  }
}

// Whoever waits for a call of the session that was sent waits for a server's answer to it.
void ClientJudge::CheckAwaited() const {
  for (const auto& [id, pending] : pending_) {
    if (open_.contains(RequestId{id.value()})) continue;
    const auto sent = sent_.find(RequestId{id.value()});
    const bool has_no_seq = sent == sent_.end() || !CallIn(sent->second.body);
    PAXOS_CHECK("S14", has_no_seq, id, pending.deadline);
  }
}

// Nothing is under way: the log and the client agree on what is held, or somebody holds a lock
// without knowing.
void ClientJudge::CheckAgainstLog(const lockservice::Client& client) const {
  if (client.pending() > 0 || is_adopted_ || !judge_.spec().IsAlive(*session_)) return;
  std::map<lockservice::HoldingKey, lockservice::Holding> logged;
  for (const auto& [name, lock] : judge_.spec().locks().locks()) {
    const lockservice::Holder& holder = lock.holder;
    if (holder.session == *session_) logged[{name, holder.owner}] = {holder.token, holder.count};
  }
  PAXOS_CHECK("S14", logged == held_, *session_, logged.size(), held_.size());
}

}  // namespace paxos::sim
