// LOCKS 3: the recipes people know from other systems, and the failures each is known for, shown
// not to happen here.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "paxos/random.h"
#include "tests/lockservice/lock_log.h"

namespace lockservice {
namespace {

using namespace std::chrono_literals;
using paxos::SessionId;

// ---- ZooKeeper: ephemeral sequential nodes ------------------------------------------------------

TEST(Recipes, FailedTriesLeaveAnEmptyQueue) {
  LockLog log;
  log.Take(log.Open(), "x");
  for (int loser = 0; loser < 1000; ++loser) {
    ASSERT_EQ(log.Try(log.Open(), "x").substr(0, 4), "Busy");
  }
  EXPECT_EQ(log.Waiting("x"), 0U);
  log.Free(SessionId(1), "x", 1);
  EXPECT_TRUE(log.locks().Held().empty());
}

TEST(Recipes, TimedOutWaitersLeaveNothingBehind) {
  LockLog log;
  const SessionId holder = log.Open();
  log.Take(holder, "x");
  for (int i = 0; i < 100; ++i) {
    const SessionId waiter = log.Open();
    log.Take(waiter, "x");
    log.Cancel(waiter, log.seq(waiter));
  }
  EXPECT_EQ(log.Waiting("x"), 0U);
  log.Free(holder, "x", 1);
  EXPECT_EQ(log.late(), "");
  EXPECT_TRUE(log.locks().Held().empty());
}

TEST(Recipes, LoserCannotRelease) {
  LockLog log;
  const SessionId holder = log.Open();
  const SessionId loser = log.Open();
  log.Take(holder, "x");
  log.Try(loser, "x");
  EXPECT_EQ(log.Free(loser, "x", 1), "not owner");
  EXPECT_EQ(log.HolderOf("x"), holder);
}

TEST(Recipes, DeadHolderOfTwoHundredWaitersWakesOneInOrder) {
  LockLog log;
  log.Take(log.Open(1s), "x");
  std::vector<SessionId> waiters;
  for (int i = 0; i < 200; ++i) {
    waiters.push_back(log.Open(1h));
    log.Take(waiters.back(), "x");
  }
  log.Pass(2s);
  log.Tick();
  std::uint64_t token = 1;
  for (const SessionId waiter : waiters) {
    ASSERT_EQ(log.late_replies().size(), 1U);  // no herd
    ASSERT_EQ(log.late_replies()[0].session, waiter);
    ASSERT_EQ(log.HolderOf("x"), waiter);
    log.Free(waiter, "x", ++token);
  }
  EXPECT_TRUE(log.locks().Held().empty());
}

// ---- Redis: DEL without an owner check ----------------------------------------------------------

TEST(Recipes, LateReleaseOfADeadHolderSparesItsSuccessor) {
  LockLog log;
  const SessionId paused = log.Open(1s);
  const SessionId successor = log.Open(1h);
  log.Take(paused, "x");
  log.Take(successor, "x");
  log.Pass(2s);
  log.Tick();
  EXPECT_EQ(log.Free(paused, "x", 1), "session expired");
  const SessionId reconnected = log.Open();
  EXPECT_EQ(log.Free(reconnected, "x", 1), "not owner");
  EXPECT_EQ(log.HolderOf("x"), successor);
  EXPECT_EQ(log.Check("x", 1), "stale");
  EXPECT_EQ(log.Check("x", 2), "valid");
}

// ---- Redis: a counter that excludes nobody ------------------------------------------------------

TEST(Recipes, CountingIsTheOwnersAlone) {
  LockLog log;
  const SessionId owner = log.Open();
  const SessionId other = log.Open();
  log.Take(owner, "x");
  log.Take(owner, "x");
  EXPECT_EQ(log.Try(other, "x").substr(0, 4), "Busy");
  log.Free(owner, "x", 1);
  EXPECT_EQ(log.Try(other, "x").substr(0, 4), "Busy");
  log.Free(owner, "x", 1);
  EXPECT_EQ(log.Try(other, "x"), "Granted{token=2 count=1}");
}

// ---- etcd: put with lease, compare to a stale read ----------------------------------------------

// 50 clients that try, hold for a while and release, in any order: never two holders, and every
// holder's token is above all before.
TEST(Recipes, FiftyClientsNeverHoldTogether) {
  LockLog log;
  paxos::Random random(50);
  std::vector<SessionId> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(log.Open(1h));
  std::map<SessionId, std::uint64_t> believers;  // and their tokens
  std::uint64_t newest = 0;
  for (int step = 0; step < 5000; ++step) {
    const SessionId client = clients[random.Below(clients.size())];
    const auto holds = believers.find(client);
    if (holds != believers.end()) {
      ASSERT_EQ(log.Free(client, "x", holds->second), "Released{count=0}");
      believers.erase(holds);
    } else if (log.Try(client, "x") ==
               "Granted{token=" + std::to_string(newest + 1) + " count=1}") {
      believers.emplace(client, ++newest);
    }
    ASSERT_LE(believers.size(), 1U);
  }
  EXPECT_GT(newest, 50U);
}

// ---- Kafka: a zombie after a rebalance ----------------------------------------------------------

TEST(Recipes, ZombieLeadersGenerationIsRefused) {
  LockLog log;
  const SessionId zombie = log.Open(1s);
  const SessionId next = log.Open(1h);
  log.Take(zombie, "election");
  log.Take(next, "election");
  EXPECT_EQ(log.Check("election", 1), "valid");
  log.Pass(1min);
  log.Tick();
  EXPECT_EQ(log.Check("election", 1), "stale");
  log.Close(next);
  EXPECT_EQ(log.Check("election", 2), "not held");
}

// ---- MySQL: pooled connections, absent rows -----------------------------------------------------

TEST(Recipes, AnyNameCanBeLockedWithoutCreatingIt) {
  LockLog log;
  const SessionId a = log.Open();
  EXPECT_EQ(log.Try(a, "db/t/absent-row"), "Granted{token=1 count=1}");
  EXPECT_EQ(log.Try(log.Open(), "db/t/absent-row").substr(0, 4), "Busy");
}

}  // namespace
}  // namespace lockservice
