#include "paxos/replica.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "paxos/archive.h"
#include "tests/paxos/scenario_disk.h"
#include "tests/paxos/values.h"

namespace paxos {
namespace {

using namespace values;

const SharedEntry v = E(B(1, 1), {"v"});
const SharedEntry w = E(B(2, 2), {"w"});

// n3 of three nodes; the test plays the two others and n3's disk.
class ReplicaTest : public testing::Test {
 protected:
  void Restart(const DurableState& durable = {}) { replica_ = Replica(options_, durable, now_); }

  Output Take() { return replica_.TakeOutput(); }

  Output Receive(NodeId from, Message message) {
    replica_.Receive(now_, Envelope{from, n3, {}, std::move(message)});
    return Take();
  }

  Output Tick(Duration time) {
    now_ += time;
    replica_.OnTime(now_);
    return Take();
  }

  Output Campaign() {
    replica_.Campaign(now_);
    return Take();
  }

  Output Propose(std::uint64_t id, const std::string& command) {
    replica_.Propose(now_, P(id), command);
    return Take();
  }

  Output Read(std::uint64_t id) {
    replica_.Read(now_, ReadId{id});
    return Take();
  }

  // n3 leads in 1.3, promised by n1 and n2; its own promise is still on its way to the disk.
  Output Lead(std::vector<AcceptedEntry> reported = {}) {
    Campaign();
    Receive(n1, Promise{B(1, 3), {}, {}, std::move(reported)});
    return Receive(n2, Promise{B(1, 3), {}, {}, {}});
  }

  // n1 is the leader in 1.1.
  Output HearLeader(Slot mark = {}) { return Receive(n1, Heartbeat{B(1, 1), 1, mark, {}}); }

  ReplicaOptions options_ = NodeOf(n3);
  Instant now_ = At(1h);
  Replica replica_{options_, {}, now_};
};

// What of this kind is sent to a node, in order.
template <class Kind>
std::vector<Kind> SentTo(NodeId to, const Output& output) {
  std::vector<Kind> sent;
  for (const Outgoing& outgoing : output.send)
    if (outgoing.to == to && std::holds_alternative<Kind>(outgoing.message))
      sent.push_back(std::get<Kind>(outgoing.message));
  return sent;
}

// The batch that messages of this kind wait for.
template <class Kind>
PersistSeq GateOf(const Output& output) {
  for (const Outgoing& outgoing : output.send)
    if (std::holds_alternative<Kind>(outgoing.message)) return outgoing.after;
  ADD_FAILURE() << "no " << Kind::kName << " in " << ToText(output);
  return {};
}

// ---- the gate [D1]

TEST_F(ReplicaTest, APrepareWaitsForTheBallotOnDisk) {
  const Output output = Campaign();
  EXPECT_EQ(output.persist, (std::vector<Record>{BallotUsedRecord{B(1, 3)}}));
  EXPECT_EQ(output.persist_seq, Seq(1));
  EXPECT_EQ(output.send.size(), 3U);
  EXPECT_EQ(GateOf<Prepare>(output), Seq(1));
}

TEST_F(ReplicaTest, APromiseWaitsForItsRecord) {
  const Output output = Receive(n1, Prepare{B(1, 1)});
  EXPECT_EQ(output.persist, (std::vector<Record>{PromisedRecord{B(1, 1)}}));
  EXPECT_EQ(GateOf<Promise>(output), Seq(1));
}

TEST_F(ReplicaTest, AnAcceptedWaitsForItsRecord) {
  const Output output = Receive(n1, Accept{B(1, 1), S(1), {}, v});
  EXPECT_EQ(output.persist, (std::vector<Record>{AcceptedRecord{S(1), B(1, 1), v}}));
  EXPECT_EQ(GateOf<Accepted>(output), Seq(1));
}

TEST_F(ReplicaTest, ARepeatedAnswerWaitsForTheNewestBatch) {
  Receive(n1, Accept{B(1, 1), S(1), {}, v});
  Receive(n1, Accept{B(1, 1), S(2), {}, v});
  const Output again = Receive(n1, Accept{B(1, 1), S(1), {}, v});
  EXPECT_TRUE(again.persist.empty());
  EXPECT_EQ(GateOf<Accepted>(again), Seq(2));
}

TEST_F(ReplicaTest, ARepeatedPromiseWaitsToo) {
  Receive(n1, Prepare{B(1, 1)});
  const Output again = Receive(n1, Prepare{B(1, 1)});
  EXPECT_TRUE(again.persist.empty());
  EXPECT_EQ(GateOf<Promise>(again), Seq(1));
}

TEST_F(ReplicaTest, ALeadersVoteForItselfWaitsLikeAnyones) {
  Lead();
  Propose(1, "a");
  const Output output = Receive(n3, Accept{B(1, 3), S(1), {}, E(B(1, 3), {"a"})});
  EXPECT_EQ(SentTo<Accepted>(n3, output).size(), 1U);
  EXPECT_EQ(GateOf<Accepted>(output), output.persist_seq);
}

TEST_F(ReplicaTest, WhatAttestsNothingLeavesAtOnce) {
  Receive(n2, Prepare{B(2, 2)});
  EXPECT_EQ(GateOf<Preempted>(Receive(n1, Prepare{B(1, 1)})), Seq(0));
  EXPECT_EQ(GateOf<Preempted>(Receive(n1, Accept{B(1, 1), S(1), {}, v})), Seq(0));
  EXPECT_EQ(GateOf<Preempted>(Receive(n1, Heartbeat{B(1, 1), 1, {}, {}})), Seq(0));
  EXPECT_EQ(GateOf<HeartbeatAck>(Receive(n2, Heartbeat{B(2, 2), 1, {}, {}})), Seq(0));
  EXPECT_EQ(GateOf<PreVoteReply>(Receive(n1, PreVote{B(9, 1)})), Seq(0));
}

TEST_F(ReplicaTest, WhatComesInOneTurnSharesABatch) {
  replica_.Receive(now_, Envelope{n1, n3, {}, Accept{B(1, 1), S(1), {}, v}});
  replica_.Receive(now_, Envelope{n1, n3, {}, Accept{B(1, 1), S(2), {}, v}});
  const Output output = Take();
  EXPECT_EQ(output.persist.size(), 2U);
  EXPECT_EQ(output.persist_seq, Seq(1));
}

TEST_F(ReplicaTest, BatchesGoOnCountingAfterARestart) {
  DurableState durable;
  durable.persisted = Seq(41);
  Restart(durable);
  EXPECT_EQ(Receive(n1, Prepare{B(1, 1)}).persist_seq, Seq(42));
}

TEST_F(ReplicaTest, OutputIsTakenOnce) {
  replica_.Campaign(now_);
  EXPECT_FALSE(Take().empty());
  EXPECT_TRUE(Take().empty());
}

using ReplicaDeathTest = ReplicaTest;

TEST_F(ReplicaDeathTest, NothingIsDurableThatWasNeverHandedOut) {
  EXPECT_DEATH(replica_.OnDurable(now_, Seq(1)), "check \\[D1\\]");
}

// ---- hostile and stale messages [N1]

TEST_F(ReplicaTest, IgnoresStrangers) {
  const Replica before = replica_;
  EXPECT_TRUE(Receive(kStranger, Prepare{B(1, 9)}).empty());
  EXPECT_EQ(replica_, before);
}

TEST_F(ReplicaTest, IgnoresWhatNoReplicaWouldSay) {
  Lead({{S(1), B(1, 1), v}});
  const Replica before = replica_;
  const std::vector<Message> hostile = {
      Prepare{B(9, 1)},  // n2 speaks in n1's ballot
      Accept{B(9, 2), Slot{}, {}, v},
      Accept{B(9, 2), Slot{~std::uint64_t{0}}, {}, v},
      Heartbeat{B(9, 2), 1, Slot{~std::uint64_t{0}}, {}},
      Preempted{B(1, 3), B(~std::uint64_t{0}, 2)},
      PreVoteReply{B(2, 3), B(~std::uint64_t{0}, 2), PreVoteAnswer::kRefused},
      ChosenRange{{{S(1), v}, {S(3), v}}},
      FetchChosen{S(2), S(1)},
      ReadIndex{{}, Slot{~std::uint64_t{0}}}};
  for (const Message& message : hostile) {
    EXPECT_TRUE(Receive(n2, message).empty()) << ToText(message);
    EXPECT_EQ(replica_, before) << ToText(message);
  }
}

TEST_F(ReplicaTest, AnswersToWhatWasNeverAskedChangeNothing) {
  HearLeader();
  Receive(n2, ChosenRange{});  // from now on n2 has been heard of
  const Replica before = replica_;
  const std::vector<Message> stale = {Promise{B(4, 3), S(9), {}, {}},
                                      Accepted{B(4, 3), S(1)},
                                      HeartbeatAck{B(4, 3), 99, {}},
                                      PreVoteReply{B(4, 3), {}, PreVoteAnswer::kGranted},
                                      ReadIndex{{options_.life, ReadId{1}}, S(1)},
                                      ChosenRange{{{S(5), v}}},
                                      ChosenRange{},
                                      FetchChosen{S(5), S(9)}};
  for (const Message& message : stale) {
    EXPECT_TRUE(Receive(n2, message).empty()) << ToText(message);
    EXPECT_EQ(replica_, before) << ToText(message);
  }
}

// [P3] Nobody accepts farther beyond its prefix.
TEST_F(ReplicaTest, IgnoresAPromiseThatReportsTooFar) {
  options_.alpha = 2;
  Restart();
  Campaign();
  Receive(n1, Promise{B(1, 3), S(3), {}, {{S(3 + 2 * 2 + 1), B(1, 1), v}}});
  EXPECT_EQ(replica_.proposer().preparing()->promises.Count(), 0U);
}

// ---- phase 1

TEST_F(ReplicaTest, LeadsWithAQuorumOfPromisesAndSaysSo) {
  const Output output = Lead();
  EXPECT_TRUE(replica_.IsLeading());
  EXPECT_EQ(replica_.leader_hint(), n3);
  EXPECT_EQ(SentTo<Heartbeat>(n1, output).size(), 1U);
}

TEST_F(ReplicaTest, ProposesWhatItRecoveredAtOnce) {
  EXPECT_EQ(SentTo<Accept>(n2, Lead({{S(1), B(1, 1), v}})),
            (std::vector<Accept>{{B(1, 3), S(1), {}, v}}));
}

// [P3] What a promise says is chosen is learned, not proposed again.
TEST_F(ReplicaTest, LearnsTheReportedPrefixBeforeItLeads) {
  Campaign();
  Receive(n1, Promise{B(1, 3), S(2), {}, {}});
  const Output waiting = Receive(n2, Promise{B(1, 3), {}, {}, {}});
  EXPECT_EQ(SentTo<FetchChosen>(n1, waiting), (std::vector<FetchChosen>{{S(1), S(2)}}));
  EXPECT_FALSE(replica_.IsLeading());
  Receive(n1, ChosenRange{{{S(1), v}}});
  EXPECT_FALSE(replica_.IsLeading());
  Receive(n1, ChosenRange{{{S(2), v}}});
  EXPECT_TRUE(replica_.IsLeading());
  EXPECT_EQ(replica_.proposer().leading()->first_slot, S(3));
}

TEST_F(ReplicaTest, AHigherBallotEndsACampaign) {
  Campaign();
  Receive(n1, Preempted{B(1, 3), B(4, 1)});
  EXPECT_TRUE(replica_.proposer().IsIdle());
  EXPECT_EQ(SentTo<Prepare>(n1, Campaign()).at(0).ballot, B(5, 3));
}

TEST_F(ReplicaTest, APreemptionOfAnEarlierBallotEndsNothing) {
  Campaign();
  Campaign();
  Receive(n1, Preempted{B(1, 3), B(1, 4)});
  EXPECT_FALSE(replica_.proposer().IsIdle());
}

TEST_F(ReplicaTest, ALeaderYieldsToAHigherBallotOfAnyKind) {
  const std::vector<Message> higher = {Prepare{B(7, 1)}, Accept{B(7, 1), S(1), {}, v},
                                       Heartbeat{B(7, 1), 1, {}, {}}};
  for (const Message& message : higher) {
    Restart();
    Lead();
    Receive(n1, message);
    EXPECT_FALSE(replica_.IsLeading()) << ToText(message);
  }
}

// ---- phase 2 and its outcomes

TEST_F(ReplicaTest, TellsTheCallerOnceItsSlotAndAllBeforeAreChosen) {
  Lead();
  Propose(1, "a");
  Propose(2, "b");
  Receive(n1, Accepted{B(1, 3), S(2)});
  EXPECT_TRUE(Receive(n2, Accepted{B(1, 3), S(2)}).done.empty());
  Receive(n1, Accepted{B(1, 3), S(1)});
  EXPECT_EQ(Receive(n2, Accepted{B(1, 3), S(1)}).done,
            (std::vector<Done>{ProposalChosen{P(1), S(1), CommandIndex{1}},
                               ProposalChosen{P(2), S(2), CommandIndex{2}}}));
}

TEST_F(ReplicaTest, AFollowerRefusesAndNamesTheLeader) {
  HearLeader();
  EXPECT_EQ(Propose(1, "a").done,
            (std::vector<Done>{NeverProposed{P(1), Refusal::kNotLeader, n1}}));
}

TEST_F(ReplicaTest, WhatNeverLeftTheQueueWasNeverProposed) {
  options_.alpha = 1;
  Restart();
  Lead();
  Propose(1, "a");
  Propose(2, "b");
  EXPECT_EQ(Receive(n1, Prepare{B(2, 1)}).done,
            (std::vector<Done>{NeverProposed{P(2), Refusal::kNotLeader, std::nullopt}}));
}

TEST_F(ReplicaTest, ADeposedLeadersProposalIsChosenIfItsSlotHoldsIt) {
  Lead();
  Propose(1, "a");
  Receive(n1, Prepare{B(2, 1)});
  const SharedEntry mine = E(B(1, 3), {"a"});
  EXPECT_EQ(Receive(n1, ChosenRange{{{S(1), mine}}}).done,
            (std::vector<Done>{ProposalChosen{P(1), S(1), CommandIndex{1}}}));
}

TEST_F(ReplicaTest, ADeposedLeadersProposalIsSupersededByAnotherEntry) {
  Lead();
  Propose(1, "a");
  Receive(n1, Prepare{B(2, 1)});
  EXPECT_EQ(Receive(n1, ChosenRange{{{S(1), w}}}).done, (std::vector<Done>{Superseded{P(1)}}));
}

TEST_F(ReplicaTest, ADeposedLeadersProposalIsSupersededWhenItIsVoid) {
  Lead();
  Propose(1, "a");
  Propose(2, "b");
  Receive(n1, Prepare{B(2, 1)});
  const SharedEntry mine = E(B(1, 3), {"b"});
  EXPECT_EQ(Receive(n1, ChosenRange{{{S(1), NoOp(B(2, 1))}, {S(2), mine}}}).done,
            (std::vector<Done>{Superseded{P(1)}, Superseded{P(2)}}));
}

TEST_F(ReplicaTest, ADeposedLeadersProposalIsUnknownWhenItsSlotStaysOpen) {
  Lead();
  Propose(1, "a");
  Receive(n1, Prepare{B(2, 1)});
  EXPECT_TRUE(Tick(options_.election_timeout_max - 1ns).done.empty());
  EXPECT_EQ(Tick(1ns).done, (std::vector<Done>{OutcomeUnknown{P(1)}}));
}

TEST_F(ReplicaTest, AFullLogRefusesCommands) {
  options_.log_bytes_max = 10;
  Restart();
  Lead();
  EXPECT_EQ(Propose(1, "longer than ten").done,
            (std::vector<Done>{NeverProposed{P(1), Refusal::kOverloaded, n3}}));
}

TEST_F(ReplicaTest, AFullLogKeepsRoomForWhatGivesBack) {
  options_.log_bytes_max = 1600;
  Restart();
  Lead();
  const std::string command(1550, 'x');
  Propose(1, command);
  replica_.Propose(now_, P(2), "longer than what is left", Urgency::kUser);
  replica_.Propose(now_, P(3), "longer than what is left", Urgency::kGivesBack);
  EXPECT_EQ(Take().done, (std::vector<Done>{NeverProposed{P(2), Refusal::kOverloaded, n3}}));
}

TEST_F(ReplicaTest, SendsAgainWhatNobodyAnswered) {
  Lead();
  Propose(1, "a");
  Tick(options_.heartbeat_interval);
  EXPECT_EQ(SentTo<Accept>(n1, Tick(options_.heartbeat_interval)),
            (std::vector<Accept>{{B(1, 3), S(1), {}, E(B(1, 3), {"a"})}}));
}

// ---- learning [C1]

TEST_F(ReplicaTest, AMarkAppliesWhatWasAcceptedInItsBallot) {
  Receive(n1, Accept{B(1, 1), S(1), {}, v});
  const Output output = HearLeader(S(1));
  ASSERT_EQ(output.apply.size(), 1U);
  EXPECT_EQ(output.apply[0].entry, v);
}

TEST_F(ReplicaTest, AMarkOfAnotherBallotAppliesNothingAndFetches) {
  Receive(n1, Accept{B(1, 1), S(1), {}, v});
  const Output output = Receive(n2, Heartbeat{B(2, 2), 1, S(1), {}});
  EXPECT_TRUE(output.apply.empty());
  EXPECT_EQ(SentTo<FetchChosen>(n2, output), (std::vector<FetchChosen>{{S(1), S(1)}}));
}

TEST_F(ReplicaTest, WhatIsLearnedReplacesWhatWasAcceptedInOneBatchWithTheMark) {
  Receive(n1, Accept{B(1, 1), S(1), {}, v});
  EXPECT_EQ(Receive(n2, ChosenRange{{{S(1), w}}}).persist,
            (std::vector<Record>{LearnedRecord{S(1), w}, ChosenMarkRecord{S(1)}}));
}

TEST_F(ReplicaTest, WhatIsStoredAlreadyIsNotWrittenAgain) {
  Receive(n1, Accept{B(1, 1), S(1), {}, v});
  EXPECT_TRUE(Receive(n2, ChosenRange{{{S(1), v}}}).persist.empty());
}

TEST_F(ReplicaTest, TakesFromARangeWhatExtendsItsPrefix) {
  Receive(n1, ChosenRange{{{S(1), v}}});
  const Output output = Receive(n1, ChosenRange{{{S(1), v}, {S(2), w}}});
  ASSERT_EQ(output.apply.size(), 1U);
  EXPECT_EQ(output.apply[0].slot, S(2));
}

TEST_F(ReplicaTest, ALeaderThatLearnsFromOthersStepsDown) {
  Lead();
  Propose(1, "a");
  Receive(n1, ChosenRange{{{S(1), w}}});
  EXPECT_FALSE(replica_.IsLeading());
  EXPECT_EQ(replica_.learner().prefix(), S(1));
}

// Found by thinking about replays: n3 learned w without ever promising its ballot.
TEST_F(ReplicaTest, ALateAcceptDoesNotReplaceALearnedEntry) {
  scenario::Disk disk;
  Receive(n2, Heartbeat{B(2, 2), 1, S(1), {}});
  replica_.Receive(now_, Envelope{n2, n3, {}, ChosenRange{{{S(1), w}}}});
  replica_.Receive(now_, Envelope{n1, n3, {}, Accept{B(1, 1), S(1), {}, v}});
  const Output output = Take();
  disk.Write(output.persist, output.persist_seq);
  disk.Sync(1);
  EXPECT_EQ(disk.ReadChosen(S(1), S(1)), (std::vector<ChosenEntry>{{S(1), w}}));
}

// While its own promise is on its way to its disk, n3 would accept in 1.1 and follow 1.1's mark
// past the slots that it has opened: its window would never open again.
TEST_F(ReplicaTest, ALeaderDoesNotFollowTheMarkOfAnEarlierLeader) {
  options_.alpha = 2;
  Restart();
  Lead({{S(1), B(1, 1), v}, {S(2), B(1, 1), v}, {S(3), B(1, 1), v}, {S(4), B(1, 1), v}});
  for (std::uint64_t slot = 1; slot <= 4; ++slot) Receive(n1, Accept{B(1, 1), S(slot), {}, v});
  HearLeader(S(4));
  EXPECT_EQ(replica_.learner().prefix(), Slot{});
  EXPECT_EQ(replica_.leader_hint(), n3);
}

// ---- bringing others up to date

TEST_F(ReplicaTest, ServesChosenSlotsFromMemory) {
  Receive(n1, ChosenRange{{{S(1), v}, {S(2), w}}});
  EXPECT_EQ(SentTo<ChosenRange>(n2, Receive(n2, FetchChosen{S(2), S(9)})),
            (std::vector<ChosenRange>{{{{S(2), w}}}}));
}

TEST_F(ReplicaTest, ServesOlderSlotsFromItsDisk) {
  DurableState durable;
  durable.chosen_prefix = S(3);
  Restart(durable);
  for (std::uint64_t slot = 1; slot <= 3; ++slot) replica_.Replay({S(slot), v});
  EXPECT_EQ(Receive(n2, FetchChosen{S(1), S(9)}).serve,
            (std::vector<ServeChosen>{{n2, S(1), S(3)}}));
}

TEST_F(ReplicaTest, AsksAgainForAChunkThatDoesNotCome) {
  HearLeader(S(5));
  EXPECT_TRUE(SentTo<FetchChosen>(n1, Tick(options_.retransmit_interval - 1ns)).empty());
  EXPECT_EQ(SentTo<FetchChosen>(n1, Tick(1ns)), (std::vector<FetchChosen>{{S(1), S(5)}}));
}

// ---- reads [R1]

TEST_F(ReplicaTest, ALeadersReadWaitsForARoundOfItsOwn) {
  Lead();
  const Output asked = Read(1);
  const std::uint64_t round = SentTo<Heartbeat>(n1, asked).at(0).round;
  EXPECT_TRUE(Receive(n1, HeartbeatAck{B(1, 3), round - 1, {}}).done.empty());
  EXPECT_TRUE(Receive(n2, HeartbeatAck{B(1, 3), round, {}}).done.empty());
  EXPECT_EQ(Receive(n1, HeartbeatAck{B(1, 3), round, {}}).done,
            (std::vector<Done>{ReadReady{ReadId{1}, Slot{}}}));
}

TEST_F(ReplicaTest, ALeaderServesNoReadBelowWhatItRecovered) {
  Lead({{S(1), B(1, 1), v}});
  const std::uint64_t round = SentTo<Heartbeat>(n1, Read(1)).at(0).round;
  Receive(n1, HeartbeatAck{B(1, 3), round, {}});
  EXPECT_TRUE(Receive(n2, HeartbeatAck{B(1, 3), round, {}}).done.empty());
  Receive(n1, Accepted{B(1, 3), S(1)});
  EXPECT_EQ(Receive(n2, Accepted{B(1, 3), S(1)}).done,
            (std::vector<Done>{ReadReady{ReadId{1}, S(1)}}));
}

TEST_F(ReplicaTest, AFollowersReadWaitsUntilItHasAppliedTheIndex) {
  HearLeader();
  const ReadTag tag = SentTo<AskReadIndex>(n1, Read(1)).at(0).read;
  EXPECT_TRUE(Receive(n1, ReadIndex{tag, S(1)}).done.empty());
  EXPECT_EQ(Receive(n1, ChosenRange{{{S(1), v}}}).done,
            (std::vector<Done>{ReadReady{ReadId{1}, S(1)}}));
}

TEST_F(ReplicaTest, FollowersReadsAreAnsweredInOrderOfTheirSlotsAndOnce) {
  HearLeader();
  const ReadTag first = SentTo<AskReadIndex>(n1, Read(1)).at(0).read;
  const ReadTag second = SentTo<AskReadIndex>(n1, Read(2)).at(0).read;
  Receive(n1, ReadIndex{first, S(2)});
  for (int i = 0; i < 2; ++i) Receive(n1, ReadIndex{second, S(1)});
  EXPECT_EQ(Receive(n1, ChosenRange{{{S(1), v}}}).done,
            (std::vector<Done>{ReadReady{ReadId{2}, S(1)}}));
  EXPECT_EQ(Receive(n1, ChosenRange{{{S(2), w}}}).done,
            (std::vector<Done>{ReadReady{ReadId{1}, S(2)}}));
}

TEST_F(ReplicaTest, AFollowersReadIsGivenUpThoughItHasItsSlot) {
  HearLeader();
  const ReadTag tag = SentTo<AskReadIndex>(n1, Read(1)).at(0).read;
  Receive(n1, ReadIndex{tag, S(1)});
  EXPECT_EQ(Tick(options_.election_timeout_max).done.size(), 1U);
  EXPECT_TRUE(Receive(n1, ChosenRange{{{S(1), v}}}).done.empty());
}

TEST_F(ReplicaTest, AnAnswerToAnEarlierLifesReadIsNone) {
  HearLeader();
  const ReadTag tag = SentTo<AskReadIndex>(n1, Read(1)).at(0).read;
  EXPECT_TRUE(Receive(n1, ReadIndex{ReadTag{tag.life + 1, tag.id}, Slot{}}).done.empty());
}

TEST_F(ReplicaTest, AReadWithoutALeaderIsRefused) {
  EXPECT_EQ(Read(1).done,
            (std::vector<Done>{ReadRefused{ReadId{1}, Refusal::kNotLeader, std::nullopt}}));
}

TEST_F(ReplicaTest, AFollowersReadIsRefusedWhenTheAskedNodeDoesNotLead) {
  HearLeader();
  const ReadTag tag = SentTo<AskReadIndex>(n1, Read(1)).at(0).read;
  EXPECT_EQ(Receive(n1, ReadIndex{tag, std::nullopt}).done,
            (std::vector<Done>{ReadRefused{ReadId{1}, Refusal::kNotLeader, n1}}));
}

TEST_F(ReplicaTest, AFollowersReadThatNobodyAnswersIsGivenUp) {
  HearLeader();
  Read(1);
  const auto done = Tick(options_.election_timeout_max).done;
  ASSERT_EQ(done.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<ReadRefused>(done[0]));
}

TEST_F(ReplicaTest, ANodeThatDoesNotLeadGivesNoIndex) {
  EXPECT_EQ(SentTo<ReadIndex>(n1, Receive(n1, AskReadIndex{{7, ReadId{1}}})),
            (std::vector<ReadIndex>{{{7, ReadId{1}}, std::nullopt}}));
}

TEST_F(ReplicaTest, ReadsAreBoundedOnEitherSide) {
  options_.reads_max = 1;
  Restart();
  HearLeader();
  Read(1);
  EXPECT_EQ(Read(2).done, (std::vector<Done>{ReadRefused{ReadId{2}, Refusal::kOverloaded, n1}}));
  Restart();
  Lead();
  Read(3);
  EXPECT_EQ(Read(4).done, (std::vector<Done>{ReadRefused{ReadId{4}, Refusal::kOverloaded, n3}}));
  const Output asked = Receive(n1, AskReadIndex{{7, ReadId{1}}});
  EXPECT_EQ(SentTo<ReadIndex>(n1, asked).at(0).slot, std::nullopt);
}

TEST_F(ReplicaTest, ALeaderAnswersAFollowersReadAfterARound) {
  Lead();
  const Output asked = Receive(n1, AskReadIndex{{7, ReadId{1}}});
  const std::uint64_t round = SentTo<Heartbeat>(n1, asked).at(0).round;
  Receive(n1, HeartbeatAck{B(1, 3), round, {}});
  EXPECT_EQ(SentTo<ReadIndex>(n1, Receive(n2, HeartbeatAck{B(1, 3), round, {}})),
            (std::vector<ReadIndex>{{{7, ReadId{1}}, Slot{}}}));
}

TEST_F(ReplicaTest, ALateReadIndexMakesNoLeaderFetch) {
  HearLeader();
  const ReadTag tag = SentTo<AskReadIndex>(n1, Read(1)).at(0).read;
  Campaign();
  for (const NodeId voter : {n1, n2}) Receive(voter, Promise{B(2, 3), {}, {}, {}});
  ASSERT_TRUE(replica_.IsLeading());
  EXPECT_TRUE(Receive(n1, ReadIndex{tag, S(5)}).send.empty());
}

TEST_F(ReplicaTest, ReadsEndWithTheLeadership) {
  Lead();
  Read(1);
  Receive(n1, AskReadIndex{{7, ReadId{2}}});
  const Output output = Receive(n2, Prepare{B(2, 2)});
  EXPECT_EQ(output.done,
            (std::vector<Done>{ReadRefused{ReadId{1}, Refusal::kNotLeader, std::nullopt}}));
  EXPECT_EQ(SentTo<ReadIndex>(n1, output).at(0).slot, std::nullopt);
}

// ---- elections and giving up

TEST_F(ReplicaTest, AsksForVotesWhenNoLeaderIsHeard) {
  const Output output = Tick(options_.election_timeout_max);
  EXPECT_TRUE(output.persist.empty());
  EXPECT_EQ(SentTo<PreVote>(n1, output), (std::vector<PreVote>{{B(1, 3)}}));
  EXPECT_EQ(SentTo<PreVote>(n3, output).size(), 1U);
}

TEST_F(ReplicaTest, APreVoteChangesNoPromise) {
  Receive(n1, PreVote{B(5, 1)});
  EXPECT_EQ(replica_.acceptor().promised(), Ballot{});
}

TEST_F(ReplicaTest, RefusesAPreVoteWhileItHearsALeader) {
  HearLeader();
  EXPECT_EQ(SentTo<PreVoteReply>(n2, Receive(n2, PreVote{B(5, 2)})).at(0).answer,
            PreVoteAnswer::kRefused);
  now_ += options_.election_timeout_min;
  EXPECT_EQ(SentTo<PreVoteReply>(n2, Receive(n2, PreVote{B(5, 2)})).at(0).answer,
            PreVoteAnswer::kGranted);
}

TEST_F(ReplicaTest, RefusesAPreVoteOfABallotBelowItsPromise) {
  Receive(n1, Prepare{B(5, 1)});
  now_ += options_.election_timeout_max;
  EXPECT_EQ(SentTo<PreVoteReply>(n2, Receive(n2, PreVote{B(4, 2)})).at(0),
            (PreVoteReply{B(4, 2), B(5, 1), PreVoteAnswer::kRefused}));
}

TEST_F(ReplicaTest, AQuorumOfYesStartsACampaign) {
  Tick(options_.election_timeout_max);
  Receive(n1, PreVoteReply{B(1, 3), {}, PreVoteAnswer::kGranted});
  const Output output = Receive(n2, PreVoteReply{B(1, 3), {}, PreVoteAnswer::kGranted});
  EXPECT_EQ(SentTo<Prepare>(n1, output).size(), 1U);
}

TEST_F(ReplicaTest, ACandidatesTimeBeginsWhenItsBallotIsDurable) {
  Campaign();
  EXPECT_TRUE(Tick(options_.election_timeout_max).empty());
  replica_.OnDurable(now_, Seq(1));
  Tick(options_.election_timeout_min - 1ns);
  EXPECT_NE(replica_.proposer().preparing(), nullptr);
  Tick(options_.election_timeout_max);
  EXPECT_EQ(replica_.proposer().preparing(), nullptr);
}

TEST_F(ReplicaTest, AVotersTimeBeginsWhenItsPromiseIsDurable) {
  Receive(n1, Prepare{B(1, 1)});
  EXPECT_TRUE(Tick(options_.election_timeout_max).empty());
  replica_.OnDurable(now_, Seq(1));
  EXPECT_TRUE(Tick(options_.election_timeout_min - 1ns).empty());
  EXPECT_EQ(SentTo<PreVote>(n1, Tick(options_.election_timeout_max)).size(), 1U);
}

TEST_F(ReplicaTest, ACandidateThatRanOutOfTimeTakesMoreOfItForTheNextBallot) {
  Campaign();
  replica_.OnDurable(now_, Seq(1));
  Tick(options_.election_timeout_max);
  for (const NodeId voter : {n1, n2})
    Receive(voter, PreVoteReply{B(2, 3), {}, PreVoteAnswer::kGranted});
  replica_.OnDurable(now_, Seq(2));
  Tick(2 * options_.election_timeout_min - 1ns);
  EXPECT_NE(replica_.proposer().preparing(), nullptr);
}

TEST_F(ReplicaTest, ALeaderWithoutAQuorumOfAcksStepsDown) {
  Lead();
  Tick(options_.election_timeout_max);
  EXPECT_TRUE(replica_.IsLeading());
  Tick(1ns);
  EXPECT_FALSE(replica_.IsLeading());
}

// The whole cluster stood still; the acks of the last round were waiting in a socket.
TEST_F(ReplicaTest, AnAckCountsFromWhenItsHeartbeatLeft) {
  Lead();
  const std::uint64_t round = SentTo<Heartbeat>(n1, Tick(options_.heartbeat_interval)).at(0).round;
  now_ += options_.election_timeout_max;
  for (const NodeId voter : {n1, n2}) Receive(voter, HeartbeatAck{B(1, 3), round, {}});
  Tick(0ms);
  EXPECT_TRUE(replica_.IsLeading());
  Tick(1ns);
  EXPECT_FALSE(replica_.IsLeading());
}

TEST_F(ReplicaTest, ALeaderWhoseDiskStandsStillStepsDown) {
  Lead();
  for (Duration spent{}; spent <= options_.own_disk_stall_max; spent += 100ms) {
    EXPECT_TRUE(replica_.IsLeading());
    for (const Heartbeat& beat : SentTo<Heartbeat>(n1, Tick(100ms)))
      for (const NodeId peer : {n1, n2}) Receive(peer, HeartbeatAck{B(1, 3), beat.round, {}});
  }
  EXPECT_FALSE(replica_.IsLeading());
}

TEST_F(ReplicaTest, ANodeWhoseDiskStandsStillAsksForNoVotes) {
  Receive(n1, Prepare{B(1, 1)});
  EXPECT_TRUE(Tick(options_.own_disk_stall_max + 1ns).empty());
  replica_.OnDurable(now_, Seq(1));
  EXPECT_EQ(SentTo<PreVote>(n1, Tick(options_.election_timeout_max)).size(), 1U);
}

TEST_F(ReplicaTest, ANodeWhoseDiskStandsStillGivesNoVotes) {
  Receive(n1, Prepare{B(1, 1)});
  now_ += options_.own_disk_stall_max + 1ns;
  EXPECT_EQ(SentTo<PreVoteReply>(n2, Receive(n2, PreVote{B(5, 2)})).at(0).answer,
            PreVoteAnswer::kRefused);
  EXPECT_TRUE(Receive(n2, Prepare{B(5, 2)}).empty());
  replica_.OnDurable(now_, Seq(1));
  EXPECT_EQ(SentTo<Promise>(n2, Receive(n2, Prepare{B(5, 2)})).size(), 1U);
}

// Else what leaders send again would pile up behind the gate for as long as the disk hangs.
TEST_F(ReplicaTest, ANodeWhoseDiskStandsStillRepeatsNoVote) {
  const Accept accept{B(1, 1), S(1), {}, v};
  Receive(n1, accept);
  EXPECT_EQ(SentTo<Accepted>(n1, Receive(n1, accept)).size(), 1U) << "it may only be slow";
  now_ += options_.own_disk_stall_max + 1ns;
  EXPECT_EQ(SentTo<Accepted>(n1, Receive(n1, accept)).size(), 0U);
  replica_.OnDurable(now_, Seq(1));
  EXPECT_EQ(SentTo<Accepted>(n1, Receive(n1, accept)).size(), 1U);
}

TEST_F(ReplicaTest, WhatTheDiskHasNotFinishedIsBoundedInBytes) {
  options_.disk_bytes_max = 1000;
  Restart();
  Receive(n1, Accept{B(1, 1), S(1), {}, E(B(1, 1), {std::string(1000, 'x')})});
  EXPECT_TRUE(Receive(n1, Accept{B(1, 1), S(2), {}, v}).empty());
  EXPECT_TRUE(Receive(n2, Prepare{B(2, 2)}).empty());
  replica_.OnDurable(now_, Seq(1));
  EXPECT_EQ(GateOf<Accepted>(Receive(n1, Accept{B(1, 1), S(2), {}, v})), Seq(2));
}

TEST_F(ReplicaTest, IgnoresAcceptsWhileItsDiskIsFarBehind) {
  options_.disk_batches_max = 1;
  Restart();
  Receive(n1, Accept{B(1, 1), S(1), {}, v});
  EXPECT_TRUE(Receive(n1, Accept{B(1, 1), S(2), {}, v}).empty());
  replica_.OnDurable(now_, Seq(1));
  EXPECT_EQ(GateOf<Accepted>(Receive(n1, Accept{B(1, 1), S(2), {}, v})), Seq(2));
}

TEST_F(ReplicaTest, ABrokenLinkToTheLeaderHastensTheElection) {
  HearLeader();
  replica_.OnLinkDown(now_, n1);
  EXPECT_LE(replica_.next_wakeup(), now_ + options_.election_timeout_min / 4);
}

// ---- what peers remember of each other's disks [N1]

TEST_F(ReplicaTest, RemembersTheHighestDurableSeqOfEachNode) {
  replica_.Receive(now_, Envelope{n1, n3, Seq(7), Heartbeat{B(1, 1), 1, {}, {{n2, Seq(9)}}}});
  replica_.Receive(now_, Envelope{n1, n3, Seq(5), Heartbeat{B(1, 1), 2, {}, {{n2, Seq(4)}}}});
  EXPECT_EQ(replica_.RememberedDurable(n1), Seq(7));
  EXPECT_EQ(replica_.RememberedDurable(n2), Seq(9));
  EXPECT_EQ(replica_.RememberedDurable(kStranger), Seq(0));
}

TEST_F(ReplicaTest, GossipsWhatItRemembersWithItsHeartbeats) {
  replica_.Receive(now_, Envelope{n1, n3, Seq(7), PreVote{B(9, 1)}});
  EXPECT_EQ(SentTo<Heartbeat>(n2, Lead()).at(0).durable.at(n1), Seq(7));
}

// ---- time and determinism

TEST_F(ReplicaTest, TimeNeverFalls) {
  HearLeader();
  const Instant deadline = replica_.next_wakeup();
  replica_.OnTime(now_ - 30min);
  EXPECT_EQ(replica_.next_wakeup(), deadline);
}

TEST_F(ReplicaTest, OnlyALeaderTellsLogTime) {
  EXPECT_EQ(replica_.LeaderLogTime(now_), std::nullopt);
  Lead();
  EXPECT_EQ(replica_.LeaderLogTime(now_), LogAt(0ms));
}

// [T1] What it recovered may turn out void, and an older ballot may count the same real time.
TEST_F(ReplicaTest, ALeadersLogTimeStandsStillUntilAnEntryOfItsOwnIsChosen) {
  Lead({{S(1), B(1, 1), E(B(1, 1), {"v"}, 40ms)}});
  Propose(1, "a");
  now_ += 5ms;
  EXPECT_EQ(replica_.LeaderLogTime(now_), LogAt(0ms));
  for (const NodeId voter : {n1, n2}) Receive(voter, Accepted{B(1, 3), S(1)});
  EXPECT_EQ(replica_.LeaderLogTime(now_ + 5ms), LogAt(0ms));
  for (const NodeId voter : {n1, n2}) Receive(voter, Accepted{B(1, 3), S(2)});
  EXPECT_EQ(replica_.LeaderLogTime(now_ + 5ms), LogAt(45ms));
}

TEST_F(ReplicaTest, AnIdleLeaderBeginsWithANoOp) {
  EXPECT_TRUE(SentTo<Accept>(n1, Lead()).empty());
  EXPECT_EQ(SentTo<Accept>(n1, Tick(options_.heartbeat_interval)),
            (std::vector<Accept>{{B(1, 3), S(1), {}, NoOp(B(1, 3))}}));
  EXPECT_TRUE(SentTo<Accept>(n1, Tick(options_.heartbeat_interval)).empty());
}

TEST_F(ReplicaTest, ACopyIsAsGoodAsTheOriginal) {
  Lead({{S(1), B(1, 1), v}});
  Propose(1, "a");
  Replica copy = replica_;
  EXPECT_EQ(Encode(copy), Encode(replica_));
  const Envelope next{n1, n3, {}, Accepted{B(1, 3), S(1)}};
  copy.Receive(now_, next);
  EXPECT_NE(Encode(copy), Encode(replica_));
  replica_.Receive(now_, next);
  EXPECT_EQ(Encode(copy.TakeOutput()), Encode(replica_.TakeOutput()));
  EXPECT_EQ(copy, replica_);
}

// A wake-up in the past would keep the node's loop busy for nothing.
TEST_F(ReplicaTest, AfterAWakeUpTheNextOneIsLater) {
  const auto wakes_later = [&] {
    now_ = std::max(now_, replica_.next_wakeup());
    Tick(0ns);
    return replica_.next_wakeup() > now_;
  };
  EXPECT_TRUE(wakes_later()) << "following";
  HearLeader(S(5));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(wakes_later()) << "catching up";
  Restart();
  Lead();
  Propose(1, "a");
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(wakes_later()) << "leading, then deposed";
}

TEST_F(ReplicaTest, CatchingUpBehindASlowDiskDoesNotSpin) {
  options_.disk_batches_max = 1;
  Restart();
  Receive(n1, Prepare{B(1, 1)});
  HearLeader(S(5));
  Tick(options_.retransmit_interval);
  EXPECT_GT(replica_.next_wakeup(), now_);
}

TEST_F(ReplicaTest, ANodeThatDoesNotVoteDoesNotSpin) {
  options_.self = kStranger;
  Restart();
  now_ = replica_.next_wakeup();
  Tick(0ns);
  EXPECT_GT(replica_.next_wakeup(), now_);
}

}  // namespace
}  // namespace paxos
