#include "sim/lock_judge.h"

#include <gtest/gtest.h>

#include "sim/violation.h"

namespace paxos::sim {
namespace {

// A judge to whom no command is known, and a client that heard of one; what is it told next?
std::string TagOf(CommandIndex asked, CommandIndex answered_by) {
  const ThrowingChecks checks;
  const LockJudge judge({});
  try {
    judge.OnAnsweredBy(asked, lockservice::CallRequest{}, answered_by);
  } catch (const Violation& violation) {
    return violation.tag + (violation.what.find("answered_by > asked") == std::string::npos
                                ? ": not chosen yet"
                                : ": out of real time's order");
  }
  return "";
}

TEST(LockJudgeTest, RefusesAnAnswerByACommandThatIsNotAfterAllThatWereAcknowledged) {
  EXPECT_EQ(TagOf(CommandIndex{5}, CommandIndex{5}), "INV-20: out of real time's order");
  EXPECT_EQ(TagOf(CommandIndex{5}, CommandIndex{4}), "INV-20: out of real time's order");
}

TEST(LockJudgeTest, RefusesAnAnswerByACommandThatIsNotChosen) {
  EXPECT_EQ(TagOf(CommandIndex{5}, CommandIndex{6}), "INV-20: not chosen yet");
}

}  // namespace
}  // namespace paxos::sim
