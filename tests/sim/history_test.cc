#include "sim/history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "sim/lock_world.h"
#include "sim/paxsim_history.h"
#include "sim/simulation.h"

namespace paxos::sim {
namespace {

Time At(int second) { return Time{seconds{second}}; }

Deal Acquired(std::uint64_t session, std::uint64_t token, int asked, int told) {
  Deal deal;
  deal.client = deal.session = session;
  deal.owner = 1;
  deal.lock = "l";
  deal.deed = Deed::kAcquire;
  deal.invoked = At(asked);
  deal.returned = At(told);
  deal.outcome = Outcome::kGranted;
  deal.told = token;
  deal.count = 1;
  return deal;
}

Deal Released(std::uint64_t session, std::uint64_t token, int asked, int told) {
  Deal deal = Acquired(session, 0, asked, told);
  deal.deed = Deed::kRelease;
  deal.asked = token;
  deal.outcome = Outcome::kReleased;
  deal.count = 0;
  return deal;
}

Deal Got(std::uint64_t token, int asked, int told) {
  Deal deal = Acquired(9, token, asked, told);
  deal.deed = Deed::kGet;
  deal.outcome = Outcome::kHeldBy;
  return deal;
}

// Client 1 holds "l" under token 5 in seconds 2 to 6, client 2 under token 8 from second 8 on.
History Handover() {
  History history;
  history.deals = {Acquired(1, 5, 1, 2), Released(1, 5, 6, 7), Acquired(2, 8, 3, 8), Got(5, 3, 4),
                   Got(8, 9, 10)};
  history.beliefs = {Belief{1, "l", 5, At(2), At(6)}, Belief{2, "l", 8, At(8), At(20)}};
  return history;
}

std::string TagOf(const History& history) {
  const std::optional<Finding> finding = JudgeHistory(history);
  return finding ? finding->tag : "";
}

TEST(HistoryTest, AcceptsAHandover) { EXPECT_EQ(TagOf(Handover()), ""); }

TEST(HistoryTest, RejectsTwoThatBelieveAtOnce) {
  History history = Handover();
  history.beliefs[0].end = At(9);
  EXPECT_EQ(TagOf(history), "INV-12");
}

TEST(HistoryTest, AcceptsABeliefThatBeginsWhenAnotherEnds) {
  History history = Handover();
  history.beliefs[0].end = At(8);
  EXPECT_EQ(TagOf(history), "");
}

TEST(HistoryTest, RejectsOneTokenForTwoOwners) {
  History history = Handover();
  history.deals[2].told = 5;
  EXPECT_EQ(TagOf(history), "INV-11");
}

TEST(HistoryTest, RejectsALowerTokenForALaterAcquire) {
  History history;
  history.deals = {Acquired(1, 5, 1, 2), Acquired(2, 4, 3, 4)};
  EXPECT_EQ(TagOf(history), "INV-13");
  history.deals[1].invoked = At(1);  // both at once: either order will do
  EXPECT_EQ(TagOf(history), "");
  history.deals[1].invoked = At(3);
  history.deals[1].lock = "another";  // tokens grow over the whole cluster
  EXPECT_EQ(TagOf(history), "INV-13");
}

TEST(HistoryTest, RejectsALaterBeliefInALowerToken) {
  History history = Handover();
  history.beliefs[1].token = 3;
  EXPECT_EQ(TagOf(history), "INV-13");
}

TEST(HistoryTest, RejectsAReadOfAReleasedGrant) {
  History history = Handover();
  history.deals.push_back(Got(5, 8, 9));
  history.beliefs.clear();
  EXPECT_EQ(TagOf(history), "INV-20");
  history.deals.back().invoked = At(6);  // the release is under way
  EXPECT_EQ(TagOf(history), "");
}

TEST(HistoryTest, RejectsAReadOfAnEarlierGrantThanWasTold) {
  History history;
  history.deals = {Acquired(1, 5, 1, 2), Acquired(2, 8, 3, 8), Got(5, 9, 10)};
  EXPECT_EQ(TagOf(history), "INV-20");
  history.deals[2].invoked = At(7);
  EXPECT_EQ(TagOf(history), "");
}

TEST(HistoryTest, RejectsAReadOfTheFuture) {
  History history = Handover();
  history.deals.push_back(Got(8, 1, 2));
  EXPECT_EQ(TagOf(history), "INV-20");
}

TEST(HistoryTest, RejectsAReadThatDeniesABelief) {
  History history = Handover();
  history.deals.push_back(Got(0, 9, 10));
  EXPECT_EQ(TagOf(history), "INV-15");
  history.deals.back().invoked = At(7);  // nobody believed at first
  EXPECT_EQ(TagOf(history), "");
}

TEST(HistoryTest, RejectsAnAcquireThatOvertookOneThatWaited) {
  History history;
  history.deals = {Acquired(1, 8, 1, 9), Acquired(2, 5, 4, 7)};
  history.deals[0].queued = At(3);
  EXPECT_EQ(TagOf(history), "INV-16");
  history.deals[0].queued = At(5);  // it may have come to wait after the other
  EXPECT_EQ(TagOf(history), "");
}

TEST(HistoryTest, TakesARefusedTryForARead) {
  History history = Handover();
  Deal refused = Got(5, 8, 9);
  refused.deed = Deed::kTry;
  history.deals.push_back(refused);
  EXPECT_EQ(TagOf(history), "INV-20");
}

TEST(HistoryTest, TakesAnOpenCallForAnything) {
  History history = Handover();
  history.deals.push_back(Acquired(3, 2, 9, 10));
  history.deals.back().outcome = Outcome::kOpen;
  EXPECT_EQ(TagOf(history), "");
}

TEST(HistoryTest, ComesBackFromItsFile) {
  std::stringstream file;
  ASSERT_TRUE(Save(Handover(), file).ok());
  const Result<History> loaded = LoadHistory(file);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message();
  EXPECT_EQ(*loaded, Handover());
}

TEST(HistoryTest, PassesOverLinesForOthers) {
  std::stringstream file("{\"History\":{\"version\":2}}\n{\"Strike\":{\"node\":\"n2\"}}\n");
  const Result<History> loaded = LoadHistory(file);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message();
  EXPECT_EQ(*loaded, History{});
}

TEST(HistoryTest, NamesTheLineThatIsNoHistory) {
  const std::string head = "{\"History\":{\"version\":2}}\n";
  const std::pair<std::string, std::string> damaged[] = {
      {"", "empty"},
      {"{\"History\":{\"version\":1}}\n", "version 1"},
      {"{\"Deal\":{}}\n", "line 1"},
      {head + "{\"Deal\":{\"client\":3}}\n", "line 2"},
      {head + "{}\n", "line 2"},
      {head + "{\"Belief\":7}\n", "line 2"},
      {head + "{", "line 2"}};
  for (const auto& [text, complaint] : damaged) {
    std::stringstream file(text);
    const Result<History> loaded = LoadHistory(file);
    ASSERT_FALSE(loaded.has_value()) << text;
    EXPECT_NE(loaded.error().message().find(complaint), std::string::npos)
        << loaded.error().message();
  }
}

TEST(HistoryTest, RefusesAWordThatHistoriesDoNotHave) {
  std::stringstream file;
  ASSERT_TRUE(Save(Handover(), file).ok());
  std::string text = file.str();
  text.replace(text.find("granted"), 7, "greeted");
  std::stringstream changed(text);
  EXPECT_FALSE(LoadHistory(changed).has_value());
}

// ---- histories of simulated runs, and the same ones doctored ----------------------------------

// Else a change could take every lock out of reach, and nothing would show it.
TEST(SimulatedOrderTest, NearlyAllLocksAreSearched) {
  std::uint64_t judged = 0;
  std::uint64_t beyond = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SwarmOptions options;
    options.noise_min = options.noise_max = seconds{40};
    const Swarm swarm = DrawSwarm(seed, options);
    LockWorld world(swarm);
    Simulate(swarm, world);
    judged += world.order().locks;
    beyond += world.order().beyond;
  }
  EXPECT_GT(judged, 20 * beyond) << beyond << " of " << judged + beyond << " left out";
}

class SimulatedHistoryTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  static History Simulated() {
    SwarmOptions options;
    options.noise_min = options.noise_max = seconds{15};
    const Swarm swarm = DrawSwarm(GetParam(), options);
    LockWorld world(swarm);
    const RunReport report = Simulate(swarm, world);
    EXPECT_FALSE(report.violation) << report.violation->what;
    return world.history();
  }
};

TEST_P(SimulatedHistoryTest, IsAcceptedAsItIsAndRejectedDoctored) {
  History history = Simulated();
  EXPECT_EQ(TagOf(history), "");
  std::vector<Deal*> grants;
  for (Deal& deal : history.deals) {
    if (deal.outcome == Outcome::kGranted && deal.count == 1) grants.push_back(&deal);
  }
  std::sort(grants.begin(), grants.end(),
            [](const Deal* a, const Deal* b) { return a->told < b->told; });
  if (grants.size() < 3) return;
  Deal& first = *grants.front();
  Deal& last = *grants.back();
  if (first.returned >= last.invoked) return;
  std::swap(first.told, last.told);
  EXPECT_NE(TagOf(history), "");
  std::swap(first.told, last.told);
  EXPECT_EQ(TagOf(history), "");
  Deal read = last;
  read.deed = Deed::kGet;
  read.outcome = Outcome::kHeldBy;
  read.invoked = read.returned = first.invoked - Duration{1};
  history.deals.push_back(read);
  EXPECT_EQ(TagOf(history), "INV-20");
}

INSTANTIATE_TEST_SUITE_P(Seeds, SimulatedHistoryTest, testing::Range<std::uint64_t>(1, 41));

}  // namespace
}  // namespace paxos::sim
