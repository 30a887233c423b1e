#include "paxos/proposer.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/paxos/values.h"

namespace paxos {
namespace {

using namespace values;

const SharedEntry v = E(B(1, 1), {"v"});
const SharedEntry w = E(B(1, 3), {"w"});

Promise Promising(const Ballot& ballot, std::vector<AcceptedEntry> accepted = {}) {
  return Promise{ballot, {}, {}, std::move(accepted)};
}

// n1 of three nodes, leading in 1.1 from slot 1 unless a test says otherwise.
class ProposerTest : public testing::Test {
 protected:
  // Campaigns and is promised by n2 and n3, each reporting what it accepted.
  void Prepare(std::vector<AcceptedEntry> by_n2 = {}, std::vector<AcceptedEntry> by_n3 = {}) {
    proposer_.StartCampaign({});
    proposer_.OnPromise(n2, Promising(B(1, 1), std::move(by_n2)));
    proposer_.OnPromise(n3, Promising(B(1, 1), std::move(by_n3)));
  }

  void Lead(std::vector<AcceptedEntry> by_n2 = {}, std::vector<AcceptedEntry> by_n3 = {}) {
    Prepare(std::move(by_n2), std::move(by_n3));
    proposer_.Lead(Slot{}, {});
  }

  std::optional<Refusal> Propose(std::uint64_t id, const std::string& command) {
    return proposer_.Propose(P(id), command);
  }

  // Opens what it can; the slots and entries that want sending.
  std::vector<std::pair<Slot, SharedEntry>> Open(Slot prefix = {}) {
    proposer_.OpenSlots(now_, prefix);
    std::vector<std::pair<Slot, SharedEntry>> opened;
    for (Proposer::Sending& sending : proposer_.TakeSendings())
      opened.emplace_back(sending.slot, std::move(sending.entry));
    return opened;
  }

  std::optional<ChosenEntry> Accepting(NodeId from, Slot slot, const Ballot& ballot = B(1, 1)) {
    return proposer_.OnAccepted(from, Accepted{ballot, slot});
  }

  const Leading& leading() const { return *proposer_.leading(); }

  ReplicaOptions options_ = NodeOf(n1);
  Proposer proposer_{options_, {}};
  Instant now_ = At(1s);
};

using Opened = std::vector<std::pair<Slot, SharedEntry>>;

// ---- ballots [P0]

TEST_F(ProposerTest, TakesABallotAboveAllThatItSaw) {
  EXPECT_EQ(proposer_.StartCampaign(B(4, 3)), BallotUsedRecord{B(5, 1)});
  EXPECT_EQ(proposer_.preparing()->ballot, B(5, 1));
}

TEST_F(ProposerTest, TakesABallotAboveItsOwnOfAnEarlierLife) {
  DurableState durable;
  durable.ballot_used = B(7, 1);
  Proposer restarted(options_, durable);
  EXPECT_EQ(restarted.StartCampaign(B(2, 3)), BallotUsedRecord{B(8, 1)});
}

TEST_F(ProposerTest, TakesAnotherBallotForEachCampaign) {
  EXPECT_EQ(proposer_.StartCampaign({}), BallotUsedRecord{B(1, 1)});
  proposer_.StepDown();
  EXPECT_EQ(proposer_.StartCampaign({}), BallotUsedRecord{B(2, 1)});
}

using ProposerDeathTest = ProposerTest;

TEST_F(ProposerDeathTest, CampaignsOnlyWhenIdle) {
  proposer_.StartCampaign({});
  EXPECT_DEATH(proposer_.StartCampaign({}), "check \\[P0\\]");
}

// ---- promises

TEST_F(ProposerTest, AMajorityOfPromisesIsEnough) {
  proposer_.StartCampaign({});
  proposer_.OnPromise(n1, Promising(B(1, 1)));
  EXPECT_FALSE(proposer_.HasPromiseQuorum());
  proposer_.OnPromise(n3, Promising(B(1, 1)));
  EXPECT_TRUE(proposer_.HasPromiseQuorum());
}

TEST_F(ProposerTest, CountsARepeatedPromiseOnce) {
  proposer_.StartCampaign({});
  proposer_.OnPromise(n2, Promising(B(1, 1)));
  proposer_.OnPromise(n2, Promising(B(1, 1)));
  EXPECT_FALSE(proposer_.HasPromiseQuorum());
}

TEST_F(ProposerTest, IgnoresPromisesOfAnotherBallotAndOfStrangers) {
  proposer_.StartCampaign({});
  proposer_.OnPromise(n2, Promising(B(2, 1), {{S(1), B(1, 3), w}}));
  proposer_.OnPromise(kStranger, Promising(B(1, 1), {{S(1), B(1, 3), w}}));
  EXPECT_EQ(proposer_.preparing()->promises.Count(), 0U);
  EXPECT_TRUE(proposer_.preparing()->recovered.empty());
}

TEST_F(ProposerTest, AdoptsTheEntryOfTheHighestBallotForEachSlot) {
  Prepare({{S(1), B(1, 1), v}, {S(2), B(2, 3), w}}, {{S(1), B(3, 2), w}, {S(2), B(1, 1), v}});
  EXPECT_EQ(proposer_.preparing()->recovered.at(S(1)).entry, w);
  EXPECT_EQ(proposer_.preparing()->recovered.at(S(2)).entry, w);
}

TEST_F(ProposerTest, LearnsUpToTheHighestReportedPrefixFromWhoStillHasIt) {
  proposer_.StartCampaign({});
  proposer_.OnPromise(n2, Promise{B(1, 1), S(9), S(5), {}});
  proposer_.OnPromise(n3, Promise{B(1, 1), S(7), {}, {}});
  EXPECT_EQ(proposer_.PrefixToLearn(), S(9));
  EXPECT_EQ(proposer_.WhoKnowsBeyond(S(3)), n3);
  EXPECT_EQ(proposer_.WhoKnowsBeyond(S(7)), n2);
  EXPECT_EQ(proposer_.WhoKnowsBeyond(S(9)), std::nullopt);
}

TEST_F(ProposerTest, NobodyCanTellWhatAllHaveForgotten) {
  proposer_.StartCampaign({});
  proposer_.OnPromise(n2, Promise{B(1, 1), S(9), S(9), {}});
  EXPECT_EQ(proposer_.WhoKnowsBeyond(S(3)), std::nullopt);
}

// ---- leading [P1]

TEST_F(ProposerDeathTest, LeadsOnlyWithAQuorumAndTheReportedPrefix) {
  proposer_.StartCampaign({});
  EXPECT_DEATH(proposer_.Lead({}, {}), "check \\[P1\\]");
  proposer_.OnPromise(n2, Promise{B(1, 1), S(4), {}, {}});
  proposer_.OnPromise(n3, Promising(B(1, 1)));
  EXPECT_DEATH(proposer_.Lead(S(3), {}), "check \\[P1\\]");
}

TEST_F(ProposerTest, ProposesWhatItRecoveredAsItWas) {
  Lead({{S(1), B(1, 3), w}});
  EXPECT_EQ(Open(), (Opened{{S(1), w}}));
}

TEST_F(ProposerTest, WithNothingToProposeBeginsWithOneNoOpOfItsOwn) {
  Lead();
  EXPECT_TRUE(Open().empty());
  proposer_.BeginIfIdle(now_, Slot{});
  EXPECT_EQ(Open(), (Opened{{S(1), NoOp(B(1, 1))}}));
  proposer_.BeginIfIdle(now_, Slot{});
  EXPECT_TRUE(Open().empty());
}

TEST_F(ProposerTest, FillsGapsWithNoOpsOfItsOwnBallotThatMoveNoTime) {
  const SharedEntry late = E(B(1, 1), {"late"}, 30ms);
  Prepare({{S(1), B(1, 1), late}, {S(4), B(1, 3), w}});
  proposer_.Lead(Slot{}, LogAt(20ms));
  const SharedEntry no_op = NoOp(B(1, 1), 20ms);
  EXPECT_EQ(Open(), (Opened{{S(1), late}, {S(2), no_op}, {S(3), no_op}, {S(4), w}}));
}

TEST_F(ProposerTest, PutsNewCommandsAboveEverythingRecovered) {
  Lead({{S(2), B(1, 3), w}});
  Propose(1, "new");
  const Opened opened = Open();
  ASSERT_EQ(opened.size(), 3U);
  EXPECT_EQ(opened[2], std::pair(S(3), E(B(1, 1), {"new"})));
  EXPECT_EQ(leading().last_recovered, S(2));
}

TEST_F(ProposerTest, ProposesNothingThatThePrefixCovers) {
  Prepare({{S(2), B(1, 1), v}, {S(4), B(1, 3), w}});
  proposer_.Lead(S(2), {});
  EXPECT_EQ(leading().first_slot, S(3));
  EXPECT_EQ(Open(S(2)), (Opened{{S(3), NoOp(B(1, 1))}, {S(4), w}}));
}

TEST_F(ProposerTest, StartsAboveThePrefixWhenNothingWasAccepted) {
  Prepare();
  proposer_.Lead(S(6), {});
  EXPECT_EQ(leading().last_recovered, S(6));
  EXPECT_EQ(leading().next_slot, S(7));
}

// ---- slots and commands

TEST_F(ProposerTest, CommandsOfOneTurnShareASlot) {
  Lead();
  Propose(1, "a");
  Propose(2, "b");
  EXPECT_EQ(Open(), (Opened{{S(1), E(B(1, 1), {"a", "b"})}}));
  EXPECT_EQ(leading().window.at(S(1)).callers, (std::vector<ProposalId>{P(1), P(2)}));
}

TEST_F(ProposerTest, OpensNoSlotForNothing) {
  Lead();
  EXPECT_TRUE(Open().empty());
}

TEST_F(ProposerTest, ALargeQueueTakesSeveralSlots) {
  options_.batch_commands_max = 2;
  proposer_ = Proposer(options_, {});
  Lead();
  for (std::uint64_t id = 1; id <= 3; ++id) Propose(id, "c");
  EXPECT_EQ(Open(), (Opened{{S(1), E(B(1, 1), {"c", "c"})}, {S(2), E(B(1, 1), {"c"})}}));
}

TEST_F(ProposerTest, AFullWindowMakesCommandsGather) {
  options_.alpha = 1;
  proposer_ = Proposer(options_, {});
  Lead();
  Propose(1, "a");
  EXPECT_EQ(Open().size(), 1U);
  Propose(2, "b");
  EXPECT_TRUE(Open().empty());
  Propose(3, "c");
  EXPECT_EQ(Open(S(1)), (Opened{{S(2), E(B(1, 1), {"b", "c"})}}));
}

TEST_F(ProposerTest, ProposesNothingBeyondPrefixPlusAlpha) {
  options_.alpha = 2;
  proposer_ = Proposer(options_, {});
  Lead({{S(3), B(1, 1), v}});
  EXPECT_EQ(Open().size(), 2U);
  EXPECT_EQ(Open(S(1)), (Opened{{S(3), v}}));
}

TEST_F(ProposerTest, TheWindowIsBoundedInBytesButLetsOneEntryThrough) {
  options_.batch_bytes_max = 300;
  options_.window_bytes_max = 300;
  proposer_ = Proposer(options_, {});
  Lead();
  Propose(1, std::string(200, 'x'));
  EXPECT_EQ(Open().size(), 1U);
  Propose(2, std::string(200, 'y'));
  EXPECT_TRUE(Open().empty());
  proposer_.Finish(S(1));
  EXPECT_EQ(Open(S(1)).size(), 1U);
}

TEST_F(ProposerTest, RefusesWhatFitsNoBatchAndWhatFitsNoQueue) {
  options_.batch_bytes_max = 200;
  options_.pending_bytes_max = 200;
  options_.pending_commands_max = 2;
  proposer_ = Proposer(options_, {});
  Lead();
  EXPECT_EQ(Propose(1, std::string(200, 'x')), Refusal::kTooLarge);
  EXPECT_EQ(Propose(2, std::string(150, 'x')), std::nullopt);
  EXPECT_EQ(Propose(3, std::string(150, 'x')), Refusal::kOverloaded);
  EXPECT_EQ(Propose(4, "c"), std::nullopt);
  EXPECT_EQ(Propose(5, "c"), Refusal::kOverloaded);
}

// [T1] What phase 1 recovered may turn out void, so nothing counts from its stamps.
TEST_F(ProposerTest, StampsStandStillUntilAnEntryOfItsOwnIsChosen) {
  Prepare({{S(1), B(1, 1), E(B(1, 1), {"a"}, 80ms)}});
  proposer_.Lead(Slot{}, LogAt(50ms));
  now_ += 7ms;
  proposer_.StartClock(now_, S(1), LogAt(80ms));
  EXPECT_EQ(proposer_.StampAt(now_), LogAt(50ms));
  Propose(1, "b");
  EXPECT_EQ(Open().back().second, E(B(1, 1), {"b"}, 50ms));
}

TEST_F(ProposerTest, StampsCountFromTheLogTimeAtItsFirstChosenEntry) {
  Prepare({{S(1), B(1, 1), E(B(1, 1), {"a"}, 80ms)}});
  proposer_.Lead(Slot{}, LogAt(50ms));
  Open();
  proposer_.StartClock(now_, S(2), LogAt(80ms));
  proposer_.StartClock(now_ + 5ms, S(3), LogAt(99ms));
  EXPECT_EQ(proposer_.StampAt(now_ + 7ms), LogAt(87ms));
}

// ---- choosing

TEST_F(ProposerTest, AnEntryIsChosenOnceAQuorumAccepted) {
  Lead();
  Propose(1, "a");
  Open();
  EXPECT_EQ(Accepting(n2, S(1)), std::nullopt);
  EXPECT_EQ(Accepting(n2, S(1)), std::nullopt);
  EXPECT_EQ(Accepting(n1, S(1)), (ChosenEntry{S(1), E(B(1, 1), {"a"})}));
  EXPECT_EQ(Accepting(n3, S(1)), std::nullopt);
}

TEST_F(ProposerTest, CountsNoVoteOfAnotherBallotSlotOrStranger) {
  Lead();
  Propose(1, "a");
  Open();
  Accepting(n1, S(1));
  EXPECT_EQ(Accepting(n2, S(1), B(2, 1)), std::nullopt);
  EXPECT_EQ(Accepting(n2, S(2)), std::nullopt);
  EXPECT_EQ(Accepting(kStranger, S(1)), std::nullopt);
}

TEST_F(ProposerTest, SlotsMayBeChosenInAnyOrder) {
  Lead({{S(1), B(1, 1), v}, {S(2), B(1, 3), w}});
  Open();
  Accepting(n2, S(2));
  EXPECT_EQ(Accepting(n3, S(2)), (ChosenEntry{S(2), w}));
}

TEST_F(ProposerTest, ASlotBelowThePrefixLeavesTheWindowWithItsCallers) {
  Lead();
  Propose(1, "a");
  Open();
  Propose(2, "b");
  Open();
  const auto finished = proposer_.Finish(S(1));
  EXPECT_EQ(finished, (std::vector<SlotCallers>{{S(1), {P(1)}}}));
  EXPECT_EQ(leading().window.size(), 1U);
  EXPECT_EQ(leading().window_bytes, EncodedSizeBound(*E(B(1, 1), {"b"})));
}

// ---- sending again [P2]

TEST_F(ProposerTest, RetransmitsTheSameEntryToWhoHasNotAnswered) {
  Lead({{S(1), B(1, 3), w}});
  Open();
  Accepting(n2, S(1));
  now_ += options_.retransmit_interval;
  proposer_.Retransmit(now_);
  EXPECT_EQ(proposer_.TakeSendings(),
            (std::vector<Proposer::Sending>{{n1, S(1), w}, {n3, S(1), w}}));
}

TEST_F(ProposerTest, RetransmitsNothingEarlyAndNothingChosen) {
  Lead({{S(1), B(1, 1), v}, {S(2), B(1, 3), w}});
  Open();
  proposer_.Retransmit(now_ + options_.retransmit_interval - 1ns);
  EXPECT_TRUE(proposer_.TakeSendings().empty());
  Accepting(n2, S(2));
  Accepting(n3, S(2));
  proposer_.Retransmit(now_ + options_.retransmit_interval);
  for (const Proposer::Sending& sending : proposer_.TakeSendings()) EXPECT_EQ(sending.slot, S(1));
}

TEST_F(ProposerTest, WaitsAgainAfterARetransmission) {
  Lead({{S(1), B(1, 1), v}});
  Open();
  now_ += options_.retransmit_interval;
  proposer_.Retransmit(now_);
  proposer_.TakeSendings();
  proposer_.Retransmit(now_ + 1ms);
  EXPECT_TRUE(proposer_.TakeSendings().empty());
}

// Four election time-outs bound it.
TEST_F(ProposerTest, WaitsTwiceAsLongAfterEachRetransmission) {
  Lead({{S(1), B(1, 1), v}});
  Open();
  proposer_.TakeSendings();
  Duration most{};
  for (Duration wait = options_.retransmit_interval; wait < 1h; wait *= 2) {
    const Instant sent = now_;
    do {
      now_ += 10ms;
      proposer_.Retransmit(now_);
    } while (proposer_.TakeSendings().empty());
    most = std::max(most, now_ - sent);
    EXPECT_EQ(now_ - sent, std::min(wait, most));
  }
  EXPECT_GE(most, 2 * options_.election_timeout_max);
  EXPECT_LE(most, 4 * options_.election_timeout_max);
}

TEST_F(ProposerTest, ANewLinkGetsAtOnceWhatItsPeerHasNotAccepted) {
  Lead({{S(1), B(1, 1), v}, {S(2), B(1, 3), w}});
  Open();
  proposer_.TakeSendings();
  Accepting(n2, S(1));
  proposer_.SendAgainTo(n2);
  EXPECT_EQ(proposer_.TakeSendings(), (std::vector<Proposer::Sending>{{n2, S(2), w}}));
  proposer_.SendAgainTo(kStranger);
  EXPECT_TRUE(proposer_.TakeSendings().empty());
}

TEST_F(ProposerTest, ALeadersDutyIsNotRefusedForLackOfRoom) {
  options_.pending_commands_max = 1;
  proposer_ = Proposer(options_, {});
  Lead();
  Propose(1, "a");
  EXPECT_EQ(Propose(2, "b"), Refusal::kOverloaded);
  EXPECT_EQ(proposer_.Propose(P(3), "renew", Urgency::kDuty), std::nullopt);
}

// ---- stepping down

TEST_F(ProposerTest, SteppingDownTellsWhatWasProposedFromWhatNeverWas) {
  options_.alpha = 1;
  proposer_ = Proposer(options_, {});
  Lead();
  Propose(1, "a");
  Open();
  Propose(2, "b");
  const Proposer::Remains remains = proposer_.StepDown();
  EXPECT_EQ(remains.ballot, B(1, 1));
  EXPECT_EQ(remains.proposed, (std::vector<SlotCallers>{{S(1), {P(1)}}}));
  EXPECT_EQ(remains.queued, (std::vector<ProposalId>{P(2)}));
  EXPECT_TRUE(proposer_.IsIdle());
  EXPECT_EQ(proposer_.bytes_held(), 0U);
}

TEST_F(ProposerTest, AnIdleProposerCountsNoVotes) {
  Lead();
  Propose(1, "a");
  Open();
  proposer_.StepDown();
  EXPECT_EQ(Accepting(n1, S(1)), std::nullopt);
  EXPECT_EQ(Accepting(n2, S(1)), std::nullopt);
  EXPECT_TRUE(Open().empty());
}

}  // namespace
}  // namespace paxos
