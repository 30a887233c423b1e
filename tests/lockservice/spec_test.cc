// LOCKS 2, statement by statement, as far as it is decided in the state machine. Clients' and
// servers' parts have files of their own.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/lockservice/lock_log.h"

namespace lockservice {
namespace {

using namespace std::chrono_literals;
using paxos::SessionId;

std::string Granted(std::uint64_t token, std::uint32_t count = 1) {
  return "Granted{token=" + std::to_string(token) + " count=" + std::to_string(count) + "}";
}

// ---- S2, S4, S5 ---------------------------------------------------------------------------------

TEST(LockSpec, S02_LockIsHeldToTheEndOfTtlPlusDrift) {
  LockLog log;
  const SessionId a = log.Open(10s);
  log.Take(a, "x");
  for (int renewal = 0; renewal < 5; ++renewal) {
    log.Pass(10'100ms);  // TTL (1 + rho), to the last nanosecond
    log.Tick();
    EXPECT_EQ(log.HolderOf("x"), a);
    log.Append(paxos::RenewSessions{{a}});
  }
  log.Pass(10'100ms + 1ns);
  log.Tick();
  EXPECT_EQ(log.HolderOf("x"), SessionId{});
}

TEST(LockSpec, S04_EachGrantOfTheClusterHasAHigherToken) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  EXPECT_EQ(log.Take(a, "x"), Granted(1));
  EXPECT_EQ(log.Take(b, "y"), Granted(2));
  log.Take(b, "x");
  log.Free(a, "x", 1);
  EXPECT_EQ(log.late(), "2/2 " + Granted(3));
}

TEST(LockSpec, S04_TokensGoOnWhenALockIsForgotten) {
  LockLog log;
  const SessionId a = log.Open();
  for (std::uint64_t token = 1; token <= 5; ++token) {
    EXPECT_EQ(log.Take(a, "x"), Granted(token));
    EXPECT_EQ(log.Free(a, "x", token), "Released{count=0}");
    EXPECT_TRUE(log.locks().Held().empty());
  }
}

TEST(LockSpec, S04_TokensGoOnAfterASnapshot) {
  LockLog log;
  const SessionId a = log.Open();
  log.Take(a, "x");
  log.Free(a, "x", 1);
  LockLog restored;
  ASSERT_TRUE(restored.sessions().Restore(log.sessions().Snapshot()).ok());
  EXPECT_EQ(restored.locks().last_token(), Token(1));
}

TEST(LockSpec, S04_OneCommandMayGrantManyEachWithItsToken) {
  LockLog log;
  const SessionId holder = log.Open();
  const SessionId heir = log.Open();
  for (const char* name : {"b", "a", "c"}) log.Take(holder, name);
  for (const char* name : {"c", "a", "b"}) log.Take(heir, name);
  log.Close(holder);
  EXPECT_EQ(log.late(),  // by name
            "2/2 " + Granted(4) + ", 2/3 " + Granted(5) + ", 2/1 " + Granted(6));
}

TEST(LockSpec, S05_CheckKnowsTheGrantThatHolds) {
  LockLog log;
  const SessionId a = log.Open();
  log.Take(a, "x");
  log.Take(a, "y");
  log.Free(a, "x", 1);
  log.Take(a, "x");
  EXPECT_EQ(log.Check("x", 3), "valid");
  EXPECT_EQ(log.Check("x", 1), "stale");
  EXPECT_EQ(log.Check("y", 3), "unknown");  // granted, but not here
  EXPECT_EQ(log.Check("x", 4), "unknown");
  EXPECT_EQ(log.Check("x", 0), "unknown");
  EXPECT_EQ(log.Check("never", 4), "unknown");
  log.Free(a, "x", 3);
  EXPECT_EQ(log.Check("x", 3), "not held");
  EXPECT_EQ(log.Check("never", 3), "not held");
}

// ---- S6, S7 -----------------------------------------------------------------------------------

TEST(LockSpec, S06_OrderIsThatOfTheLog) {
  LockLog log;
  std::vector<SessionId> sessions;
  for (int i = 0; i < 5; ++i) sessions.push_back(log.Open());
  log.Take(sessions[0], "x");
  for (const std::size_t waiter : {3U, 1U, 4U, 2U}) EXPECT_EQ(log.Take(sessions[waiter], "x"), "");
  std::uint64_t token = 1;
  for (const std::size_t waiter : {3U, 1U, 4U, 2U}) {
    log.Free(log.HolderOf("x"), "x", token++);
    EXPECT_EQ(log.HolderOf("x"), sessions[waiter]);
  }
}

TEST(LockSpec, S06_RetryKeepsItsPlace) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  const SessionId c = log.Open();
  log.Take(a, "x");
  log.Take(b, "x");
  log.Take(c, "x");
  EXPECT_EQ(LockLog::TextOf(log.Call(b, 1, Acquire{"x", OwnerId(1), AcquireMode::kWait, ""})), "");
  EXPECT_EQ(log.Waiting("x"), 2U);
  log.Free(a, "x", 1);
  EXPECT_EQ(log.late(), "2/1 " + Granted(2));
}

TEST(LockSpec, S06_TryNeverQueuesAndNeverPassesThoseWhoWait) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  const SessionId c = log.Open();
  log.Pass(7ns);
  log.Call(a, Acquire{"x", OwnerId(5), AcquireMode::kTry, "backup"});
  log.Take(b, "x");
  EXPECT_EQ(log.Try(c, "x"),
            "Busy{holder=Holder{session=1 owner=5 token=1 count=1 since=7ns note=\"backup\"} "
            "waiting=1}");
  log.Free(a, "x", 1, OwnerId(5));
  EXPECT_EQ(log.late(), "2/1 " + Granted(2));
  EXPECT_EQ(log.Waiting("x"), 0U);
}

TEST(LockSpec, S07_DeadSessionsWaitersLeaveAndItsCallsAreAnswered) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId dead = log.Open();
  const SessionId c = log.Open();
  log.Take(a, "x");
  log.Take(dead, "x");
  log.Take(dead, "x", OwnerId(2));
  log.Take(c, "x");
  log.Close(dead);
  EXPECT_EQ(log.late(), "2/1 session expired, 2/2 session expired");
  EXPECT_EQ(log.Waiting("x"), 1U);
  log.Free(a, "x", 1);
  EXPECT_EQ(log.late(), "3/1 " + Granted(2));
}

TEST(LockSpec, S07_SessionIsGrantedNothingInTheCommandThatEndsIt) {
  LockLog log;
  const SessionId first = log.Open(1s);
  const SessionId second = log.Open(2s);
  const SessionId alive = log.Open(1h);
  log.Take(first, "x");
  log.Take(first, "x", OwnerId(2));  // waits for its own session's other handle
  log.Take(second, "x");
  log.Take(alive, "x");
  log.Pass(1min);
  log.Tick();
  EXPECT_EQ(log.late(), "1/2 session expired, 2/1 session expired, 3/1 " + Granted(2));
}

TEST(LockSpec, S07_ReleasesHappenInOneStepByName) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  for (const char* name : {"z", "m", "a"}) {
    log.Take(a, name);
    log.Take(b, name);
  }
  log.Take(a, "unwanted");
  log.Close(a);
  EXPECT_EQ(log.late(), "2/3 " + Granted(5) + ", 2/2 " + Granted(6) + ", 2/1 " + Granted(7));
  EXPECT_EQ(log.HolderOf("unwanted"), SessionId{});
}

// ---- S8, S9, S10 --------------------------------------------------------------------------------

TEST(LockSpec, S08_RetriedAcquireIsGrantedOnce) {
  LockLog log;
  const SessionId a = log.Open();
  const Acquire acquire{"x", OwnerId(1), AcquireMode::kWait, ""};
  EXPECT_EQ(LockLog::TextOf(log.Call(a, 1, acquire)), Granted(1));
  EXPECT_EQ(LockLog::TextOf(log.Call(a, 1, acquire)), Granted(1));
  EXPECT_EQ(log.Ask<LockView>(GetLock{"x"}).holder->count, 1U);
}

TEST(LockSpec, S08_GrantIsKeptForARetryThatComesLater) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  const Acquire acquire{"x", OwnerId(1), AcquireMode::kWait, ""};
  log.Take(a, "x");
  log.Call(b, 1, acquire);
  log.Free(a, "x", 1);
  EXPECT_EQ(LockLog::TextOf(log.Call(b, 1, acquire)), Granted(2));
}

TEST(LockSpec, S08_LateAcquireThatWasCancelledIsNeverGranted) {
  LockLog log;
  const SessionId a = log.Open();
  log.Append(paxos::CancelCall{a, 2, 1, 1, {}});
  EXPECT_EQ(LockLog::TextOf(log.Call(a, 1, Acquire{"x", OwnerId(1), AcquireMode::kWait, ""})),
            "cancelled");
  EXPECT_EQ(log.HolderOf("x"), SessionId{});
}

TEST(LockSpec, S09_ReleaseNeedsOwnerAndToken) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  log.Take(a, "x");
  log.Free(a, "x", 1);
  log.Take(a, "x");
  const std::string before = log.locks().Snapshot();
  EXPECT_EQ(log.Free(b, "x", 2), "not owner");
  EXPECT_EQ(log.Free(a, "x", 2, OwnerId(9)), "not owner");
  EXPECT_EQ(log.Free(a, "x", 1), "stale token");
  EXPECT_EQ(log.Free(a, "x", 3), "stale token");
  EXPECT_EQ(log.Free(b, "x", 1), "not owner");  // wrong in both: the owner is said first
  EXPECT_EQ(log.Free(a, "y", 2), "not held");
  EXPECT_EQ(log.locks().Snapshot(), before);
  EXPECT_EQ(log.Free(a, "x", 2), "Released{count=0}");
}

TEST(LockSpec, S09_RepeatedReleaseIsOk) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  log.Take(a, "x");
  log.Take(b, "x");
  const Release release{"x", OwnerId(1), Token(1)};
  EXPECT_EQ(LockLog::TextOf(log.Call(a, 2, release)), "Released{count=0}");
  EXPECT_EQ(LockLog::TextOf(log.Call(a, 2, release)), "Released{count=0}");
  EXPECT_EQ(log.HolderOf("x"), b);
  EXPECT_EQ(LockLog::TextOf(log.Call(a, 3, release)), "not owner");
}

TEST(LockSpec, S10_AcquiresNeedAsManyReleases) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  EXPECT_EQ(log.Take(a, "x"), Granted(1));
  EXPECT_EQ(log.Take(b, "x"), "");
  EXPECT_EQ(log.Try(a, "x"), Granted(1, 2));  // the same token, ahead of the queue
  EXPECT_EQ(log.Take(a, "x"), Granted(1, 3));
  EXPECT_EQ(log.Free(a, "x", 1), "Released{count=2}");
  EXPECT_EQ(log.Free(a, "x", 1), "Released{count=1}");
  EXPECT_EQ(log.HolderOf("x"), a);
  EXPECT_EQ(log.Free(a, "x", 1), "Released{count=0}");
  EXPECT_EQ(log.late(), "2/1 " + Granted(2));
}

TEST(LockSpec, S10_HandlesOfOneSessionExcludeEachOther) {
  LockLog log;
  const SessionId a = log.Open();
  EXPECT_EQ(log.Take(a, "x", OwnerId(1)), Granted(1));
  EXPECT_EQ(log.Try(a, "x", OwnerId(2)).substr(0, 4), "Busy");
  EXPECT_EQ(log.Take(a, "x", OwnerId(2)), "");
  EXPECT_EQ(log.Free(a, "x", 1, OwnerId(2)), "not owner");
  log.Free(a, "x", 1, OwnerId(1));
  EXPECT_EQ(log.late(), "1/3 " + Granted(2));
}

TEST(LockSpec, S10_CountHasALimit) {
  paxos::SessionTableOptions sessions;
  sessions.calls_per_session_max = 100'000;
  sessions.reply_bytes_per_session_max = 10'000'000;
  LockLog log(LockTableOptions{}, sessions);
  const SessionId a = log.Open();
  for (std::uint32_t count = 1; count <= kReentryMax; ++count) {
    ASSERT_EQ(log.Take(a, "x"), Granted(1, count));
  }
  EXPECT_EQ(log.Take(a, "x"), "too many re-entries");
  EXPECT_EQ(log.Free(a, "x", 1), "Released{count=65534}");
}

TEST(LockSpec, S10_QueuedWaitsOfOneOwnerAreGrantedTogether) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  const SessionId c = log.Open();
  log.Take(a, "x");
  log.Take(b, "x");
  log.Take(c, "x");
  log.Take(b, "x", OwnerId(2));
  log.Take(b, "x");
  log.Take(b, "other");
  log.Free(a, "x", 1);
  EXPECT_EQ(log.late(), "2/1 " + Granted(3) + ", 2/3 " + Granted(3, 2));
  log.Free(b, "x", 3);
  EXPECT_EQ(log.late(), "");
  log.Free(b, "x", 3);
  EXPECT_EQ(log.late(), "3/1 " + Granted(4));
}

// ---- S14, S17, S25, S26 -------------------------------------------------------------------------

TEST(LockSpec, S14_CancelledWaiterLeavesTheQueue) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  const SessionId c = log.Open();
  log.Take(a, "x");
  log.Take(b, "x");
  log.Take(c, "x");
  EXPECT_EQ(LockLog::TextOf(log.Cancel(b, 1)), "cancel: cancelled");
  EXPECT_EQ(log.late(), "2/1 cancelled");
  log.Free(a, "x", 1);
  EXPECT_EQ(log.late(), "3/1 " + Granted(2));
}

TEST(LockSpec, S14_WhenTimerAndGrantRaceCancelReturnsTheGrant) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  log.Take(a, "x");
  log.Take(b, "x");
  log.Free(a, "x", 1);
  EXPECT_EQ(LockLog::TextOf(log.Cancel(b, 1)), "cancel: " + Granted(2));
  EXPECT_EQ(log.HolderOf("x"), b);
  EXPECT_EQ(log.Free(b, "x", 2), "Released{count=0}");
}

TEST(LockSpec, S14_ExactlyOneFinalReply) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  const Acquire acquire{"x", OwnerId(1), AcquireMode::kWait, ""};
  log.Take(a, "x");
  log.Call(b, 1, acquire);
  log.Append(paxos::CancelCall{b, 2, 1, 1, {}});
  log.Free(a, "x", 1);
  EXPECT_EQ(log.late(), "");
  EXPECT_EQ(LockLog::TextOf(log.Call(b, 1, acquire)), "cancelled");
  EXPECT_EQ(log.HolderOf("x"), SessionId{});
}

TEST(LockSpec, S17_ServerSaysTheTtlThatCounts) {
  LockLog log;
  const auto opened = log.Append(paxos::OpenSession{{9, 9}, 20ms});
  EXPECT_EQ(LockLog::TextOf(opened), "Opened{session=1 ttl=1000ms}");
  log.Pass(1s);
  log.Tick();
  EXPECT_TRUE(log.sessions().IsAlive(SessionId(1)));
}

TEST(LockSpec, S25_NamesAreBytesOfBoundedLength) {
  LockLog log;
  const SessionId a = log.Open();
  EXPECT_EQ(log.Take(a, ""), "bad name");
  EXPECT_EQ(log.Free(a, "", 1), "bad name");
  EXPECT_EQ(log.Take(a, std::string(kNameBytesMax + 1, 'n')), "bad name");
  EXPECT_EQ(log.Take(a, std::string(kNameBytesMax, 'n')), Granted(1));
  EXPECT_EQ(log.Take(a, std::string("\0\xff/ \n", 5)), Granted(2));
  EXPECT_EQ(log.Take(a, "name"), Granted(3));
  EXPECT_EQ(log.Take(a, "Name"), Granted(4));
}

TEST(LockSpec, S25_NotesAreReadableByAllAndBounded) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  const std::string longest(kNoteBytesMax, 'w');
  const auto acquire = [](const std::string& note) {
    return Acquire{"x", OwnerId(1), AcquireMode::kTry, note};
  };
  EXPECT_EQ(LockLog::TextOf(log.Call(a, acquire(longest + "w"))), "note too long");
  EXPECT_EQ(LockLog::TextOf(log.Call(a, acquire(longest))), Granted(1));
  EXPECT_EQ(log.Ask<LockView>(GetLock{"x"}).holder->note, longest);
  const auto refused = log.Call(b, acquire("mine"));
  EXPECT_LT(refused.reply->size(), kBusyNoteBytesMax + 100);
}

TEST(LockSpec, S26_DeadRackDelaysNobody) {
  constexpr std::size_t kRack = 100'000;
  const std::size_t kAtOnce = paxos::SessionTableOptions{}.ends_per_tick_max;
  LockLog log;
  for (std::size_t i = 0; i < kRack; ++i) log.Open(10s);
  const SessionId alive = log.Open(1h);
  log.Pass(1min);
  std::size_t ticks = 0;
  for (; log.sessions().size() > 1; ++ticks) {
    const std::size_t before = log.sessions().size();
    log.Tick();
    ASSERT_LE(before - log.sessions().size(), kAtOnce);
    ASSERT_EQ(log.Take(alive, "x").substr(0, 7), "Granted");
  }
  EXPECT_EQ(ticks, kRack / kAtOnce);
  EXPECT_EQ(log.HolderOf("x"), alive);
}

}  // namespace
}  // namespace lockservice
