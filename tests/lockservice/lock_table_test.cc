#include "lockservice/lock_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/lockservice/lock_log.h"

namespace lockservice {
namespace {

using paxos::SessionId;

std::vector<std::string> NamesOf(const std::vector<LockView>& views) {
  std::vector<std::string> names;
  for (const LockView& view : views) names.push_back(view.name);
  return names;
}

Acquire WithNote(const std::string& name, std::size_t note_bytes) {
  return Acquire{name, OwnerId(1), AcquireMode::kWait, std::string(note_bytes, 'n')};
}

// ---- values -------------------------------------------------------------------------------------

TEST(OperationTest, DecodesToWhatWasEncoded) {
  const Operation acquire = Acquire{"jobs/nightly", OwnerId(3), AcquireMode::kTry, "by cron"};
  EXPECT_EQ(*paxos::Decode<Operation>(paxos::Encode(acquire)), acquire);
  EXPECT_EQ(paxos::Encode(acquire), std::string("\x00\x0cjobs/nightly\x03\x01\x07"
                                                "by cron",
                                                24));
  EXPECT_EQ(paxos::Encode(OperationReply{Granted{Token(300), 1}}), "\x01\xac\x02\x01");
}

TEST(OperationTest, UnknownModeIsAnError) {
  std::string bytes = paxos::Encode(Operation{Acquire{"x", OwnerId(1), AcquireMode::kTry, ""}});
  bytes[bytes.size() - 2] = '\x03';
  EXPECT_FALSE(paxos::Decode<Operation>(bytes));
}

TEST(LockTableTest, RefusesWhatDoesNotDecode) {
  LockTable table{LockTableOptions{}};
  for (const char* bytes : {"", "\x09", "\x02junk"}) {
    const auto outcome = table.Apply(paxos::CallContext{}, bytes);
    EXPECT_EQ(*paxos::Decode<OperationReply>(*outcome.reply),
              OperationReply(LockError::kBadOperation));
  }
}

TEST(LockTableTest, TouchChangesNothing) {
  LockLog log;
  const std::string before = log.locks().Snapshot();
  EXPECT_EQ(LockLog::TextOf(log.Call(log.Open(), Touch{})), "Touched{}");
  EXPECT_EQ(log.locks().Snapshot(), before);
}

// ---- bounds -------------------------------------------------------------------------------------

TEST(LockTableTest, BoundsItsLocks) {
  LockTableOptions options;
  options.locks_max = 2;
  LockLog log(options);
  const SessionId a = log.Open();
  log.Take(a, "x");
  log.Take(a, "y");
  EXPECT_EQ(log.Take(a, "z"), "too many locks");
  EXPECT_EQ(log.Take(log.Open(), "x"), "");  // to wait for one that is there costs no lock
  log.Free(a, "y", 2);
  EXPECT_EQ(log.Take(a, "z"), "Granted{token=3 count=1}");
}

TEST(LockTableTest, ASessionWeighsItsHoldsAndWaits) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  EXPECT_EQ(log.locks().WeightOf(a), 0U);
  log.Take(a, "x");
  log.Take(a, "y");
  log.Take(b, "x");
  EXPECT_EQ(log.locks().WeightOf(a), 2U);
  EXPECT_EQ(log.locks().WeightOf(b), 1U);
  log.Free(a, "x", 1);
  EXPECT_EQ(log.locks().WeightOf(a), 1U);
  EXPECT_EQ(log.locks().WeightOf(b), 1U);
}

// Otherwise two sessions that wait a lot could keep each other from releasing.
TEST(LockTableTest, BoundsTheWaitsOfASessionButNeverItsReleases) {
  LockTableOptions options;
  options.waits_per_session_max = 2;
  LockLog log(options);
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  log.Take(a, "x");
  log.Take(b, "y");
  for (std::uint64_t owner = 1; owner <= 2; ++owner)
    EXPECT_EQ(log.Take(b, "x", OwnerId(owner)), "");
  EXPECT_EQ(log.Take(b, "x", OwnerId(3)), "too many waiters");
  EXPECT_EQ(log.Free(b, "y", 2), "Released{count=0}");
}

TEST(LockTableTest, BoundsAllWaitersTogether) {
  LockTableOptions options;
  options.waiters_max = 1;
  LockLog log(options);
  const SessionId a = log.Open();
  log.Take(a, "x");
  log.Take(a, "y");
  EXPECT_EQ(log.Take(log.Open(), "x"), "");
  EXPECT_EQ(log.Take(log.Open(), "y"), "too many waiters");
  log.Free(a, "x", 1);
  EXPECT_EQ(log.Take(log.Open(), "y"), "");
}

TEST(LockTableTest, BoundsTheLocksOfASession) {
  LockTableOptions options;
  options.locks_per_session_max = 1;
  LockLog log(options);
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  log.Take(a, "x");
  log.Take(b, "y");
  EXPECT_EQ(log.Take(a, "z"), "too many locks");
  EXPECT_EQ(log.Take(a, "y"), "too many locks");
  EXPECT_EQ(log.Take(a, "x"), "Granted{token=1 count=2}");
}

TEST(LockTableTest, BoundsAQueue) {
  LockTableOptions options;
  options.waiters_per_lock_max = 1;
  LockLog log(options);
  log.Take(log.Open(), "x");
  log.Take(log.Open(), "x");
  const SessionId third = log.Open();
  EXPECT_EQ(log.Take(third, "x"), "too many waiters");
  EXPECT_EQ(log.Try(third, "x").substr(0, 4), "Busy");
}

TEST(LockTableTest, BoundsNotesWhereverTheyMove) {
  LockTableOptions options;
  options.note_bytes_max = 100;
  LockLog log(options);
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  const auto note_fits = [&](std::size_t bytes) {
    const SessionId probe = log.Open();
    const bool fits =
        LockLog::TextOf(log.Call(probe, WithNote("probe", bytes))) != "too many locks";
    log.Close(probe);
    return fits;
  };
  log.Call(a, WithNote("x", 60));
  EXPECT_TRUE(note_fits(40));
  EXPECT_FALSE(note_fits(41));
  log.Call(b, WithNote("x", 30));
  EXPECT_FALSE(note_fits(11));
  log.Free(a, "x", log.Ask<LockView>(GetLock{"x"}).holder->token.value());
  EXPECT_TRUE(note_fits(70));
  EXPECT_FALSE(note_fits(71));
  log.Call(a, WithNote("x", 70));
  log.Cancel(a, log.seq(a));
  EXPECT_TRUE(note_fits(70));
  log.Call(b, WithNote("x", 70));  // a re-entry's note is dropped
  EXPECT_TRUE(note_fits(70));
  log.Close(b);
  EXPECT_TRUE(note_fits(100));
}

// ---- reads --------------------------------------------------------------------------------------

TEST(LockTableTest, ListsByPrefixInPages) {
  LockLog log;
  const SessionId a = log.Open();
  for (const char* name : {"a", "b/1", "b/2", "b/3", "c"}) log.Take(a, name);
  const auto list = [&](const ListLocks& query) { return log.Ask<LockViews>(query); };
  EXPECT_EQ(NamesOf(list({"", "", 1000}).locks),
            (std::vector<std::string>{"a", "b/1", "b/2", "b/3", "c"}));
  EXPECT_EQ(NamesOf(list({"b/", "", 2}).locks), (std::vector<std::string>{"b/1", "b/2"}));
  EXPECT_TRUE(list({"b/", "", 2}).more);
  EXPECT_EQ(NamesOf(list({"b/", "b/2", 2}).locks), (std::vector<std::string>{"b/3"}));
  EXPECT_FALSE(list({"b/", "b/2", 2}).more);
  EXPECT_FALSE(list({"b/", "", 3}).more);
  EXPECT_TRUE(list({"b/", "c", 3}).locks.empty());
  EXPECT_EQ(list({"", "", 0}).locks.size(), 5U);
  EXPECT_FALSE(list({"", "", 0}).more);
}

TEST(LockTableTest, AnswersFitAFrame) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  for (int i = 0; i < 20; ++i) {
    const std::string name = "lock" + std::to_string(i);
    log.Call(a, WithNote(name, kNoteBytesMax));
    log.Call(b, Acquire{"lock0", OwnerId(1), AcquireMode::kWait, std::string(kNoteBytesMax, 'w')});
  }
  const auto views = log.Ask<LockViews>(ListLocks{});
  EXPECT_TRUE(views.more);
  EXPECT_EQ(views.locks.size(), 7U);
  const auto session = log.Ask<SessionView>(GetSession{a});
  EXPECT_TRUE(session.more);
  const auto queue = log.Ask<QueueView>(GetQueue{"lock0"});
  EXPECT_EQ(queue.waiting, 20U);
  EXPECT_EQ(queue.waiters.size(), 7U);
  for (const QueryReply& reply : {QueryReply(views), QueryReply(session), QueryReply(queue)}) {
    EXPECT_LT(paxos::Encode(reply).size(), kAnswerBytesMax + kNoteBytesMax + 1024);
  }
}

TEST(LockTableTest, ShowsAQueueInOrder) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  log.Take(a, "x");
  log.Pass(paxos::Duration{5});
  log.Call(b, Acquire{"x", OwnerId(4), AcquireMode::kWait, "report"});
  log.Take(a, "x", OwnerId(2));
  EXPECT_EQ(paxos::ToText(log.Ask<QueueView>(GetQueue{"x"}).waiters),
            "[Waiter{session=2 seq=1 owner=4 since=5ns note=\"report\"} "
            "Waiter{session=1 seq=2 owner=2 since=5ns note=\"\"}]");
  EXPECT_EQ(log.Ask<QueueView>(GetQueue{"none"}), QueueView{});
}

TEST(LockTableTest, GrantDatesFromItsCommand) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  log.Take(a, "x");
  log.Take(b, "x");
  log.Pass(paxos::Duration{9});
  log.Free(a, "x", 1);
  EXPECT_EQ(log.Ask<LockView>(GetLock{"x"}).holder->since, log.log_time());
}

TEST(LockTableTest, KnowsWhatASessionHoldsAndTheTotals) {
  LockLog log;
  const SessionId a = log.Open();
  const SessionId b = log.Open();
  for (const char* name : {"y", "x"}) log.Take(a, name);
  log.Take(b, "x");
  log.Take(b, "y");
  EXPECT_EQ(NamesOf(log.Ask<SessionView>(GetSession{a}).holds),
            (std::vector<std::string>{"x", "y"}));
  EXPECT_TRUE(log.Ask<SessionView>(GetSession{b}).holds.empty());
  EXPECT_EQ(log.Ask<Totals>(GetTotals{}), (Totals{0, 2, 2, Token(2)}));
}

// ---- snapshots ----------------------------------------------------------------------------------

TEST(LockTableTest, DamagedSnapshotChangesNothing) {
  LockLog log;
  const SessionId a = log.Open();
  log.Take(a, "x");
  log.Take(log.Open(), "x");
  LockTable table{LockTableOptions{}};
  const std::string good = log.locks().Snapshot();
  ASSERT_TRUE(table.Restore(good).ok());
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(table.Restore(good.substr(0, size)).ok());
  }
  EXPECT_FALSE(table.Restore(good + "x").ok());
  EXPECT_EQ(table.Snapshot(), good);
}

TEST(LockTableTest, RefusesASnapshotThatNoLogLeadsTo) {
  LockLog log;
  const SessionId a = log.Open();
  log.Take(a, "x");
  log.Take(a, "y");
  LockTable table{LockTableOptions{}};
  std::string snapshot = log.locks().Snapshot();
  snapshot[0] = '\x01';  // last token 1, but lock "y" is held under 2
  EXPECT_EQ(table.Restore(snapshot).message(), "restore locks: a token never granted");
}

}  // namespace
}  // namespace lockservice
