#include "lockservice/lock_table.h"

#include <set>

#include "paxos/check.h"

namespace lockservice {
namespace {

using paxos::BinaryReader;
using paxos::BinaryWriter;
using paxos::CallOutcome;
using paxos::LateReply;

CallOutcome Reply(const OperationReply& reply) { return CallOutcome{paxos::Encode(reply), {}}; }

Waiter WaiterOf(const paxos::CallContext& context, OwnerId owner, std::string note) {
  return Waiter{context.session, context.seq, owner, context.log_time, std::move(note)};
}

bool IsName(std::string_view name) { return !name.empty() && name.size() <= kNameBytesMax; }

bool IsHeldBy(const Holder& holder, paxos::SessionId session, OwnerId owner) {
  return holder.session == session && holder.owner == owner;
}

Holder WithShortNote(Holder holder) {
  if (holder.note.size() > kBusyNoteBytesMax) holder.note.resize(kBusyNoteBytesMax);
  return holder;
}

}  // namespace

LockTable::LockTable(const LockTableOptions& options) : options_(options) {}

CallOutcome LockTable::Apply(const paxos::CallContext& context, std::string_view payload) {
  paxos::Result<Operation> operation = paxos::Decode<Operation>(payload);
  if (!operation) return Reply(LockError::kBadOperation);
  return std::visit([&](auto& alternative) { return On(context, std::move(alternative)); },
                    *operation);
}

// ---- acquire --------------------------------------------------------------------------------

CallOutcome LockTable::On(const paxos::CallContext& context, Acquire acquire) {
  if (!IsName(acquire.name)) return Reply(LockError::kBadName);  // S25
  if (acquire.note.size() > kNoteBytesMax) return Reply(LockError::kNoteTooLong);
  const auto lock = locks_.find(acquire.name);
  if (lock == locks_.end()) return Reply(GrantFree(context, std::move(acquire)));
  Holder& holder = lock->second.holder;
  if (IsHeldBy(holder, context.session, acquire.owner)) return Reply(Reenter(holder));
  // A lock with a queue is held, so a try cannot pass those who wait (S6).
  if (acquire.mode == AcquireMode::kTry) {
    return Reply(Busy{WithShortNote(holder), lock->second.queue.size()});
  }
  return Enqueue(context, lock, std::move(acquire));
}

OperationReply LockTable::GrantFree(const paxos::CallContext& context, Acquire acquire) {
  if (locks_.size() >= options_.locks_max || !HasRoomFor(context.session, acquire)) {
    return LockError::kTooManyLocks;
  }
  const auto lock = locks_.emplace(std::move(acquire.name), Lock{}).first;
  return Grant(lock, context.log_time, WaiterOf(context, acquire.owner, std::move(acquire.note)));
}

CallOutcome LockTable::Enqueue(const paxos::CallContext& context, Locks::iterator lock,
                               Acquire acquire) {
  auto& queue = lock->second.queue;
  if (!MayWait(context.session, lock->second)) return Reply(LockError::kTooManyWaiters);
  if (!HasRoomFor(context.session, acquire)) return Reply(LockError::kTooManyLocks);
  note_bytes_ += acquire.note.size();
  queue.emplace_hint(queue.end(), context.index,
                     WaiterOf(context, acquire.owner, std::move(acquire.note)));
  const bool is_new =
      waits_[context.session].emplace(context.seq, Place{lock, context.index}).second;
  PAXOS_CHECK("X1", is_new, context.session, context.seq);
  ++waiters_;
  return CallOutcome{};
}

bool LockTable::MayWait(paxos::SessionId session, const Lock& lock) const {
  if (waiters_ >= options_.waiters_max) return false;
  if (lock.queue.size() >= options_.waiters_per_lock_max) return false;
  const auto waits = waits_.find(session);
  return waits == waits_.end() || waits->second.size() < options_.waits_per_session_max;
}

bool LockTable::HasRoomFor(paxos::SessionId session, const Acquire& acquire) const {
  if (note_bytes_ + acquire.note.size() > options_.note_bytes_max) return false;
  const auto holds = holds_.find(session);
  return holds == holds_.end() || holds->second.size() < options_.locks_per_session_max;
}

// The lock, which nobody holds, becomes the waiter's under a token above all earlier ones (S4).
Granted LockTable::Grant(Locks::iterator lock, paxos::LogTime log_time, Waiter waiter) {
  ++last_token_;
  PAXOS_CHECK("S04", last_token_.value() % kTokensPerEpoch != 0, last_token_);
  note_bytes_ += waiter.note.size();
  lock->second.holder =
      Holder{waiter.session, waiter.owner, last_token_, 1, log_time, std::move(waiter.note)};
  holds_[waiter.session].emplace(lock->first, lock);
  return Granted{last_token_, 1};
}

// The same token, and the note of the grant (S10).
OperationReply LockTable::Reenter(Holder& holder) {
  if (holder.count >= kReentryMax) return LockError::kTooManyReentries;
  ++holder.count;
  return Granted{holder.token, holder.count};
}

// ---- release --------------------------------------------------------------------------------

CallOutcome LockTable::On(const paxos::CallContext& context, const Release& release) {
  if (!IsName(release.name)) return Reply(LockError::kBadName);
  const auto lock = locks_.find(release.name);
  if (lock == locks_.end()) return Reply(LockError::kNotHeld);
  Holder& holder = lock->second.holder;
  if (!IsHeldBy(holder, context.session, release.owner)) return Reply(LockError::kNotOwner);
  if (release.token != holder.token) return Reply(LockError::kStaleToken);
  --holder.count;
  CallOutcome outcome = Reply(Released{holder.count});
  if (holder.count == 0) HandOn(lock, context.log_time, outcome.late);
  return outcome;
}

CallOutcome LockTable::On(const paxos::CallContext& /*context*/, const Touch& /*touch*/) {
  return Reply(Touched{});
}

// The holder is gone: the first waiter's turn, or the lock is forgotten.
void LockTable::HandOn(Locks::iterator lock, paxos::LogTime log_time,
                       std::vector<LateReply>& late) {
  RemoveHold(lock);
  const auto& queue = lock->second.queue;
  if (queue.empty()) {
    locks_.erase(lock);
    return;
  }
  const Waiter& first = queue.begin()->second;
  Waiter next = TakeWait(first.session, first.seq);
  LateReply reply{next.session, next.seq, {}};
  reply.payload = paxos::Encode(OperationReply{Grant(lock, log_time, std::move(next))});
  late.push_back(std::move(reply));
  ReenterWaits(lock, late);
}

// The new holder's other waits for the lock: an owner never waits for a lock that it holds.
void LockTable::ReenterWaits(Locks::iterator lock, std::vector<LateReply>& late) {
  auto& [holder, queue] = lock->second;
  const auto waits = waits_.find(holder.session);
  if (waits == waits_.end()) return;
  std::vector<std::uint64_t> again;
  for (const auto& [seq, place] : waits->second) {
    if (place.lock == lock && queue.at(place.position).owner == holder.owner) again.push_back(seq);
  }
  for (const std::uint64_t seq : again) {
    TakeWait(holder.session, seq);
    late.push_back(LateReply{holder.session, seq, paxos::Encode(Reenter(holder))});
  }
}

void LockTable::RemoveHold(Locks::iterator lock) {
  const Holder& holder = lock->second.holder;
  note_bytes_ -= holder.note.size();
  const auto holds = holds_.find(holder.session);
  holds->second.erase(lock->first);
  if (holds->second.empty()) holds_.erase(holds);
}

// ---- waits and sessions ---------------------------------------------------------------------

Waiter LockTable::TakeWait(paxos::SessionId session, std::uint64_t seq) {
  const auto waits = waits_.find(session);
  PAXOS_CHECK("S06", waits != waits_.end() && waits->second.contains(seq), session, seq);
  const auto [lock, position] = waits->second.extract(seq).mapped();
  if (waits->second.empty()) waits_.erase(waits);
  --waiters_;
  Waiter waiter = std::move(lock->second.queue.extract(position).mapped());
  note_bytes_ -= waiter.note.size();
  return waiter;
}

std::vector<LateReply> LockTable::OnCancel(const paxos::CallContext& context,
                                           std::uint64_t target) {
  TakeWait(context.session, target);
  return {};
}

// Nobody that ends here stands in any queue when the locks are handed on (S7).
std::vector<LateReply> LockTable::OnSessionsEnd(const paxos::ApplyContext& context,
                                                const std::vector<paxos::SessionId>& ended) {
  for (const paxos::SessionId session : ended) {
    for (auto waits = waits_.find(session); waits != waits_.end(); waits = waits_.find(session)) {
      TakeWait(session, waits->second.begin()->first);
    }
  }
  std::vector<LateReply> late;
  for (const paxos::SessionId session : ended) {
    for (auto holds = holds_.find(session); holds != holds_.end(); holds = holds_.find(session)) {
      HandOn(holds->second.begin()->second, context.log_time, late);
    }
  }
  return late;
}

std::size_t LockTable::WeightOf(paxos::SessionId session) const {
  const auto holds = holds_.find(session);
  const auto waits = waits_.find(session);
  return (holds == holds_.end() ? 0 : holds->second.size()) +
         (waits == waits_.end() ? 0 : waits->second.size());
}

// ---- snapshots ------------------------------------------------------------------------------

std::string LockTable::Snapshot() const {
  std::string bytes;
  BinaryWriter writer(&bytes);
  writer.Write(last_token_);
  writer.Write(locks_);
  return bytes;
}

paxos::Status LockTable::Restore(std::string_view snapshot) {
  Token last_token;
  Locks locks;
  BinaryReader reader(snapshot);
  reader.Read(last_token);
  reader.Read(locks);
  reader.ExpectEnd();
  if (!reader.ok()) return reader.status().Annotate("restore locks");
  if (const char* flaw = FlawOf(locks, last_token)) {
    return paxos::Status(paxos::ErrorCode::kDamaged, std::string("restore locks: ") + flaw);
  }
  last_token_ = last_token;
  locks_ = std::move(locks);
  RebuildIndexes();
  return paxos::Status::Ok();
}

// What no sequence of commands leads to; null if there is nothing of the kind.
const char* LockTable::FlawOf(const Locks& locks, Token last_token) {
  std::set<Token> tokens;
  std::set<std::pair<paxos::SessionId, std::uint64_t>> waits;
  for (const auto& [name, lock] : locks) {
    const Holder& holder = lock.holder;
    if (!IsName(name)) return "a name that is none";
    if (holder.count == 0) return "a holder without an acquire";
    if (holder.token == Token{} || holder.token > last_token) return "a token never granted";
    if (!tokens.insert(holder.token).second) return "a token granted twice";
    for (const auto& [position, waiter] : lock.queue) {
      if (!waits.insert({waiter.session, waiter.seq}).second) return "a call that waits twice";
    }
  }
  return nullptr;
}

void LockTable::RebuildIndexes() {
  waits_.clear();
  holds_.clear();
  note_bytes_ = 0;
  waiters_ = 0;
  for (auto lock = locks_.begin(); lock != locks_.end(); ++lock) {
    const auto& [holder, queue] = lock->second;
    holds_[holder.session].emplace(lock->first, lock);
    note_bytes_ += holder.note.size();
    for (const auto& [position, waiter] : queue) {
      waits_[waiter.session].emplace(waiter.seq, Place{lock, position});
      note_bytes_ += waiter.note.size();
      ++waiters_;
    }
  }
}

}  // namespace lockservice
