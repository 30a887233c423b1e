#include "paxos/catch_up.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/paxos/values.h"

namespace paxos {
namespace {

using namespace values;

constexpr Duration kInterval = 100ms;

class CatchUpTest : public testing::Test {
 protected:
  std::optional<FetchChosen> Next(Slot prefix) {
    return catch_up_.NextFetch(now_, prefix, kInterval);
  }

  // n3 of three nodes asks.
  NodeId Whom() const { return catch_up_.Whom({n1, n2, n3}, n3); }

  CatchUp catch_up_;
  Instant now_ = At(1h);
};

TEST_F(CatchUpTest, AsksForNothingWhileNothingIsMissing) {
  EXPECT_EQ(Next(S(5)), std::nullopt);
  catch_up_.Want(S(5), n1);
  EXPECT_EQ(Next(S(5)), std::nullopt);
  EXPECT_EQ(catch_up_.next_retry(S(5), kInterval), kNever);
}

TEST_F(CatchUpTest, AsksForAllThatIsMissingOnce) {
  catch_up_.Want(S(9), n1);
  EXPECT_EQ(Next(S(5)), (FetchChosen{S(6), S(9)}));
  EXPECT_EQ(Next(S(5)), std::nullopt);
}

TEST_F(CatchUpTest, AsksAgainWhenNoAnswerCame) {
  catch_up_.Want(S(9), n1);
  Next(S(5));
  now_ += kInterval - 1ns;
  EXPECT_EQ(Next(S(5)), std::nullopt);
  EXPECT_EQ(catch_up_.next_retry(S(5), kInterval), now_ + 1ns);
  now_ += 1ns;
  EXPECT_EQ(Next(S(5)), (FetchChosen{S(6), S(9)}));
}

TEST_F(CatchUpTest, AsksForTheNextChunkAtOnce) {
  catch_up_.Want(S(9), n1);
  Next(S(5));
  EXPECT_EQ(Next(S(7)), (FetchChosen{S(8), S(9)}));
}

TEST_F(CatchUpTest, AnOlderMarkTakesNothingBack) {
  catch_up_.Want(S(9), n1);
  catch_up_.Want(S(7), n1);
  EXPECT_EQ(Next(S(5)), (FetchChosen{S(6), S(9)}));
}

TEST_F(CatchUpTest, AsksWhoeverWasHeardLast) {
  catch_up_.Want(S(9), n1);
  catch_up_.Want(S(7), n2);
  Next(S(5));
  EXPECT_EQ(Whom(), n2);
}

TEST_F(CatchUpTest, AsksTheOthersAfterTwoTriesInVainWhateverTheSourceSays) {
  std::vector<NodeId> asked;
  for (int i = 0; i < 6; ++i, now_ += kInterval) {
    catch_up_.Want(S(9), n2);
    Next(S(5));
    asked.push_back(Whom());
  }
  EXPECT_EQ(asked, (std::vector<NodeId>{n2, n2, n1, n2, n2, n1}));
}

TEST_F(CatchUpTest, ProgressLeadsBackToTheSource) {
  catch_up_.Want(S(9), n2);
  for (int i = 0; i < 3; ++i, now_ += kInterval) Next(S(5));
  EXPECT_EQ(Whom(), n1);
  Next(S(7));
  EXPECT_EQ(Whom(), n2);
}

}  // namespace
}  // namespace paxos
