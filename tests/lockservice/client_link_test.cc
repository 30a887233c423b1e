#include "lockservice/client_link.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>

namespace lockservice {
namespace {

using paxos::Duration;
using paxos::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;

class LinkTest : public ::testing::Test {
 protected:
  // The next attempt, letting the back-off pass; how long that took is in `waited`.
  Connect NextAttempt() {
    const Instant begin = now;
    for (;;) {
      if (std::optional<Connect> connect = link.Attempt(now)) {
        waited = now - begin;
        return *connect;
      }
      now = link.next_wakeup();
    }
  }

  LinkOptions options{{"n1", "n2", "n3"}, seconds{1}, milliseconds{20}, seconds{1}};
  Link link{options, 1};
  Instant now{seconds{1}};
  Duration waited{};
};

TEST_F(LinkTest, AsksEveryServerInTurn) {
  std::set<std::string> asked;
  for (int i = 0; i < 3; ++i) {
    asked.insert(NextAttempt().endpoint);
    link.Leave(now);
  }
  EXPECT_EQ(asked.size(), 3U);
}

TEST_F(LinkTest, LeavesTheFirstServerWithoutDelayAndThenBacksOff) {
  NextAttempt();
  link.Leave(now);
  NextAttempt();
  EXPECT_EQ(waited, Duration{0});
  Duration longest{0};
  for (int i = 0; i < 30; ++i) {
    link.Leave(now);
    NextAttempt();
    EXPECT_GE(waited, milliseconds{10});
    EXPECT_LE(waited, seconds{1});
    longest = std::max(longest, waited);
  }
  EXPECT_GE(longest, milliseconds{500});
}

TEST_F(LinkTest, FollowsAHintAtOnce) {
  NextAttempt();
  link.OnConnected();
  link.Redirect(now, "n9");
  EXPECT_EQ(NextAttempt().endpoint, "n9");
  EXPECT_EQ(waited, Duration{0});
}

TEST_F(LinkTest, AServerThatLeadsNowhereDoesNotStopTheTurn) {
  const std::string hinting = NextAttempt().endpoint;
  std::set<std::string> asked;
  for (int i = 0; i < 3; ++i) {
    link.OnConnected();
    link.Redirect(now, "dead");
    ASSERT_EQ(NextAttempt().endpoint, "dead");
    link.Leave(now);
    asked.insert(NextAttempt().endpoint);
  }
  EXPECT_EQ(asked.size(), 3U) << "the turn goes on after the server that hinted";
  EXPECT_TRUE(asked.contains(hinting));
}

TEST_F(LinkTest, TwoServersThatPointAtEachOtherAreLeftForTheNextInTurn) {
  std::set<std::string> asked;
  for (int i = 0; i < 12; ++i) {
    const std::string at = NextAttempt().endpoint;
    asked.insert(at);
    link.OnConnected();
    link.Redirect(now, at == "n1" ? "n2" : "n1");
  }
  EXPECT_TRUE(asked.contains("n3"));
}

TEST_F(LinkTest, WithoutAHintItWaitsBeforeItAsksTheNext) {
  NextAttempt();
  link.OnConnected();
  link.Redirect(now, "");
  NextAttempt();
  EXPECT_GE(waited, milliseconds{10});
}

TEST_F(LinkTest, ProgressForgetsEarlierTrouble) {
  for (int i = 0; i < 10; ++i) {
    NextAttempt();
    link.Leave(now);
  }
  NextAttempt();
  link.OnConnected();
  link.OnProgress();
  link.Leave(now);
  NextAttempt();
  EXPECT_EQ(waited, Duration{0});
}

TEST_F(LinkTest, AnAttemptTimesOut) {
  NextAttempt();
  EXPECT_FALSE(link.HasTimedOut(now + milliseconds{999}));
  EXPECT_TRUE(link.HasTimedOut(now + seconds{1}));
}

TEST_F(LinkTest, EventsOfALinkThatWasLeftAreStale) {
  const LinkId first = NextAttempt().link;
  link.Leave(now);
  EXPECT_FALSE(link.IsCurrent(first));
  const LinkId second = NextAttempt().link;
  EXPECT_NE(first, second);
  EXPECT_TRUE(link.IsCurrent(second));
}

}  // namespace
}  // namespace lockservice
