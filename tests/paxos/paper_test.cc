// "Paxos Made Simple" (Lamport, 2001), section by section: one test per normative sentence, in our
// own words. Where the paper speaks of one value, this is about one slot; "proposal number" is our
// ballot, "value" our entry, "accept request" our Accept.
//
// The tests use the real classes: Acceptor and Proposer where a sentence speaks of one role, and
// whole replicas on a table (tests/paxos/scenario_world.h) where it speaks of many.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "paxos/acceptor.h"
#include "paxos/learner.h"
#include "paxos/proposer.h"
#include "paxos/replica.h"
#include "tests/paxos/scenario_world.h"
#include "tests/paxos/values.h"

namespace paxos {
namespace {

using namespace values;

const SharedEntry v = E(B(1, 1), {"v"});
const SharedEntry w = E(B(2, 2), {"w"});

bool Accepts(Acceptor& acceptor, const Ballot& ballot, const SharedEntry& entry, Slot slot = S(1)) {
  const auto answer = acceptor.OnAccept(Accept{ballot, slot, {}, entry}, {});
  return std::holds_alternative<Accepted>(answer.reply);
}

bool Promises(Acceptor& acceptor, const Ballot& ballot) {
  return std::holds_alternative<Promise>(acceptor.OnPrepare(Prepare{ballot}, {}).reply);
}

Promise AskPromise(Acceptor& acceptor, const Ballot& ballot) {
  return std::get<Promise>(acceptor.OnPrepare(Prepare{ballot}, {}).reply);
}

// Whether anybody said so since the last call.
bool Said(scenario::World& world, const std::string& text) {
  return world.TakeTranscript().find(text) != std::string::npos;
}

const std::string kN3AppliesV = "n3 applies slot 1 {first=1.1 log_time=0ns commands=[\"v\"]}";

// A proposer, one acceptor per node, and messages that arrive when the test says so.
class PaxosMadeSimple : public testing::Test {
 protected:
  // The proposer of `self` is promised a ballot above `seen` by these nodes, and leads.
  Proposer ElectedBy(NodeId self, const Ballot& seen, const std::vector<NodeId>& quorum) {
    Proposer proposer(NodeOf(self), {});
    const Ballot ballot = proposer.StartCampaign(seen).ballot;
    for (const NodeId node : quorum) proposer.OnPromise(node, AskPromise(At(node), ballot));
    proposer.Lead({}, {});
    return proposer;
  }

  // What the proposer proposes in slot 1 when asked for `command`.
  static SharedEntry ProposesFirst(Proposer& proposer, const std::string& command) {
    proposer.Propose(P(1), command);
    proposer.OpenSlots(Instant{}, {});
    return proposer.TakeSendings().at(0).entry;
  }

  Acceptor& At(NodeId node) { return acceptors_.at(node.value() - 1); }
  Acceptor& acceptor() { return acceptors_[0]; }

  std::vector<Acceptor> acceptors_ = std::vector<Acceptor>(3, Acceptor(NodeOf(n1), {}));
};

// ---- 2.1 The problem

TEST_F(PaxosMadeSimple, S2_1_OnlyAValueThatWasProposedIsChosen) {
  Proposer proposer = ElectedBy(n1, {}, {n1, n2});
  EXPECT_EQ(proposer.OnAccepted(n1, Accepted{B(1, 1), S(1)}), std::nullopt);
  EXPECT_EQ(proposer.OnAccepted(n2, Accepted{B(1, 1), S(1)}), std::nullopt);
}

TEST_F(PaxosMadeSimple, S2_1_OnlyASingleValueIsChosen) {
  scenario::World world(ReplicaOptions{}, 3);
  world.Elect(n1, {n2});
  world.Choose(n1, "v", {n2});
  // The table compares whatever any two nodes apply, and throws if it differs.
  world.Campaign(n3);
  world.Propose(n3, {"w"});
  world.Settle();
  EXPECT_TRUE(Said(world, kN3AppliesV));
}

TEST_F(PaxosMadeSimple, S2_1_NobodyLearnsAValueThatIsNotChosen) {
  scenario::World world(ReplicaOptions{}, 3);
  world.Elect(n1, {n2});
  world.Choose(n1, "v", {});
  EXPECT_FALSE(Said(world, "applies"));
}

TEST_F(PaxosMadeSimple, S2_1_AgentsMayFailAndRestartAndMessagesMayBeLostAndRepeated) {
  scenario::World world(ReplicaOptions{}, 3);
  world.Elect(n1, {n2});
  world.Propose(n1, {"v"});
  const scenario::Pattern accept{n1, n2, "Accept", {}};
  world.Repeat(accept);
  world.Crash(n2, 0);
  world.Restart(n2);
  world.Deliver(accept);
  EXPECT_NO_THROW(world.Settle());
  EXPECT_TRUE(Said(world, "n1 applies slot 1"));
}

// ---- 2.2 Choosing a value

TEST_F(PaxosMadeSimple, S2_2_AValueIsChosenWhenAMajorityHasAcceptedIt) {
  Proposer proposer = ElectedBy(n1, {}, {n1, n2});
  const SharedEntry entry = ProposesFirst(proposer, "v");
  EXPECT_EQ(proposer.OnAccepted(n3, Accepted{B(1, 1), S(1)}), std::nullopt);
  EXPECT_EQ(proposer.OnAccepted(n1, Accepted{B(1, 1), S(1)}), (ChosenEntry{S(1), entry}));
}

TEST_F(PaxosMadeSimple, S2_2_P1_AnAcceptorAcceptsTheFirstProposalItReceives) {
  EXPECT_TRUE(Accepts(acceptor(), B(1, 1), v));
}

TEST_F(PaxosMadeSimple, S2_2_AnAcceptorMayAcceptMoreThanOneProposal) {
  EXPECT_TRUE(Accepts(acceptor(), B(1, 1), v));
  EXPECT_TRUE(Accepts(acceptor(), B(2, 2), w));
}

TEST_F(PaxosMadeSimple, S2_2_DifferentProposalsHaveDifferentNumbers) {
  Proposer one(NodeOf(n1), {});
  Proposer two(NodeOf(n2), {});
  const Ballot first = one.StartCampaign({}).ballot;
  EXPECT_NE(first, two.StartCampaign({}).ballot);
  one.StepDown();
  EXPECT_NE(first, one.StartCampaign({}).ballot);
}

// P2, P2a and P2b say the same of acceptors, of acceptors that accept, and of proposers that issue:
// once v is chosen, nothing else is chosen, accepted or issued under a higher number.
TEST_F(PaxosMadeSimple, S2_2_P2_EveryHigherNumberedProposalThatIsChosenHasTheChosenValue) {
  for (const NodeId node : {n1, n2}) Accepts(At(node), B(1, 1), v);
  Proposer later = ElectedBy(n3, B(1, 1), {n3, n2});
  const SharedEntry issued = ProposesFirst(later, "w");
  later.OnAccepted(n2, Accepted{B(2, 3), S(1)});
  EXPECT_EQ(later.OnAccepted(n3, Accepted{B(2, 3), S(1)}), (ChosenEntry{S(1), v}));
  EXPECT_EQ(issued, v);
}

TEST_F(PaxosMadeSimple, S2_2_P2a_AnAcceptorThatNeverHeardOfTheChosenValueAcceptsItLater) {
  for (const NodeId node : {n1, n2}) Accepts(At(node), B(1, 1), v);
  Proposer later = ElectedBy(n3, B(1, 1), {n3, n2});
  EXPECT_TRUE(Accepts(At(n3), B(2, 3), ProposesFirst(later, "w")));
  EXPECT_EQ(At(n3).Find(S(1))->entry, v);
}

TEST_F(PaxosMadeSimple, S2_2_P2b_EveryHigherNumberedProposalIssuedHasTheChosenValue) {
  for (const NodeId node : {n1, n3}) Accepts(At(node), B(1, 1), v);
  const std::vector<std::vector<NodeId>> quorums = {{n1, n2}, {n1, n3}, {n2, n3}, {n1, n2, n3}};
  Ballot seen = B(1, 1);
  for (const std::vector<NodeId>& quorum : quorums) {
    Proposer later = ElectedBy(n2, seen, quorum);
    seen = later.leading()->ballot;
    EXPECT_EQ(ProposesFirst(later, "w"), v);
  }
}

TEST_F(PaxosMadeSimple, S2_2_P2c_AProposerIsFreeWhereNoneOfAMajorityHasAcceptedAnything) {
  Accepts(At(n3), B(1, 3), v);
  Proposer proposer = ElectedBy(n1, B(1, 3), {n1, n2});
  EXPECT_EQ(ProposesFirst(proposer, "mine")->commands, (std::vector<Command>{"mine"}));
}

TEST_F(PaxosMadeSimple, S2_2_P2c_ElseItProposesTheValueOfTheHighestNumberedProposalAmongThem) {
  Accepts(At(n1), B(1, 1), v);
  Accepts(At(n2), B(2, 2), w);
  Proposer proposer = ElectedBy(n1, B(2, 2), {n1, n2});
  EXPECT_EQ(ProposesFirst(proposer, "mine"), w);
}

// Phase 1 (a): a new number, sent to some set of acceptors, asking for two things.
TEST_F(PaxosMadeSimple, S2_2_Phase1_APrepareAsksForAPromiseNeverToAcceptALowerNumber) {
  EXPECT_TRUE(Promises(acceptor(), B(2, 2)));
  EXPECT_FALSE(Accepts(acceptor(), B(1, 1), v));
}

TEST_F(PaxosMadeSimple, S2_2_Phase1_AndForTheHighestNumberedProposalAcceptedSoFar) {
  Accepts(acceptor(), B(1, 1), v);
  Accepts(acceptor(), B(2, 2), w);
  EXPECT_EQ(AskPromise(acceptor(), B(3, 3)).accepted,
            (std::vector<AcceptedEntry>{{S(1), B(2, 2), w}}));
}

TEST_F(PaxosMadeSimple, S2_2_AProposalIsIssuedOnlyAfterAMajorityResponded) {
  Proposer proposer(NodeOf(n1), {});
  const Ballot ballot = proposer.StartCampaign({}).ballot;
  proposer.OnPromise(n1, AskPromise(At(n1), ballot));
  EXPECT_FALSE(proposer.HasPromiseQuorum());
  proposer.OpenSlots(Instant{}, {});
  EXPECT_TRUE(proposer.TakeSendings().empty());
}

// Any majority may accept, whoever promised.
TEST_F(PaxosMadeSimple, S2_2_AnotherMajorityThanTheOneThatPromisedMayAccept) {
  Proposer proposer = ElectedBy(n1, {}, {n1, n2});
  ProposesFirst(proposer, "v");
  proposer.OnAccepted(n2, Accepted{B(1, 1), S(1)});
  EXPECT_TRUE(proposer.OnAccepted(n3, Accepted{B(1, 1), S(1)}).has_value());
}

TEST_F(PaxosMadeSimple, S2_2_AnAcceptorCanAlwaysRespondToAPrepare) {
  for (std::uint64_t round = 1; round <= 5; ++round)
    EXPECT_TRUE(Promises(acceptor(), B(round, 1 + round % 3)));
}

TEST_F(PaxosMadeSimple, S2_2_P1a_AnAcceptorAcceptsNIffItHasNotRespondedToAPrepareGreaterThanN) {
  Promises(acceptor(), B(2, 2));
  EXPECT_FALSE(Accepts(acceptor(), B(2, 1), v));
  EXPECT_TRUE(Accepts(acceptor(), B(2, 2), w));
  EXPECT_TRUE(Accepts(acceptor(), B(2, 3), w));
}

TEST_F(PaxosMadeSimple, S2_2_APrepareBelowOneAlreadyAnsweredIsIgnored) {
  Promises(acceptor(), B(2, 2));
  EXPECT_FALSE(Promises(acceptor(), B(1, 3)));
  EXPECT_EQ(acceptor().promised(), B(2, 2));
}

// The paper lets it ignore one for a proposal that it has already accepted; we answer again, since
// the first answer may be lost. Nothing changes by it.
TEST_F(PaxosMadeSimple, S2_2_APrepareForAProposalAlreadyAcceptedChangesNothing) {
  Accepts(acceptor(), B(2, 2), w);
  const Acceptor before = acceptor();
  EXPECT_FALSE(acceptor().OnPrepare(Prepare{B(2, 2)}, {}).record);
  EXPECT_EQ(acceptor(), before);
}

TEST_F(PaxosMadeSimple, S2_2_AnAcceptorRemembersItsHighestAcceptedProposalAndPromiseOverARestart) {
  DurableState durable;
  durable.promised = B(3, 3);
  durable.accepted = {AcceptedEntry{S(1), B(2, 2), w}};
  Acceptor restarted(NodeOf(n1), durable);
  EXPECT_FALSE(Promises(restarted, B(3, 2)));
  EXPECT_EQ(AskPromise(restarted, B(4, 1)).accepted, durable.accepted);
}

TEST_F(PaxosMadeSimple, S2_2_AProposerMayGiveUpAProposalAtAnyTime) {
  Proposer proposer = ElectedBy(n1, {}, {n1, n2});
  ProposesFirst(proposer, "v");
  proposer.StepDown();
  EXPECT_TRUE(proposer.IsIdle());
  EXPECT_EQ(proposer.OnAccepted(n2, Accepted{B(1, 1), S(1)}), std::nullopt);
}

TEST_F(PaxosMadeSimple, S2_2_ButItNeverIssuesASecondProposalUnderTheSameNumber) {
  Proposer proposer = ElectedBy(n1, {}, {n1, n2});
  ProposesFirst(proposer, "v");
  proposer.StepDown();
  EXPECT_GT(proposer.StartCampaign({}).ballot, B(1, 1));
}

TEST_F(PaxosMadeSimple, S2_2_AnAcceptorTellsAProposerOfAHigherNumberSoThatItAbandonsItsOwn) {
  Replica replica(NodeOf(n1), {}, Instant{});
  replica.Campaign(Instant{});
  Promises(At(n2), B(5, 3));
  const auto refusal = std::get<Preempted>(At(n2).OnPrepare(Prepare{B(1, 1)}, {}).reply);
  replica.Receive(Instant{}, Envelope{n2, n1, {}, refusal});
  EXPECT_TRUE(replica.proposer().IsIdle());
}

// ---- 2.3 Learning a chosen value

TEST_F(PaxosMadeSimple, S2_3_ALearnerFindsOutThatAMajorityOfAcceptorsAcceptedTheProposal) {
  scenario::World world(ReplicaOptions{}, 3);
  world.Elect(n1, {n2, n3});
  world.Choose(n1, "v", {n3});
  EXPECT_TRUE(Said(world, "n1 applies slot 1"));
}

TEST_F(PaxosMadeSimple, S2_3_ADistinguishedLearnerTellsTheOthersWhatIsChosen) {
  scenario::World world(ReplicaOptions{}, 3);
  world.Elect(n1, {n2, n3});
  world.Choose(n1, "v", {n3});
  world.TakeTranscript();  // what n1 said
  world.Tick(n1, 50ms);
  world.Settle();
  const std::string transcript = world.TakeTranscript();
  EXPECT_NE(transcript.find("n2 applies slot 1"), std::string::npos);
  EXPECT_NE(transcript.find("n3 applies slot 1"), std::string::npos);
}

// The messages that would have told are lost; the failure of an acceptor may make it impossible to
// know whether a majority accepted. A new proposal finds out.
TEST_F(PaxosMadeSimple, S2_3_ALearnerThatMissedTheNewsFindsOutByANewProposal) {
  scenario::World world(ReplicaOptions{}, 3);
  world.Elect(n1, {n2});
  world.Choose(n1, "v", {n2});
  world.Crash(n1, 0);
  world.Campaign(n3);
  world.Settle();
  EXPECT_TRUE(Said(world, kN3AppliesV));
}

// ---- 2.4 Progress

TEST_F(PaxosMadeSimple, S2_4_TwoProposersCanKeepEachOtherFromEverSucceeding) {
  Ballot seen{};
  for (int turn = 0; turn < 5; ++turn) {
    Proposer one = ElectedBy(n1, seen, {n1, n2});
    Proposer two = ElectedBy(n3, one.leading()->ballot, {n2, n3});
    EXPECT_FALSE(Accepts(At(n2), one.leading()->ballot, ProposesFirst(one, "one")));
    seen = two.leading()->ballot;
  }
}

TEST_F(PaxosMadeSimple, S2_4_OneProposerThatReachesAMajorityWithAHighEnoughNumberSucceeds) {
  scenario::World world(ReplicaOptions{}, 3);
  world.Elect(n3, {n2});
  world.Elect(n1, {n2});  // too low: it is told
  world.Elect(n1, {n2});
  world.Choose(n1, "v", {n2});
  EXPECT_TRUE(Said(world, "n1 applies slot 1"));
}

TEST_F(PaxosMadeSimple, S2_4_SafetyHoldsWhateverTheElectionDoes) {
  scenario::World world(ReplicaOptions{}, 3);
  for (const NodeId node : {n1, n2, n3}) {
    world.Campaign(node);
    world.Propose(node, {"from " + ToText(node)});
  }
  EXPECT_NO_THROW(world.Settle());
}

// ---- 2.5 The implementation

TEST_F(PaxosMadeSimple, S2_5_AnAcceptorRecordsItsResponseBeforeSendingIt) {
  Replica replica(NodeOf(n1), {}, Instant{});
  replica.Receive(Instant{}, Envelope{n2, n1, {}, Accept{B(1, 2), S(1), {}, E(B(1, 2), {"v"})}});
  const Output output = replica.TakeOutput();
  ASSERT_EQ(output.send.size(), 1U);
  EXPECT_EQ(output.send[0].after, output.persist_seq);
  EXPECT_FALSE(output.persist.empty());
}

TEST_F(PaxosMadeSimple, S2_5_ProposersTakeTheirNumbersFromDisjointSets) {
  for (const Ballot& seen : {Ballot{}, B(4, 1), B(4, 2)}) {
    const Ballot one = Proposer(NodeOf(n1), {}).NextBallot(seen);
    const Ballot two = Proposer(NodeOf(n2), {}).NextBallot(seen);
    EXPECT_NE(one, two);
  }
}

TEST_F(PaxosMadeSimple, S2_5_AProposerRecordsTheHighestNumberItUsedAndBeginsAboveIt) {
  Replica replica(NodeOf(n1), {}, Instant{});
  replica.Campaign(Instant{});
  EXPECT_EQ(replica.TakeOutput().persist, (std::vector<Record>{BallotUsedRecord{B(1, 1)}}));
  DurableState durable;
  durable.ballot_used = B(1, 1);
  EXPECT_GT(Proposer(NodeOf(n1), durable).NextBallot({}), B(1, 1));
}

// ---- 3 Implementing a state machine

TEST_F(PaxosMadeSimple, S3_ServersApplyTheSameCommandsInTheSameOrder) {
  scenario::World world(ReplicaOptions{}, 3);
  world.Elect(n1, {n2, n3});
  for (const char* command : {"a", "b", "c"}) world.Choose(n1, command, {n2});
  world.Tick(n1, 50ms);
  EXPECT_NO_THROW(world.Settle());
  EXPECT_TRUE(Said(world, "n3 applies slot 3"));
}

TEST_F(PaxosMadeSimple, S3_ANewLeaderExecutesPhase1ForAllInstancesAtOnce) {
  Proposer proposer = ElectedBy(n1, {}, {n1, n2});
  for (std::uint64_t slot = 1; slot <= 3; ++slot) {
    proposer.Propose(P(slot), "c");
    proposer.OpenSlots(Instant{}, {});
    EXPECT_EQ(proposer.TakeSendings().at(0).slot, S(slot));
  }
  EXPECT_EQ(proposer.leading()->ballot, B(1, 1));
}

TEST_F(PaxosMadeSimple, S3_AnAcceptorAnswersForAllInstancesInOneMessage) {
  Accepts(acceptor(), B(1, 1), v, S(2));
  Accepts(acceptor(), B(1, 1), v, S(5));
  EXPECT_EQ(AskPromise(acceptor(), B(2, 2)).accepted.size(), 2U);
}

TEST_F(PaxosMadeSimple, S3_GapsAreFilledByNoOps) {
  Accepts(At(n2), B(1, 3), v, S(2));
  Proposer proposer = ElectedBy(n1, B(1, 3), {n1, n2});
  EXPECT_TRUE(ProposesFirst(proposer, "mine")->commands.empty());
}

TEST_F(PaxosMadeSimple, S3_ALeaderProposesUpToAlphaCommandsAheadOfWhatIsChosen) {
  ReplicaOptions options = NodeOf(n1);
  options.alpha = 3;
  options.batch_commands_max = 1;
  Proposer proposer(options, {});
  proposer.StartCampaign({});
  for (const NodeId node : {n2, n3}) proposer.OnPromise(node, Promise{B(1, 1), {}, {}, {}});
  proposer.Lead({}, {});
  for (std::uint64_t id = 1; id <= 9; ++id) proposer.Propose(P(id), "c");
  proposer.OpenSlots(Instant{}, {});
  EXPECT_EQ(proposer.TakeSendings().size(), 3U);
}

}  // namespace
}  // namespace paxos
