// Where chance comes from: one stream per subject (a link's losses, a disk's delays, a client's
// wishes), each derived from the seed alone. What one subject draws does not depend on how often
// another drew, so switching off one fault leaves the others as they were: failures shrink.
//
// Integers only: floating point and the distributions of <random> differ between machines.
#pragma once

#include <cstdint>

#include "paxos/random.h"
#include "paxos/time.h"
#include "sim/strikes.h"

namespace paxos::sim {

enum class Subject : std::uint8_t {
  kTies,         // the order of simultaneous events
  kSwarm,        // which faults a run has, and how bad they are
  kTimeline,     // when crashes, partitions and stalls come
  kLatency,      // of a link
  kLoss,         // of a link
  kDuplication,  // of a link
  kReset,        // of a link
  kDisk,         // how long syncs take, what a crash keeps
  kClock,        // offset and rate
  kElection,     // handed to a replica as its seed
  kTurn,         // how long a node's turn takes, how late its timers are
  kClient,       // what a client does
  kSocket,       // a client's connections
  kStore,        // the slow channel to the guarded resource
  kWorkload,     // the shape of the load
  kHeal,         // who survives
  kProbe,        // reads that nobody needs
  kCorruption,   // of a link, of a client's connection
  kReplay,       // of a link
  kMischief,     // of a node's transport
  kStrangers,    // around a node
  kBabble,       // that a node hears
};

class Chance {
 public:
  // `strikes` (if given) must outlive it and every copy.
  explicit constexpr Chance(std::uint64_t seed, Strikes* strikes = nullptr)
      : seed_(seed), strikes_(strikes) {}

  // The key of a subject's stream: `a` and `b` tell one link, disk or client from the others.
  [[nodiscard]] constexpr std::uint64_t KeyOf(Subject subject, std::uint64_t a = 0,
                                              std::uint64_t b = 0) const {
    return Mix(Mix(Mix(seed_, static_cast<std::uint64_t>(subject)), a), b);
  }
  [[nodiscard]] constexpr Random Of(Subject subject, std::uint64_t a = 0,
                                    std::uint64_t b = 0) const {
    return Random(KeyOf(subject, a, b));
  }
  [[nodiscard]] constexpr std::uint64_t seed() const { return seed_; }

  // Does a fault hit the message that `draw` is about?
  [[nodiscard]] bool Hits(Time now, FaultClass what, std::uint64_t draw,
                          PerMillion probability) const;

 private:
  std::uint64_t seed_;
  Strikes* strikes_;
};

// Did it happen? `draw` is any 64 random bits.
constexpr bool Happens(std::uint64_t draw, PerMillion probability) {
  return draw % 1'000'000 < probability;
}

// Uniform in [low, high].
Duration DurationBetween(Random& random, Duration low, Duration high);

// Exponentially distributed with exactly this mean (the logarithm is a broken line, at most 4 %
// off); at most 43 means, as 64 bits allow.
Duration Exponential(std::uint64_t draw, Duration mean);

// Uniform on a logarithmic scale (by octaves) in [low, high], 0 < low: as likely between 1 and 2 as
// between 1000 and 2000. For how bad a fault is, of which nobody knows the order of magnitude.
std::uint64_t LogUniform(Random& random, std::uint64_t low, std::uint64_t high);
Duration LogUniform(Random& random, Duration low, Duration high);

}  // namespace paxos::sim
