#include "sim/lock_user.h"

#include <algorithm>
#include <utility>

namespace paxos::sim {

using lockservice::Client;
using lockservice::Completion;
using lockservice::Token;

// ---- calls ----------------------------------------------------------------------------------

void LockUser::Call(PendingCall call, const Ask& ask) {
  client_->Do([&](Client& client, Instant now) {
    ++calls_;
    call.id = ask(client, now);
    client_->judge().OnAsked(now, call.id, call.asked);
    pending_.push_back(std::move(call));
  });
}

SessionId LockUser::Session() const { return client_->client().session().value_or(SessionId{}); }

void LockUser::CallAcquire(const lockservice::AcquireOptions& options) {
  if (!client_->IsRunning()) return;
  PendingCall call{{}, "acquire", {ClientJudge::Asked::Kind::kAcquire, options.timeout}};
  call.acquire = Wanted{options.name, options.owner};
  call.deal = chronicle_.OnAcquire(Session(), options);
  Call(std::move(call), [&](Client& client, Instant now) { return client.Acquire(now, options); });
}

void LockUser::CallRelease(const lockservice::ReleaseOptions& options,
                           const std::optional<Held>& released) {
  if (!client_->IsRunning()) return;
  PendingCall call{{}, "release", {ClientJudge::Asked::Kind::kRelease, options.timeout}};
  call.asked.lock = {options.name, options.owner};
  call.asked.token = options.token;
  call.release = released;
  call.deal = chronicle_.OnRelease(Session(), options);
  Call(std::move(call), [&](Client& client, Instant now) { return client.Release(now, options); });
}

void LockUser::CallRead(const lockservice::Query& query) {
  if (!client_->IsRunning()) return;
  PendingCall call{{}, "read"};
  call.asked.timeout = PickTimeout();
  call.deal = chronicle_.OnRead(query);
  Call(std::move(call), [&, timeout = call.asked.timeout](Client& client, Instant now) {
    const lockservice::CallId id = client.Read(now, query, timeout);
    client_->NoteRead(id);
    return id;
  });
}

// ---- life and death -------------------------------------------------------------------------

void LockUser::OnStarted() {
  ++life_;
  role_ = Role::kOwner;
  std::optional<Legacy> legacy = std::exchange(legacy_, std::nullopt);
  if (legacy && !is_winding_down_ && random_.Chance(1, 3)) Inherit(*std::move(legacy));
  ActSoon();
}

// It goes on with the calls and the locks of the process that died, or only keeps them alive. What
// that process has asked for and not heard of, nobody knows.
void LockUser::Inherit(Legacy legacy) {
  constexpr std::uint64_t kSeqsOfALife = 1'000'000;
  role_ = random_.Chance(1, 3) ? Role::kRenewer : Role::kHeir;
  const bool may_call = role_ == Role::kHeir;
  const auto first_seq = may_call ? std::optional(life_ * kSeqsOfALife) : std::nullopt;
  once_held_.clear();
  if (may_call) held_ = legacy.held;
  client_->Do([&](Client& client, Instant now) {
    client.Adopt(now, legacy.session, legacy.ttl, first_seq);
    client_->judge().OnAdopted(legacy.session, legacy.ttl, may_call);
  });
  legacy_ = std::move(legacy);
}

void LockUser::OnDied() {
  ++life_;
  pending_.clear();
  if (legacy_ && role_ != Role::kRenewer) legacy_->held = held_;
  held_.clear();
  updating_.clear();
}

void LockUser::WindDown() {
  is_winding_down_ = true;
  ReleaseAll();
  CloseIfDone();
}

void LockUser::CloseIfDone() {
  if (!is_winding_down_ || !HasSession()) return;
  // An heir may hold what it does not know of, and wait for it: closing ends that as well.
  if (role_ != Role::kHeir && (!pending_.empty() || !held_.empty())) return;
  Close();
}

bool LockUser::HasSession() const {
  if (!client_->IsUp()) return false;
  const auto state = client_->client().state(client_->Now());
  return state == lockservice::SessionState::kSafe || state == lockservice::SessionState::kJeopardy;
}

std::string LockUser::WhyNotDone() const {
  if (!pending_.empty())
    return " waits for call " + std::to_string(pending_.front().id.value()) + " (" +
           pending_.front().what + ")";
  if (!held_.empty()) return " holds " + held_.front().lock.name;
  return HasSession() ? " has not closed its session" : "";
}

void LockUser::OnState(const lockservice::StateChange& change) {
  if (change.to == lockservice::SessionState::kLost) chronicle_.OnLost(change.session);
  const bool is_over = change.to == lockservice::SessionState::kLost ||
                       change.to == lockservice::SessionState::kClosed;
  if (!is_over) return;
  held_.clear();
  legacy_.reset();
  role_ = Role::kOwner;
}

// ---- what it is told ------------------------------------------------------------------------

void LockUser::OnCompletion(const Completion& completion) {
  const auto call = std::find_if(pending_.begin(), pending_.end(), [&](const PendingCall& each) {
    return each.id == completion.call;
  });
  if (call == pending_.end()) return;
  const PendingCall done = std::move(*call);
  pending_.erase(call);
  if (done.deal) chronicle_.OnCompletion(*done.deal, completion.result);
  const auto* granted = std::get_if<lockservice::Granted>(&completion.result);
  const auto* error = std::get_if<lockservice::CallError>(&completion.result);
  if (const auto* opened = std::get_if<SessionOpened>(&completion.result))
    legacy_ = Legacy{opened->session, opened->ttl, {}};
  if (granted != nullptr && done.acquire) OnGranted(*done.acquire, granted->token);
  const bool is_refused = error != nullptr && error->why == lockservice::CallFailure::kOverloaded;
  if (is_refused && done.release) OnReleaseRefused(*done.release);
  CloseIfDone();
}

void LockUser::OnQueued(lockservice::CallId acquire) {
  for (const PendingCall& call : pending_) {
    if (call.id == acquire && call.deal) chronicle_.OnQueued(*call.deal);
  }
}

LockUser::Held& LockUser::Hold(const Wanted& lock, Token token) {
  Held* held = Find(lock, token);
  if (held == nullptr) held = &held_.emplace_back(Held{lock, token, 0});
  ++held->count;
  return *held;
}

void LockUser::OnGranted(const Wanted& lock, Token token) {
  Held& held = Hold(lock, token);
  if (is_winding_down_) Release(held);
}

}  // namespace paxos::sim
