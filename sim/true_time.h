// Time as the simulator alone knows it. Nodes and clients never see it: each reads its own clock
// (clock.h), which runs fast or slow against this one.
#pragma once

#include "paxos/time.h"

namespace paxos::sim {

// A run begins at 0 and jumps from event to event.
struct TrueClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Duration;
  using time_point = std::chrono::time_point<TrueClock, Duration>;
  static constexpr bool is_steady = true;
};
using Time = TrueClock::time_point;

inline constexpr Time kEndOfTime = Time::max();

}  // namespace paxos::sim
