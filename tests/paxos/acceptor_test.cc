#include "paxos/acceptor.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/paxos/values.h"

namespace paxos {
namespace {

using namespace values;

const SharedEntry v = E(B(1, 1), {"v"});
const SharedEntry w = E(B(2, 2), {"w"});

Acceptor Fresh() { return Acceptor(NodeOf(n3), {}); }

Acceptor::Answer Accepting(Acceptor& acceptor, const Ballot& ballot, Slot slot,
                           const SharedEntry& entry, Slot prefix = {}) {
  return acceptor.OnAccept(Accept{ballot, slot, {}, entry}, prefix);
}

Promise PromiseOf(const Acceptor::Answer& answer) { return std::get<Promise>(answer.reply); }
bool IsSilent(const Acceptor::Answer& answer) {
  return std::holds_alternative<std::monostate>(answer.reply);
}

// ---- promising [A1]

TEST(AcceptorTest, PromisesAndRecordsABallotAboveItsPromise) {
  Acceptor acceptor = Fresh();
  const auto answer = acceptor.OnPrepare(Prepare{B(1, 1)}, {});
  EXPECT_EQ(answer.record, Record(PromisedRecord{B(1, 1)}));
  EXPECT_EQ(PromiseOf(answer), (Promise{B(1, 1), {}, {}, {}}));
  EXPECT_EQ(acceptor.promised(), B(1, 1));
}

TEST(AcceptorTest, RefusesAPrepareBelowItsPromise) {
  Acceptor acceptor = Fresh();
  acceptor.OnPrepare(Prepare{B(2, 1)}, {});
  const auto answer = acceptor.OnPrepare(Prepare{B(1, 2)}, {});
  EXPECT_FALSE(answer.record);
  EXPECT_EQ(std::get<Preempted>(answer.reply), (Preempted{B(1, 2), B(2, 1)}));
  EXPECT_EQ(acceptor.promised(), B(2, 1));
}

TEST(AcceptorTest, BreaksTiesOfRoundsByTheNode) {
  Acceptor acceptor = Fresh();
  acceptor.OnPrepare(Prepare{B(1, 2)}, {});
  EXPECT_TRUE(acceptor.HasPromisedAbove(B(1, 1)));
  EXPECT_FALSE(acceptor.HasPromisedAbove(B(1, 2)));
  EXPECT_FALSE(acceptor.HasPromisedAbove(B(1, 3)));
}

TEST(AcceptorTest, RepeatsAPromiseWithoutARecord) {
  Acceptor acceptor = Fresh();
  acceptor.OnPrepare(Prepare{B(1, 1)}, {});
  const auto again = acceptor.OnPrepare(Prepare{B(1, 1)}, {});
  EXPECT_FALSE(again.record);
  EXPECT_EQ(PromiseOf(again).ballot, B(1, 1));
}

TEST(AcceptorTest, KeepsItsPromiseOverARestart) {
  DurableState durable;
  durable.promised = B(3, 2);
  Acceptor acceptor(NodeOf(n3), durable);
  EXPECT_TRUE(std::holds_alternative<Preempted>(acceptor.OnPrepare(Prepare{B(3, 1)}, {}).reply));
}

// ---- accepting [A2]

TEST(AcceptorTest, AcceptsAndRecordsInTheBallotItPromised) {
  Acceptor acceptor = Fresh();
  acceptor.OnPrepare(Prepare{B(1, 1)}, {});
  const auto answer = Accepting(acceptor, B(1, 1), S(1), v);
  EXPECT_EQ(answer.record, Record(AcceptedRecord{S(1), B(1, 1), v}));
  EXPECT_EQ(std::get<Accepted>(answer.reply), (Accepted{B(1, 1), S(1)}));
}

TEST(AcceptorTest, RefusesAProposalBelowItsPromise) {
  Acceptor acceptor = Fresh();
  acceptor.OnPrepare(Prepare{B(2, 2)}, {});
  const auto answer = Accepting(acceptor, B(1, 1), S(1), v);
  EXPECT_FALSE(answer.record);
  EXPECT_EQ(std::get<Preempted>(answer.reply), (Preempted{B(1, 1), B(2, 2)}));
  EXPECT_EQ(acceptor.Find(S(1)), nullptr);
}

TEST(AcceptorTest, AcceptingRaisesThePromise) {
  Acceptor acceptor = Fresh();
  Accepting(acceptor, B(2, 2), S(1), w);
  EXPECT_EQ(acceptor.promised(), B(2, 2));
  EXPECT_TRUE(std::holds_alternative<Preempted>(Accepting(acceptor, B(1, 1), S(2), v).reply));
}

TEST(AcceptorTest, ReplacesAnEntryOfALowerBallot) {
  Acceptor acceptor = Fresh();
  Accepting(acceptor, B(1, 1), S(1), v);
  const auto answer = Accepting(acceptor, B(2, 2), S(1), w);
  EXPECT_EQ(answer.record, Record(AcceptedRecord{S(1), B(2, 2), w}));
  EXPECT_EQ(*acceptor.Find(S(1)), (AcceptedEntry{S(1), B(2, 2), w}));
}

TEST(AcceptorTest, AnswersARetransmissionWithoutARecord) {
  Acceptor acceptor = Fresh();
  Accepting(acceptor, B(1, 1), S(1), v);
  const auto again = Accepting(acceptor, B(1, 1), S(1), E(B(1, 1), {"v"}));
  EXPECT_FALSE(again.record);
  EXPECT_EQ(std::get<Accepted>(again.reply), (Accepted{B(1, 1), S(1)}));
}

TEST(AcceptorTest, DoesNotVoteForASecondEntryInOneBallot) {
  Acceptor acceptor = Fresh();
  Accepting(acceptor, B(1, 1), S(1), v);
  const auto lie = Accepting(acceptor, B(1, 1), S(1), E(B(1, 1), {"other"}));
  EXPECT_TRUE(IsSilent(lie));
  EXPECT_EQ(acceptor.Find(S(1))->entry, v);
}

TEST(AcceptorTest, RemembersWhatItAcceptedOverARestart) {
  DurableState durable;
  durable.promised = B(2, 2);
  durable.accepted = {AcceptedEntry{S(4), B(1, 1), v}};
  Acceptor acceptor(NodeOf(n3), durable);
  EXPECT_EQ(PromiseOf(acceptor.OnPrepare(Prepare{B(3, 1)}, {})).accepted, durable.accepted);
}

TEST(AcceptorDeathTest, RefusesADiskThatAcceptedAboveItsPromise) {
  DurableState durable;
  durable.promised = B(1, 1);
  durable.accepted = {AcceptedEntry{S(1), B(2, 2), w}};
  EXPECT_DEATH(Acceptor(NodeOf(n3), durable), "check \\[A2\\]");
}

// ---- reporting [P3]

TEST(AcceptorTest, ReportsEverySlotAboveThePrefix) {
  Acceptor acceptor = Fresh();
  Accepting(acceptor, B(1, 1), S(7), v);
  Accepting(acceptor, B(1, 1), S(3), v);
  Accepting(acceptor, B(2, 2), S(3), w);
  const Promise promise = PromiseOf(acceptor.OnPrepare(Prepare{B(3, 1)}, S(2)));
  EXPECT_EQ(promise.chosen_prefix, S(2));
  EXPECT_EQ(promise.accepted, (std::vector<AcceptedEntry>{{S(3), B(2, 2), w}, {S(7), B(1, 1), v}}));
}

TEST(AcceptorTest, ReportsWhatItHasForgotten) {
  DurableState durable;
  durable.forgotten = S(5);
  Acceptor acceptor(NodeOf(n3), durable);
  EXPECT_EQ(PromiseOf(acceptor.OnPrepare(Prepare{B(1, 1)}, S(8))).forgotten, S(5));
}

TEST(AcceptorTest, ReportsNoSlotThatIsChosen) {
  Acceptor acceptor = Fresh();
  Accepting(acceptor, B(1, 1), S(1), v);
  Accepting(acceptor, B(1, 1), S(2), v);
  acceptor.DropChosen(S(1));
  const Promise promise = PromiseOf(acceptor.OnPrepare(Prepare{B(2, 2)}, S(1)));
  EXPECT_EQ(promise.accepted, (std::vector<AcceptedEntry>{{S(2), B(1, 1), v}}));
}

TEST(AcceptorTest, AcceptsNothingThatOnePromiseCouldNotReport) {
  ReplicaOptions options = NodeOf(n3);
  options.alpha = 2;
  Acceptor acceptor(options, {});
  EXPECT_FALSE(IsSilent(Accepting(acceptor, B(1, 1), S(10 + 2 * 2), v, S(10))));
  EXPECT_TRUE(IsSilent(Accepting(acceptor, B(2, 2), S(10 + 2 * 2 + 1), v, S(10))));
  EXPECT_EQ(acceptor.promised(), B(1, 1));
}

// ---- a slot that is chosen already [C1]

TEST(AcceptorTest, VotesForAChosenSlotAndStoresNothing) {
  Acceptor acceptor = Fresh();
  acceptor.OnPrepare(Prepare{B(1, 1)}, {});
  const auto answer = Accepting(acceptor, B(1, 1), S(5), v, S(5));
  EXPECT_FALSE(answer.record);
  EXPECT_EQ(std::get<Accepted>(answer.reply), (Accepted{B(1, 1), S(5)}));
}

TEST(AcceptorTest, AVoteForAChosenSlotRaisesThePromiseToo) {
  Acceptor acceptor = Fresh();
  const auto answer = Accepting(acceptor, B(2, 2), S(5), v, S(5));
  EXPECT_EQ(answer.record, Record(PromisedRecord{B(2, 2)}));
  EXPECT_TRUE(acceptor.HasPromisedAbove(B(1, 1)));
}

}  // namespace
}  // namespace paxos
