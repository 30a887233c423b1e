// A clock of one node or one client, as CLOCK_BOOTTIME would be read there: it starts anywhere and
// runs fast or slow by some parts per million.
//
//   local = local_then + (t - then) + floor((t - then) * ppm / 10^6)
//
// Both directions are exact: a timer set for a local instant fires at the first true instant at
// which the clock shows it, never a nanosecond early. That is what makes a bound on drift testable
// at its very edge.
#pragma once

#include "paxos/time.h"
#include "sim/true_time.h"

namespace paxos::sim {

class Clock {
 public:
  // Faster (above 0) or slower than true time; |ppm| <= 500,000.
  using PartsPerMillion = std::int64_t;

  Clock() = default;
  Clock(Instant at_start, PartsPerMillion rate);

  // What the clock shows. `now` is not before the last change of the rate.
  [[nodiscard]] Instant Read(Time now) const;

  // The first moment at which it shows `local` or more, if the rate stays; kEndOfTime for kNever.
  [[nodiscard]] Time WhenShows(Instant local) const;

  // From now on it runs at another rate. It never jumps.
  void SetRate(Time now, PartsPerMillion rate);
  [[nodiscard]] PartsPerMillion rate() const { return rate_; }

 private:
  Time then_{};
  Instant local_then_{};
  PartsPerMillion rate_ = 0;
};

}  // namespace paxos::sim
