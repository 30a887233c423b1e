#include "net/hello.h"

#include <gtest/gtest.h>

namespace paxos::net {
namespace {

constexpr NodeId kSelf{1};
constexpr NodeId kPeer{2};
constexpr ClusterId kCluster{77};

Hello PeerHello() {
  return {.role = Role::kPeer,
          .protocol = kProtocolVersion,
          .cluster = kCluster,
          .node = kPeer,
          .genesis = GenesisDigest(7),
          .start_nonce = 5,
          .durable = PersistSeq(100)};
}

Hello ClientHello() { return {.role = Role::kClient, .start_nonce = 5}; }

HelloExpectations Expectations() {
  HelloExpectations expected;
  expected.cluster = kCluster;
  expected.self = kSelf;
  expected.genesis = GenesisDigest(7);
  expected.members = {{kPeer, KnownNode{}}, {NodeId(3), KnownNode{}}};
  return expected;
}

HelloExpectations AfterSeeing(const Hello& hello) {
  HelloExpectations expected = Expectations();
  expected.members->at(kPeer).Note(hello);
  return expected;
}

TEST(HelloTest, AcceptsAMember) { EXPECT_TRUE(CheckHello(PeerHello(), Expectations()).ok()); }

TEST(HelloTest, RefusesAnotherProtocolVersion) {
  Hello hello = PeerHello();
  hello.protocol = kProtocolVersion + 1;
  EXPECT_EQ(CheckHello(hello, Expectations()).ToString(),
            "foreign: protocol version 2, this is version 1");
}

TEST(HelloTest, RefusesAnotherCluster) {
  Hello hello = PeerHello();
  hello.cluster = ClusterId(78);
  EXPECT_EQ(CheckHello(hello, Expectations()).ToString(),
            "foreign: cluster 78, this is cluster 77");
}

TEST(HelloTest, RefusesAPeerThatNamesNoCluster) {
  Hello hello = PeerHello();
  hello.cluster = ClusterId{};
  EXPECT_EQ(CheckHello(hello, Expectations()).code(), ErrorCode::kForeign);
}

TEST(HelloTest, AcceptsAClientThatTakesAnyCluster) {
  EXPECT_TRUE(CheckHello(ClientHello(), Expectations()).ok());
}

TEST(HelloTest, RefusesAClientOfAnotherCluster) {
  Hello hello = ClientHello();
  hello.cluster = ClusterId(78);
  EXPECT_EQ(CheckHello(hello, Expectations()).code(), ErrorCode::kForeign);
}

TEST(HelloTest, RefusesTheWrongRoleForThePort) {
  HelloExpectations expected = Expectations();
  expected.role = Role::kPeer;
  EXPECT_EQ(CheckHello(ClientHello(), expected).ToString(),
            "not permitted: this port is for a peer, not a client");
  EXPECT_TRUE(CheckHello(PeerHello(), expected).ok());
}

TEST(HelloTest, RefusesAPeerWithoutANodeId) {
  Hello hello = PeerHello();
  hello.node = NodeId{};
  EXPECT_EQ(CheckHello(hello, Expectations()).code(), ErrorCode::kDamaged);
}

TEST(HelloTest, RefusesANodeThatIsNoMember) {
  Hello hello = PeerHello();
  hello.node = NodeId(9);
  EXPECT_EQ(CheckHello(hello, Expectations()).ToString(), "foreign: node 9 is no member");
}

// Two nodes with different members could each find a quorum that the other does not know [M1].
TEST(HelloTest, RefusesAPeerWithOtherMembersOrAnotherWindow) {
  Hello hello = PeerHello();
  hello.genesis = GenesisDigest(8);
  EXPECT_EQ(CheckHello(hello, Expectations()).ToString(),
            "foreign: node 2 goes by other members or another alpha than this node: their cluster "
            "files differ [M1]");
  hello.genesis = GenesisDigest{};
  EXPECT_TRUE(CheckHello(hello, Expectations()).ok()) << "an embedder need not say";
}

TEST(HelloTest, RefusesToTalkToItself) {
  Hello hello = PeerHello();
  hello.node = kSelf;
  EXPECT_EQ(CheckHello(hello, Expectations()).ToString(), "not found: node 1 is this node itself");
}

TEST(HelloTest, RefusesAMemberWhereAnotherWasDialed) {
  HelloExpectations expected = Expectations();
  expected.node = NodeId(3);
  EXPECT_EQ(CheckHello(PeerHello(), expected).ToString(),
            "not found: node 2 answers where node 3 was expected");
}

TEST(HelloTest, AnyPeerWillDoWhereNoMembersAreNamed) {
  HelloExpectations expected = Expectations();
  expected.members.reset();
  EXPECT_TRUE(CheckHello(PeerHello(), expected).ok());
}

// [N1] A node's durable seq never falls: the same or more after a restart.
TEST(HelloTest, AcceptsADiskThatHoldsAllItEverDid) {
  EXPECT_TRUE(CheckHello(PeerHello(), AfterSeeing(PeerHello())).ok());
}

TEST(HelloTest, RefusesADiskThatHoldsLessThanItOnceSaid) {
  Hello rolled_back = PeerHello();
  rolled_back.durable = PersistSeq(99);
  rolled_back.start_nonce = 6;
  EXPECT_EQ(CheckHello(rolled_back, AfterSeeing(PeerHello())).ToString(),
            "damaged: node 2's disk holds writes up to 99, but was seen to hold up to 100: it was "
            "rolled back or replaced [N1]");
}

TEST(HelloTest, RefusesADiskThatHoldsLessThanOthersHeard) {
  HelloExpectations expected = Expectations();
  expected.members->at(kPeer).Note(PersistSeq(101));
  EXPECT_EQ(CheckHello(PeerHello(), expected).code(), ErrorCode::kDamaged);
}

// [N1] Two processes on copies of one disk show by taking turns.
TEST(HelloTest, RefusesAProcessThatAnotherOneHasReplaced) {
  HelloExpectations expected = AfterSeeing(PeerHello());
  Hello restarted = PeerHello();
  restarted.start_nonce = 6;
  ASSERT_TRUE(CheckHello(restarted, expected).ok());
  expected.members->at(kPeer).Note(restarted);
  EXPECT_TRUE(CheckHello(restarted, expected).ok());
  EXPECT_EQ(CheckHello(PeerHello(), expected).ToString(),
            "conflict: another process runs as node 2, on a copy of its disk [N1]");
}

TEST(HelloTest, DecodesOnlyKnownRoles) {
  std::string bytes = Encode(PeerHello());
  EXPECT_EQ(*Decode<Hello>(bytes), PeerHello());
  bytes[0] = 3;
  EXPECT_EQ(Decode<Hello>(bytes).error().ToString(), "damaged: role at byte 1: unknown value 3");
}

// [N1] Gossip may overtake a hello; then the disk holds by now what was remembered.
TEST(JudgeRefusalTest, AHelloThatWasOvertakenIsNoDamage) {
  const HelloRefused refused{.code = ErrorCode::kDamaged,
                             .text = "rolled back",
                             .by = PeerHello(),
                             .remembered = PersistSeq{9}};
  EXPECT_EQ(JudgeRefusal(refused, PersistSeq{9}).code(), ErrorCode::kUnavailable);
  EXPECT_EQ(JudgeRefusal(refused, PersistSeq{8}).code(), ErrorCode::kDamaged);
}

}  // namespace
}  // namespace paxos::net
