#include "sim/event_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace paxos::sim {
namespace {

using std::chrono::seconds;

TEST(EventQueueTest, RunsInOrderOfTimeAndJumps) {
  EventQueue queue(1);
  std::string order;
  queue.After(seconds{3}, [&] { order += 'c'; });
  queue.After(seconds{1}, [&] { order += 'a'; });
  queue.After(seconds{2}, [&] { order += 'b'; });
  while (queue.RunNext()) {
  }
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(queue.now(), Time{seconds{3}});
  EXPECT_EQ(queue.events_run(), 3U);
}

std::string OrderOfSimultaneous(std::uint64_t seed) {
  EventQueue queue(seed);
  std::string order;
  for (char c = 'a'; c <= 'h'; ++c) queue.At(Time{}, [&order, c] { order += c; });
  while (queue.RunNext()) {
  }
  return order;
}

TEST(EventQueueTest, DrawsTheOrderOfSimultaneousEventsFromTheSeed) {
  EXPECT_EQ(OrderOfSimultaneous(1), OrderOfSimultaneous(1));
  EXPECT_NE(OrderOfSimultaneous(1), OrderOfSimultaneous(2));
}

TEST(EventQueueTest, TakesThePastForNow) {
  EventQueue queue(1);
  Time ran{};
  queue.After(seconds{5}, [&] { queue.At(Time{seconds{1}}, [&] { ran = queue.now(); }); });
  while (queue.RunNext()) {
  }
  EXPECT_EQ(ran, Time{seconds{5}});
}

TEST(EventQueueTest, StopsAtTheEndItIsGiven) {
  EventQueue queue(1);
  bool ran = false;
  queue.After(seconds{5}, [&] { ran = true; });
  EXPECT_FALSE(queue.RunNext(Time{seconds{4}}));
  EXPECT_EQ(queue.now(), Time{seconds{4}});
  EXPECT_FALSE(ran);
  EXPECT_TRUE(queue.RunNext(Time{seconds{5}}));
  EXPECT_TRUE(ran);
}

TEST(EventQueueTest, RunsActionsThatAddActions) {
  EventQueue queue(1);
  int left = 100;
  std::function<void()> again = [&] {
    if (--left > 0) queue.After(seconds{1}, again);
  };
  queue.After(seconds{1}, again);
  while (queue.RunNext()) {
  }
  EXPECT_EQ(left, 0);
  EXPECT_EQ(queue.now(), Time{seconds{100}});
}

}  // namespace
}  // namespace paxos::sim
