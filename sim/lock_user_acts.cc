// What a user does, as chance has it.
#include <algorithm>
#include <utility>

#include "sim/lock_user.h"

namespace paxos::sim {

using lockservice::Client;
using lockservice::Token;

void LockUser::ActSoon() {
  queue_.After(Exponential(random_.Next(), options_.think_mean), [this, life = life_] {
    if (life != life_ || is_winding_down_) return;
    Act();
    ActSoon();
  });
}

void LockUser::Act() {
  if (!client_->IsRunning() || pending_.size() >= options_.pending_max) return;
  const auto state = client_->client().state(client_->Now());
  const bool is_open =
      state == lockservice::SessionState::kSafe || state == lockservice::SessionState::kJeopardy;
  if (!is_open) return Open();
  const std::uint64_t dice = random_.Below(100);
  Held* held = PickHeld();
  if (dice < 30) return Acquire();
  if (dice < 52 && held != nullptr) return Release(*held);
  if (dice < 70 && held != nullptr) return Update(*held);
  if (dice < 85) return ReadSomething();
  if (dice < 88) return ReleaseWrongly();
  if (dice < 91) return Cancel();
  if (dice < 94 && held != nullptr) return AcquireAgain();
  if (dice < 96)
    return Call({{}, "touch"},
                [&](Client& client, Instant now) { return client.Touch(now, PickTimeout()); });
  if (dice < 98)
    return Call({{}, "ensure"}, [&](Client& client, Instant now) {
      return client.Ensure(now, client.ttl() / 2, PickTimeout());
    });
  if (dice < 99) return Close();
  AskNonsense();
}

// What the servers refuse without trying, or answer about themselves.
void LockUser::AskNonsense() {
  const std::string name(random_.Chance(1, 2) ? 0 : lockservice::kNameBytesMax + 1, 'x');
  const std::string note(lockservice::kNoteBytesMax + 1, 'x');
  const auto acquire = [this](const lockservice::AcquireOptions& options) {
    Call({{}, "nonsense"},
         [&](Client& client, Instant now) { return client.Acquire(now, options); });
  };
  switch (random_.Below(6)) {
    case 0:
      return acquire({.name = name});
    case 1:
      return acquire({.name = "hot/0", .note = note});
    case 2:
      return Call({{}, "status"},
                  [&](Client& client, Instant now) { return client.Status(now, PickTimeout()); });
    case 3:
      return CallRead(lockservice::GetLock{name});
    case 4:
      return CallRead(lockservice::ListLocks{name, "", 10});
    default:
      return CallRead(lockservice::ListLocks{"", name, 10});
  }
}

void LockUser::Open() {
  if (!pending_.empty()) return;
  const auto ttl = std::chrono::duration_cast<milliseconds>(
      LogUniform(random_, options_.ttl_min, options_.ttl_max));
  Call({{}, "open"},
       [&](Client& client, Instant now) { return client.Open(now, ttl, PickTimeout()); });
}

std::optional<Duration> LockUser::PickTimeout() {
  const bool is_timed = random_.Chance(1, 3);
  const Duration timeout = LogUniform(random_, milliseconds{5}, seconds{5});
  return is_timed ? std::optional(timeout) : std::nullopt;
}

// Hot ones mostly; owners 1 and 2 of a session exclude each other (S10).
LockUser::Wanted LockUser::PickLock() {
  const bool is_hot = random_.Chance(3, 4);
  const std::uint64_t hot = random_.Below(options_.hot_locks);
  const std::uint64_t cold = random_.Below(options_.cold_locks);
  const lockservice::OwnerId owner{random_.Chance(1, 8) ? 2U : 1U};
  return Wanted{is_hot ? "hot/" + std::to_string(hot) : "cold/" + std::to_string(cold), owner};
}

void LockUser::Acquire() {
  if (held_.size() >= options_.held_max) return Release(held_.front());
  const Wanted lock = PickLock();
  lockservice::AcquireOptions options;
  options.name = lock.name;
  options.owner = lock.owner;
  options.note = "c" + std::to_string(client_->id().value());
  // Longer than a refusal shows, and than what fits the smallest batch.
  if (random_.Chance(1, 32)) options.note.resize(lockservice::kBusyNoteBytesMax + 100, '.');
  const bool is_try = random_.Chance(1, 4);
  options.mode = is_try ? lockservice::AcquireMode::kTry : lockservice::AcquireMode::kWait;
  options.timeout = PickTimeout();
  CallAcquire(options);
}

void LockUser::AcquireAgain() {
  lockservice::AcquireOptions options;
  const Wanted lock = PickHeld()->lock;
  options.name = lock.name;
  options.owner = lock.owner;
  CallAcquire(options);
}

// n acquires need n releases.
void LockUser::Release(Held& held) {
  const lockservice::ReleaseOptions options{held.lock.name, held.lock.owner, held.token, {}};
  const Held released{held.lock, held.token, 1};
  if (--held.count == 0) {
    once_held_.push_front(held);
    if (once_held_.size() > 4) once_held_.pop_back();
    std::erase_if(held_, [](const Held& each) { return each.count == 0; });
  }
  CallRelease(options, released);
}

void LockUser::ReleaseAll() {
  for (const Held& each : std::vector<Held>(held_)) {
    for (std::uint32_t left = each.count; left > 0; --left) {
      if (Held* held = Find(each.lock, each.token)) Release(*held);
    }
  }
}

// The client had no room for it: nothing was done.
void LockUser::OnReleaseRefused(const Held& released) {
  Hold(released.lock, released.token);
  if (!is_winding_down_ || std::exchange(releases_soon_, true)) return;
  queue_.After(milliseconds{100}, [this] {
    releases_soon_ = false;
    ReleaseAll();
  });
}

// With a stale token, as another owner, or of somebody else's lock.
void LockUser::ReleaseWrongly() {
  const Wanted lock = PickLock();
  const std::uint64_t kind = random_.Below(3);
  constexpr Token kNeverGranted{std::uint64_t{1} << 40};
  lockservice::ReleaseOptions options{lock.name, lock.owner, kNeverGranted, {}};
  const Held* held = PickHeld();
  if (kind == 0 && !once_held_.empty()) {
    const Held& old = once_held_.front();
    options = {old.lock.name, old.lock.owner, old.token, {}};
  } else if (kind == 1 && held != nullptr) {
    options = {held->lock.name, lockservice::OwnerId{3}, held->token, {}};
  }
  // Its own grants it releases rightly, or it could not tell what it holds: neither those it has
  // nor those that an acquire under way, or one before its release is done, may enter again.
  const Wanted released{options.name, options.owner};
  if (Find(released, options.token) != nullptr || IsAcquiring(released)) return;
  if (IsReleasing(released, options.token)) return;
  CallRelease(options, std::nullopt);
}

bool LockUser::IsAcquiring(const Wanted& lock) const {
  return std::any_of(pending_.begin(), pending_.end(), [&](const PendingCall& call) {
    return call.acquire && call.acquire->name == lock.name && call.acquire->owner == lock.owner;
  });
}

bool LockUser::IsReleasing(const Wanted& lock, Token token) const {
  return std::any_of(pending_.begin(), pending_.end(), [&](const PendingCall& call) {
    return call.release && call.release->lock.name == lock.name &&
           call.release->lock.owner == lock.owner && call.release->token == token;
  });
}

void LockUser::Cancel() {
  for (const PendingCall& call : pending_) {
    if (!call.acquire) continue;
    const lockservice::CallId id = call.id;
    return client_->Do([id](Client& client, Instant now) { client.Cancel(now, id); });
  }
}

void LockUser::ReadSomething() {
  const Wanted lock = PickLock();
  const std::uint64_t kind = random_.Below(8);
  lockservice::Query query = lockservice::GetLock{lock.name};
  const Held* held = PickHeld();
  if (kind <= 2 && held != nullptr) query = lockservice::Check{held->lock.name, held->token};
  if (kind == 3 && !once_held_.empty())
    query = lockservice::Check{once_held_.front().lock.name, once_held_.front().token};
  if (kind == 4) query = lockservice::GetQueue{lock.name};
  if (kind == 5) query = lockservice::GetSession{*client_->client().session()};
  if (kind == 6) query = lockservice::ListLocks{"hot/", "", 10};
  if (kind == 7) query = lockservice::GetTotals{};
  CallRead(query);
}

LockUser::Held* LockUser::PickHeld() {
  return held_.empty() ? nullptr : &held_[random_.Below(held_.size())];
}

LockUser::Held* LockUser::Find(const Wanted& lock, Token token) {
  const auto found = std::find_if(held_.begin(), held_.end(), [&](const Held& held) {
    return held.lock.name == lock.name && held.lock.owner == lock.owner && held.token == token;
  });
  return found == held_.end() ? nullptr : &*found;
}

// ---- what it protects -----------------------------------------------------------------------

// Read, then write one more, each on its slow way while the world goes on: the lock may be lost
// before either arrives.
void LockUser::Update(Held& held) {
  if (!client_->client().session() || !updating_.insert(held.token).second) return;
  const FencedStore::Presented presented{held.lock.name, held.token, *client_->client().session(),
                                         held.lock.owner};
  const Duration there = LogUniform(random_, options_.store_min, options_.store_max);
  const Duration back = LogUniform(random_, options_.store_min, options_.store_max);
  const Duration again = LogUniform(random_, options_.store_min, options_.store_max);
  queue_.After(there, [this, presented, back, again, life = life_] {
    const auto value = store_.Read(presented);
    queue_.After(back + again,
                 [this, presented, life, value] { FinishUpdate(presented, life, value); });
  });
}

// A process that died before it sent the write sends none; one that died after, did.
void LockUser::FinishUpdate(const FencedStore::Presented& presented, std::uint64_t life,
                            std::optional<std::uint64_t> read) {
  trace_.Add(queue_.now(), EventKind::kStore, NodeId{}, Number{presented.token.value()});
  if (read) store_.Write(presented, *read + 1);
  if (life == life_) updating_.erase(presented.token);
}

}  // namespace paxos::sim
