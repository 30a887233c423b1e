#include "paxos/node.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/paxos/values.h"

namespace paxos {
namespace {

using namespace values;

using Calls = std::vector<std::string>;

// The world around a node, writing down the order in which it is called. The disk finishes nothing
// by itself: the test calls OnDurable.
class World : public Storage, public Transport, public StateMachine, public NodeEvents {
 public:
  Result<DurableState> Recover() override { return recovered; }

  Result<std::vector<ChosenEntry>> ReadChosen(Slot first, Slot last, std::size_t) override {
    calls.push_back("read slots " + ToText(first) + ".." + ToText(last));
    std::vector<ChosenEntry> chunk;
    for (const ChosenEntry& entry : stored)
      if (entry.slot >= first && entry.slot <= last && chunk.size() < 2) chunk.push_back(entry);
    if (!unreadable.ok()) return unreadable;
    if (chunk.empty()) return Status(ErrorCode::kIo, "no such slot");
    return chunk;
  }

  void Write(std::vector<Record> batch, PersistSeq seq) override {
    calls.push_back("write #" + ToText(seq));
    written.insert(written.end(), batch.begin(), batch.end());
  }

  void Send(Envelope envelope) override {
    const auto name = [](const auto& message) { return std::string(message.kName); };
    calls.push_back("send " + std::visit(name, envelope.message) + " to " + ToText(envelope.to));
    sent.push_back(std::move(envelope));
  }

  Applied Apply(const ApplyContext& context, std::string_view command) override {
    calls.push_back("apply " + std::string(command) + " at " + ToText(context.index));
    return {"did " + std::string(command), {}};
  }
  std::string Snapshot() const override { return ""; }
  Status Restore(std::string_view) override { return Status::Ok(); }

  void OnApplied(const ApplyContext&, const Applied& applied) override {
    calls.push_back("applied: " + *applied.reply);
  }
  void OnProposal(const Done& outcome, const std::optional<std::string>& reply) override {
    calls.push_back("proposal " + ToText(outcome) + (reply ? ": " + *reply : ""));
    if (on_proposal) on_proposal();
  }
  void OnRead(const Done& outcome) override { calls.push_back("read " + ToText(outcome)); }
  void OnRole() override { calls.push_back("role"); }
  void OnFailed(const Status& why) override { calls.push_back("failed: " + why.message()); }

  Result<DurableState> recovered = DurableState{};
  std::vector<ChosenEntry> stored;
  Status unreadable;  // ok = it can be read
  std::vector<Record> written;
  std::vector<Envelope> sent;
  std::function<void()> on_proposal;
  Calls calls;
};

// n1 of three nodes; the test plays the others.
class NodeTest : public testing::Test {
 protected:
  NodeTest() { EXPECT_TRUE(Start().ok()); }

  Status Start() {
    node_.emplace(options_, world_, world_, world_, world_);
    return node_->Start(now_);
  }

  void Receive(NodeId from, Message message) {
    node_->Receive(now_, Envelope{from, n1, {}, std::move(message)});
  }

  // What was called since the last time.
  Calls Drain() {
    node_->Drain(now_);
    return std::exchange(world_.calls, {});
  }

  // Everything written so far becomes durable, and what follows from it, until nothing does.
  void SyncAll() {
    node_->Drain(now_);
    for (PersistSeq seq = node_->durable().next(); Wrote(seq); ++seq) {
      node_->OnDurable(seq);
      node_->Drain(now_);
    }
  }

  bool Wrote(PersistSeq seq) const {
    const std::string call = "write #" + ToText(seq);
    return std::find(world_.calls.begin(), world_.calls.end(), call) != world_.calls.end();
  }

  bool HasSent(const char* kind) const {
    const auto name = [](const auto& message) { return std::string(message.kName); };
    return std::any_of(world_.sent.begin(), world_.sent.end(), [&](const Envelope& envelope) {
      return std::visit(name, envelope.message) == kind;
    });
  }

  // n1 leads in 1.1, with its own promise durable.
  void Lead() {
    node_->Campaign(now_);
    SyncAll();
    Receive(n2, Promise{B(1, 1), {}, {}, {}});
    SyncAll();
    Drain();
  }

  ReplicaOptions options_ = NodeOf(n1);
  World world_;
  std::optional<Node> node_;
  Instant now_ = At(1h);
};

const SharedEntry v = E(B(1, 2), {"v"});
const SharedEntry w = E(B(1, 2), {"w"});

// ---- one turn, one order

// The one test that every swap of two lines of Drain must break.
TEST_F(NodeTest, PersistsThenSendsThenAppliesThenReports) {
  Receive(n2, Heartbeat{B(1, 2), 1, {}, {}});
  Receive(n2, Accept{B(1, 2), S(1), {}, v});
  node_->Read(now_, ReadId{1});
  SyncAll();
  Drain();

  Receive(n2, ReadIndex{{options_.life, ReadId{1}}, S(1)});
  Receive(n2, Accept{B(1, 2), S(2), S(1), w});
  Receive(n2, Heartbeat{B(1, 2), 2, S(1), {}});
  EXPECT_EQ(Drain(), (Calls{"write #2", "send HeartbeatAck to 2", "apply v at 1", "applied: did v",
                            "read ReadReady{id=1 slot=1}"}));
  node_->OnDurable(Seq(2));
  EXPECT_EQ(Drain(), (Calls{"send Accepted to 2"}));
}

TEST_F(NodeTest, ServesFromTheDiskAfterItHasSentAndBeforeItTellsItsRole) {
  world_.recovered->chosen_prefix = S(2);
  world_.stored = {{S(1), v}, {S(2), w}};
  ASSERT_TRUE(Start().ok());
  Lead();
  Receive(n3, FetchChosen{S(1), S(2)});
  Receive(n2, Heartbeat{B(2, 2), 1, {}, {}});
  Receive(n2, Accept{B(2, 2), S(3), {}, v});
  EXPECT_EQ(Drain(), (Calls{"write #3", "send HeartbeatAck to 2", "read slots 1..2",
                            "send ChosenRange to 3", "role"}));
}

TEST_F(NodeTest, WhatIsNotYetMarkedOnTheDiskIsServedLater) {
  world_.recovered->chosen_prefix = S(1);
  world_.stored = {{S(1), v}};
  ASSERT_TRUE(Start().ok());
  Drain();
  world_.unreadable = {ErrorCode::kNotFound, "slot 1"};
  Receive(n3, FetchChosen{S(1), S(1)});
  EXPECT_EQ(Drain(), (Calls{"read slots 1..1"}));
  EXPECT_FALSE(node_->failed());
}

TEST_F(NodeTest, ANodeThatCannotReadItsDiskAbstains) {
  world_.recovered->chosen_prefix = S(1);
  world_.stored = {{S(1), v}};
  ASSERT_TRUE(Start().ok());
  Drain();
  world_.unreadable = {ErrorCode::kDamaged, "slot 1"};
  Receive(n3, FetchChosen{S(1), S(1)});
  EXPECT_EQ(Drain(), (Calls{"read slots 1..1", "failed: serve a peer: slot 1"}));
}

TEST_F(NodeTest, ALostRoleIsToldBeforeTheOutcomesThatFollow) {
  options_.alpha = 1;
  ASSERT_TRUE(Start().ok());
  Lead();
  node_->Propose(now_, P(1), "a");
  node_->Propose(now_, P(2), "b");
  node_->Drain(now_);
  node_->Propose(now_, P(3), "c");
  Drain();
  Receive(n2, ChosenRange{{{S(1), v}}});
  const Calls calls = Drain();
  const auto role = std::find(calls.begin(), calls.end(), "role");
  const auto apply = std::find(calls.begin(), calls.end(), "apply v at 1");
  const auto lost = std::find(calls.begin(), calls.end(), "proposal Superseded{id=1}");
  EXPECT_TRUE(role < apply && apply < lost && lost < calls.end());
}

TEST_F(NodeTest, InputsCallNobody) {
  node_->Campaign(now_);
  node_->Propose(now_, P(1), "a");
  node_->Read(now_, ReadId{1});
  Receive(n2, Prepare{B(9, 2)});
  Receive(n2, Accept{B(9, 2), S(1), {}, E(B(9, 2), {"x"})});
  node_->OnTime(now_ + 1h);
  node_->OnLinkDown(now_, n2);
  node_->Resign(now_);
  EXPECT_TRUE(world_.calls.empty());
  node_->OnWriteFailed({ErrorCode::kIo, "disk full"});
  EXPECT_TRUE(world_.calls.empty());
}

TEST_F(NodeTest, AnEventMayCallInputs) {
  world_.on_proposal = [&] {
    world_.on_proposal = nullptr;
    node_->Propose(now_, P(2), "again");
  };
  node_->Propose(now_, P(1), "a");
  EXPECT_EQ(Drain(), (Calls{"proposal NeverProposed{id=1 why=not leader hint=none}",
                            "proposal NeverProposed{id=2 why=not leader hint=none}"}));
}

// ---- the gate [D1]

TEST_F(NodeTest, NothingThatAttestsLeavesWhileTheDiskIsSilent) {
  node_->Campaign(now_);
  node_->Drain(now_);
  Receive(n2, Prepare{B(2, 2)});
  Receive(n2, Prepare{B(2, 2)});
  Receive(n2, Accept{B(2, 2), S(1), {}, v});
  node_->Drain(now_);
  Receive(n2, Accept{B(2, 2), S(1), {}, v});
  node_->Drain(now_);
  for (const char* kind : {"Prepare", "Promise", "Accepted"}) EXPECT_FALSE(HasSent(kind)) << kind;
}

TEST_F(NodeTest, WhatWaitedLeavesInOrderAsTheDiskGetsThere) {
  Receive(n2, Accept{B(1, 2), S(1), {}, v});
  node_->Drain(now_);
  Receive(n2, Accept{B(1, 2), S(2), {}, w});
  node_->Drain(now_);
  node_->OnDurable(Seq(1));
  node_->Drain(now_);
  ASSERT_EQ(world_.sent.size(), 1U);
  EXPECT_EQ(world_.sent[0], (Envelope{n1, n2, Seq(1), Accepted{B(1, 2), S(1)}}));
  node_->OnDurable(Seq(2));
  node_->Drain(now_);
  EXPECT_EQ(world_.sent.at(1), (Envelope{n1, n2, Seq(2), Accepted{B(1, 2), S(2)}}));
}

TEST_F(NodeTest, AWordOfDurabilityMayCoverSeveralBatchesOrRepeat) {
  Receive(n2, Accept{B(1, 2), S(1), {}, v});
  node_->Drain(now_);
  Receive(n2, Accept{B(1, 2), S(2), {}, w});
  node_->Drain(now_);
  node_->OnDurable(Seq(2));
  node_->OnDurable(Seq(1));
  node_->OnDurable(Seq(2));
  Drain();
  EXPECT_EQ(world_.sent.size(), 2U);
  EXPECT_EQ(node_->durable(), Seq(2));
}

TEST_F(NodeTest, APrepareOfACampaignThatWasGivenUpNeverLeaves) {
  node_->Campaign(now_);
  Drain();
  node_->Resign(now_);
  node_->OnDurable(Seq(1));
  Drain();
  EXPECT_FALSE(HasSent("Prepare"));
}

TEST_F(NodeTest, ANodesOwnVoteCountsOnceItIsDurable) {
  Lead();
  node_->Propose(now_, P(1), "a");
  node_->Drain(now_);
  Receive(n2, Accepted{B(1, 1), S(1)});
  Calls calls = Drain();
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "apply a at 1"), 0);
  node_->OnDurable(node_->durable().next());
  calls = Drain();
  EXPECT_EQ(calls, (Calls{"apply a at 1", "applied: did a",
                          "proposal Chosen{id=1 slot=1 index=1}: did a"}));
}

TEST_F(NodeTest, AnOwnVoteThatBecameDurableCountsBeforeTheTurnsCommandsLeave) {
  Lead();
  node_->Propose(now_, P(1), "a");
  node_->Drain(now_);
  Receive(n2, Accepted{B(1, 1), S(1)});
  node_->Drain(now_);
  node_->OnDurable(node_->durable().next());
  node_->Propose(now_, P(2), "b");
  node_->Drain(now_);
  EXPECT_EQ(std::get<Accept>(world_.sent.back().message).chosen_prefix, S(1));
}

// Leaderless time is not log time, and a leader's acks count from when it began [T1].
TEST_F(NodeTest, WhatFollowsFromTheDiskHappensNow) {
  options_ = NodeOf(n1, 1);
  ASSERT_TRUE(Start().ok());
  node_->Campaign(now_);
  node_->Drain(now_);
  node_->OnDurable(Seq(1));
  node_->Drain(now_);
  node_->OnDurable(Seq(2));
  now_ += 400ms;
  node_->Drain(now_);
  ASSERT_TRUE(node_->replica().IsLeading());
  EXPECT_EQ(node_->next_wakeup(), now_ + options_.heartbeat_interval);
}

TEST_F(NodeTest, ANodeAloneIsItsOwnQuorum) {
  options_ = NodeOf(n1, 1);
  ASSERT_TRUE(Start().ok());
  node_->Campaign(now_);
  SyncAll();
  EXPECT_TRUE(node_->replica().IsLeading());
  node_->Propose(now_, P(1), "a");
  SyncAll();
  EXPECT_EQ(world_.calls.back(), "proposal Chosen{id=1 slot=1 index=1}: did a");
  EXPECT_TRUE(world_.sent.empty());
}

// ---- a failed disk [D2]

TEST_F(NodeTest, AFailedWriteIsFinal) {
  Receive(n2, Accept{B(1, 2), S(1), {}, v});
  Drain();
  node_->OnWriteFailed({ErrorCode::kIo, "disk full"});
  EXPECT_EQ(Drain(), (Calls{"failed: disk full"}));
  node_->OnDurable(Seq(1));
  Receive(n2, Accept{B(1, 2), S(2), {}, w});
  node_->OnTime(now_ + 1h);
  node_->Propose(now_, P(1), "a");
  node_->OnWriteFailed({ErrorCode::kIo, "again"});
  EXPECT_TRUE(Drain().empty());
  EXPECT_TRUE(node_->failed());
  EXPECT_EQ(node_->next_wakeup(), kNever);
}

TEST_F(NodeTest, WhatWasAskedInTheTurnOfAFailureIsNotWritten) {
  Receive(n2, Accept{B(1, 2), S(1), {}, v});
  node_->OnWriteFailed({ErrorCode::kIo, "disk full"});
  EXPECT_EQ(Drain(), (Calls{"failed: disk full"}));
}

// ---- applying

TEST_F(NodeTest, EachProposalGetsTheReplyOfItsOwnCommand) {
  Lead();
  node_->Propose(now_, P(1), "a");
  node_->Propose(now_, P(2), "b");
  SyncAll();
  Drain();
  Receive(n2, Accepted{B(1, 1), S(1)});
  EXPECT_EQ(Drain(), (Calls{"apply a at 1", "applied: did a", "apply b at 2", "applied: did b",
                            "proposal Chosen{id=1 slot=1 index=1}: did a",
                            "proposal Chosen{id=2 slot=1 index=2}: did b"}));
}

TEST_F(NodeTest, VoidEntriesAreNotApplied) {
  Receive(n2, ChosenRange{{{S(1), E(B(2, 2), {"x"})}, {S(2), E(B(1, 3), {"late"})}}});
  EXPECT_EQ(Drain(), (Calls{"write #1", "apply x at 1", "applied: did x"}));
}

// ---- starting

TEST_F(NodeTest, AStartReplaysTheWholeChosenLogInChunks) {
  world_.recovered->chosen_prefix = S(3);
  world_.stored = {{S(1), v}, {S(2), w}, {S(3), E(B(1, 2), {"x"})}};
  std::vector<Slot> progress;
  node_.emplace(options_, world_, world_, world_, world_);
  ASSERT_TRUE(node_->Start(now_, [&](Slot at, Slot) { progress.push_back(at); }).ok());
  EXPECT_EQ(world_.calls,
            (Calls{"read slots 1..3", "apply v at 1", "applied: did v", "apply w at 2",
                   "applied: did w", "read slots 3..3", "apply x at 3", "applied: did x"}));
  EXPECT_EQ(progress, (std::vector<Slot>{S(2), S(3)}));
}

TEST_F(NodeTest, AStartKnowsWhatIsDurable) {
  world_.recovered->persisted = Seq(41);
  ASSERT_TRUE(Start().ok());
  EXPECT_EQ(node_->durable(), Seq(41));
}

TEST_F(NodeTest, AStartOverAHoleIsDamage) {
  world_.recovered->chosen_prefix = S(2);
  world_.stored = {{S(2), w}};
  const Status status = Start();
  EXPECT_EQ(status.code(), ErrorCode::kDamaged);
  EXPECT_EQ(status.message(), "replay: slot 1 is missing");
}

TEST_F(NodeTest, AStartReportsWhatTheDiskCannotGive) {
  world_.recovered->chosen_prefix = S(1);
  EXPECT_EQ(Start().ToString(), "io: replay: no such slot");
  world_.recovered = Status(ErrorCode::kDamaged, "checksum of slot 4");
  EXPECT_EQ(Start().ToString(), "damaged: recover: checksum of slot 4");
}

TEST_F(NodeTest, AStartRefusesBadOptions) {
  options_.alpha = 0;
  EXPECT_EQ(Start().code(), ErrorCode::kInvalidArgument);
}

TEST_F(NodeTest, ANodeThatHasNotStartedTakesNoPart) {
  node_.emplace(options_, world_, world_, world_, world_);
  Receive(n2, Prepare{B(1, 2)});
  node_->OnTime(now_ + 1h);
  EXPECT_TRUE(Drain().empty());
  EXPECT_EQ(node_->next_wakeup(), kNever);
}

}  // namespace
}  // namespace paxos
