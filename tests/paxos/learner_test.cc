#include "paxos/learner.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/paxos/values.h"

namespace paxos {
namespace {

using namespace values;

const SharedEntry a = E(B(1, 1), {"a"});
const SharedEntry b = E(B(1, 1), {"b"});
const SharedEntry c = E(B(1, 1), {"c"});

Learner Fresh() { return Learner(NodeOf(n1), {}); }

// Slots of the deliveries since the last call.
std::vector<Slot> DeliveredSlots(Learner& learner) {
  std::vector<Slot> slots;
  for (const Delivery& delivery : learner.TakeDeliveries()) slots.push_back(delivery.slot);
  return slots;
}

Delivery DeliverNext(Learner& learner, const SharedEntry& entry) {
  learner.OnChosen(learner.prefix().next(), entry);
  return learner.TakeDeliveries().at(0);
}

// ---- order [C2]

TEST(LearnerTest, DeliversInSlotOrderWhateverOrderSlotsAreChosenIn) {
  Learner learner = Fresh();
  learner.OnChosen(S(3), c);
  learner.OnChosen(S(2), b);
  EXPECT_EQ(learner.prefix(), Slot{});
  EXPECT_TRUE(DeliveredSlots(learner).empty());
  learner.OnChosen(S(1), a);
  EXPECT_EQ(learner.prefix(), S(3));
  EXPECT_EQ(DeliveredSlots(learner), (std::vector<Slot>{S(1), S(2), S(3)}));
}

TEST(LearnerTest, DeliversASlotOnce) {
  Learner learner = Fresh();
  learner.OnChosen(S(1), a);
  EXPECT_EQ(DeliveredSlots(learner), (std::vector<Slot>{S(1)}));
  EXPECT_TRUE(learner.OnChosen(S(1), a).empty());
  EXPECT_TRUE(DeliveredSlots(learner).empty());
}

TEST(LearnerTest, SaysByWhichEntriesThePrefixGrew) {
  Learner learner = Fresh();
  EXPECT_TRUE(learner.OnChosen(S(2), b).empty());
  EXPECT_EQ(learner.OnChosen(S(1), a), (std::vector<ChosenEntry>{{S(1), a}, {S(2), b}}));
}

TEST(LearnerTest, KnowsChosenSlotsAboveAHole) {
  Learner learner = Fresh();
  learner.OnChosen(S(1), a);
  learner.OnChosen(S(3), c);
  EXPECT_EQ(learner.prefix(), S(1));
  learner.OnChosen(S(2), b);
  EXPECT_EQ(learner.prefix(), S(3));
}

TEST(LearnerTest, ADeposedLeadersKnowledgeAboveThePrefixIsDropped) {
  Learner learner = Fresh();
  learner.OnChosen(S(2), b);
  learner.ForgetAbovePrefix();
  learner.OnChosen(S(1), a);
  EXPECT_EQ(learner.prefix(), S(1));
}

TEST(LearnerDeathTest, StopsAtASecondEntryForAChosenSlot) {
  Learner learner = Fresh();
  learner.OnChosen(S(2), a);
  EXPECT_DEATH(learner.OnChosen(S(2), b), "check \\[C1\\]");
}

// ---- after a restart

TEST(LearnerTest, ReplaysTheStoredPrefixThenGoesOn) {
  DurableState durable;
  durable.chosen_prefix = S(2);
  Learner learner(NodeOf(n1), durable);
  EXPECT_EQ(learner.Replay({S(1), a}).first_index, CommandIndex{1});
  EXPECT_EQ(learner.Replay({S(2), b}).first_index, CommandIndex{2});
  EXPECT_EQ(learner.delivered(), S(2));
  EXPECT_EQ(DeliverNext(learner, c).first_index, CommandIndex{3});
}

TEST(LearnerDeathTest, ReplaysNoSlotTwiceAndSkipsNone) {
  DurableState durable;
  durable.chosen_prefix = S(3);
  Learner learner(NodeOf(n1), durable);
  learner.Replay({S(1), a});
  EXPECT_DEATH(learner.Replay({S(1), a}), "check \\[C2\\]");
  EXPECT_DEATH(learner.Replay({S(3), c}), "check \\[C2\\]");
  EXPECT_DEATH(learner.Replay({S(4), c}), "check \\[C2\\]");
}

// ---- counting commands

TEST(LearnerTest, CountsCommandsNotSlots) {
  Learner learner = Fresh();
  EXPECT_EQ(DeliverNext(learner, E(B(1, 1), {"a", "b"})).first_index, CommandIndex{1});
  EXPECT_EQ(DeliverNext(learner, NoOp(B(1, 1))).first_index, CommandIndex{3});
  EXPECT_EQ(DeliverNext(learner, c).first_index, CommandIndex{3});
}

// ---- void entries [V1]

TEST(LearnerTest, AnEntryOfALowerFirstBallotThanAnEarlierSlotsIsVoid) {
  Learner learner = Fresh();
  EXPECT_EQ(DeliverNext(learner, E(B(2, 2), {"x"})).standing, EntryStanding::kInForce);
  EXPECT_EQ(DeliverNext(learner, E(B(1, 3), {"late"})).standing, EntryStanding::kVoid);
  EXPECT_EQ(DeliverNext(learner, E(B(2, 2), {"y"})).standing, EntryStanding::kInForce);
  EXPECT_EQ(DeliverNext(learner, E(B(2, 3), {"z"})).standing, EntryStanding::kInForce);
}

TEST(LearnerTest, ANoOpVoidsWhatEarlierBallotsLeftBehindIt) {
  Learner learner = Fresh();
  DeliverNext(learner, NoOp(B(2, 2)));
  EXPECT_EQ(DeliverNext(learner, a).standing, EntryStanding::kVoid);
}

TEST(LearnerTest, VoidCommandsAreNotCounted) {
  Learner learner = Fresh();
  DeliverNext(learner, E(B(2, 2), {"x"}));
  DeliverNext(learner, E(B(1, 1), {"late", "later"}));
  EXPECT_EQ(DeliverNext(learner, E(B(2, 2), {"y"})).first_index, CommandIndex{2});
}

// ---- log time [T1]

TEST(LearnerTest, LogTimeIsTheHighestStampSoFar) {
  Learner learner = Fresh();
  EXPECT_EQ(DeliverNext(learner, E(B(1, 1), {"a"}, 50ms)).log_time, LogAt(50ms));
  EXPECT_EQ(DeliverNext(learner, E(B(1, 1), {"b"}, 20ms)).log_time, LogAt(50ms));
  EXPECT_EQ(DeliverNext(learner, E(B(1, 1), {"c"}, 70ms)).log_time, LogAt(70ms));
}

TEST(LearnerTest, AVoidEntryMovesNoTime) {
  Learner learner = Fresh();
  DeliverNext(learner, E(B(2, 2), {"x"}, 50ms));
  EXPECT_EQ(DeliverNext(learner, E(B(1, 1), {"late"}, 60s)).log_time, LogAt(50ms));
  EXPECT_EQ(learner.position().log_time, LogAt(50ms));
}

TEST(LogPositionTest, LooksAheadWithoutDelivering) {
  Learner learner = Fresh();
  LogPosition ahead = learner.position();
  EXPECT_EQ(ahead.Pass(*E(B(3, 1), {"a", "b"}, 9ms)), EntryStanding::kInForce);
  EXPECT_EQ(ahead, (LogPosition{B(3, 1), LogAt(9ms), CommandIndex{2}}));
  EXPECT_EQ(learner.position(), LogPosition{});
}

// ---- the tail in memory

class TailTest : public testing::Test {
 protected:
  TailTest() {
    ReplicaOptions options = NodeOf(n1);
    const std::size_t one = EncodedSizeBound(*a);
    options.tail_bytes_max = 3 * one;
    options.fetch_bytes_max = 2 * one;
    learner_ = Learner(options, {});
    for (const SharedEntry& entry : {a, b, c, a, b})
      learner_.OnChosen(learner_.prefix().next(), entry);
  }
  Learner learner_ = Fresh();
};

TEST_F(TailTest, KeepsTheNewestThatFit) {
  EXPECT_FALSE(learner_.HasInTail(S(2)));
  EXPECT_TRUE(learner_.HasInTail(S(3)));
  EXPECT_TRUE(learner_.HasInTail(S(5)));
  EXPECT_FALSE(learner_.HasInTail(S(6)));
}

TEST_F(TailTest, GivesChunksOfBoundedSize) {
  EXPECT_EQ(learner_.Tail(S(3), S(5)), (std::vector<ChosenEntry>{{S(3), c}, {S(4), a}}));
  EXPECT_EQ(learner_.Tail(S(4), S(4)), (std::vector<ChosenEntry>{{S(4), a}}));
  EXPECT_TRUE(learner_.Tail(S(1), S(5)).empty());
}

TEST_F(TailTest, GivesAtLeastOneEntryHoweverLarge) {
  const SharedEntry large = E(B(1, 1), {std::string(1000, 'x')});
  learner_.OnChosen(S(6), large);
  EXPECT_EQ(learner_.Tail(S(6), S(6)), (std::vector<ChosenEntry>{{S(6), large}}));
}

TEST_F(TailTest, CountsTheBytesOfTheWholeLog) {
  EXPECT_EQ(learner_.log_bytes(), 5 * EncodedSizeBound(*a));
}

TEST_F(TailTest, CountsWhatARestartFoundAboveThePrefixOnceItIsChosen) {
  DurableState durable;
  durable.accepted = {{S(1), B(1, 1), a}};
  durable.log_bytes = EncodedSizeBound(*a);
  Learner learner(NodeOf(n1), durable);
  EXPECT_EQ(learner.log_bytes(), 0U);
  learner.OnChosen(S(1), a);
  EXPECT_EQ(learner.log_bytes(), EncodedSizeBound(*a));
}

}  // namespace
}  // namespace paxos
