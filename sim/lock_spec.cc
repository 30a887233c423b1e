#include "sim/lock_spec.h"

#include <algorithm>

#include "paxos/check.h"

namespace paxos::sim {

using lockservice::Acquire;
using lockservice::AcquireMode;
using lockservice::Busy;
using lockservice::Granted;
using lockservice::Holder;
using lockservice::LockError;
using lockservice::Release;
using lockservice::Released;

const LockSpec::Lock* LockSpec::Find(const std::string& name) const {
  const auto found = locks_.find(name);
  return found == locks_.end() ? nullptr : &found->second;
}

std::optional<LockSpec::Reply> LockSpec::Apply(LogTime now, const Call& call,
                                               const lockservice::Operation& operation,
                                               std::vector<Answer>& late) {
  if (const auto* acquire = std::get_if<Acquire>(&operation)) return Do(now, call, *acquire);
  if (const auto* release = std::get_if<Release>(&operation)) return Do(now, call, *release, late);
  return lockservice::Touched{};
}

// ---- acquire --------------------------------------------------------------------------------

std::size_t LockSpec::HeldBy(SessionId session) const {
  return static_cast<std::size_t>(
      std::count_if(locks_.begin(), locks_.end(),
                    [session](const auto& lock) { return lock.second.holder.session == session; }));
}

std::size_t LockSpec::WaitsOf(SessionId session) const {
  std::size_t waits = 0;
  for (const auto& [name, lock] : locks_) {
    for (const Wait& wait : lock.queue) waits += wait.call.session == session ? 1 : 0;
  }
  return waits;
}

std::size_t LockSpec::AllWaits() const {
  std::size_t waits = 0;
  for (const auto& [name, lock] : locks_) waits += lock.queue.size();
  return waits;
}

std::size_t LockSpec::NoteBytes() const {
  std::size_t bytes = 0;
  for (const auto& [name, lock] : locks_) {
    bytes += lock.holder.note.size();
    for (const Wait& wait : lock.queue) bytes += wait.note.size();
  }
  return bytes;
}

std::optional<LockSpec::Reply> LockSpec::Do(LogTime now, const Call& call, const Acquire& acquire) {
  if (acquire.name.empty() || acquire.name.size() > 512) return LockError::kBadName;  // S25
  const Wait wait{call, acquire.owner, acquire.note, now};
  const bool has_room = HeldBy(call.session) < limits_.locks_per_session_max &&
                        NoteBytes() + acquire.note.size() <= limits_.note_bytes_max;
  const auto found = locks_.find(acquire.name);
  if (found == locks_.end()) {
    if (locks_.size() >= limits_.locks_max || !has_room) return LockError::kTooManyLocks;
    return Grant(now, acquire.name, locks_[acquire.name], wait);
  }
  Lock& lock = found->second;
  if (lock.holder.session == call.session && lock.holder.owner == acquire.owner)
    return Reenter(lock.holder);  // S10
  if (acquire.mode == AcquireMode::kTry) {
    Holder shown = lock.holder;
    shown.note.resize(std::min(shown.note.size(), lockservice::kBusyNoteBytesMax));
    return Busy{shown, lock.queue.size()};
  }
  if (AllWaits() >= limits_.waiters_max) return LockError::kTooManyWaiters;
  if (lock.queue.size() >= limits_.waiters_per_lock_max) return LockError::kTooManyWaiters;
  if (WaitsOf(call.session) >= limits_.waits_per_session_max) return LockError::kTooManyWaiters;
  if (!has_room) return LockError::kTooManyLocks;
  lock.queue.push_back(wait);  // S6
  return std::nullopt;
}

LockSpec::Reply LockSpec::Grant(LogTime now, const std::string& name, Lock& lock,
                                const Wait& wait) {
  ++last_token_;  // S4
  lock.holder = Holder{wait.call.session, wait.owner, last_token_, 1, now, wait.note};
  listener_.OnGranted(name, lock.holder);
  return Granted{last_token_, 1};
}

LockSpec::Reply LockSpec::Reenter(Holder& holder) {
  if (holder.count == 65535) return LockError::kTooManyReentries;
  ++holder.count;
  return Granted{holder.token, holder.count};
}

// ---- release --------------------------------------------------------------------------------

LockSpec::Reply LockSpec::Do(LogTime now, const Call& call, const Release& release,
                             std::vector<Answer>& late) {
  if (release.name.empty() || release.name.size() > 512) return LockError::kBadName;
  const auto found = locks_.find(release.name);
  if (found == locks_.end()) return LockError::kNotHeld;
  Holder& holder = found->second.holder;
  if (holder.session != call.session || holder.owner != release.owner)
    return LockError::kNotOwner;  // S9
  if (holder.token != release.token) return LockError::kStaleToken;
  const std::uint32_t left = --holder.count;
  if (left == 0) HandOn(now, release.name, late);
  return Released{left};
}

void LockSpec::HandOn(LogTime now, const std::string& name, std::vector<Answer>& late) {
  Lock& lock = locks_.at(name);
  listener_.OnGrantOver(name, lock.holder);
  if (lock.queue.empty()) {
    locks_.erase(name);
    return;
  }
  const Wait first = lock.queue.front();
  lock.queue.erase(lock.queue.begin());
  late.push_back(Answer{first.call, Grant(now, name, lock, first)});
  std::vector<Wait> others;
  for (const Wait& wait : lock.queue) {
    if (wait.call.session == first.call.session && wait.owner == first.owner)
      others.push_back(wait);
  }
  std::sort(others.begin(), others.end(),
            [](const Wait& a, const Wait& b) { return a.call < b.call; });
  for (const Wait& wait : others) {
    Withdraw(wait.call);
    late.push_back(Answer{wait.call, Reenter(lock.holder)});
  }
}

void LockSpec::Withdraw(const Call& call) {
  for (auto& [name, lock] : locks_) {
    std::erase_if(lock.queue, [&](const Wait& wait) { return wait.call == call; });
  }
}

// S7: none of them stands in a queue any more when the first lock is handed on.
void LockSpec::End(LogTime now, const std::vector<SessionId>& ended, std::vector<Answer>& late) {
  const auto has_ended = [&](SessionId session) {
    return std::find(ended.begin(), ended.end(), session) != ended.end();
  };
  for (auto& [name, lock] : locks_) {
    std::erase_if(lock.queue, [&](const Wait& wait) { return has_ended(wait.call.session); });
  }
  for (const SessionId session : ended) {
    std::vector<std::string> names;
    for (const auto& [name, lock] : locks_) {
      if (lock.holder.session == session) names.push_back(name);
    }
    for (const std::string& name : names) HandOn(now, name, late);
  }
}

}  // namespace paxos::sim
