// The lock service's state machine: queue, grant and fencing are decided here, in log order, by
// nobody's clock but the log's (LOCKS 2). Pure and deterministic.
//
//            Acquire (free)                       last Release / session end
//   free --------------------> held -----------------------------> free, or granted to the first
//                               ^  Acquire: queued in log order      waiter in the same command
//
// A lock that nobody holds has no waiters and is forgotten; the tokens go on (S4). Its owner is
// (session, owner id): two owner ids of one session exclude each other (S10).
//
// An owner never waits for a lock that it holds. Its acquires while it holds are re-entries:
// granted at once, ahead of the queue, with the token of the grant. And if several of its waits are
// queued, the first one's turn is the turn of all: it is granted, the others follow as re-entries
// in order of seq, so that n acquires need n releases however they came in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lockservice/operation.h"
#include "lockservice/query.h"
#include "paxos/session_state_machine.h"

namespace lockservice {

// The same on every node of a cluster: they decide what commands do.
struct LockTableOptions {
  std::size_t locks_max = 1'000'000;           // held; more: kTooManyLocks
  std::size_t locks_per_session_max = 10'000;  // ends in one command; more: kTooManyLocks
  std::size_t waiters_per_lock_max = 100'000;  // more: kTooManyWaiters
  std::size_t waits_per_session_max = 1024;    // more: kTooManyWaiters
  std::size_t waiters_max = 1'000'000;         // of all locks; more: kTooManyWaiters
  // Of all holders and waiters; more: kTooManyLocks.
  std::size_t note_bytes_max = 256 * 1024 * 1024;
};

class LockTable final : public paxos::SessionStateMachine {
 public:
  explicit LockTable(const LockTableOptions& options);
  LockTable(const LockTable&) = delete;
  LockTable& operator=(const LockTable&) = delete;

  paxos::CallOutcome Apply(const paxos::CallContext& context, std::string_view payload) override;
  std::vector<paxos::LateReply> OnCancel(const paxos::CallContext& context,
                                         std::uint64_t target) override;
  // Releases what they hold: session by session, each one's locks in order of their names.
  std::vector<paxos::LateReply> OnSessionsEnd(const paxos::ApplyContext& context,
                                              const std::vector<paxos::SessionId>& ended) override;
  // Holds and waits.
  [[nodiscard]] std::size_t WeightOf(paxos::SessionId session) const override;
  [[nodiscard]] std::string Snapshot() const override;
  paxos::Status Restore(std::string_view snapshot) override;

  // Reads the state as it is now. What sessions there are is the session table's to fill in:
  // SessionView::alive and Totals::sessions.
  [[nodiscard]] QueryReply Answer(const Query& query) const;

  // For whoever watches over the table (simulator, status): every lock that is held.
  [[nodiscard]] Token last_token() const { return last_token_; }
  [[nodiscard]] std::vector<LockView> Held() const;

 private:
  struct Lock {
    Holder holder{};
    std::map<paxos::CommandIndex, Waiter> queue{};  // in log order (S6)

    template <class Archive>
    friend void serialize(Archive& ar, Lock& l, unsigned /*version*/) {
      ar& paxos::Named("holder", l.holder) & paxos::Named("queue", l.queue);
    }
  };
  using Locks = std::map<std::string, Lock, std::less<>>;

  // Where a waiting call stands.
  struct Place {
    Locks::iterator lock{};
    paxos::CommandIndex position{};
  };
  using WaitsOf = std::map<std::uint64_t, Place>;  // by seq
  using Waits = std::map<paxos::SessionId, WaitsOf>;
  using Names = std::map<std::string_view, Locks::iterator>;  // the keys are the locks'

  // ---- acquire
  paxos::CallOutcome On(const paxos::CallContext& context, Acquire acquire);
  OperationReply GrantFree(const paxos::CallContext& context, Acquire acquire);
  paxos::CallOutcome Enqueue(const paxos::CallContext& context, Locks::iterator lock,
                             Acquire acquire);
  [[nodiscard]] bool HasRoomFor(paxos::SessionId session, const Acquire& acquire) const;
  [[nodiscard]] bool MayWait(paxos::SessionId session, const Lock& lock) const;
  Granted Grant(Locks::iterator lock, paxos::LogTime log_time, Waiter waiter);
  static OperationReply Reenter(Holder& holder);

  // ---- release
  paxos::CallOutcome On(const paxos::CallContext& context, const Release& release);
  paxos::CallOutcome On(const paxos::CallContext& context, const Touch& touch);
  void HandOn(Locks::iterator lock, paxos::LogTime log_time, std::vector<paxos::LateReply>& late);
  void ReenterWaits(Locks::iterator lock, std::vector<paxos::LateReply>& late);
  void RemoveHold(Locks::iterator lock);

  // ---- waits
  Waiter TakeWait(paxos::SessionId session, std::uint64_t seq);

  // ---- reads
  [[nodiscard]] static LockView ViewOf(Locks::const_iterator lock);
  [[nodiscard]] QueryReply On(const Check& check) const;
  [[nodiscard]] QueryReply On(const GetLock& get) const;
  [[nodiscard]] QueryReply On(const ListLocks& list) const;
  [[nodiscard]] QueryReply On(const GetQueue& get) const;
  [[nodiscard]] QueryReply On(const GetSession& get) const;
  [[nodiscard]] QueryReply On(const GetTotals& get) const;

  // ---- snapshots
  static const char* FlawOf(const Locks& locks, Token last_token);
  void RebuildIndexes();

  LockTableOptions options_;
  Token last_token_{};
  Locks locks_;
  // ---- derived from locks_
  Waits waits_;
  std::map<paxos::SessionId, Names> holds_;
  std::size_t note_bytes_ = 0;
  std::size_t waiters_ = 0;
};

}  // namespace lockservice
