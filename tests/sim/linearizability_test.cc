#include "sim/linearizability.h"

#include <gtest/gtest.h>

namespace paxos::sim {
namespace {

// A register that begins at 0.
struct Register {
  struct Call {
    enum class Kind { kWrite, kRead } kind;
    int value;
  };
  using State = int;

  static State Initial() { return 0; }
  void Take(const State& state, std::size_t operation, std::vector<State>& next) const {
    const Call& call = calls[operation];
    if (call.kind == Call::Kind::kWrite) next.push_back(call.value);
    if (call.kind == Call::Kind::kRead && call.value == state) next.push_back(state);
  }
  static Time DeadlineOf(const State& /*state*/) { return kEndOfTime; }
  static std::uint64_t FingerprintOf(const State& state) {
    return static_cast<std::uint64_t>(state);
  }

  std::vector<Call> calls{};
};

constexpr auto kWrite = Register::Call::Kind::kWrite;
constexpr auto kRead = Register::Call::Kind::kRead;

Interval Between(int called, int returned) {
  return {Time{std::chrono::seconds{called}}, Time{std::chrono::seconds{returned}}};
}
Interval Since(int called) { return {Time{std::chrono::seconds{called}}, kEndOfTime}; }

Linearizable Judge(const Register& model, const std::vector<Interval>& intervals,
                   std::uint64_t steps_max = 1000) {
  return LinearizabilitySearch<Register>(model, intervals).Run(steps_max);
}

TEST(LinearizabilityTest, AcceptsNothingAtAll) { EXPECT_EQ(Judge({}, {}), Linearizable::kYes); }

TEST(LinearizabilityTest, KeepsTheOrderOfRealTime) {
  const Register model{{{kWrite, 1}, {kRead, 0}}};
  EXPECT_EQ(Judge(model, {Between(1, 2), Between(3, 4)}), Linearizable::kNo);
  EXPECT_EQ(Judge(model, {Between(1, 2), Between(2, 4)}), Linearizable::kYes);
}

TEST(LinearizabilityTest, LetsAnOpenOperationTakeEffectAtAnyTimeOrNever) {
  const Register seen{{{kWrite, 1}, {kRead, 0}, {kRead, 1}}};
  EXPECT_EQ(Judge(seen, {Since(1), Between(5, 6), Between(7, 8)}), Linearizable::kYes);
  const Register unseen{{{kWrite, 1}, {kRead, 0}, {kRead, 0}}};
  EXPECT_EQ(Judge(unseen, {Since(1), Between(5, 6), Between(7, 8)}), Linearizable::kYes);
}

TEST(LinearizabilityTest, DoesNotLetItTakeEffectTwiceNorBeforeItsCall) {
  const Register twice{{{kWrite, 1}, {kWrite, 2}, {kRead, 1}, {kRead, 2}, {kRead, 1}}};
  EXPECT_EQ(
      Judge(twice, {Since(1), Between(2, 9), Between(10, 11), Between(12, 13), Between(14, 15)}),
      Linearizable::kNo);
  const Register early{{{kRead, 1}, {kWrite, 1}}};
  EXPECT_EQ(Judge(early, {Between(1, 2), Since(3)}), Linearizable::kNo);
}

// Each pair of them is in order; all four are not.
TEST(LinearizabilityTest, RefusesTwoReadersThatSeeTwoWritesInDifferentOrders) {
  const Register model{{{kWrite, 1}, {kWrite, 2}, {kRead, 1}, {kRead, 2}, {kRead, 2}, {kRead, 1}}};
  EXPECT_EQ(Judge(model, {Between(1, 9), Between(1, 9), Between(2, 3), Between(2, 3), Between(4, 5),
                          Between(4, 5)}),
            Linearizable::kNo);
}

TEST(LinearizabilityTest, GivesUpAfterSoManySteps) {
  Register model;
  std::vector<Interval> intervals;
  for (int i = 1; i <= 8; ++i) {
    model.calls.push_back({kWrite, i});
    intervals.push_back(Between(0, 10));
  }
  model.calls.push_back({kRead, 9});
  intervals.push_back(Between(0, 10));
  EXPECT_EQ(Judge(model, intervals, 100), Linearizable::kUnknown);
  EXPECT_EQ(Judge(model, intervals, 10'000), Linearizable::kNo);
}

// The memo: 12 writes have 479,001,600 orders, but 12 * 2^11 (set, last) pairs.
TEST(LinearizabilityTest, LooksAtEachStateOnce) {
  Register model;
  std::vector<Interval> intervals;
  for (int i = 1; i <= 12; ++i) {
    model.calls.push_back({kWrite, i});
    intervals.push_back(Between(0, 10));
  }
  model.calls.push_back({kRead, 99});
  intervals.push_back(Between(0, 10));
  LinearizabilitySearch<Register> search(model, intervals);
  EXPECT_EQ(search.Run(1'000'000), Linearizable::kNo);
  EXPECT_LT(search.steps(), 400'000U);
  EXPECT_EQ(search.stuck_at(), 12U);
}

}  // namespace
}  // namespace paxos::sim
