// What a client makes of a server's answers.
#include <utility>

#include "lockservice/client.h"
#include "paxos/archive.h"
#include "paxos/check.h"

namespace lockservice {

using paxos::Instant;
using paxos::SessionError;
using paxos::SessionResult;

void Client::OnResponse(Instant now, LinkId link, const Response& response) {
  const CallId id(response.id.value());
  if (link_.IsUp() && link_.IsCurrent(link) && calls_.Find(id) != nullptr)
    std::visit([&](const auto& body) { On(now, id, body); }, response.body);
  Advance(now);
}

void Client::On(Instant now, CallId id, const Result& result) {
  link_.OnProgress();
  const RequestBody& body = calls_.Find(id)->body;
  if (std::holds_alternative<OpenRequest>(body)) return OnOpened(id, result.result);
  if (std::holds_alternative<KeepAliveRequest>(body)) return OnRenewed(id, result.result);
  if (std::holds_alternative<CallRequest>(body)) return OnCallResult(now, id, result.result);
  if (std::holds_alternative<CancelRequest>(body)) return OnCancelResult(now, id, result.result);
  // It was closed by this request, an earlier sending of it, or time: there is no more to do.
  if (std::holds_alternative<CloseRequest>(body)) return Complete(id, paxos::SessionClosed{});
  LeaveServer(now);
}

// The command was applied, so the session lives (S1). No time-out from now on: keep-alives watch
// over the connection.
void Client::On(Instant now, CallId id, const Waiting& /*waiting*/) {
  link_.OnProgress();
  if (calls_.Find(id)->acquire() == nullptr) return LeaveServer(now);
  NoteWaiting(id);
  calls_.Find(id)->rests = 0;
  calls_.SetStage(id, CallStage::kWaiting);
}

void Client::NoteWaiting(CallId id) {
  const Call& call = *calls_.Find(id);
  session_.Acknowledge(*call.first_sent);
  calls_.NoteWaiting(call.seq());
}

void Client::On(Instant now, CallId /*id*/, const NotLeader& not_leader) {
  output_.disconnect = link_.id();
  link_.Redirect(now, not_leader.address);
  ForgetConnection();
}

void Client::On(Instant now, CallId id, const RetryReason& reason) {
  if (keep_alive_ == id) {
    keep_alive_.reset();
    keep_alive_not_before_ = now + link_.Backoff(1, options_.backoff_max);
    return calls_.Remove(id);
  }
  Call& call = *calls_.Find(id);
  const bool is_unwatched = reason == RetryReason::kWaitsUnwatched && call.acquire() != nullptr;
  if (std::exchange(call.is_unwatched, is_unwatched) != is_unwatched) call.rests = 0;
  if (!is_unwatched) return Rest(now, id, options_.backoff_max);
  NoteWaiting(id);
  Rest(now, id, options_.wait_check_interval);  // each asking is a command of the log
}

void Client::On(Instant /*now*/, CallId id, const Refused& refused) {
  link_.OnProgress();
  const bool was_opening = opening_ == id;
  if (keep_alive_ == id) keep_alive_.reset();
  Complete(id, CallError{CallFailure::kRefused, refused.why});
  if (!was_opening) return;
  opening_.reset();
  EndSessionCalls(CallFailure::kNoSession, "no session could be opened: " + refused.why);
}

void Client::On(Instant now, CallId id, const ReadResult& read) {
  link_.OnProgress();
  if (!std::holds_alternative<ReadRequest>(calls_.Find(id)->body)) return LeaveServer(now);
  Complete(id, read);
}

void Client::On(Instant now, CallId id, const StatusResult& status) {
  link_.OnProgress();
  if (!std::holds_alternative<StatusRequest>(calls_.Find(id)->body)) return LeaveServer(now);
  Complete(id, status);
}

// ---- results --------------------------------------------------------------------------------

void Client::OnOpened(CallId id, const SessionResult& result) {
  opening_.reset();
  if (const auto* opened = std::get_if<paxos::SessionOpened>(&result)) {
    session_.Begin(opened->session, opened->ttl);
    session_.Acknowledge(*calls_.Find(id)->first_sent);
    return Complete(id, *opened);
  }
  const std::string why = "the cluster has no room for another session";
  Complete(id, CallError{CallFailure::kOverloaded, why});
  EndSessionCalls(CallFailure::kNoSession, why);
}

void Client::OnRenewed(CallId id, const SessionResult& result) {
  const Instant sent = *calls_.Find(id)->first_sent;
  keep_alive_.reset();
  keep_alive_timeouts_ = 0;
  calls_.Remove(id);
  const auto* renewed = std::get_if<paxos::SessionsRenewed>(&result);
  const bool is_alive = renewed != nullptr && renewed->alive == std::vector{*session_.id()};
  if (!is_alive) return LoseSession();
  session_.Acknowledge(sent);
}

void Client::OnCallResult(Instant now, CallId id, const SessionResult& result) {
  if (const auto* error = std::get_if<SessionError>(&result))
    return OnSessionError(now, id, *error);
  const auto* answered = std::get_if<paxos::CallAnswered>(&result);
  if (answered == nullptr) return LeaveServer(now);
  const auto reply = paxos::Decode<OperationReply>(answered->payload);
  if (!reply.has_value()) return LeaveServer(now);
  session_.Acknowledge(*calls_.Find(id)->first_sent);
  OnReply(id, *reply);
}

// Brings the final reply of the acquire it withdrew, which may have come by itself meanwhile.
void Client::OnCancelResult(Instant now, CallId id, const SessionResult& result) {
  if (const auto* error = std::get_if<SessionError>(&result))
    return OnSessionError(now, id, *error);
  const auto* cancelled = std::get_if<paxos::CallCancelled>(&result);
  if (cancelled == nullptr) return LeaveServer(now);
  const auto target_result = paxos::Decode<SessionResult>(cancelled->target_reply);
  if (!target_result.has_value()) return LeaveServer(now);
  const std::uint64_t target = std::get<CancelRequest>(calls_.Find(id)->body).target;
  session_.Acknowledge(*calls_.Find(id)->first_sent);
  calls_.Remove(id);
  if (const std::optional<CallId> acquire = FindAcquire(target))
    OnCallResult(now, *acquire, *target_result);
}

void Client::OnReply(CallId id, const OperationReply& reply) {
  if (const auto* granted = std::get_if<Granted>(&reply)) return OnGranted(id, *granted);
  const auto* released = std::get_if<Released>(&reply);
  const lockservice::Release* release = calls_.Find(id)->release();
  const bool some_is_left = released != nullptr && released->count > 0;
  if (release != nullptr && !some_is_left)
    session_.OnOver(HoldingKey{release->name, release->owner}, release->token);
  std::visit([&](const auto& alternative) { Complete(id, alternative); }, reply);
}

// A grant that nobody waits for any more is given back (S14).
void Client::OnGranted(CallId id, const Granted& granted) {
  const Call& call = *calls_.Find(id);
  const lockservice::Acquire* acquire = call.acquire();
  if (acquire != nullptr && call.audience == Audience::kUser) {
    session_.OnGranted(HoldingKey{acquire->name, acquire->owner}, granted.token);
  } else if (acquire != nullptr) {
    const struct Release release { acquire->name, acquire->owner, granted.token };
    SubmitQuietly(CallRequest{{}, 0, 0, release}, CallStage::kHeld);
  }
  Complete(id, granted);
}

// None of these proves that the session lives (S1).
void Client::OnSessionError(Instant now, CallId id, SessionError error) {
  switch (error) {
    case SessionError::kExpired:
      return LoseSession();
    case SessionError::kSeqTooFar:
      calls_.TellAnsweredAgain();
      return Rest(now, id, options_.backoff_max);
    case SessionError::kTableFull:
      return Rest(now, id, options_.backoff_max);
    case SessionError::kCancelled:
      if (calls_.Find(id)->withdrawal == Withdrawal::kTimedOut)
        return Complete(id, CallError{CallFailure::kTimedOut, "not granted in time"});
      return Complete(id, CallError{CallFailure::kCancelled, "withdrawn"});
    case SessionError::kAnswered:
      return OnCutOff(id);
    case SessionError::kBadCommand:
      return Complete(id, CallError{CallFailure::kRefused, "the servers cannot read this call"});
  }
}

// The acquire that has taken this seq, as long as it is not completed.
std::optional<CallId> Client::FindAcquire(std::uint64_t seq) {
  for (const auto& [id, call] : calls_.all())
    if (call.acquire() != nullptr && call.seq() == seq) return id;
  return std::nullopt;
}

// Another process adopted the session. A call that was sent once cannot have been executed and then
// forgotten: while it waits the servers keep it, and only another sending asks again. An earlier
// sending may have been executed, and its answer is gone. The session can still be kept alive.
void Client::OnCutOff(CallId id) {
  may_call_ = false;
  const std::string why = "another process made later calls in this session";
  if (const auto* cancel = std::get_if<CancelRequest>(&calls_.Find(id)->body))
    EndUnsureWait(cancel->target, why);
  const bool was_sent_before = calls_.Find(id)->sendings > 1;
  if (was_sent_before)
    return Complete(id, CallError{CallFailure::kUnreachable, why + ": the outcome is unknown"});
  Complete(id, CallError{CallFailure::kRefused, why});
}

// S14: the cancel was answered, with a no. The wait goes on in the cluster and is the other
// process' by now: here nobody could give back what it may bring.
void Client::EndUnsureWait(std::uint64_t seq, const std::string& why) {
  if (const std::optional<CallId> acquire = FindAcquire(seq))
    Complete(*acquire, CallError{CallFailure::kUnreachable, why + ": it may yet get the lock"});
}

void Client::Rest(Instant now, CallId id, paxos::Duration longest) {
  const std::uint32_t rests = ++calls_.Find(id)->rests;
  calls_.SetStage(id, CallStage::kResting, now + link_.Backoff(rests, longest));
}

}  // namespace lockservice
