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
  opening_ = Submit(now, OpenRequest{nonce, ttl}, timeout);
  if (calls_.Find(*opening_) == nullptr) opening_.reset();
  return *opening_;
}

void Client::Adopt(Instant now, paxos::SessionId session, milliseconds ttl,
                   std::uint64_t first_seq) {
  PAXOS_CHECK("CLIENT", !opening_ && !session_.IsOpen() && ttl.count() > 0, ttl);
  session_.Begin(session, ttl);
  calls_.Restart(first_seq);
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
  session_.OnReleasing(HoldingKey{release.name, release.owner}, release.token);
  return SubmitInSession(
      now, lockservice::Release{std::move(release.name), release.owner, release.token},
      release.timeout);
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

// ---- time and connections -------------------------------------------------------------------

void Client::OnConnected(Instant now, LinkId link) {
  if (link_.IsCurrent(link) && !link_.IsUp()) link_.OnConnected();
  Advance(now);
}

void Client::OnDisconnected(Instant now, LinkId link) {
  if (link_.IsCurrent(link)) {
    link_.Leave(now);
    ForgetConnection();
  }
  Advance(now);
}

void Client::OnTime(Instant now) { Advance(now); }

ClientOutput Client::TakeOutput() { return std::exchange(output_, {}); }

Instant Client::next_wakeup() const {
  Instant next = std::min(calls_.next_alarm(), session_.next_change());
  for (const auto& [id, ensure] : ensures_) next = std::min(next, ensure.deadline);
  if (WantsServer()) next = std::min(next, link_.next_wakeup());
  if (link_.IsUp()) next = std::min(next, NextKeepAlive());
  return next;
}

void Client::Advance(Instant now) {
  if (link_.HasTimedOut(now)) LeaveServer(now);
  while (const std::optional<CallId> due = calls_.FirstDue(now)) OnAlarm(now, *due);
  ReportState(now);
  RenewIfDue(now);
  if (WantsServer()) {
    if (std::optional<Connect> connect = link_.Attempt(now)) output_.connect = *std::move(connect);
  }
  if (link_.IsUp()) SendReady(now);
  CompleteEnsured(now);
}

bool Client::WantsServer() const {
  return calls_.size() > 0 || session_.IsOpen() || !ensures_.empty();
}

// It hangs, or talks nonsense.
void Client::LeaveServer(Instant now) {
  output_.disconnect = link_.id();
  link_.Leave(now);
  ForgetConnection();
}

// [X1] What was sent is sent again as it is, wherever the next connection leads. Only a keep-alive
// has no identity: the next one is a new one, with a sending of its own (S1).
void Client::ForgetConnection() {
  output_.send.clear();
  if (keep_alive_) calls_.Remove(*std::exchange(keep_alive_, std::nullopt));
  calls_.SendAllAgain();
}

// Within the turn in which validity passes (S15). From then on nobody can tell whether a wait that
// is being withdrawn was granted (S14).
void Client::ReportState(Instant now) {
  const std::optional<StateChange> change = session_.TakeChange(now);
  if (!change) return;
  output_.states.push_back(*change);
  if (change->to != SessionState::kJeopardy) return;
  std::vector<CallId> unsure;
  for (const auto& [id, call] : calls_.all()) {
    if (call.withdrawal != Withdrawal::kNone && call.audience == Audience::kUser)
      unsure.push_back(id);
  }
  for (CallId id : unsure) CompleteUnsure(id);
}

Instant Client::NextKeepAlive() const {
  if (!session_.IsOpen() || keep_alive_) return paxos::kNever;
  return std::max(session_.acknowledged() + session_.ttl() / 3, keep_alive_not_before_);
}

// Any answered command renews (S1); an idle session needs a keep-alive every TTL / 3. Validity that
// is wanted at once comes from a command of no effect, since keep-alives are gathered.
void Client::RenewIfDue(Instant now) {
  if (!session_.IsOpen()) return;
  if (link_.IsUp() && now >= NextKeepAlive())
    keep_alive_ = SubmitQuietly(KeepAliveRequest{*session_.id()}, CallStage::kReady);
  const bool lacks = std::any_of(ensures_.begin(), ensures_.end(), [&](const auto& ensure) {
    return session_.valid_until() < now + ensure.second.min_remaining;
  });
  if (lacks && !renewal_)
    renewal_ = SubmitQuietly(CallRequest{{}, 0, 0, lockservice::Touch{}}, CallStage::kHeld);
}

void Client::SendReady(Instant now) {
  while (const std::optional<CallId> id = calls_.FirstReady()) SendOne(now, *id);
  while (const std::optional<CallId> id = calls_.FirstHeld()) {
    const bool has_room = calls_.next_seq() < calls_.answered_below() + options_.window;
    if (!session_.IsOpen() || !has_room) return;
    SendOne(now, *id);
  }
}

void Client::SendOne(Instant now, CallId id) {
  Call& call = *calls_.Find(id);
  if (auto* request = std::get_if<CallRequest>(&call.body)) {
    if (request->seq == 0) request->seq = calls_.TakeSeq();
    request->session = *session_.id();
    request->answered_below = calls_.answered_below();
    request->unanswered = calls_.unanswered();
  } else if (auto* cancel = std::get_if<CancelRequest>(&call.body)) {
    if (cancel->seq == 0) cancel->seq = calls_.TakeSeq();
    cancel->session = *session_.id();
    cancel->answered_below = calls_.answered_below();
    cancel->unanswered = calls_.unanswered();
  }
  if (!call.first_sent) call.first_sent = now;  // [S1]
  // Keep-alives are gathered, so their answers take longer; the next one's time is patience enough.
  const bool is_keep_alive = std::holds_alternative<KeepAliveRequest>(call.body);
  const Duration patience = is_keep_alive ? session_.ttl() / 3 : options_.answer_timeout;
  output_.send.push_back(Request{RequestId(id.value()), call.body});
  calls_.SetStage(id, CallStage::kSent, now + patience);
}

void Client::CompleteEnsured(Instant now) {
  for (auto it = ensures_.begin(); it != ensures_.end();) {
    const auto& [id, ensure] = *it;
    const bool is_valid = session_.valid_until() >= now + ensure.min_remaining;
    if (!is_valid && now < ensure.deadline) {
      ++it;
      continue;
    }
    CallResult result = CallError{CallFailure::kUnreachable, "not renewed in time"};
    if (is_valid) result = Ensured{session_.valid_until()};
    output_.done.push_back({id, std::move(result)});
    it = ensures_.erase(it);
  }
}

// ---- alarms ---------------------------------------------------------------------------------

void Client::OnAlarm(Instant now, CallId id) {
  const Call& call = *calls_.Find(id);
  if (now >= call.deadline) return OnDeadline(now, id);
  if (call.stage == CallStage::kResting) return calls_.SetStage(id, CallStage::kReady);
  LeaveServer(now);
}

// What has an effect goes on in the background, so that "unreachable" says no more than it knows.
void Client::OnDeadline(Instant now, CallId id) {
  Call& call = *calls_.Find(id);
  if (call.acquire() != nullptr) return Withdraw(now, id, Withdrawal::kTimedOut);
  const bool goes_on = std::holds_alternative<CallRequest>(call.body);
  const bool was_opening = opening_ == id;
  calls_.SetDeadline(id, paxos::kNever);
  Tell(id, CallError{CallFailure::kUnreachable, "no answer in time"});
  if (goes_on) {
    call.audience = Audience::kNobody;
    return;
  }
  calls_.Remove(id);
  if (!was_opening) return;
  opening_.reset();
  EndSessionCalls(CallFailure::kNoSession, "no session could be opened in time");
}

// ---- completing -----------------------------------------------------------------------------

void Client::Tell(CallId id, CallResult result) {
  if (calls_.Find(id)->audience == Audience::kUser) output_.done.push_back({id, std::move(result)});
}

void Client::Complete(CallId id, CallResult result) {
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
