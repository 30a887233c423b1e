#include "lockservice/client_calls.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "paxos/check.h"

namespace lockservice {

using paxos::Instant;

const Acquire* Call::acquire() const {
  const auto* call = std::get_if<CallRequest>(&body);
  return call == nullptr ? nullptr : std::get_if<Acquire>(&call->operation);
}

const Release* Call::release() const {
  const auto* call = std::get_if<CallRequest>(&body);
  return call == nullptr ? nullptr : std::get_if<Release>(&call->operation);
}

std::uint64_t Call::seq() const {
  if (const auto* call = std::get_if<CallRequest>(&body)) return call->seq;
  if (const auto* cancel = std::get_if<CancelRequest>(&body)) return cancel->seq;
  return 0;
}

void CallTable::Add(CallId id, Call call) {
  const auto [added, is_new] = calls_.emplace(id, std::move(call));
  PAXOS_CHECK("CLIENT", is_new, id);
  Index(id, added->second);
}

Call* CallTable::Find(CallId id) {
  const auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : &found->second;
}

void CallTable::Remove(CallId id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  Unindex(id, found->second);
  pending_.erase(found->second.seq());
  waiting_.erase(found->second.seq());
  calls_.erase(found);
}

void CallTable::SetStage(CallId id, CallStage stage, Instant act_at) {
  Call& call = calls_.at(id);
  Unindex(id, call);
  call.stage = stage;
  call.act_at = act_at;
  Index(id, call);
}

void CallTable::SetDeadline(CallId id, Instant deadline) {
  Call& call = calls_.at(id);
  Unindex(id, call);
  call.deadline = deadline;
  Index(id, call);
}

std::optional<CallId> CallTable::FirstReady() const {
  return ready_.empty() ? std::nullopt : std::optional(*ready_.begin());
}

std::optional<CallId> CallTable::FirstHeld() const {
  return held_.empty() ? std::nullopt : std::optional(*held_.begin());
}

void CallTable::SendAllAgain() {
  for (auto& [id, call] : calls_) {
    const bool is_sent = call.stage == CallStage::kSent || call.stage == CallStage::kWaiting;
    const bool rests_unwatched = call.stage == CallStage::kResting && call.is_unwatched;
    if (is_sent || rests_unwatched) SetStage(id, CallStage::kReady);
  }
}

void CallTable::NoteTimeouts() {
  for (auto& [id, call] : calls_) {
    if (call.stage == CallStage::kSent) ++call.timeouts;
  }
}

void CallTable::Restart(std::uint64_t first_seq) {
  PAXOS_CHECK("X1", pending_.empty() && waiting_.empty(), pending_, waiting_);
  next_seq_ = first_seq;
  told_below_ = 0;
}

std::uint64_t CallTable::TakeSeq() {
  pending_.insert(next_seq_);
  return next_seq_++;
}

void CallTable::NoteWaiting(std::uint64_t seq) {
  if (pending_.erase(seq) == 1) waiting_.insert(seq);
}

CallTable::Answered CallTable::TakeAnswered(std::uint64_t seq, std::uint64_t window) {
  constexpr std::size_t kFewWaits = 8;
  const std::uint64_t below = answered_below();
  const bool has_room = seq < told_below_ + window / 2 && !must_tell_;
  if (waiting_.size() > kFewWaits && has_room) return {std::min(*waiting_.begin(), below), {}};
  told_below_ = below;
  must_tell_ = false;
  return {below, {waiting_.begin(), waiting_.lower_bound(below)}};
}

std::uint64_t CallTable::answered_below() const {
  return pending_.empty() ? next_seq_ : *pending_.begin();
}

std::optional<CallId> CallTable::FirstDue(Instant now) const {
  if (alarms_.empty() || alarms_.begin()->first > now) return std::nullopt;
  return alarms_.begin()->second;
}

Instant CallTable::next_alarm() const {
  return alarms_.empty() ? paxos::kNever : alarms_.begin()->first;
}

void CallTable::Index(CallId id, const Call& call) {
  if (call.stage == CallStage::kReady) ready_.insert(id);
  if (call.stage == CallStage::kHeld) held_.insert(id);
  if (AlarmOf(call) != paxos::kNever) alarms_.emplace(AlarmOf(call), id);
}

void CallTable::Unindex(CallId id, const Call& call) {
  ready_.erase(id);
  held_.erase(id);
  alarms_.erase({AlarmOf(call), id});
}

Instant CallTable::AlarmOf(const Call& call) { return std::min(call.act_at, call.deadline); }

}  // namespace lockservice
