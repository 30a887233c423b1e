#include "sim/clock.h"

#include <gtest/gtest.h>

#include "paxos/random.h"

namespace paxos::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(ClockTest, RunsFastOrSlowByItsRate) {
  const Time later{seconds{100}};
  EXPECT_EQ(Clock(Instant{}, 0).Read(later), Instant{seconds{100}});
  EXPECT_EQ(Clock(Instant{}, 10'000).Read(later), Instant{seconds{101}});
  EXPECT_EQ(Clock(Instant{}, -10'000).Read(later), Instant{seconds{99}});
  EXPECT_EQ(Clock(Instant{seconds{7}}, 0).Read(later), Instant{seconds{107}});
}

TEST(ClockTest, NeverFallsAndShowsWhatItPromised) {
  Random random(3);
  for (int i = 0; i < 10'000; ++i) {
    const auto rate = static_cast<std::int64_t>(random.Between(0, 200'000)) - 100'000;
    const Clock clock(Instant{nanoseconds{static_cast<std::int64_t>(random.Below(1'000'000))}},
                      rate);
    const Time at{nanoseconds{static_cast<std::int64_t>(random.Below(1'000'000'000'000))}};
    EXPECT_LE(clock.Read(at), clock.Read(at + nanoseconds{1}));
    const Instant wanted =
        clock.Read(at) + nanoseconds{static_cast<std::int64_t>(random.Below(1'000'000'000))};
    const Time when = clock.WhenShows(wanted);
    EXPECT_GE(clock.Read(when), wanted);
    if (when > Time{}) {
      EXPECT_LT(clock.Read(when - nanoseconds{1}), wanted);
    }
  }
}

TEST(ClockTest, KeepsWhatItShowsWhenItsRateChanges) {
  Clock clock(Instant{}, 10'000);
  clock.Change(Time{seconds{100}}, ClockChange{-10'000, {}});
  EXPECT_EQ(clock.Read(Time{seconds{100}}), Instant{seconds{101}});
  EXPECT_EQ(clock.Read(Time{seconds{200}}), Instant{seconds{200}});
}

TEST(ClockTest, AFrozenClockShowsNothingNewUntilItRunsAgain) {
  Clock clock(Instant{}, 0);
  clock.Change(Time{seconds{10}}, ClockChange{Clock::kFrozen, {}});
  EXPECT_EQ(clock.Read(Time{seconds{99}}), Instant{seconds{10}});
  EXPECT_EQ(clock.WhenShows(Instant{seconds{10}}), Time{seconds{10}});
  EXPECT_EQ(clock.WhenShows(Instant{seconds{11}}), kEndOfTime);
  clock.Change(Time{seconds{99}}, ClockChange{});
  EXPECT_EQ(clock.WhenShows(Instant{seconds{11}}), Time{seconds{100}});
}

TEST(ClockTest, JumpsForward) {
  Clock clock(Instant{}, 0);
  clock.Change(Time{seconds{10}}, ClockChange{0, seconds{5}});
  EXPECT_EQ(clock.Read(Time{seconds{10}}), Instant{seconds{15}});
  EXPECT_EQ(clock.WhenShows(Instant{seconds{12}}), Time{seconds{10}});
}

TEST(ClockTest, ACoarseClockShowsWholeGranulesAndFiresTimersWhenItShowsThem) {
  Random random(4);
  for (int i = 0; i < 10'000; ++i) {
    const nanoseconds granule{static_cast<std::int64_t>(random.Between(1, 1'000'000))};
    const Instant start{nanoseconds{static_cast<std::int64_t>(random.Below(1'000'000'000))}};
    const auto rate = static_cast<std::int64_t>(random.Between(0, 20'000)) - 10'000;
    const Clock clock(start, rate, granule);
    const Instant wanted = start + nanoseconds{static_cast<std::int64_t>(random.Below(10'000'000))};
    const Time when = clock.WhenShows(wanted);
    EXPECT_EQ(clock.Read(when).time_since_epoch() % granule, nanoseconds{0});
    EXPECT_GE(clock.Read(when), wanted);
    if (when > Time{}) {
      EXPECT_LT(clock.Read(when - nanoseconds{1}), wanted);
    }
  }
}

TEST(ClockTest, StandsADayWithoutOverflow) {
  const Clock clock(Instant{}, 100'000);
  const Instant local = clock.Read(Time{hours{24}});
  EXPECT_EQ(local, Instant{hours{24} + minutes{144}});
  EXPECT_EQ(clock.WhenShows(local), Time{hours{24}});
  EXPECT_EQ(clock.WhenShows(kNever), kEndOfTime);
}

}  // namespace
}  // namespace paxos::sim
