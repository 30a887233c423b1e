#include "bench/lockcheck_log.h"

#include <gtest/gtest.h>

#include "paxos/archive.h"

namespace bench {
namespace {

using lockservice::Acquire;
using lockservice::AcquireMode;
using lockservice::OwnerId;
using lockservice::Release;
using lockservice::Token;
using paxos::Ballot;
using paxos::Command;
using paxos::Entry;
using paxos::NodeId;
using paxos::SessionId;
using paxos::SharedEntry;
using paxos::Slot;

// Sessions are named by the index of the command that opened them.
constexpr SessionId kSession{1};

Command Open() {
  return paxos::EncodeCommand(paxos::OpenSession{{1, 1}, std::chrono::milliseconds{10'000}});
}

Command Call(std::uint64_t seq, const lockservice::Operation& operation) {
  return paxos::EncodeCommand(paxos::SessionCall{kSession, seq, 1, paxos::Encode(operation), {}});
}

const Acquire kAcquire{"a", OwnerId{1}, AcquireMode::kTry, ""};
const Release kRelease{"a", OwnerId{1}, Token{1}};

SharedEntry EntryOf(Command command, std::uint64_t round = 1) {
  return SharedEntry(Entry{Ballot{round, NodeId{1}}, {}, {std::move(command)}});
}

// Opens a session, takes a lock and gives it back: slots 1, 2 and 3.
ReplicaLog Replica(const std::string& name) {
  return ReplicaLog{
      name, {EntryOf(Open()), EntryOf(Call(1, kAcquire)), EntryOf(Call(2, kRelease))}, {}};
}

std::vector<ReplicaLog> ThreeReplicas() { return {Replica("n1"), Replica("n2"), Replica("n3")}; }

void Replay(const ReplicaLog& log, LogReplay& replay) {
  for (Slot slot{1}; slot <= log.prefix(); ++slot) replay.Apply(slot, **log.Find(slot));
}

Answer AcquireAnswer() { return {kSession, 1, RequestText(kAcquire), "Granted{token=1 count=1}"}; }
Answer ReleaseAnswer() { return {kSession, 2, RequestText(kRelease), "Released{count=0}"}; }

Violations Check(const std::vector<Answer>& answers, const std::vector<ReplicaLog>& replicas) {
  LogReplay replay;
  Replay(Longest(replicas), replay);
  return CheckAnswers(answers, replay, replicas);
}

TEST(LockcheckLogTest, FindsEveryAnswerOnEveryReplica) {
  EXPECT_EQ(Check({AcquireAnswer(), ReleaseAnswer()}, ThreeReplicas()), Violations{});
}

TEST(LockcheckLogTest, FindsACommandThatAReplicaHasAcceptedOnly) {
  std::vector<ReplicaLog> replicas = ThreeReplicas();
  replicas[1].accepted.emplace(Slot{3}, replicas[1].chosen.back());
  replicas[1].chosen.pop_back();
  EXPECT_EQ(Check({ReleaseAnswer()}, replicas), Violations{});
}

TEST(LockcheckLogTest, RejectsAnAnswerToACommandThatIsLost) {
  Answer lost = ReleaseAnswer();
  lost.seq = 3;
  EXPECT_EQ(Check({lost}, ThreeReplicas()).size(), 1U);
}

TEST(LockcheckLogTest, RejectsAnAnswerToACommandThatOneReplicaLacks) {
  std::vector<ReplicaLog> replicas = ThreeReplicas();
  replicas[2].chosen.pop_back();
  EXPECT_EQ(Check({AcquireAnswer(), ReleaseAnswer()}, replicas).size(), 1U);
}

TEST(LockcheckLogTest, RejectsAnAnswerWhoseSlotHoldsSomethingElseOnOneReplica) {
  std::vector<ReplicaLog> replicas = ThreeReplicas();
  replicas[2].chosen.pop_back();
  replicas[2].accepted.emplace(Slot{3}, EntryOf(Open()));
  EXPECT_EQ(Check({ReleaseAnswer()}, replicas).size(), 1U);
}

TEST(LockcheckLogTest, RejectsAReplyThatTheLogContradicts) {
  Answer wrong = AcquireAnswer();
  wrong.reply = "Granted{token=2 count=1}";
  EXPECT_EQ(Check({wrong}, ThreeReplicas()).size(), 1U);
}

TEST(LockcheckLogTest, RejectsAnAnswerToAnotherRequest) {
  Answer wrong = AcquireAnswer();
  wrong.request = RequestText(kRelease);
  EXPECT_EQ(Check({wrong}, ThreeReplicas()).size(), 1U);
}

// [V1] A deposed leader's leftover has no effect, so nobody may have been told that it had.
TEST(LockcheckLogTest, RejectsAnAnswerToACommandOfAVoidEntry) {
  std::vector<ReplicaLog> replicas = ThreeReplicas();
  for (ReplicaLog& replica : replicas) {
    replica.chosen[1] = EntryOf(paxos::EncodeCommand(paxos::Tick{}), 2);
    replica.chosen[2] = EntryOf(Call(1, kAcquire), 1);
  }
  EXPECT_EQ(Check({AcquireAnswer()}, replicas).size(), 1U);
}

// [X1] The second copy changes nothing, and what was said of the first stands.
TEST(LockcheckLogTest, AcceptsACommandThatIsInTheLogTwice) {
  std::vector<ReplicaLog> replicas = ThreeReplicas();
  for (ReplicaLog& replica : replicas) replica.chosen.push_back(EntryOf(Call(1, kAcquire)));
  EXPECT_EQ(Check({AcquireAnswer(), ReleaseAnswer()}, replicas), Violations{});
  LogReplay replay;
  Replay(replicas[0], replay);
  EXPECT_EQ(replay.violations(), Violations{});
}

TEST(LockcheckLogTest, RejectsReplicasThatDifferInAChosenSlot) {
  std::vector<ReplicaLog> replicas = ThreeReplicas();
  EXPECT_EQ(CheckAgreement(replicas), Violations{});
  replicas[1].chosen[1] = EntryOf(Call(1, kRelease));
  EXPECT_EQ(CheckAgreement(replicas).size(), 1U);
}

}  // namespace
}  // namespace bench
