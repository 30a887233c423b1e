// What a client can ask the lock table to do, and what it may answer. These are the payloads of
// session calls (paxos/session_table.h); each is described once here and is the same on the wire,
// in the log and in the simulator. Reads: lockservice/query.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "paxos/archive.h"
#include "paxos/session_id.h"
#include "paxos/time.h"

namespace lockservice {

// Fencing token (S4): restore epoch in the upper 16 bits, then a grant counter. Strictly grows over
// all grants of the cluster, never reused. 0 is no token.
using Token = paxos::StrongId<struct TokenTag>;
inline constexpr std::uint64_t kTokensPerEpoch = std::uint64_t{1} << 48;

// Distinguishes handles of one session (S10); never a thread id.
using OwnerId = paxos::StrongId<struct OwnerTag>;

inline constexpr std::size_t kNameBytesMax = 512;        // S25
inline constexpr std::size_t kNoteBytesMax = 64 * 1024;  // S25
inline constexpr std::size_t kBusyNoteBytesMax = 1024;   // of the holder's note in a refusal
inline constexpr std::uint32_t kReentryMax = 65535;      // S10

// ---- commands -------------------------------------------------------------------------------

// kTry: granted now or refused with who holds it. kWait: queues until granted, cancelled or the
// session ends; a timed wait is a kWait that the client cancels at its deadline (S14).
enum class AcquireMode : std::uint8_t { kTry = 1, kWait = 2 };
constexpr bool IsKnown(AcquireMode mode) {
  return mode == AcquireMode::kTry || mode == AcquireMode::kWait;
}
const char* Name(AcquireMode mode);
inline std::string ShortText(AcquireMode mode) { return Name(mode); }

struct Acquire {
  static constexpr const char* kName = "Acquire";
  std::string name{};
  OwnerId owner{};
  AcquireMode mode = AcquireMode::kWait;
  std::string note{};  // who and why, readable by all
  friend bool operator==(const Acquire&, const Acquire&) = default;
};

// Gives back one acquire of the grant that `token` names. What is wrong is said in this order:
// kBadName, kNotHeld, kNotOwner, kStaleToken (S9).
struct Release {
  static constexpr const char* kName = "Release";
  std::string name{};
  OwnerId owner{};
  Token token{};
  friend bool operator==(const Release&, const Release&) = default;
};

// No effect on any lock; chosen like any command. For benchmarks and to prove a session alive.
struct Touch {
  static constexpr const char* kName = "Touch";
  friend bool operator==(const Touch&, const Touch&) = default;
};

using Operation = std::variant<Acquire, Release, Touch>;

// ---- replies --------------------------------------------------------------------------------

struct Granted {
  static constexpr const char* kName = "Granted";
  Token token{};
  std::uint32_t count = 1;  // re-entry depth
  friend bool operator==(const Granted&, const Granted&) = default;
};

// Who holds a lock, since when, and why.
struct Holder {
  static constexpr const char* kName = "Holder";
  paxos::SessionId session{};
  OwnerId owner{};
  Token token{};
  std::uint32_t count = 1;
  paxos::LogTime since{};
  std::string note{};  // of the acquire that was granted; a re-entry's is dropped
  friend bool operator==(const Holder&, const Holder&) = default;
};

// A try that found the lock held or queued for. The note is cut to kBusyNoteBytesMax: the reply is
// kept until the client has it.
struct Busy {
  static constexpr const char* kName = "Busy";
  std::optional<Holder> holder{};
  std::uint64_t waiting = 0;  // how many are queued
  friend bool operator==(const Busy&, const Busy&) = default;
};

struct Released {
  static constexpr const char* kName = "Released";
  std::uint32_t count = 0;  // acquires still to be released
  friend bool operator==(const Released&, const Released&) = default;
};

struct Touched {
  static constexpr const char* kName = "Touched";
  friend bool operator==(const Touched&, const Touched&) = default;
};

// Refusals change no state (S9).
enum class LockError : std::uint8_t {
  kNotOwner = 1,    // held by another owner: never acquired, or lost and granted on
  kStaleToken = 2,  // right owner, but not the token of its grant
  kNotHeld = 3,     // nobody holds it
  kBadName = 4,     // empty or longer than kNameBytesMax
  kNoteTooLong = 5,
  kTooManyReentries = 6,
  kTooManyLocks = 7,    // a bound of the table: locks, locks of a session, or notes; try later
  kTooManyWaiters = 8,  // a bound of the lock's queue or of the session's waits; try later
  kBadOperation = 9,    // does not decode
};
constexpr bool IsKnown(LockError error) {
  return error >= LockError::kNotOwner && error <= LockError::kBadOperation;
}
const char* Name(LockError error);
inline std::string ShortText(LockError error) { return Name(error); }

using OperationReply = std::variant<LockError, Granted, Busy, Released, Touched>;

// ---- descriptions ---------------------------------------------------------------------------

template <class Archive>
void serialize(Archive& ar, Acquire& a, unsigned /*version*/) {
  ar& paxos::Named("name", a.name) & paxos::Named("owner", a.owner) & paxos::Named("mode", a.mode) &
      paxos::Named("note", a.note);
}
template <class Archive>
void serialize(Archive& ar, Release& r, unsigned /*version*/) {
  ar& paxos::Named("name", r.name) & paxos::Named("owner", r.owner) &
      paxos::Named("token", r.token);
}
template <class Archive>
void serialize(Archive& /*ar*/, Touch& /*t*/, unsigned /*version*/) {}

template <class Archive>
void serialize(Archive& ar, Granted& g, unsigned /*version*/) {
  ar& paxos::Named("token", g.token) & paxos::Named("count", g.count);
}
template <class Archive>
void serialize(Archive& ar, Holder& h, unsigned /*version*/) {
  ar& paxos::Named("session", h.session) & paxos::Named("owner", h.owner) &
      paxos::Named("token", h.token) & paxos::Named("count", h.count) &
      paxos::Named("since", h.since) & paxos::Named("note", h.note);
}
template <class Archive>
void serialize(Archive& ar, Busy& b, unsigned /*version*/) {
  ar& paxos::Named("holder", b.holder) & paxos::Named("waiting", b.waiting);
}
template <class Archive>
void serialize(Archive& ar, Released& r, unsigned /*version*/) {
  ar& paxos::Named("count", r.count);
}
template <class Archive>
void serialize(Archive& /*ar*/, Touched& /*t*/, unsigned /*version*/) {}

}  // namespace lockservice
