// A clock of one node or one client, as CLOCK_BOOTTIME would be read there: it starts anywhere and
// runs fast or slow by some parts per million.
//
//   local = local_then + (t - then) + floor((t - then) * ppm / 10^6), down to a whole granule
//
// Both directions are exact: a timer set for a local instant fires at the first true instant at
// which the clock shows it, never a nanosecond early. That is what makes a bound on drift testable
// at its very edge.
//
// There is no clock of the day here: nothing that runs in the simulator can read one (the layering
// test sees to that), so it may be anything.
#pragma once

#include "paxos/time.h"
#include "sim/true_time.h"

namespace paxos::sim {

// What happens to a clock at one moment.
struct ClockChange {
  std::int64_t rate = 0;  // from now on, in parts per million
  Duration step{};        // jumps forward
};

class Clock {
 public:
  // Faster (above 0) or slower than true time; at most 500,000, at least -500,000, or kFrozen.
  using PartsPerMillion = std::int64_t;
  static constexpr PartsPerMillion kFrozen = -1'000'000;

  Clock() = default;
  // Shows multiples of `granule`.
  Clock(Instant at_start, PartsPerMillion rate, Duration granule = Duration{1});

  // What the clock shows. `now` is not before the last change.
  [[nodiscard]] Instant Read(Time now) const;

  // The first moment at which it shows `local` or more, if nothing changes; kEndOfTime for never.
  [[nodiscard]] Time WhenShows(Instant local) const;

  // It never falls.
  void Change(Time now, const ClockChange& change);
  [[nodiscard]] PartsPerMillion rate() const { return rate_; }

 private:
  [[nodiscard]] Instant Exactly(Time now) const;

  Time then_{};
  Instant local_then_{};
  PartsPerMillion rate_ = 0;
  Duration granule_{1};
};

}  // namespace paxos::sim
