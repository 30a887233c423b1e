#include "bench/lockcheck_history.h"

#include <gtest/gtest.h>

#include <sstream>

#include "paxos/json_writer.h"

namespace bench {
namespace {

using lockservice::Token;
using paxos::Instant;
using paxos::SessionId;

std::string LineOf(const HistoryLine& line) {
  std::string text;
  paxos::JsonWriter(&text).Write(line);
  return text + "\n";
}

const Belief kBelief{3,
                     SessionId{17},
                     "hot/\"1\"",
                     Token{(std::uint64_t{1} << 48) + 5},
                     Instant(std::chrono::seconds{7}),
                     Instant(std::chrono::seconds{8})};
const Answer kAnswer{SessionId{17}, 44, "Touch{}", "Touched{}"};
const Strike kStrike{"n2", "kill-leader", Instant(std::chrono::seconds{9}),
                     Instant(std::chrono::seconds{10})};

TEST(LockcheckHistoryTest, ReadsWhatLockbenchWrites) {
  std::istringstream file(LineOf(paxos::sim::HistoryHead{}) + LineOf(kBelief) + LineOf(kAnswer) +
                          LineOf(paxos::sim::Deal{}) + LineOf(kStrike) + LineOf(kAnswer));
  const auto history = ReadHistory(file);
  ASSERT_TRUE(history.has_value()) << history.error().message();
  EXPECT_EQ(history->beliefs, std::vector{kBelief});
  EXPECT_EQ(history->answers, (std::vector{kAnswer, kAnswer}));
  EXPECT_EQ(history->strikes, std::vector{kStrike});
}

TEST(LockcheckHistoryTest, NamesTheLineThatIsDamaged) {
  for (const char* damaged : {"{\"Belief\":{\"client\":3}}", "{\"Rumour\":{}}", "{}", "[]", "", "{",
                              "{\"Answer\":{\"session\":-1}}"}) {
    std::istringstream file(LineOf(kBelief) + damaged + "\n");
    const auto history = ReadHistory(file);
    ASSERT_FALSE(history.has_value()) << damaged;
    EXPECT_NE(history.error().message().find("line 2"), std::string::npos) << damaged;
  }
}

}  // namespace
}  // namespace bench
