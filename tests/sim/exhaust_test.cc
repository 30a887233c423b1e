#include "sim/exhaust.h"

#include <gtest/gtest.h>

#include "sim/fingerprint_table.h"

namespace paxos::sim {
namespace {

ExhaustReport SearchAll(const ExhaustBounds& bounds, Doctored doctored = Doctored::kNothing) {
  ExhaustOptions options;
  options.bounds = bounds;
  options.doctored = doctored;
  return Exhaust(options);
}

// Everything within the bounds was seen, nothing is wrong, and what must happen does.
void ExpectSound(const ExhaustBounds& bounds) {
  const ExhaustReport report = SearchAll(bounds);
  EXPECT_FALSE(report.violation) << report.trace;
  EXPECT_TRUE(report.is_complete);
  for (const Sometimes what : report.Missing(bounds)) ADD_FAILURE() << "never: " << ShortText(what);
}

TEST(ExhaustTest, OneNodeChoosesAlone) {
  ExpectSound({.nodes = 1, .ballots = 2, .slots = 2, .crashes = 2});
}

TEST(ExhaustTest, TwoNodesMayCrash) {
  ExpectSound({.nodes = 2, .ballots = 2, .slots = 1, .crashes = 1});
}

TEST(ExhaustTest, OneLeaderOfThreeMayCrash) {
  ExpectSound({.nodes = 3, .ballots = 1, .slots = 2, .crashes = 1});
}

TEST(ExhaustTest, OneLeaderOfThreeBeats) {
  ExpectSound({.nodes = 3, .ballots = 1, .slots = 1, .crashes = 0, .beats = 1});
}

TEST(ExhaustTest, TwoCandidatesOfThree) {
  ExpectSound({.nodes = 3, .ballots = 2, .slots = 1, .crashes = 0});
}

TEST(ExhaustTest, InstantDisksLeaveStepsForMore) {
  ExpectSound(
      {.nodes = 3, .ballots = 2, .slots = 1, .crashes = 0, .disks = ExhaustDisks::kInstant});
}

TEST(ExhaustTest, AWindowOfOneSlot) {
  ExpectSound({.nodes = 3,
               .ballots = 1,
               .slots = 2,
               .crashes = 0,
               .window = 1,
               .disks = ExhaustDisks::kInstant});
}

TEST(ExhaustTest, FiveNodesOfWhichFourAreAlike) {
  const ExhaustReport report = SearchAll({.nodes = 5, .ballots = 1, .slots = 1, .crashes = 0});
  EXPECT_TRUE(report.is_complete);
  EXPECT_FALSE(report.violation) << report.trace;
  EXPECT_EQ(report.relabellings, 24U);
}

TEST(ExhaustTest, IsTheSameTwice) {
  const ExhaustBounds bounds{.nodes = 3, .ballots = 1, .slots = 1, .crashes = 1};
  const ExhaustReport once = SearchAll(bounds);
  const ExhaustReport again = SearchAll(bounds);
  EXPECT_EQ(once.reached.states, again.reached.states);
  EXPECT_EQ(once.reached.steps, again.reached.steps);
  EXPECT_EQ(once.sometimes, again.sometimes);
}

TEST(ExhaustTest, StopsAtItsLimitAndSaysSo) {
  ExhaustOptions options;
  options.states_max = 1000;
  const ExhaustReport report = Exhaust(options);
  EXPECT_FALSE(report.is_complete);
  EXPECT_GE(report.reached.states, 1000U);
  EXPECT_LT(report.reached.states, 1100U);
}

TEST(ExhaustTest, StopsWhenItIsTold) {
  std::uint64_t seen = 0;
  ExhaustOptions options;
  options.on_progress = [&](const ExhaustProgress& progress) {
    seen = progress.states;
    return Search::kStops;
  };
  const ExhaustReport report = Exhaust(options);
  EXPECT_FALSE(report.is_complete);
  EXPECT_EQ(report.reached.states, seen);
}

// The shortest way: take ballot 1.1, write it, forget it in a crash, take and write it again.
TEST(ExhaustTest, ForgetfulDiskUsesABallotTwice) {
  const ExhaustReport report = SearchAll({.crashes = 1}, Doctored::kForgetfulDisk);
  ASSERT_TRUE(report.violation);
  EXPECT_EQ(report.violation->tag, "INV-3");
  EXPECT_EQ(report.trace_steps, 5U);
  const std::string expected =
      "> nodes 3 alpha=1\n"
      "> campaign n1\n"
      "n1 writes #1 BallotUsed{ballot=1.1}\n"
      "> sync n1 1\n"
      "n1 disk holds #1\n"
      "n1->n2 Prepare{ballot=1.1}\n"
      "n1->n3 Prepare{ballot=1.1}\n"
      "n1 writes #2 Promised{ballot=1.1}\n"
      "> crash n1\n"
      "> restart n1\n"
      "n1 is down; batches lost: 1\n"
      "n1 is up again, promised 0.0\n"
      "> campaign n1\n"
      "n1 writes #1 BallotUsed{ballot=1.1}\n"
      "> sync n1 1\n"
      "n1 disk holds #1\n"
      "n1->n2 Prepare{ballot=1.1}\n"
      "# broken: ";
  EXPECT_EQ(report.trace.substr(0, expected.size()), expected);
}

// Two real votes make a quorum of three; one and its echo do not.
TEST(ExhaustTest, EchoedVotesMakeALeaderLearnTooEarly) {
  const ExhaustReport report = SearchAll({.crashes = 0}, Doctored::kEchoedVotes);
  ASSERT_TRUE(report.violation);
  EXPECT_EQ(report.violation->tag, "INV-7");
  EXPECT_EQ(report.trace_steps, 11U);
  EXPECT_NE(report.trace.find("> deliver n3->n1 Accepted ballot=1.1 slot=1\n"), std::string::npos)
      << report.trace;
}

// Five nodes, and its transcript syncs for itself: the leader's own vote, one more and its echo.
TEST(ExhaustTest, InstantDisksGiveAShorterWay) {
  const ExhaustReport report =
      SearchAll({.nodes = 5, .ballots = 1, .crashes = 0, .disks = ExhaustDisks::kInstant},
                Doctored::kEchoedVotes);
  ASSERT_TRUE(report.violation);
  EXPECT_EQ(report.violation->tag, "INV-7");
  EXPECT_EQ(report.trace_steps, 9U);
  EXPECT_NE(report.trace.find("> sync n1 1\nn1 disk holds #1\n"), std::string::npos)
      << report.trace;
}

TEST(FingerprintTableTest, KeepsEachOnceWhileItGrows) {
  FingerprintTable<std::uint32_t> table;
  for (std::uint32_t i = 0; i < 10000; ++i) EXPECT_TRUE(table.Insert(i * 1024 + 1, i));
  for (std::uint32_t i = 0; i < 10000; ++i) EXPECT_FALSE(table.Insert(i * 1024 + 1, 0));
  EXPECT_EQ(table.size(), 10000U);
  EXPECT_EQ(*table.Find(1024 * 77 + 1), 77U);
  EXPECT_EQ(table.Find(2), nullptr);
}

}  // namespace
}  // namespace paxos::sim
