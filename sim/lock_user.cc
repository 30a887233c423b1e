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
    pending_.push_back(std::move(call));
  });
}

SessionId LockUser::Session() const { return client_->client().session().value_or(SessionId{}); }

void LockUser::CallAcquire(const lockservice::AcquireOptions& options) {
  if (!client_->IsRunning()) return;
  PendingCall call{{}, "acquire"};
  call.acquire = Wanted{options.name, options.owner};
  call.deal = chronicle_.OnAcquire(Session(), options);
  Call(std::move(call), [&](Client& client, Instant now) { return client.Acquire(now, options); });
}

void LockUser::CallRelease(const lockservice::ReleaseOptions& options,
                           const std::optional<Held>& released) {
  if (!client_->IsRunning()) return;
  PendingCall call{{}, "release"};
  call.release = released;
  call.deal = chronicle_.OnRelease(Session(), options);
  Call(std::move(call), [&](Client& client, Instant now) { return client.Release(now, options); });
}

void LockUser::CallRead(const lockservice::Query& query) {
  if (!client_->IsRunning()) return;
  PendingCall call{{}, "read"};
  call.deal = chronicle_.OnRead(query);
  Call(std::move(call), [&](Client& client, Instant now) {
    const lockservice::CallId id = client.Read(now, query, PickTimeout());
    client_->NoteRead(id);
    return id;
  });
}

// ---- life and death -------------------------------------------------------------------------

void LockUser::OnStarted() {
  ++life_;
  ActSoon();
}

void LockUser::OnDied() {
  ++life_;
  pending_.clear();
  held_.clear();
  updating_.clear();
}

void LockUser::WindDown() {
  is_winding_down_ = true;
  ReleaseAll();
  CloseIfDone();
}

void LockUser::CloseIfDone() {
  if (is_winding_down_ && pending_.empty() && held_.empty() && HasSession()) Close();
}

void LockUser::Close() {
  if (!client_->IsRunning()) return;
  PendingCall call{{}, "close"};
  call.deal = chronicle_.OnClose(Session());
  Call(std::move(call), [](Client& client, Instant now) { return client.Close(now); });
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
  if (is_over) held_.clear();
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
