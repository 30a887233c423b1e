// What follows from an input, at the end of it: connecting, renewing, sending, and what is due.
#include <algorithm>
#include <utility>
#include <vector>

#include "lockservice/client.h"

namespace lockservice {

using paxos::Duration;
using paxos::Instant;

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
  Duration interval = session_.ttl() / 3;
  if (calls_.HasWaits()) interval = std::min(interval, options_.wait_check_interval);
  return std::max(session_.acknowledged() + interval, keep_alive_not_before_);
}

// Any answered command renews (S1); an idle session needs a keep-alive every TTL / 3. Validity that
// is wanted at once comes from a command of no effect, since keep-alives are gathered; they serve
// where another process makes the calls.
void Client::RenewIfDue(Instant now) {
  if (!session_.IsOpen()) return;
  const bool lacks = std::any_of(ensures_.begin(), ensures_.end(), [&](const auto& ensure) {
    return session_.valid_until() < now + ensure.second.min_remaining;
  });
  const bool asks_early = lacks && !may_call_ && !keep_alive_ && now >= keep_alive_not_before_;
  if (link_.IsUp() && (asks_early || now >= NextKeepAlive()))
    keep_alive_ = SubmitQuietly(KeepAliveRequest{*session_.id()}, CallStage::kReady);
  if (lacks && may_call_ && !renewal_)
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
  const auto fill_in = [&](auto& request) {
    if (request.seq == 0) request.seq = calls_.TakeSeq();
    request.session = *session_.id();
    CallTable::Answered answered = calls_.TakeAnswered(request.seq, options_.window);
    request.answered_below = answered.below;
    request.unanswered = std::move(answered.but);
  };
  if (auto* request = std::get_if<CallRequest>(&call.body)) fill_in(*request);
  if (auto* cancel = std::get_if<CancelRequest>(&call.body)) fill_in(*cancel);
  if (!call.first_sent) call.first_sent = now;  // [S1]
  ++call.sendings;
  output_.send.push_back(Request{RequestId(id.value()), call.body});
  calls_.SetStage(id, CallStage::kSent, now + PatienceFor(call));
}

// A server with a queue that is longer than this would never answer anybody if it did not grow.
// Keep-alives are gathered for up to a second, perhaps behind a round that is on its way. A session
// that this client keeps alive has no more than a third of its TTL for one; one that another
// process calls through is asked about when the user wants to know, and the answer may take its
// time.
Duration Client::PatienceFor(const Call& call) const {
  constexpr Duration kGathering = std::chrono::seconds{2};
  const auto doubled = [](Duration patience, std::uint32_t timeouts) {
    return patience * (1 << std::min<std::uint32_t>(timeouts, 3));
  };
  if (!std::holds_alternative<KeepAliveRequest>(call.body))
    return doubled(options_.answer_timeout, call.timeouts);
  const Duration patience = doubled(kGathering + options_.answer_timeout, keep_alive_timeouts_);
  return may_call_ ? std::min<Duration>(session_.ttl() / 3, patience) : patience;
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
  calls_.NoteTimeouts();
  if (keep_alive_ == id) ++keep_alive_timeouts_;
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

}  // namespace lockservice
