// What clients of a lock service asked, were told, and believed: all that an outsider can know.
// From a simulated run or from real processes, as long as one clock timed all of it.
//
// In a file, version 2: a JSON object per line, written by paxsim and lockbench alike. Lines of
// other kinds (lockbench writes some) are for others.
//
//   {"History":{"version":2}}
//   {"Deal":{"client":3,"session":17,"owner":1,"lock":"hot/1","deed":"acquire","asked":0,
//            "invoked":...,"queued":null,"returned":...,"outcome":"granted","told":812,"count":1,
//            "holder_session":0,"holder_owner":0}}
//   {"Belief":{"client":3,"lock":"hot/1","token":812,"begin":...,"end":...}}
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "paxos/archive.h"
#include "paxos/result.h"
#include "sim/true_time.h"

namespace paxos::sim {

inline constexpr std::uint32_t kHistoryVersion = 2;

enum class Deed : std::uint8_t {
  kAcquire = 1,  // waits if need be
  kTry = 2,      // an acquire that does not
  kRelease = 3,
  kCheck = 4,  // is this token's grant the one that holds the lock?
  kGet = 5,    // who holds it?
  kEnd = 6     // the session ends: closed by its client, or found to be over; of no lock
};
constexpr bool IsKnown(Deed deed) { return Deed::kAcquire <= deed && deed <= Deed::kEnd; }
std::string ShortText(Deed deed);

enum class Outcome : std::uint8_t {
  kOpen = 0,      // no answer, or none that says anything: it may take effect at any time, or never
  kNoEffect = 1,  // surely refused by a bound, withdrawn or timed out
  kGranted = 2,   // acquire: under `told`
  kReleased = 3,  // release: `count` holds are left
  kHeldBy = 4,    // `told` holds it; 0: nobody does. So a try or a release may be refused, too
  kStale = 5,     // check: a later grant holds it; release: the owner's own, of another token
  kNoSuchGrant = 6,  // check: above all that this lock was ever granted under, or 0
  kNotOwner = 7,     // release: another owner holds it
  kEnded = 8         // end: by `returned` it was over
};
constexpr bool IsKnown(Outcome outcome) { return outcome <= Outcome::kEnded; }
std::string ShortText(Outcome outcome);

// One call. Token 0 is no token.
struct Deal {
  static constexpr const char* kName = "Deal";
  std::uint64_t client = 0;
  std::uint64_t session = 0;
  std::uint64_t owner = 0;
  std::string lock{};
  Deed deed = Deed::kAcquire;
  std::uint64_t asked = 0;  // release, check: the token
  Time invoked{};
  std::optional<Time> queued{};  // acquire: told by then that it waits in the lock's queue
  Time returned{};               // meaningless while kOpen
  Outcome outcome = Outcome::kOpen;
  std::uint64_t told = 0;
  std::uint32_t count = 0;  // acquire: how often the owner now holds it; release: what is left
  std::uint64_t holder_session = 0;  // kHeldBy: `told` is whose grant, if that was told; 0: not
  std::uint64_t holder_owner = 0;
  friend bool operator==(const Deal&, const Deal&) = default;
};

// A client was sure, from `begin` until just before `end`, to hold the lock.
struct Belief {
  static constexpr const char* kName = "Belief";
  std::uint64_t client = 0;
  std::string lock{};
  std::uint64_t token = 0;
  Time begin{};
  Time end{};
  friend bool operator==(const Belief&, const Belief&) = default;
};

struct History {
  std::vector<Deal> deals{};
  std::vector<Belief> beliefs{};
  friend bool operator==(const History&, const History&) = default;
};

// How a file begins.
struct HistoryHead {
  static constexpr const char* kName = "History";
  std::uint32_t version = kHistoryVersion;
};

template <class Archive>
void serialize(Archive& ar, Deal& d, unsigned /*version*/) {
  ar& Named("client", d.client) & Named("session", d.session) & Named("owner", d.owner) &
      Named("lock", d.lock) & Named("deed", d.deed) & Named("asked", d.asked) &
      Named("invoked", d.invoked) & Named("queued", d.queued) & Named("returned", d.returned) &
      Named("outcome", d.outcome) & Named("told", d.told) & Named("count", d.count) &
      Named("holder_session", d.holder_session) & Named("holder_owner", d.holder_owner);
}
template <class Archive>
void serialize(Archive& ar, Belief& b, unsigned /*version*/) {
  ar& Named("client", b.client) & Named("lock", b.lock) & Named("token", b.token) &
      Named("begin", b.begin) & Named("end", b.end);
}
template <class Archive>
void serialize(Archive& ar, HistoryHead& h, unsigned /*version*/) {
  ar& Named("version", h.version);
}

Status Save(const History& history, std::ostream& out);
// Reading one back takes a JSON parser: sim/paxsim_history.h.

// What no lock service with fencing tokens may do; the first that is found, with its witnesses.
// Knows no log, no state and no server: tokens and time are enough. O(n log n).
//
//  INV-11 a grant belongs to one owner. INV-12 beliefs in two grants of a lock never overlap.
//  INV-13 a grant that was told before an acquire was asked has a lower token than that acquire's.
//  INV-16 who was told to wait before another asked has the lower token.
//  INV-15 what a client believes held, no read that happens meanwhile denies, and no other grant
//  that is told meanwhile contradicts. INV-20 a read shows no grant that was over before it was
//  asked, and none that was asked for after it returned.
struct Finding {
  std::string tag{};
  std::string what{};
};
std::optional<Finding> JudgeHistory(const History& history);

}  // namespace paxos::sim
