#include "net/runtime.h"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "tests/net/loopback.h"

namespace paxos::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class CountingTurns : public TurnHandler {
 public:
  explicit CountingTurns(Runtime& runtime) : runtime_(runtime) { runtime_.AddTurnHandler(*this); }
  ~CountingTurns() override { runtime_.RemoveTurnHandler(*this); }

  Instant OnTurn(Instant /*now*/) override {
    ++turns;
    return wakeup;
  }

  int turns = 0;
  Instant wakeup = kNever;

 private:
  Runtime& runtime_;
};

TEST(RuntimeTest, NowNeverGoesBack) {
  Instant last = Now();
  for (int i = 0; i < 1000; ++i) {
    const Instant now = Now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(RuntimeTest, RunsWhatAnotherThreadPostsInOrder) {
  Runtime runtime;
  std::vector<int> seen;
  std::thread poster([&] {
    for (int i = 0; i < 100; ++i) runtime.Post([&seen, i] { seen.push_back(i); });
  });
  EXPECT_TRUE(runtime.RunUntil([&] { return seen.size() == 100; }, kLong));
  poster.join();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

TEST(RuntimeTest, HandlesEverythingThatIsReadyInOneTurn) {
  Runtime runtime;
  CountingTurns turns(runtime);
  int seen = 0;
  for (int i = 0; i < 50; ++i) runtime.Post([&] { ++seen; });
  EXPECT_TRUE(runtime.RunUntil([&] { return seen > 0; }, kLong));
  EXPECT_EQ(seen, 50);
  EXPECT_EQ(turns.turns, 2);  // one before the first wait
}

TEST(RuntimeTest, EndsATurnAfterSoManyEvents) {
  Runtime runtime({.turn_events_max = 10});
  CountingTurns turns(runtime);
  int seen = 0;
  for (int i = 0; i < 50; ++i) runtime.Post([&] { ++seen; });
  EXPECT_TRUE(runtime.RunUntil([&] { return seen == 50; }, kLong));
  EXPECT_EQ(turns.turns, 6);  // one before the first wait
}

TEST(RuntimeTest, WakesWhenATurnHandlerAsks) {
  Runtime runtime;
  CountingTurns turns(runtime);
  const Instant asked = Now() + milliseconds(20);
  turns.wakeup = asked;
  EXPECT_TRUE(runtime.RunUntil([&] { return turns.turns > 0 && Now() >= asked; }, kLong));
  EXPECT_LE(turns.turns, 4);  // it slept in between
}

TEST(RuntimeTest, FiresTimersInOrderOfTheirTimes) {
  Runtime runtime;
  std::vector<int> fired;
  Timer late(runtime);
  Timer early(runtime);
  Timer past(runtime);
  const Instant now = Now();
  late.Set(now + milliseconds(4), [&] { fired.push_back(3); });
  early.Set(now + milliseconds(2), [&] { fired.push_back(2); });
  past.Set(now - hours(1), [&] { fired.push_back(1); });
  EXPECT_TRUE(runtime.RunUntil([&] { return fired.size() == 3; }, kLong));
  EXPECT_EQ(fired, (std::vector<int>{1, 2, 3}));
  EXPECT_FALSE(late.is_set());
}

TEST(RuntimeTest, FiresATimerNeverBeforeItsTime) {
  Runtime runtime;
  Timer timer(runtime);
  const Instant when = Now() + milliseconds(5);
  Instant fired{};
  timer.Set(when, [&] { fired = Now(); });
  EXPECT_TRUE(runtime.RunUntil([&] { return fired != Instant{}; }, kLong));
  EXPECT_GE(fired, when);
}

TEST(RuntimeTest, ATimerThatWasCancelledOrDestroyedDoesNotFire) {
  Runtime runtime;
  bool fired = false;
  Timer cancelled(runtime);
  cancelled.SetAfter(Duration{0}, [&] { fired = true; });
  cancelled.Cancel();
  auto destroyed = std::make_unique<Timer>(runtime);
  destroyed->SetAfter(Duration{0}, [&] { fired = true; });
  destroyed.reset();
  EXPECT_FALSE(runtime.RunUntil([&] { return fired; }, milliseconds(5)));
}

TEST(RuntimeTest, ATimerMaySetItselfAgain) {
  Runtime runtime;
  Timer timer(runtime);
  int fired = 0;
  std::function<void()> again = [&] {
    if (++fired < 5) timer.SetAfter(Duration{0}, again);
  };
  timer.SetAfter(Duration{0}, again);
  EXPECT_TRUE(runtime.RunUntil([&] { return fired == 5; }, kLong));
}

TEST(RuntimeTest, StopsFromAnotherThreadWhileItSleeps) {
  Runtime runtime;
  std::thread stopper([&] { runtime.Stop(); });
  runtime.Run();
  stopper.join();
  runtime.Post([&] { runtime.Stop(); });
  runtime.Run();  // and runs again afterwards
}

TEST(RuntimeTest, HandsSignalsToTheLoop) {
  Runtime runtime;
  int received = 0;
  runtime.OnSignals({SIGUSR1, SIGTERM}, [&](int signal) { received = signal; });
  ASSERT_EQ(::raise(SIGTERM), 0);
  EXPECT_TRUE(runtime.RunUntil([&] { return received == SIGTERM; }, kLong));
  ASSERT_EQ(::raise(SIGUSR1), 0);
  EXPECT_TRUE(runtime.RunUntil([&] { return received == SIGUSR1; }, kLong));
}

TEST(RuntimeTest, DropsWhatIsPendingWhenDestroyed) {
  auto owned = std::make_shared<int>(7);
  const std::weak_ptr<int> watched = owned;
  {
    Runtime runtime;
    runtime.Post([kept = std::move(owned)] { FAIL(); });
  }
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace paxos::net
