#include "paxos/check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace paxos {
namespace {

void ThrowFailure(const CheckFailure& failure) { throw std::runtime_error(failure.ToString()); }
void IgnoreFailure(const CheckFailure& /*failure*/) {}

// Runs `body` with failures thrown and returns the failure's text without its place; "" if none.
template <class Body>
std::string FailureOf(const Body& body) {
  const CheckFailureHandler before = SetCheckFailureHandler(ThrowFailure);
  std::string text;
  try {
    body();
  } catch (const std::runtime_error& failure) {
    text = failure.what();
    text.erase(0, text.find("check ["));
  }
  SetCheckFailureHandler(before);
  return text;
}

TEST(CheckTest, SaysNothingWhileTheConditionHolds) {
  EXPECT_EQ(FailureOf([] { PAXOS_CHECK("A1", 1 < 2, 1, 2); }), "");
}

TEST(CheckTest, ShowsTagConditionAndNamedValues) {
  const int ballot = 1;
  const int promised = 2;
  EXPECT_EQ(FailureOf([&] { PAXOS_CHECK("A1", ballot >= promised, ballot, promised); }),
            "check [A1] failed: ballot >= promised (ballot=1 promised=2)");
  EXPECT_EQ(FailureOf([&] { PAXOS_CHECK("A1", ballot >= promised); }),
            "check [A1] failed: ballot >= promised");
}

TEST(CheckTest, SplitsItsArgumentsOutsideBracketsAndLiterals) {
  const std::vector<int> found = {1, 2};
  EXPECT_EQ(
      FailureOf([&] { PAXOS_CHECK("C1", std::max(1, 2) == 3, std::min(4, 5), found, "a, b"); }),
      "check [C1] failed: std::max(1, 2) == 3 (std::min(4, 5)=4 found=[1 2] \"a, b\")");
}

TEST(CheckTest, EvaluatesTheConditionOnceAndTheValuesOnlyOnFailure) {
  int conditions = 0;
  int values = 0;
  PAXOS_CHECK("ONCE", ++conditions > 0, ++values);
  EXPECT_EQ(conditions, 1);
  EXPECT_EQ(values, 0);
  EXPECT_NE(FailureOf([&] { PAXOS_CHECK("ONCE", ++conditions < 0, ++values); }), "");
  EXPECT_EQ(conditions, 2);
  EXPECT_EQ(values, 1);
}

TEST(CheckDeathTest, PrintsWhereAndAborts) {
  EXPECT_DEATH(PAXOS_CHECK("D1", 1 > 2), "check_test.cc:[0-9]+: check \\[D1\\] failed: 1 > 2");
}

TEST(CheckDeathTest, AbortsEvenIfTheHandlerReturns) {
  EXPECT_DEATH(
      {
        SetCheckFailureHandler(IgnoreFailure);
        PAXOS_CHECK("D1", 1 > 2);
      },
      "");
}

}  // namespace
}  // namespace paxos
