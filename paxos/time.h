// Time as the core sees it: values that are handed in, never read.
//
// Instant is a point on a monotonic clock that counts suspend (CLOCK_BOOTTIME). Its clock type has
// no now(): code in paxos/ cannot read time, only compare and add what it was given.
// LogTime is the time of the replicated log (rule T1): it moves only as entries are applied, stands
// still while there is no leader, and is the only time by which anything replicated expires.
#pragma once

#include <chrono>
#include <cstdint>

namespace paxos {

using Duration = std::chrono::nanoseconds;

// A clock on purpose without now().
struct BootClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Duration;
  using time_point = std::chrono::time_point<BootClock, Duration>;
  static constexpr bool is_steady = true;
};
using Instant = BootClock::time_point;

// The replicated clock; its epoch is the first entry of the log.
struct LogClock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Duration;
  using time_point = std::chrono::time_point<LogClock, Duration>;
  static constexpr bool is_steady = true;
};
using LogTime = LogClock::time_point;

inline constexpr Instant kNever = Instant::max();

// The largest clock-rate error that leases and sessions assume, as a fraction (rho of LOCKS S1/S2).
// 1 % is far beyond a working quartz (about 0.01 %) and a slewing NTP daemon (0.05 %).
struct ClockDrift {
  std::int64_t parts = 1;
  std::int64_t per = 100;

  // d * (1 + rho), rounded up: how long the side that must be late waits.
  [[nodiscard]] constexpr Duration Lengthen(Duration d) const { return d + Share(d, per - 1); }
  // d * (1 - rho), rounded down: how long the side that must be early trusts.
  [[nodiscard]] constexpr Duration Shorten(Duration d) const { return d - Share(d, per - 1); }

  friend constexpr bool operator==(const ClockDrift&, const ClockDrift&) = default;

 private:
  // Divides first: a Duration of centuries times `parts` would overflow.
  [[nodiscard]] constexpr Duration Share(Duration d, std::int64_t round_up) const {
    const std::int64_t whole = d.count() / per * parts;
    const std::int64_t rest = (d.count() % per * parts + round_up) / per;
    return Duration{whole + rest};
  }
};

}  // namespace paxos
