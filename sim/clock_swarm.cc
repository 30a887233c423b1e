#include "sim/clock_swarm.h"

#include "sim/chance.h"

namespace paxos::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// What a fault's choice is asked.
enum ClockQuestion : std::uint64_t { kKind = 30, kSize };

// Half of the time at an edge.
Clock::PartsPerMillion RateWithin(Random& random, Clock::PartsPerMillion most) {
  const std::uint64_t width = static_cast<std::uint64_t>(2 * most);
  const auto within = static_cast<Clock::PartsPerMillion>(random.Between(0, width)) - most;
  const bool is_at_edge = random.Chance(1, 2);
  const Clock::PartsPerMillion edge = random.Chance(1, 2) ? most : -most;
  return is_at_edge ? edge : within;
}

}  // namespace

Clock::PartsPerMillion DriftMax(const ClockDrift& drift) {
  return drift.parts * 1'000'000 / drift.per;
}

ClockOptions DrawClock(Random random, const ClockDrift& drift, const FaultClasses& classes) {
  ClockOptions clock;
  clock.at_start = Instant{DurationBetween(random, Duration{0}, std::chrono::hours{1000})};
  const Clock::PartsPerMillion rate = RateWithin(random, DriftMax(drift));
  const Duration granule = LogUniform(random, microseconds{1}, kGranuleMax);
  if (classes.Has(FaultClass::kDrift)) clock.rate = rate;
  if (classes.Has(FaultClass::kCoarse)) clock.granule = granule;
  return clock;
}

ClockChange DrawStrobe(const Fault& fault, const ClockDrift& drift) {
  Random random(Mix(fault.choice, kSize));
  return ClockChange{RateWithin(random, DriftMax(drift)), Duration{}};
}

ClockChange DrawBadClock(const Fault& fault) {
  constexpr Clock::PartsPerMillion kTenth = 100'000;
  enum class Kind : std::uint8_t { kFast, kSlow, kFrozen, kJump };
  switch (static_cast<Kind>(fault.Pick(kKind, 4))) {
    case Kind::kFast:
      return ClockChange{kTenth, Duration{}};
    case Kind::kSlow:
      return ClockChange{-kTenth, Duration{}};
    case Kind::kFrozen:
      return ClockChange{Clock::kFrozen, Duration{}};
    case Kind::kJump:
      break;
  }
  Random random(Mix(fault.choice, kSize));
  return ClockChange{0, LogUniform(random, milliseconds{10}, seconds{60})};
}

}  // namespace paxos::sim
