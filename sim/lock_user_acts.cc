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
  if (role_ == Role::kRenewer) return random_.Chance(1, 6) ? Close() : Ensure();
  if (role_ == Role::kHeir && held_.empty()) return Close();
  if (role_ == Role::kHeir) return random_.Chance(1, 4) ? AcquireAgain() : Release(*PickHeld());
  const std::uint64_t dice = random_.Below(100);
  Held* held = PickHeld();
  if (dice < 1) return AcquireOddly();
  if (dice < 30) return Acquire();
  if (dice < 52 && held != nullptr) return Release(*held);
  if (dice < 70 && held != nullptr) return Update(*held);
  if (dice < 85) return ReadSomething();
  if (dice < 88) return ReleaseWrongly();
  if (dice < 91) return Cancel();
  if (dice < 94 && held != nullptr) return AcquireAgain();
  if (dice < 96) return Touch();
  if (dice < 98) return Ensure();
  if (dice < 99) return Close();
  AskNonsense();
}

// What the servers refuse without trying, or answer about themselves.
void LockUser::AskNonsense() {
  const std::string name(random_.Chance(1, 2) ? 0 : lockservice::kNameBytesMax + 1, 'x');
  switch (random_.Below(4)) {
    case 0: {
      const auto timeout = PickTimeout();
      return Call({{}, "status", {ClientJudge::Asked::Kind::kOther, timeout}},
                  [&](Client& client, Instant now) { return client.Status(now, timeout); });
    }
    case 1:
      return CallRead(lockservice::GetLock{name});
    case 2:
      return CallRead(lockservice::ListLocks{name, "", 10});
    default:
      return CallRead(lockservice::ListLocks{"", name, 10});
  }
}

void LockUser::Open() {
  if (!pending_.empty()) return;
  const auto ttl = std::chrono::duration_cast<milliseconds>(
      LogUniform(random_, options_.ttl_min, options_.ttl_max));
  const auto timeout = PickTimeout();
  Call({{}, "open", {ClientJudge::Asked::Kind::kOther, timeout}},
       [&](Client& client, Instant now) { return client.Open(now, ttl, timeout); });
}

void LockUser::Close() {
  if (!client_->IsRunning()) return;
  PendingCall call{{}, "close", {ClientJudge::Asked::Kind::kClose}};
  call.deal = chronicle_.OnClose(Session());
  Call(std::move(call), [](Client& client, Instant now) { return client.Close(now); });
}

void LockUser::Touch() {
  const auto timeout = PickTimeout();
  Call({{}, "touch", {ClientJudge::Asked::Kind::kOther, timeout}},
       [&](Client& client, Instant now) { return client.Touch(now, timeout); });
}

void LockUser::Ensure() {
  const auto timeout = PickTimeout();
  const Duration wanted = client_->client().ttl() / 2;
  PendingCall call{{}, "ensure", {ClientJudge::Asked::Kind::kOther, timeout}};
  call.asked.ensured = wanted;
  Call(std::move(call),
       [&](Client& client, Instant now) { return client.Ensure(now, wanted, timeout); });
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

// S25: names and notes as long as they may be, and longer.
void LockUser::AcquireOddly() {
  if (held_.size() >= options_.held_max) return;
  constexpr std::size_t kNameSizes[] = {0, lockservice::kNameBytesMax,
                                        lockservice::kNameBytesMax + 1};
  const std::uint64_t kind = random_.Below(7);
  lockservice::AcquireOptions options;
  options.name = kind < 3 ? std::string(kNameSizes[kind], 'n') : PickLock().name;
  options.owner = lockservice::OwnerId{1};
  options.note = std::string(kind == 6 ? lockservice::kNoteBytesMax + 1 : random_.Below(1500), 'w');
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

// With a stale token, as another owner, with another lock's token, once more than it was acquired
// while an acquire is on its way that may enter it again, or of somebody else's lock.
void LockUser::ReleaseWrongly() {
  const Wanted lock = PickLock();
  const std::uint64_t kind = random_.Below(5);
  constexpr Token kNeverGranted{std::uint64_t{1} << 40};
  lockservice::ReleaseOptions options{lock.name, lock.owner, kNeverGranted, {}};
  const Held* held = PickHeld();
  if (kind == 0 && !once_held_.empty()) {
    const Held& old = once_held_.front();
    options = {old.lock.name, old.lock.owner, old.token, {}};
  } else if (kind == 1 && held != nullptr) {
    options = {held->lock.name, lockservice::OwnerId{3}, held->token, {}};
  } else if (kind == 2 && held != nullptr) {
    options.token = held->token;
  } else if (kind == 3 && held != nullptr && role_ == Role::kOwner) {
    const Held once = *held;
    options = {once.lock.name, once.lock.owner, once.token, {}};
    lockservice::AcquireOptions again;
    again.name = once.lock.name;
    again.owner = once.lock.owner;
    CallAcquire(again);
    if (Held* still = Find(once.lock, once.token)) Release(*still);
  }
  // Its own grants it releases rightly, or it could not tell what it holds.
  if (Find({options.name, options.owner}, options.token) != nullptr) return;
  CallRelease(options, std::nullopt);
}

void LockUser::Cancel() {
  for (const PendingCall& call : pending_) {
    if (!call.acquire) continue;
    const lockservice::CallId id = call.id;
    return client_->Do([this, id](Client& client, Instant now) {
      client_->judge().OnAskedToCancel(id);
      client.Cancel(now, id);
    });
  }
}

void LockUser::ReadSomething() {
  const Wanted lock = PickLock();
  const std::uint64_t kind = random_.Below(8);
  lockservice::Query query = lockservice::GetLock{lock.name};
  const Held* held = PickHeld();
  if (kind <= 1 && held != nullptr) query = lockservice::Check{held->lock.name, held->token};
  if (kind == 2 && held != nullptr) query = lockservice::Check{lock.name, held->token};
  if (kind == 3 && !once_held_.empty())
    query = lockservice::Check{once_held_.front().lock.name, once_held_.front().token};
  if (kind == 4) query = lockservice::GetQueue{lock.name};
  if (kind == 5) query = lockservice::GetSession{*client_->client().session()};
  if (kind == 6)
    query = lockservice::ListLocks{random_.Chance(1, 2) ? "hot/" : "",
                                   random_.Chance(1, 2) ? "" : lock.name,
                                   static_cast<std::uint32_t>(random_.Below(4))};
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
  if (role_ == Role::kHeir) return;  // its predecessor's may be on their way, under the same token
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
