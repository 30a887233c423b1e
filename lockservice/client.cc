#include "lockservice/client.h"

#include <algorithm>
#include <utility>

#include "paxos/check.h"

namespace lockservice {

using paxos::Duration;
using paxos::Instant;
using std::chrono::milliseconds;

namespace {

// A session keeps at least this part of its validity free: Ensure beyond it would never end.
constexpr std::int64_t kEnsurableTenths = 9;

Instant DeadlineAfter(Instant now, std::optional<Duration> timeout) {
  return timeout ? now + *timeout : paxos::kNever;
}

bool IsOfSession(const RequestBody& body) {
  return std::holds_alternative<CallRequest>(body) || std::holds_alternative<CancelRequest>(body) ||
         std::holds_alternative<KeepAliveRequest>(body);
}

paxos::Status Invalid(const char* option, const char* why) {
  return {paxos::ErrorCode::kInvalidArgument, std::string(option) + ": " + why};
}

}  // namespace

const char* Name(CallFailure failure) {
  switch (failure) {
    case CallFailure::kTimedOut:
      return "timed out";
    case CallFailure::kCancelled:
      return "cancelled";
    case CallFailure::kSessionLost:
      return "session lost";
    case CallFailure::kNoSession:
      return "no session";
    case CallFailure::kUnreachable:
      return "unreachable";
    case CallFailure::kOverloaded:
      return "overloaded";
    case CallFailure::kRefused:
      return "refused";
  }
  return "?";
}

paxos::Status ClientOptions::Validate() const {
  if (endpoints.empty()) return Invalid("endpoints", "at least one is needed");
  if (epsilon < Duration{0}) return Invalid("epsilon", "must not be negative");
  if (wait_check_interval <= Duration{0}) return Invalid("wait_check_interval", "must be positive");
  if (connect_timeout <= Duration{0}) return Invalid("connect_timeout", "must be positive");
  if (answer_timeout <= Duration{0}) return Invalid("answer_timeout", "must be positive");
  if (backoff_min <= Duration{1}) return Invalid("backoff_min", "must be positive");
  if (backoff_max < backoff_min) return Invalid("backoff_max", "is below backoff_min");
  if (window == 0) return Invalid("window", "must be positive");
  if (calls_max == 0) return Invalid("calls_max", "must be positive");
  return paxos::Status::Ok();
}

Client::Client(const ClientOptions& options)
    : options_(options),
      random_(options.seed),
      link_(LinkOptions{options.endpoints, options.connect_timeout, options.backoff_min,
                        options.backoff_max},
            random_.Next()),
      session_(options.drift, options.epsilon) {
  PAXOS_CHECK("CLIENT", options.Validate().ok(), options.Validate());
}

// ---- calls ----------------------------------------------------------------------------------

CallId Client::Open(Instant now, milliseconds ttl, std::optional<Duration> timeout) {
  if (opening_ || session_.IsOpen())
    return Fail(CallFailure::kRefused, "there is an open session already");
  const paxos::Nonce nonce{random_.Next(), random_.Next()};
  calls_.Restart(1);
  may_call_ = true;
  opening_ = Submit(now, OpenRequest{nonce, ttl}, timeout);
  if (calls_.Find(*opening_) == nullptr) opening_.reset();
  return *opening_;
}

void Client::Adopt(Instant now, paxos::SessionId session, milliseconds ttl,
                   std::optional<std::uint64_t> first_seq) {
  PAXOS_CHECK("CLIENT", !opening_ && !session_.IsOpen() && ttl.count() > 0, ttl);
  session_.Adopt(session, ttl);
  calls_.Restart(first_seq.value_or(1));
  may_call_ = first_seq.has_value();
  Advance(now);
}

CallId Client::Close(Instant now, std::optional<Duration> timeout) {
  if (!session_.IsOpen()) return FailForLackOfSession(now);
  EndSessionCalls(CallFailure::kNoSession, "the session was closed");
  session_.Close();
  return Submit(now, CloseRequest{*session_.id()}, timeout);
}

CallId Client::Acquire(Instant now, AcquireOptions acquire) {
  return SubmitInSession(now,
                         lockservice::Acquire{std::move(acquire.name), acquire.owner, acquire.mode,
                                              std::move(acquire.note)},
                         acquire.timeout);
}

CallId Client::Release(Instant now, ReleaseOptions release) {
  const HoldingKey key{release.name, release.owner};
  if (session_.HasGivenBack(key, release.token))
    return Fail(CallFailure::kRefused, "it was released as often as it was acquired");  // [S10]
  const CallId id = SubmitInSession(
      now, lockservice::Release{std::move(release.name), release.owner, release.token},
      release.timeout);
  if (calls_.Find(id) != nullptr) session_.OnReleasing(key, release.token);
  return id;
}

CallId Client::Touch(Instant now, std::optional<Duration> timeout) {
  return SubmitInSession(now, lockservice::Touch{}, timeout);
}

CallId Client::Read(Instant now, Query query, std::optional<Duration> timeout) {
  return Submit(now, ReadRequest{std::move(query)}, timeout);
}

CallId Client::Status(Instant now, std::optional<Duration> timeout) {
  return Submit(now, StatusRequest{}, timeout);
}

CallId Client::Ensure(Instant now, Duration min_remaining, std::optional<Duration> timeout) {
  if (!session_.IsOpen()) return FailForLackOfSession(now);
  if (min_remaining > session_.Span() / 10 * kEnsurableTenths)
    return Fail(CallFailure::kRefused, "the session's TTL is too short for that");
  const CallId id = calls_.NextId();
  ensures_.emplace(id, EnsureCall{min_remaining, DeadlineAfter(now, timeout)});
  Advance(now);
  return id;
}

void Client::Cancel(Instant now, CallId acquire) {
  Withdraw(now, acquire, Withdrawal::kCancelled);
  Advance(now);
}

std::optional<Token> Client::Holds(std::string_view name, OwnerId owner, Instant now) const {
  if (state(now) != SessionState::kSafe) return std::nullopt;
  const auto found = holdings().find(HoldingKey{std::string(name), owner});
  return found == holdings().end() ? std::nullopt : std::optional(found->second.token);
}

CallId Client::Submit(Instant now, RequestBody body, std::optional<Duration> timeout) {
  if (calls_.size() >= options_.calls_max)
    return Fail(CallFailure::kOverloaded, "this client has too many calls pending");
  const CallId id = calls_.NextId();
  Call call;
  call.stage = IsOfSession(body) ? CallStage::kHeld : CallStage::kReady;
  call.body = std::move(body);
  call.deadline = DeadlineAfter(now, timeout);
  calls_.Add(id, std::move(call));
  Advance(now);
  return id;
}

CallId Client::SubmitInSession(Instant now, Operation operation, std::optional<Duration> timeout) {
  if (!opening_ && !session_.IsOpen()) return FailForLackOfSession(now);
  if (!may_call_)
    return Fail(CallFailure::kRefused, "calls in this session are for another process to make");
  return Submit(now, CallRequest{{}, 0, 0, std::move(operation)}, timeout);
}

// A call of the client's own, which nobody waits for.
CallId Client::SubmitQuietly(RequestBody body, CallStage stage) {
  const CallId id = calls_.NextId();
  Call call;
  call.body = std::move(body);
  call.stage = stage;
  call.audience = Audience::kNobody;
  calls_.Add(id, std::move(call));
  return id;
}

CallId Client::Fail(CallFailure why, std::string message) {
  const CallId id = calls_.NextId();
  output_.done.push_back({id, CallError{why, std::move(message)}});
  return id;
}

CallId Client::FailForLackOfSession(Instant now) {
  if (state(now) == SessionState::kLost)
    return Fail(CallFailure::kSessionLost, "the session has ended; open another");
  return Fail(CallFailure::kNoSession, "no session is open");
}

// S14. What was never sent can simply be dropped; else only the cluster knows who was first, the
// grant or the cancel.
void Client::Withdraw(Instant now, CallId acquire, Withdrawal why) {
  Call* call = calls_.Find(acquire);
  if (call == nullptr || call->acquire() == nullptr || call->audience == Audience::kNobody) return;
  if (call->withdrawal != Withdrawal::kNone) return;
  call->withdrawal = why;
  calls_.SetDeadline(acquire, paxos::kNever);
  if (call->seq() == 0) {
    const bool timed_out = why == Withdrawal::kTimedOut;
    return Complete(acquire, timed_out ? CallError{CallFailure::kTimedOut, "not granted in time"}
                                       : CallError{CallFailure::kCancelled, "withdrawn"});
  }
  SubmitQuietly(CancelRequest{{}, 0, 0, call->seq()}, CallStage::kReady);
  if (state(now) != SessionState::kSafe) CompleteUnsure(acquire);
}

// ---- completing -----------------------------------------------------------------------------

void Client::Tell(CallId id, CallResult result) {
  if (calls_.Find(id)->audience == Audience::kUser) output_.done.push_back({id, std::move(result)});
}

void Client::Complete(CallId id, CallResult result) {
  if (renewal_ == id) renewal_.reset();
  Tell(id, std::move(result));
  calls_.Remove(id);
}

// The caller hears that nothing is certain; the call itself goes on, and a grant that turns up is
// given back (S14).
void Client::CompleteUnsure(CallId id) {
  Tell(id, CallError{CallFailure::kSessionLost,
                     "no server confirmed the session in time, nor that the wait was over"});
  calls_.Find(id)->audience = Audience::kNobody;
}

void Client::LoseSession() {
  session_.Lose();
  EndSessionCalls(CallFailure::kSessionLost, "the session has ended");
}

void Client::EndSessionCalls(CallFailure why, const std::string& message) {
  std::vector<CallId> ended;
  for (const auto& [id, call] : calls_.all()) {
    if (IsOfSession(call.body)) ended.push_back(id);
  }
  for (CallId id : ended) Complete(id, CallError{why, message});
  for (const auto& [id, ensure] : std::exchange(ensures_, {}))
    output_.done.push_back({id, CallError{why, message}});
  keep_alive_.reset();
  renewal_.reset();
}

}  // namespace lockservice
