// What a client can read from the lock table, and the answers. A read changes nothing and sees the
// state as it is after some command; which one, the server decides (linearizable: rule R1, S23).
//
// Answers are bounded: those that list things stop at kAnswerBytesMax and say that there is more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lockservice/operation.h"
#include "paxos/archive.h"
#include "paxos/session_id.h"
#include "paxos/time.h"

namespace lockservice {

inline constexpr std::size_t kAnswerBytesMax = 512 * 1024;  // fits a frame

// ---- queries --------------------------------------------------------------------------------

// Is `token` the grant that holds the lock (S5)? Answered by a TokenStanding.
struct Check {
  static constexpr const char* kName = "Check";
  std::string name{};
  Token token{};
  friend bool operator==(const Check&, const Check&) = default;
};
// Answered by a LockView, without a holder if there is no such lock.
struct GetLock {
  static constexpr const char* kName = "Get";
  std::string name{};
  friend bool operator==(const GetLock&, const GetLock&) = default;
};
// Names that start with `prefix`, in order of their bytes, from `after` on (exclusive), at most
// `limit` (0: as many as one answer takes). Answered by LockViews.
struct ListLocks {
  static constexpr const char* kName = "List";
  std::string prefix{};
  std::string after{};
  std::uint32_t limit = 1000;
  friend bool operator==(const ListLocks&, const ListLocks&) = default;
};
struct GetQueue {
  static constexpr const char* kName = "Queue";
  std::string name{};
  friend bool operator==(const GetQueue&, const GetQueue&) = default;
};
struct GetSession {
  static constexpr const char* kName = "Session";
  paxos::SessionId session{};
  friend bool operator==(const GetSession&, const GetSession&) = default;
};
struct GetTotals {
  static constexpr const char* kName = "Totals";
  friend bool operator==(const GetTotals&, const GetTotals&) = default;
};

using Query = std::variant<Check, GetLock, ListLocks, GetQueue, GetSession, GetTotals>;

// ---- answers --------------------------------------------------------------------------------

// Tokens grow over all grants of the cluster, so a token that was granted is at most the newest
// one, and one that is lower than the holder's is of an earlier grant. The table forgets grants
// that are over: whether an old token was ever this lock's it does not know, and a guard need not.
enum class TokenStanding : std::uint8_t {
  kValid = 1,    // this very grant holds the lock now
  kStale = 2,    // a later grant holds it
  kNotHeld = 3,  // nobody holds it: the grant, if there was one, is over
  kUnknown = 4,  // no grant of this lock has it: 0, above the newest, or above the holder's
};
constexpr bool IsKnown(TokenStanding standing) {
  return standing >= TokenStanding::kValid && standing <= TokenStanding::kUnknown;
}
const char* Name(TokenStanding standing);
inline std::string ShortText(TokenStanding standing) { return Name(standing); }

struct LockView {
  static constexpr const char* kName = "Lock";
  std::string name{};
  std::optional<Holder> holder{};
  std::uint64_t waiting = 0;
  friend bool operator==(const LockView&, const LockView&) = default;
};
struct LockViews {
  static constexpr const char* kName = "Locks";
  std::vector<LockView> locks{};
  bool more = false;  // ask again with `after` = the last name
  friend bool operator==(const LockViews&, const LockViews&) = default;
};
struct Waiter {
  static constexpr const char* kName = "Waiter";
  paxos::SessionId session{};
  std::uint64_t seq = 0;
  OwnerId owner{};
  paxos::LogTime since{};
  std::string note{};
  friend bool operator==(const Waiter&, const Waiter&) = default;
};
struct QueueView {
  static constexpr const char* kName = "QueueView";
  std::optional<Holder> holder{};
  std::vector<Waiter> waiters{};  // first in line first
  std::uint64_t waiting = 0;      // all of them, listed or not
  friend bool operator==(const QueueView&, const QueueView&) = default;
};
struct SessionView {
  static constexpr const char* kName = "SessionView";
  bool alive = false;
  std::vector<LockView> holds{};  // in order of names
  bool more = false;              // it holds others too
  friend bool operator==(const SessionView&, const SessionView&) = default;
};
struct Totals {
  static constexpr const char* kName = "Totals";
  std::uint64_t sessions = 0;
  std::uint64_t locks_held = 0;
  std::uint64_t waiting = 0;
  Token last_token{};
  friend bool operator==(const Totals&, const Totals&) = default;
};

using QueryReply = std::variant<TokenStanding, LockView, LockViews, QueueView, SessionView, Totals>;

// ---- descriptions ---------------------------------------------------------------------------

template <class Archive>
void serialize(Archive& ar, Check& q, unsigned /*version*/) {
  ar& paxos::Named("name", q.name) & paxos::Named("token", q.token);
}
template <class Archive>
void serialize(Archive& ar, GetLock& q, unsigned /*version*/) {
  ar& paxos::Named("name", q.name);
}
template <class Archive>
void serialize(Archive& ar, ListLocks& q, unsigned /*version*/) {
  ar& paxos::Named("prefix", q.prefix) & paxos::Named("after", q.after) &
      paxos::Named("limit", q.limit);
}
template <class Archive>
void serialize(Archive& ar, GetQueue& q, unsigned /*version*/) {
  ar& paxos::Named("name", q.name);
}
template <class Archive>
void serialize(Archive& ar, GetSession& q, unsigned /*version*/) {
  ar& paxos::Named("session", q.session);
}
template <class Archive>
void serialize(Archive& /*ar*/, GetTotals& /*q*/, unsigned /*version*/) {}

template <class Archive>
void serialize(Archive& ar, LockView& v, unsigned /*version*/) {
  ar& paxos::Named("name", v.name) & paxos::Named("holder", v.holder) &
      paxos::Named("waiting", v.waiting);
}
template <class Archive>
void serialize(Archive& ar, LockViews& v, unsigned /*version*/) {
  ar& paxos::Named("locks", v.locks) & paxos::Named("more", v.more);
}
template <class Archive>
void serialize(Archive& ar, Waiter& w, unsigned /*version*/) {
  ar& paxos::Named("session", w.session) & paxos::Named("seq", w.seq) &
      paxos::Named("owner", w.owner) & paxos::Named("since", w.since) &
      paxos::Named("note", w.note);
}
template <class Archive>
void serialize(Archive& ar, QueueView& v, unsigned /*version*/) {
  ar& paxos::Named("holder", v.holder) & paxos::Named("waiters", v.waiters) &
      paxos::Named("waiting", v.waiting);
}
template <class Archive>
void serialize(Archive& ar, SessionView& v, unsigned /*version*/) {
  ar& paxos::Named("alive", v.alive) & paxos::Named("holds", v.holds) &
      paxos::Named("more", v.more);
}
template <class Archive>
void serialize(Archive& ar, Totals& t, unsigned /*version*/) {
  ar& paxos::Named("sessions", t.sessions) & paxos::Named("locks_held", t.locks_held) &
      paxos::Named("waiting", t.waiting) & paxos::Named("last_token", t.last_token);
}

}  // namespace lockservice
