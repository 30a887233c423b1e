// What a seed makes of clocks: how each runs, and what befalls it. Two tiers: within the drift that
// the code assumes, everything must hold; clocks beyond it (kBadClock) may break what depends on
// clocks, and nothing else.
#pragma once

#include "paxos/random.h"
#include "sim/clock.h"
#include "sim/fault.h"

namespace paxos::sim {

struct ClockOptions {
  Instant at_start{};
  Clock::PartsPerMillion rate = 0;
  Duration granule{1};
};

// The most that a coarse clock may hide. Whoever compares instants of several clocks must leave
// room for some of it: every change of leader adds one.
inline constexpr Duration kGranuleMax = std::chrono::milliseconds{1};

// The largest rate error that the run assumes: rho of LOCKS.
Clock::PartsPerMillion DriftMax(const ClockDrift& drift);

// A rate within `drift`, or at its very edge; a granule, if clocks are coarse.
ClockOptions DrawClock(Random random, const ClockDrift& drift, const FaultClasses& classes);

// Another rate within `drift`, mostly at its edge.
ClockChange DrawStrobe(const Fault& fault, const ClockDrift& drift);
// Beyond any drift: a tenth fast or slow, frozen, or a jump of up to a minute.
ClockChange DrawBadClock(const Fault& fault);

}  // namespace paxos::sim
