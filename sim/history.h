// What clients of a lock service asked, were told, and believed: all that an outsider can know.
// From a simulated run or from real processes, as long as one clock timed all of it. Plain numbers
// and words, so that whoever records one needs nothing of ours but this.
//
// Stored as a Boost.Serialization text archive: ours and trusted.
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

enum class Deed : std::uint8_t {
  kAcquire = 1,
  kRelease = 2,
  kCheck = 3,  // is this token's grant the one that holds the lock?
  kGet = 4,    // who holds it?
};
constexpr bool IsKnown(Deed deed) { return Deed::kAcquire <= deed && deed <= Deed::kGet; }

enum class Outcome : std::uint8_t {
  kOpen = 0,      // no answer, or none that says anything: it may take effect at any time, or never
  kNoEffect = 1,  // surely refused, withdrawn or timed out
  kGranted = 2,   // acquire: under `told`
  kReleased = 3,  // release: `count` holds are left
  kHeldBy = 4,    // check, get: `told` holds it; 0: nobody does
  kHeldByOther = 5  // check: another grant than `asked` holds it, or none
};
constexpr bool IsKnown(Outcome outcome) { return outcome <= Outcome::kHeldByOther; }

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
  Time returned{};  // meaningless while kOpen
  Outcome outcome = Outcome::kOpen;
  std::uint64_t told = 0;
  std::uint32_t count = 0;  // acquire: how often the owner now holds it; release: what is left
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

template <class Archive>
void serialize(Archive& ar, Deal& d, unsigned /*version*/) {
  ar& Named("client", d.client) & Named("session", d.session) & Named("owner", d.owner) &
      Named("lock", d.lock) & Named("deed", d.deed) & Named("asked", d.asked) &
      Named("invoked", d.invoked) & Named("returned", d.returned) & Named("outcome", d.outcome) &
      Named("told", d.told) & Named("count", d.count);
}
template <class Archive>
void serialize(Archive& ar, Belief& b, unsigned /*version*/) {
  ar& Named("client", b.client) & Named("lock", b.lock) & Named("token", b.token) &
      Named("begin", b.begin) & Named("end", b.end);
}
template <class Archive>
void serialize(Archive& ar, History& h, unsigned /*version*/) {
  ar& Named("deals", h.deals) & Named("beliefs", h.beliefs);
}

Status Save(const History& history, std::ostream& out);
Result<History> LoadHistory(std::istream& in);

// What no lock service with fencing tokens may do; the first that is found, with its witnesses.
// Knows no log, no state and no server: tokens and time are enough. O(n log n).
//
//  INV-11 a grant belongs to one owner. INV-12 beliefs in two grants of a lock never overlap.
//  INV-13 a grant that was told before an acquire was asked has a lower token than that acquire's.
//  INV-15 what a client believes held, no read that happens meanwhile denies, and no other grant
//  that is told meanwhile contradicts. INV-20 a read shows no grant that was over before it was
//  asked, and none that was asked for after it returned.
struct Finding {
  std::string tag{};
  std::string what{};
};
std::optional<Finding> JudgeHistory(const History& history);

}  // namespace paxos::sim
