// What locks mean (LOCKS 2), written a second time and differently: one queue per lock, searched
// from front to back, nothing indexed. The judge runs it over G beside the real tables; where the
// two differ, one of them is wrong.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lockservice/operation.h"
#include "paxos/types.h"

namespace paxos::sim {

struct LockLimits {
  std::size_t locks_max = 0;
  std::size_t locks_per_session_max = 0;
  std::size_t waiters_per_lock_max = 0;
  std::size_t waits_per_session_max = 0;
  std::size_t waiters_max = 0;
  std::size_t note_bytes_max = 0;
};

// Told of each grant's begin and end.
class GrantListener {
 public:
  virtual ~GrantListener() = default;
  virtual void OnGranted(const std::string& name, const lockservice::Holder& holder) = 0;
  virtual void OnGrantOver(const std::string& name, const lockservice::Holder& holder) = 0;
};

class LockSpec {
 public:
  LockSpec(const LockLimits& limits, GrantListener& listener)
      : limits_(limits), listener_(listener) {}

  struct Call {
    SessionId session{};
    std::uint64_t seq = 0;
    friend auto operator<=>(const Call&, const Call&) = default;
  };
  // A call that waited is answered.
  struct Answer {
    Call call{};
    lockservice::OperationReply reply{};
  };

  // None: the call waits. What it answers besides goes to `late`.
  std::optional<lockservice::OperationReply> Apply(LogTime now, const Call& call,
                                                   const lockservice::Operation& operation,
                                                   std::vector<Answer>& late);
  // The waiting call is withdrawn.
  void Withdraw(const Call& call);
  // These sessions end together.
  void End(LogTime now, const std::vector<SessionId>& ended, std::vector<Answer>& late);

  struct Wait {
    Call call{};
    lockservice::OwnerId owner{};
    std::string note{};
    LogTime since{};
  };
  struct Lock {
    lockservice::Holder holder{};
    std::vector<Wait> queue{};
  };
  // Null: nobody holds it.
  [[nodiscard]] const Lock* Find(const std::string& name) const;
  [[nodiscard]] const std::map<std::string, Lock>& locks() const { return locks_; }
  [[nodiscard]] lockservice::Token last_token() const { return last_token_; }
  // What it takes to end a session: the locks that it holds and waits for.
  [[nodiscard]] std::size_t WeightOf(SessionId session) const {
    return HeldBy(session) + WaitsOf(session);
  }

 private:
  using Reply = lockservice::OperationReply;
  std::optional<Reply> Do(LogTime now, const Call& call, const lockservice::Acquire& acquire);
  Reply Do(LogTime now, const Call& call, const lockservice::Release& release,
           std::vector<Answer>& late);
  Reply Grant(LogTime now, const std::string& name, Lock& lock, const Wait& wait);
  static Reply Reenter(lockservice::Holder& holder);
  [[nodiscard]] std::size_t HeldBy(SessionId session) const;
  [[nodiscard]] std::size_t WaitsOf(SessionId session) const;
  [[nodiscard]] std::size_t AllWaits() const;
  [[nodiscard]] std::size_t NoteBytes() const;
  // The holder is gone: the first in line follows, with whatever else its owner waits for here.
  void HandOn(LogTime now, const std::string& name, std::vector<Answer>& late);

  LockLimits limits_;
  GrantListener& listener_;
  std::map<std::string, Lock> locks_;
  lockservice::Token last_token_{};
};

}  // namespace paxos::sim
