// One lock as an outsider can know it: the sequential specification that histories are searched
// against. Written from LOCKS 2, a third time and differently: it is nondeterministic, for it does
// not know what nobody was told.
//
//   free ── acquire, try ─> held by (session, owner) under a token, count times
//    ^                        │  acquire of the same owner: count + 1      release: count - 1
//    └── queue is empty ──────┴─ last release, or the session ends ─> the first that waits holds it
//
// Tokens grow, so grants whose tokens clients were told come in that order and no other. What is
// not known:
//  - When an acquire began to wait: some time after its call; by the time a server told so, if one
//    did. Who waits is granted in turn (INV-16), and before its call returns.
//  - Whether an open acquire took effect. Then it got a token that is only known once somebody is
//    told it, and it may be given back by the client itself (S14) at any time. It needs a witness:
//    one that nobody noticed before it was over is as good as none, and left out.
//  - When a session ended that nobody closed: after the last call in it took effect, and after the
//    last moment at which its client was sure to hold something.
//  - What withdrawn and refused acquires did: they only make others wait.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/history.h"
#include "sim/linearizability.h"

namespace paxos::sim {

// What can happen to a lock.
struct LockOperation {
  enum class Kind : std::uint8_t {
    kDeal,      // what a client asked took effect, with this outcome or, if it is open, with some
    kGiveBack,  // one hold that an open acquire got is released by the client itself
    kEnd        // the session ends
  };
  Kind kind = Kind::kDeal;
  const Deal* deal = nullptr;  // kGiveBack: the open acquire
  std::size_t session = 0;     // its number among those of this lock
  std::uint64_t owner = 0;
  Interval interval{};
};

class LockModel {
 public:
  // Operations in order of their calls; the sessions in order of their numbers. The deals must
  // outlive it.
  LockModel(std::vector<LockOperation> operations, std::vector<std::uint64_t> sessions);

  struct State {
    std::size_t session = 0;  // the holder's, as all up to `is_noticed`; 0 while nobody holds it
    std::uint64_t owner = 0;
    std::uint64_t token = 0;         // 0: nobody was told
    std::uint32_t count = 0;         // 0: nobody holds it
    std::uint32_t unsure_count = 0;  // so many of them got by open acquires
    bool is_noticed = false;         // since an open acquire last took effect
    bool is_passing = false;  // nobody holds it, but there is a queue: an open acquire comes first
    std::uint64_t last_token = 0;
    std::size_t next_grant = 0;  // among `grants_`
    std::vector<std::size_t> queue{};
    std::vector<bool> ended{};  // by session
    friend bool operator==(const State&, const State&) = default;
  };
  [[nodiscard]] State Initial() const;
  void Take(const State& state, std::size_t operation, std::vector<State>& next) const;
  [[nodiscard]] Time DeadlineOf(const State& state) const;
  [[nodiscard]] std::uint64_t FingerprintOf(const State& state) const;

  [[nodiscard]] const std::vector<LockOperation>& operations() const { return operations_; }
  [[nodiscard]] const std::vector<Interval>& intervals() const { return intervals_; }

 private:
  using States = std::vector<State>;

  void TakeDeal(const State& state, std::size_t operation, States& next) const;
  void Acquire(State state, std::size_t operation, States& next) const;
  void AcquireUnsurely(State state, const LockOperation& acquire, States& next) const;
  void Release(State state, const LockOperation& release, States& next) const;
  void GiveBack(State state, const LockOperation& acquire, States& next) const;
  void EndSession(State state, const LockOperation& end, States& next) const;
  [[nodiscard]] bool Shows(State& state, const LockOperation& read) const;
  [[nodiscard]] bool ShowsHolder(State& state, const LockOperation& read) const;

  void HandOn(State state, States& next) const;
  bool Grant(State& state, std::size_t session, std::uint64_t owner, std::uint64_t token) const;
  bool LetInTheOwnersOthers(State& state) const;
  bool Reenter(State& state, const Deal& told) const;
  bool IsToken(State& state, std::uint64_t token) const;
  [[nodiscard]] bool IsHolder(const State& state, const LockOperation& operation) const;
  [[nodiscard]] bool MayWaitBehind(const State& state, const Deal& acquire) const;

  std::vector<LockOperation> operations_;
  std::vector<Interval> intervals_;
  std::vector<std::uint64_t> sessions_;
  std::vector<std::uint64_t> grants_;  // tokens of those that clients were told of, in order
  bool has_open_acquires_ = false;
};

}  // namespace paxos::sim
