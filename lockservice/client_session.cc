#include "lockservice/client_session.h"

#include <algorithm>

namespace lockservice {

using paxos::Instant;

const char* Name(SessionState state) {
  switch (state) {
    case SessionState::kNone:
      return "none";
    case SessionState::kSafe:
      return "safe";
    case SessionState::kJeopardy:
      return "jeopardy";
    case SessionState::kLost:
      return "lost";
    case SessionState::kClosed:
      return "closed";
  }
  return "?";
}

void ClientSession::Begin(paxos::SessionId id, std::chrono::milliseconds ttl) {
  id_ = id;
  ttl_ = ttl;
  end_ = SessionState::kNone;
  acknowledged_ = Instant::min();
  valid_until_ = Instant::min();
  holdings_.clear();
  given_back_.clear();
  is_adopted_ = false;
}

void ClientSession::Adopt(paxos::SessionId id, std::chrono::milliseconds ttl) {
  Begin(id, ttl);
  is_adopted_ = true;
}

void ClientSession::Acknowledge(Instant first_sent) {
  acknowledged_ = std::max(acknowledged_, first_sent);
  valid_until_ = std::max(valid_until_, first_sent + Span());
}

void ClientSession::End(SessionState how) {
  end_ = how;
  holdings_.clear();
  given_back_.clear();
}

// A grant with a new token tells that the one before is over; tokens never fall (S4).
void ClientSession::OnGranted(const HoldingKey& key, Token token) {
  Holding& holding = holdings_[key];
  if (token > holding.token) holding = Holding{token, 0};
  if (token == holding.token) ++holding.count;
  const auto given_back = given_back_.find(key);
  if (given_back != given_back_.end() && given_back->second <= token) given_back_.erase(given_back);
}

void ClientSession::OnReleasing(const HoldingKey& key, Token token) {
  const auto found = holdings_.find(key);
  if (found == holdings_.end() || found->second.token != token) return;
  if (--found->second.count > 0) return;
  holdings_.erase(found);
  if (!is_adopted_) given_back_[key] = token;
}

void ClientSession::OnOver(const HoldingKey& key, Token token) {
  if (HasGivenBack(key, token)) given_back_.erase(key);
}

bool ClientSession::HasGivenBack(const HoldingKey& key, Token token) const {
  const auto given_back = given_back_.find(key);
  return given_back != given_back_.end() && given_back->second == token;
}

SessionState ClientSession::state(Instant now) const {
  if (end_ != SessionState::kNone) return end_;
  if (!id_) return SessionState::kNone;
  return now < valid_until_ ? SessionState::kSafe : SessionState::kJeopardy;
}

std::optional<StateChange> ClientSession::TakeChange(Instant now) {
  const SessionState to = state(now);
  if (to == reported_ || !id_) return std::nullopt;
  const StateChange change{*id_, reported_, to};
  reported_ = to;
  return change;
}

Instant ClientSession::next_change() const {
  return IsOpen() && reported_ == SessionState::kSafe ? valid_until_ : paxos::kNever;
}

}  // namespace lockservice
