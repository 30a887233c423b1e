#include "sim/lock_order.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <map>
#include <sstream>
#include <vector>

#include "tests/sim/history_maker.h"

namespace paxos::sim {
namespace {

// ---- by hand ----------------------------------------------------------------------------------

Time At(int second) { return Time{std::chrono::seconds{second}}; }

Deal Call(Deed deed, std::uint64_t session, int invoked, int returned) {
  Deal deal;
  deal.client = deal.session = session;
  deal.owner = 1;
  deal.lock = "l";
  deal.deed = deed;
  deal.invoked = At(invoked);
  deal.returned = At(returned);
  return deal;
}

Deal Granted(std::uint64_t session, std::uint64_t token, int invoked, int returned) {
  Deal deal = Call(Deed::kAcquire, session, invoked, returned);
  deal.outcome = Outcome::kGranted;
  deal.told = token;
  deal.count = 1;
  return deal;
}

Deal Released(std::uint64_t session, std::uint64_t token, int invoked, int returned) {
  Deal deal = Call(Deed::kRelease, session, invoked, returned);
  deal.asked = token;
  deal.outcome = Outcome::kReleased;
  return deal;
}

Deal Got(std::uint64_t token, int invoked, int returned) {
  Deal deal = Call(Deed::kGet, 0, invoked, returned);
  deal.outcome = Outcome::kHeldBy;
  deal.told = token;
  return deal;
}

Deal Ended(std::uint64_t session, int invoked, int returned) {
  Deal deal = Call(Deed::kEnd, session, invoked, returned);
  deal.lock.clear();
  deal.outcome = Outcome::kEnded;
  return deal;
}

Deal Open(Deal deal) {
  deal.outcome = Outcome::kOpen;
  return deal;
}

bool HasOrder(const std::vector<Deal>& deals, const std::vector<Belief>& beliefs = {}) {
  return !JudgeOrder({deals, beliefs}).finding;
}

TEST(LockOrderTest, AcceptsAHandover) {
  EXPECT_TRUE(HasOrder({Granted(1, 5, 1, 2), Granted(2, 8, 3, 9), Released(1, 5, 6, 7),
                        Got(5, 3, 4), Got(8, 10, 11)}));
}

TEST(LockOrderTest, RefusesANewHolderWhileAnotherHolds) {
  EXPECT_FALSE(HasOrder({Granted(1, 5, 1, 2), Granted(2, 8, 3, 4), Released(1, 5, 6, 7)}));
}

TEST(LockOrderTest, TakesASilentSessionForEndedButNoneThatIsHeardOfLater) {
  EXPECT_TRUE(HasOrder({Granted(1, 5, 1, 2), Granted(2, 8, 3, 4)}));
  Deal later = Granted(1, 9, 7, 8);
  later.lock = "another";
  EXPECT_FALSE(HasOrder({Granted(1, 5, 1, 2), Granted(2, 8, 3, 4), later}));
}

TEST(LockOrderTest, EndsNoSessionBeforeItsClientStoppedBelieving) {
  const std::vector<Deal> deals{Granted(1, 5, 1, 2), Granted(2, 8, 3, 4)};
  EXPECT_TRUE(HasOrder(deals, {Belief{1, "l", 5, At(2), At(3)}}));
  EXPECT_FALSE(HasOrder(deals, {Belief{1, "l", 5, At(2), At(5)}}));
}

TEST(LockOrderTest, FreesTheLockWithTheSessionThatIsSaidToBeOver) {
  EXPECT_TRUE(HasOrder({Granted(1, 5, 1, 2), Ended(1, 3, 4), Got(0, 5, 6)}));
  EXPECT_FALSE(HasOrder({Granted(1, 5, 1, 2), Ended(1, 3, 4), Got(5, 5, 6)}));
}

TEST(LockOrderTest, LetsAnOpenAcquireHoldTheLockIfSomebodySawIt) {
  const Deal open = Open(Granted(1, 0, 1, 2));
  EXPECT_TRUE(HasOrder({open, Got(5, 3, 4), Granted(2, 8, 5, 6)}));
  EXPECT_TRUE(HasOrder({open, Got(0, 3, 4), Granted(2, 8, 5, 6)}));
  EXPECT_TRUE(HasOrder({open, Got(0, 3, 4), Got(7, 5, 6), Granted(2, 8, 7, 8)}));
  EXPECT_FALSE(HasOrder({open, Got(9, 3, 4), Granted(2, 8, 5, 6)}));  // tokens grow
  EXPECT_FALSE(HasOrder({Got(5, 3, 4), Granted(2, 8, 5, 6)}));        // nobody asked for it
}

TEST(LockOrderTest, LetsAClientGiveBackWhatAnOpenAcquireGot) {
  const Deal open = Open(Granted(1, 0, 1, 2));
  Deal again = Granted(1, 9, 9, 10);
  again.lock = "another";  // so its session lives
  EXPECT_TRUE(HasOrder({open, Got(5, 3, 4), Got(0, 5, 6), again}));
}

TEST(LockOrderTest, LetsInWithAnOpenAcquireWhatItsOwnerWaitsForBesides) {
  Deal again = Granted(1, 8, 3, 12);
  again.count = 2;
  again.queued = At(4);
  Deal later = Granted(1, 8, 20, 21);
  later.count = 2;  // the open one was given back meanwhile
  EXPECT_TRUE(HasOrder(
      {Granted(2, 5, 1, 2), Open(Granted(1, 0, 3, 4)), again, Released(2, 5, 10, 11), later}));
  EXPECT_FALSE(HasOrder({Granted(2, 5, 1, 2), again, Released(2, 5, 10, 11)}));
}

TEST(LockOrderTest, LetsAnOpenReleaseTakeEffectLateOrNever) {
  const Deal open = Open(Released(1, 5, 3, 4));
  EXPECT_TRUE(HasOrder({Granted(1, 5, 1, 2), open, Got(5, 7, 8), Got(0, 9, 10)}));
  EXPECT_TRUE(HasOrder({Granted(1, 5, 1, 2), open, Got(5, 7, 8)}));
  EXPECT_FALSE(HasOrder({Granted(1, 5, 1, 2), open, Got(0, 7, 8), Got(5, 9, 10)}));
}

TEST(LockOrderTest, RefusesAnAcquireThatOvertookOneThatWaited) {
  std::vector<Deal> deals{Granted(1, 5, 1, 2), Granted(2, 9, 3, 20), Granted(3, 7, 6, 12),
                          Released(1, 5, 10, 11), Released(3, 7, 14, 15)};
  deals[1].queued = At(5);
  EXPECT_FALSE(HasOrder(deals));
  deals[1].queued = At(7);
  EXPECT_TRUE(HasOrder(deals));
}

TEST(LockOrderTest, HandsOnInOneStep) {
  std::vector<Deal> deals{Granted(1, 5, 1, 2), Granted(2, 9, 3, 20), Released(1, 5, 10, 11),
                          Got(0, 12, 13), Released(2, 9, 21, 22)};
  EXPECT_TRUE(HasOrder(deals));
  deals[1].queued = At(5);  // so it held the lock as soon as it was free
  EXPECT_FALSE(HasOrder(deals));
}

TEST(LockOrderTest, CountsReentries) {
  Deal again = Granted(1, 5, 3, 4);
  again.count = 2;
  Deal once = Released(1, 5, 5, 6);
  once.count = 1;
  EXPECT_TRUE(HasOrder({Granted(1, 5, 1, 2), again, once, Got(5, 7, 8), Released(1, 5, 9, 10)}));
  EXPECT_FALSE(HasOrder({Granted(1, 5, 1, 2), again, Released(1, 5, 5, 6)}));
  again.told = 6;
  EXPECT_FALSE(HasOrder({Granted(1, 5, 1, 2), again}));
}

TEST(LockOrderTest, LeavesOutLocksBeyondItsBounds) {
  const History history{{Granted(1, 5, 1, 9), Granted(2, 8, 2, 9), Granted(3, 6, 10, 11)}, {}};
  EXPECT_TRUE(JudgeOrder(history).finding);
  const OrderVerdict few = JudgeOrder(history, {.operations_max = 2});
  EXPECT_FALSE(few.finding);
  EXPECT_EQ(few.beyond, 1U);
  const History open{{Open(Granted(1, 0, 1, 2)), Open(Granted(2, 0, 1, 2)), Got(5, 3, 4)}, {}};
  EXPECT_EQ(JudgeOrder(open, {.open_max = 1}).beyond, 1U);
  EXPECT_EQ(JudgeOrder(open, {.open_max = 2}).beyond, 0U);
  const OrderVerdict alone = JudgeOrder(history, {.concurrent_max = 1});
  EXPECT_FALSE(alone.finding);
  EXPECT_EQ(alone.beyond, 1U);
}

TEST(LockOrderTest, CountsALockWhoseSearchWasGivenUpAsNotJudged) {
  const History history{{Granted(1, 5, 1, 2), Released(1, 5, 3, 4)}, {}};
  const OrderVerdict verdict = JudgeOrder(history, {.steps_max = 1});
  EXPECT_FALSE(verdict.finding);
  EXPECT_EQ(verdict.beyond, 1U);
  EXPECT_EQ(verdict.locks, 0U);
}

// ---- what was made, and spoiled ---------------------------------------------------------------

constexpr std::uint64_t kHistories = 400;

std::string TextOf(const History& history) {
  std::ostringstream text;
  EXPECT_TRUE(Save(history, text).ok());
  return text.str();
}

TEST(MadeHistoriesTest, AreAcceptedByBothCheckers) {
  for (std::uint64_t seed = 1; seed <= kHistories; ++seed) {
    const History history = MakeHistory(seed);
    const std::optional<Finding> finding = JudgeHistory(history);
    ASSERT_FALSE(finding) << seed << ": " << finding->what << '\n' << TextOf(history);
    const OrderVerdict order = JudgeOrder(history, {.open_max = 64});
    ASSERT_FALSE(order.finding) << seed << ": " << order.finding->what << '\n' << TextOf(history);
    EXPECT_EQ(order.beyond, 0U) << seed;
  }
}

TEST(MadeHistoriesTest, HaveWhatMakesThemHard) {
  std::map<Outcome, std::size_t> outcomes;
  std::size_t queued = 0;
  std::size_t reentries = 0;
  for (std::uint64_t seed = 1; seed <= kHistories; ++seed) {
    for (const Deal& deal : MakeHistory(seed).deals) {
      ++outcomes[deal.outcome];
      queued += deal.queued ? 1U : 0U;
      reentries += deal.outcome == Outcome::kGranted && deal.count > 1 ? 1U : 0U;
    }
  }
  for (int outcome = 0; IsKnown(static_cast<Outcome>(outcome)); ++outcome)
    EXPECT_GT(outcomes[static_cast<Outcome>(outcome)], kHistories) << outcome;
  EXPECT_GT(queued, kHistories);
  EXPECT_GT(reentries, kHistories);
}

// The other checker knows no counts, no ends of sessions, and no release without a later read.
bool IsForTokensAndTime(Spoil spoil) {
  return spoil != Spoil::kReleaseAfterNextGrant && spoil != Spoil::kReleaseLost &&
         spoil != Spoil::kNobodyWhileHeld && spoil != Spoil::kGrantWhileHeld &&
         spoil != Spoil::kCountWrong && spoil != Spoil::kOwnGrantDenied &&
         spoil != Spoil::kGrantAfterEnd;
}

TEST(SpoiledHistoriesTest, AreRejected) {
  std::array<std::size_t, static_cast<std::size_t>(Spoil::kSpoils)> made{};
  for (std::uint64_t seed = 1; seed <= kHistories; ++seed) {
    const auto spoil = static_cast<Spoil>(seed % made.size());
    const std::optional<History> bad = Spoiled(MakeHistory(seed), spoil, seed);
    if (!bad) continue;
    ++made[seed % made.size()];
    const OrderVerdict order = JudgeOrder(*bad, {.open_max = 64});
    ASSERT_TRUE(order.finding) << ShortText(spoil) << ' ' << seed << '\n' << TextOf(*bad);
    if (IsForTokensAndTime(spoil)) {
      ASSERT_TRUE(JudgeHistory(*bad)) << ShortText(spoil) << ' ' << seed << '\n' << TextOf(*bad);
    }
  }
  std::size_t all = 0;
  for (std::size_t i = 0; i < made.size(); ++i) {
    const std::string name = ShortText(static_cast<Spoil>(i));
    RecordProperty(name, static_cast<int>(made[i]));
    EXPECT_GE(made[i], 10U) << name;
    all += made[i];
  }
  EXPECT_GE(all, 200U);
}

}  // namespace
}  // namespace paxos::sim
