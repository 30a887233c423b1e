// Pins the wire format: each kind of frame between peers, byte for byte (golden.h).
#include "tests/net/golden.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "net/hello.h"
#include "paxos/message.h"

namespace paxos::net {
namespace {

constexpr NodeId kFrom{0xa1};
constexpr NodeId kTo{0xb2};
constexpr Ballot kBallot{300, kFrom};
constexpr Ballot kHigher{301, kTo};
constexpr ReadTag kRead{0x1234, ReadId(4)};

Hello PeerHello() {
  return {.role = Role::kPeer,
          .protocol = kProtocolVersion,
          .cluster = ClusterId(0x1122334455667788),
          .node = kFrom,
          .genesis = GenesisDigest(7),
          .start_nonce = 0x99aabbccddeeff00,
          .durable = PersistSeq(1000)};
}

SharedEntry SampleEntry() {
  return SharedEntry(Entry{.first_ballot = Ballot{299, kTo},
                           .log_time = LogTime(std::chrono::milliseconds(1500)),
                           .commands = {"one", "", "three"}});
}

template <class M>
void ExpectMessagePinned(const M& message) {
  const Envelope envelope{
      .from = kFrom, .to = kTo, .durable = PersistSeq(77), .message = Message(message)};
  golden::ExpectPinned("net", M::kName, FrameType::kPeerMessage, envelope);
}

TEST(GoldenTest, Hello) {
  golden::ExpectPinned("net", "Hello.peer", FrameType::kHello, PeerHello());
  golden::ExpectPinned("net", "Hello.client", FrameType::kHello, Hello{.start_nonce = 5});
}

// One per code that a refusal may carry: they are numbers of ErrorCode, which must not move.
TEST(GoldenTest, HelloRefused) {
  for (const ErrorCode code :
       {ErrorCode::kDamaged, ErrorCode::kNotFound, ErrorCode::kForeign, ErrorCode::kOverloaded,
        ErrorCode::kNotPermitted, ErrorCode::kConflict}) {
    std::string name = Name(code);
    for (char& c : name) c = c == ' ' ? '_' : c;
    golden::ExpectPinned("net", "HelloRefused." + name, FrameType::kHelloRefused,
                         HelloRefused{.code = code, .text = "why", .by = PeerHello()});
  }
}

TEST(GoldenTest, Elections) {
  ExpectMessagePinned(PreVote{kBallot});
  ExpectMessagePinned(PreVoteReply{kBallot, kHigher, PreVoteAnswer::kGranted});
}

TEST(GoldenTest, PhaseOne) {
  ExpectMessagePinned(Prepare{kBallot});
  ExpectMessagePinned(Promise{.ballot = kBallot,
                              .chosen_prefix = Slot(20),
                              .forgotten = Slot(10),
                              .accepted = {{Slot(21), Ballot{298, kFrom}, SampleEntry()},
                                           {Slot(23), Ballot{299, kTo}, SharedEntry()}}});
}

TEST(GoldenTest, PhaseTwo) {
  ExpectMessagePinned(Accept{kBallot, Slot(24), Slot(22), SampleEntry()});
  ExpectMessagePinned(Accepted{kBallot, Slot(24)});
  ExpectMessagePinned(Preempted{kBallot, kHigher});
}

TEST(GoldenTest, Leading) {
  ExpectMessagePinned(Heartbeat{.ballot = kBallot,
                                .round = 9,
                                .chosen_prefix = Slot(22),
                                .durable = {{kFrom, PersistSeq(77)}, {kTo, PersistSeq(78)}}});
  ExpectMessagePinned(HeartbeatAck{kBallot, 9, Slot(21)});
}

TEST(GoldenTest, Learning) {
  ExpectMessagePinned(FetchChosen{Slot(5), Slot(9)});
  ExpectMessagePinned(ChosenRange{.entries = {{Slot(5), SampleEntry()}, {Slot(6), SharedEntry()}}});
}

TEST(GoldenTest, Reading) {
  ExpectMessagePinned(AskReadIndex{kRead});
  ExpectMessagePinned(ReadIndex{kRead, Slot(22)});
}

// A message that is added without a file here would fail this.
TEST(GoldenTest, CoversEveryMessage) {
  std::set<std::string> missing;
  const auto check = [&]<class... M>(const std::variant<M...>*) {
    for (const std::string name : {M::kName...}) {
      const std::string path =
          std::string(QUORATE_SOURCE_DIR) + "/tests/net/golden/" + name + ".hex";
      if (golden::FileText(path).empty()) missing.insert(name);
    }
  };
  check(static_cast<const Message*>(nullptr));
  EXPECT_EQ(missing, std::set<std::string>{});
}

}  // namespace
}  // namespace paxos::net
