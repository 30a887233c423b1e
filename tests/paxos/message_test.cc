#include "paxos/message.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "paxos/archive.h"
#include "tests/paxos/values.h"

namespace paxos {
namespace {

using namespace values;

constexpr std::uint64_t kHuge = ~std::uint64_t{0};
const SharedEntry v = E(B(1, 1), {"v"});

// One of each, as n1 (leader of 2.1) or a voter of n1's would say it.
std::vector<Message> Samples() {
  return {PreVote{B(2, 1)},
          PreVoteReply{B(2, 2), B(1, 3), PreVoteAnswer::kGranted},
          Prepare{B(2, 1)},
          Promise{B(2, 2), S(3), S(1), {{S(4), B(1, 1), v}, {S(7), B(2, 2), v}}},
          Accept{B(2, 1), S(5), S(4), v},
          Accepted{B(2, 2), S(5)},
          Preempted{B(2, 2), B(3, 3)},
          Heartbeat{B(2, 1), 7, S(4), {{n1, Seq(9)}}},
          HeartbeatAck{B(2, 2), 7, S(4)},
          FetchChosen{S(1), S(9)},
          ChosenRange{{{S(1), v}, {S(2), v}}},
          AskReadIndex{{5, ReadId{1}}},
          ReadIndex{{5, ReadId{1}}, S(4)}};
}

TEST(MessageTest, WhatReplicasSayIsWellFormed) {
  for (const Message& message : Samples())
    EXPECT_TRUE(IsWellFormed(n1, message)) << ToText(message);
}

TEST(MessageTest, TheSamplesAreOneOfEach) {
  const std::vector<Message> samples = Samples();
  ASSERT_EQ(samples.size(), std::variant_size_v<Message>);
  for (std::size_t i = 0; i < samples.size(); ++i) EXPECT_EQ(samples[i].index(), i);
}

TEST(MessageTest, SurvivesEncoding) {
  for (const Message& message : Samples()) {
    const Envelope envelope{n1, n2, Seq(4), message};
    EXPECT_EQ(*Decode<Envelope>(Encode(envelope)), envelope);
  }
}

TEST(MessageTest, NoPrefixOfAMessageIsAMessage) {
  for (const Message& message : Samples()) {
    const std::string bytes = Encode(Envelope{n1, n2, Seq(4), message});
    for (std::size_t length = 0; length < bytes.size(); ++length)
      EXPECT_FALSE(Decode<Envelope>(std::string_view(bytes).substr(0, length)).has_value());
  }
}

TEST(IsWellFormedTest, NobodySpeaksInAnotherNodesBallot) {
  EXPECT_FALSE(IsWellFormed(n3, PreVote{B(2, 1)}));
  EXPECT_FALSE(IsWellFormed(n3, Prepare{B(2, 1)}));
  EXPECT_FALSE(IsWellFormed(n3, Accept{B(2, 1), S(1), {}, v}));
  EXPECT_FALSE(IsWellFormed(n3, Heartbeat{B(2, 1), 1, {}, {}}));
}

TEST(IsWellFormedTest, RoundZeroIsNoBallot) {
  EXPECT_FALSE(IsWellFormed(n1, Prepare{B(0, 1)}));
  EXPECT_FALSE(IsWellFormed(n1, Promise{B(0, 2), {}, {}, {}}));
  EXPECT_FALSE(IsWellFormed(n1, Accepted{B(0, 2), S(1)}));
  EXPECT_FALSE(IsWellFormed(n1, Preempted{B(0, 2), B(1, 1)}));
  EXPECT_FALSE(IsWellFormed(n1, HeartbeatAck{B(0, 2), 1, {}}));
}

TEST(IsWellFormedTest, NoRoundLeavesAnotherOneOutOfReach) {
  EXPECT_FALSE(IsWellFormed(n1, Prepare{B(kHuge, 1)}));
  EXPECT_FALSE(IsWellFormed(n1, PreVoteReply{B(1, 2), B(kHuge, 3), PreVoteAnswer::kRefused}));
  EXPECT_FALSE(IsWellFormed(n1, Preempted{B(1, 2), B(kHuge, 3)}));
  EXPECT_FALSE(IsWellFormed(n1, Heartbeat{B(kHuge, 1), 1, {}, {}}));
}

TEST(IsWellFormedTest, SlotsAreWithinReach) {
  EXPECT_FALSE(IsWellFormed(n1, Accept{B(1, 1), Slot{}, {}, v}));
  EXPECT_FALSE(IsWellFormed(n1, Accept{B(1, 1), S(kHuge), {}, v}));
  EXPECT_FALSE(IsWellFormed(n1, Accept{B(1, 1), S(1), S(kHuge), v}));
  EXPECT_FALSE(IsWellFormed(n1, Heartbeat{B(1, 1), 1, S(kHuge), {}}));
  EXPECT_FALSE(IsWellFormed(n1, Accepted{B(1, 1), Slot{}}));
  EXPECT_FALSE(IsWellFormed(n1, ReadIndex{{}, S(kHuge)}));
}

TEST(IsWellFormedTest, AnEntryIsNotOlderThanItsFirstBallot) {
  EXPECT_FALSE(IsWellFormed(n1, Accept{B(1, 1), S(1), {}, E(B(2, 2), {"v"})}));
  EXPECT_FALSE(IsWellFormed(n1, Promise{B(3, 1), {}, {}, {{S(1), B(1, 1), E(B(2, 2), {"v"})}}}));
}

TEST(IsWellFormedTest, APromiseReportsSlotsAboveItsPrefixInOrder) {
  const AcceptedEntry four{S(4), B(1, 1), v};
  const AcceptedEntry five{S(5), B(1, 1), v};
  EXPECT_FALSE(IsWellFormed(n1, Promise{B(2, 1), S(4), {}, {four}}));
  EXPECT_FALSE(IsWellFormed(n1, Promise{B(2, 1), {}, {}, {five, four}}));
  EXPECT_FALSE(IsWellFormed(n1, Promise{B(2, 1), {}, {}, {four, four}}));
}

TEST(IsWellFormedTest, APromiseReportsNoBallotAboveItself) {
  EXPECT_FALSE(IsWellFormed(n1, Promise{B(1, 1), {}, {}, {{S(1), B(2, 2), v}}}));
}

TEST(IsWellFormedTest, NobodyForgetsWhatIsNotChosen) {
  EXPECT_FALSE(IsWellFormed(n1, Promise{B(1, 1), S(2), S(3), {}}));
}

TEST(IsWellFormedTest, ChosenSlotsFollowEachOther) {
  EXPECT_FALSE(IsWellFormed(n1, ChosenRange{{{S(1), v}, {S(3), v}}}));
  EXPECT_FALSE(IsWellFormed(n1, ChosenRange{{{S(2), v}, {S(1), v}}}));
  EXPECT_FALSE(IsWellFormed(n1, ChosenRange{{{Slot{}, v}}}));
  EXPECT_TRUE(IsWellFormed(n1, ChosenRange{}));
}

TEST(IsWellFormedTest, AFetchAsksForSomething) {
  EXPECT_FALSE(IsWellFormed(n1, FetchChosen{S(3), S(2)}));
  EXPECT_FALSE(IsWellFormed(n1, FetchChosen{Slot{}, S(2)}));
  EXPECT_FALSE(IsWellFormed(n1, FetchChosen{S(1), S(kHuge)}));
}

TEST(MessageTest, AnswersAreKnownWords) {
  EXPECT_EQ(ToText(PreVoteAnswer::kGranted), "granted");
  EXPECT_EQ(ToText(PreVoteAnswer::kRefused), "refused");
  EXPECT_FALSE(IsKnown(static_cast<PreVoteAnswer>(2)));
}

}  // namespace
}  // namespace paxos
