#include "net/tcp_transport.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/dial.h"
#include "tests/net/loopback.h"

namespace paxos::net {
namespace {

using std::chrono::milliseconds;

constexpr ClusterId kCluster{77};

// A transport and what it told.
class Host : public PeerEvents {
 public:
  Host(Runtime& runtime, TcpTransportOptions options) : self(options.self) {
    options.listen = {"127.0.0.1", 0};
    if (options.seed == 0) options.seed = options.self.value();
    transport = std::make_unique<TcpTransport>(runtime, options);
  }

  void OnEnvelope(const Envelope& envelope) override { envelopes.push_back(envelope); }
  void OnLinkUp(NodeId peer) override { links[peer] = true; }
  void OnLinkDown(NodeId peer) override {
    links[peer] = false;
    ++links_lost;
  }
  GenesisDigest Genesis() const override { return genesis; }
  PersistSeq Durable() const override { return durable; }
  PersistSeq Remembered(NodeId peer) const override {
    const auto found = heard.find(peer);
    return found == heard.end() ? PersistSeq{} : found->second;
  }
  void OnHelloRefused(NodeId peer, const Status& why) override { refusals[peer] = why; }
  void OnCastOut(const Status& why) override { cast_out = why; }

  void Tell(NodeId to, std::uint64_t round) {
    transport->Send({self, to, durable, Prepare{Ballot{round, self}}});
  }
  std::vector<std::uint64_t> RoundsHeard() const {
    std::vector<std::uint64_t> rounds;
    for (const Envelope& envelope : envelopes) {
      rounds.push_back(std::get<Prepare>(envelope.message).ballot.round);
    }
    return rounds;
  }
  bool IsUp(NodeId peer) const { return links.contains(peer) && links.at(peer); }

  const NodeId self;
  GenesisDigest genesis{7};
  PersistSeq durable{10};
  std::map<NodeId, PersistSeq> heard;
  std::vector<Envelope> envelopes;
  std::map<NodeId, bool> links;
  int links_lost = 0;
  std::map<NodeId, Status> refusals;
  std::optional<Status> cast_out;
  std::unique_ptr<TcpTransport> transport;
};

class TcpTransportTest : public testing::Test {
 protected:
  bool Run(const std::function<bool()>& done) { return runtime_.RunUntil(done, kLong); }

  TcpTransportOptions OptionsOf(std::uint64_t self,
                                const std::vector<std::uint64_t>& peers = {1, 2, 3}) {
    TcpTransportOptions options;
    options.self = NodeId(self);
    options.cluster = kCluster;
    options.redial_last = milliseconds(20);
    for (const std::uint64_t peer : peers) {
      if (peer != self) options.peers[NodeId(peer)] = {"127.0.0.1", kNobodyThere};
    }
    return options;
  }

  Host& AddHost(const TcpTransportOptions& options) {
    hosts_.push_back(std::make_unique<Host>(runtime_, options));
    return *hosts_.back();
  }

  void Start(Host& host) { ASSERT_TRUE(host.transport->Start(host).ok()); }

  static void Introduce(Host& a, Host& b) {
    a.transport->SetPeerAddress(b.self, b.transport->address());
    b.transport->SetPeerAddress(a.self, a.transport->address());
  }

  // Two hosts, started, that know where the other is.
  std::pair<Host*, Host*> Pair() {
    Host& one = AddHost(OptionsOf(1, {1, 2}));
    Host& two = AddHost(OptionsOf(2, {1, 2}));
    Start(one);
    Start(two);
    Introduce(one, two);
    return {&one, &two};
  }

  bool RunUntilUp(Host& a, Host& b) {
    return Run([&] { return a.IsUp(b.self) && b.IsUp(a.self); });
  }

  // A port below those that the system hands out, and privileged: connecting fails at once.
  static constexpr std::uint16_t kNobodyThere = 1;

  Runtime runtime_;
  std::vector<std::unique_ptr<Host>> hosts_;
};

TEST_F(TcpTransportTest, ConnectsEveryPairAndDeliversBothWays) {
  for (const std::uint64_t self : {1U, 2U, 3U}) Start(AddHost(OptionsOf(self)));
  for (auto& a : hosts_) {
    for (auto& b : hosts_) {
      if (a != b) a->transport->SetPeerAddress(b->self, b->transport->address());
    }
  }
  EXPECT_TRUE(Run([&] {
    return std::all_of(hosts_.begin(), hosts_.end(),
                       [](const auto& host) { return host->transport->stats().links_up == 2; });
  }));
  for (auto& a : hosts_) {
    for (auto& b : hosts_) {
      if (a != b) a->Tell(b->self, a->self.value());
    }
  }
  EXPECT_TRUE(Run([&] {
    return std::all_of(hosts_.begin(), hosts_.end(),
                       [](const auto& host) { return host->envelopes.size() == 2; });
  }));
}

TEST_F(TcpTransportTest, KeepsTheOrderOfOneSender) {
  const auto [one, two] = Pair();
  ASSERT_TRUE(RunUntilUp(*one, *two));
  std::vector<std::uint64_t> expected;
  for (std::uint64_t round = 1; round <= 500; ++round) {
    one->Tell(two->self, round);
    expected.push_back(round);
  }
  EXPECT_TRUE(Run([&, b = two] { return b->envelopes.size() == 500; }));
  EXPECT_EQ(two->RoundsHeard(), expected);
  EXPECT_EQ(one->transport->stats().frames_sent, 500U);
  EXPECT_EQ(two->transport->stats().frames_received, 500U);
}

TEST_F(TcpTransportTest, CarriesTheEnvelopeWhole) {
  const auto [one, two] = Pair();
  ASSERT_TRUE(RunUntilUp(*one, *two));
  const Envelope sent{one->self, two->self, PersistSeq(9),
                      Accept{Ballot{3, one->self}, Slot(4), Slot(2),
                             SharedEntry(Entry{Ballot{3, one->self}, LogTime{}, {"command"}})}};
  one->transport->Send(sent);
  EXPECT_TRUE(Run([&, b = two] { return !b->envelopes.empty(); }));
  EXPECT_TRUE(two->envelopes[0] == sent);
}

TEST_F(TcpTransportTest, DropsWhatIsSentWithoutALink) {
  Host& one = AddHost(OptionsOf(1));
  one.Tell(NodeId(2), 1);  // not started
  Start(one);
  one.Tell(NodeId(2), 2);  // nobody there
  one.Tell(NodeId(9), 3);  // nobody known
  EXPECT_EQ(one.transport->stats().frames_dropped_down, 3U);
}

TEST_F(TcpTransportTest, DropsTheNewestBeyondTheQueuesBound) {
  TcpTransportOptions options = OptionsOf(1, {1, 2});
  options.queue_bytes_max = 10'000;
  Host& one = AddHost(options);
  Host& two = AddHost(OptionsOf(2, {1, 2}));
  Start(one);
  Start(two);
  Introduce(one, two);
  ASSERT_TRUE(RunUntilUp(one, two));
  for (std::uint64_t round = 1; round <= 1000; ++round) one.Tell(two.self, round);
  const TcpTransportStats stats = one.transport->stats();
  EXPECT_GT(stats.frames_dropped_full, 0U);
  EXPECT_EQ(stats.frames_sent + stats.frames_dropped_full, 1000U);
  EXPECT_TRUE(Run([&] { return two.envelopes.size() == stats.frames_sent; }));
  EXPECT_EQ(two.RoundsHeard().back(), stats.frames_sent);  // the first ones, without a gap
}

// [P3] A whole window of the largest batches, which is more than the queue's bound, in one frame.
TEST_F(TcpTransportTest, CarriesTheLargestPromise) {
  const auto [one, two] = Pair();
  ASSERT_TRUE(RunUntilUp(*one, *two));
  const SharedEntry batch(Entry{Ballot{3, one->self}, LogTime{}, {std::string(256 * 1024, 'x')}});
  Promise promise{.ballot = Ballot{4, two->self}};
  for (std::uint64_t slot = 1; slot <= 128; ++slot) {
    promise.accepted.push_back({Slot(slot), Ballot{3, one->self}, batch});
  }
  one->transport->Send({one->self, two->self, PersistSeq(9), promise});
  EXPECT_TRUE(Run([&, b = two] { return b->envelopes.size() == 1; }));
  EXPECT_TRUE(std::get<Promise>(two->envelopes[0].message) == promise);
}

TEST_F(TcpTransportTest, DropsAMessageThatPeersWouldNotTake) {
  TcpTransportOptions options = OptionsOf(1, {1, 2});
  options.message_bytes_max = 1000;
  Host& one = AddHost(options);
  Host& two = AddHost(OptionsOf(2, {1, 2}));
  Start(one);
  Start(two);
  Introduce(one, two);
  ASSERT_TRUE(RunUntilUp(one, two));
  const SharedEntry large(Entry{Ballot{3, one.self}, LogTime{}, {std::string(1000, 'x')}});
  one.transport->Send(
      {one.self, two.self, PersistSeq(9), Accept{Ballot{3, one.self}, Slot(4), Slot(2), large}});
  one.Tell(two.self, 5);
  EXPECT_TRUE(Run([&] { return two.envelopes.size() == 1; }));
  EXPECT_EQ(one.transport->stats().frames_dropped_full, 1U);
  EXPECT_EQ(two.links_lost, 0);
}

// ---- links

TEST_F(TcpTransportTest, TellsBothWhenALinkComesUpAndWhenAPeerIsGone) {
  const auto [one, two] = Pair();
  ASSERT_TRUE(RunUntilUp(*one, *two));
  EXPECT_EQ(one->links_lost, 0);
  hosts_.back().reset();
  EXPECT_TRUE(Run([&, a = one] { return !a->IsUp(NodeId(2)); }));
  EXPECT_EQ(one->links_lost, 1);
}

TEST_F(TcpTransportTest, ComesBackWhenThePeerDoes) {
  const auto [one, two] = Pair();
  ASSERT_TRUE(RunUntilUp(*one, *two));
  const Address address = two->transport->address();
  hosts_.back().reset();
  ASSERT_TRUE(Run([&, a = one] { return !a->IsUp(NodeId(2)); }));

  TcpTransportOptions again = OptionsOf(2, {1, 2});
  again.start_nonce = 4711;
  again.peers[NodeId(1)] = one->transport->address();
  Host& restarted = AddHost(again);
  Start(restarted);
  one->transport->SetPeerAddress(NodeId(2), restarted.transport->address());
  ASSERT_TRUE(RunUntilUp(*one, restarted));
  one->Tell(NodeId(2), 8);
  EXPECT_TRUE(Run([&] { return !restarted.envelopes.empty(); }));
}

// A lost connection may leave its other end half open: the dialer's next one is the truth.
TEST_F(TcpTransportTest, TheNewestConnectionOfAPeerReplacesTheOneBefore) {
  const auto [one, two] = Pair();
  ASSERT_TRUE(RunUntilUp(*one, *two));
  TcpTransportOptions again = OptionsOf(1, {1, 2});
  again.start_nonce = 4711;
  again.peers[NodeId(2)] = two->transport->address();
  Host& restarted = AddHost(again);
  Start(restarted);
  EXPECT_TRUE(Run([&, b = two] { return restarted.IsUp(NodeId(2)) && b->links_lost > 0; }));
  restarted.Tell(NodeId(2), 8);
  EXPECT_TRUE(Run([&, b = two] { return !b->envelopes.empty(); }));
  EXPECT_TRUE(two->IsUp(NodeId(1)));
}

// [N1] Then the process before is told that it is not alone, and that is the end of it.
TEST_F(TcpTransportTest, CastsOutAProcessThatAnotherOneHasReplaced) {
  const auto [one, two] = Pair();
  ASSERT_TRUE(RunUntilUp(*one, *two));
  TcpTransportOptions copy = OptionsOf(1, {1, 2});
  copy.start_nonce = 4711;
  copy.peers[NodeId(2)] = two->transport->address();
  Start(AddHost(copy));
  EXPECT_TRUE(Run([&, a = one] { return a->cast_out.has_value(); }));
  EXPECT_EQ(one->cast_out->code(), ErrorCode::kConflict);
}

// ---- who may talk to us

TEST_F(TcpTransportTest, RefusesAnotherCluster) {
  TcpTransportOptions foreign = OptionsOf(2, {1, 2});
  foreign.cluster = ClusterId(78);
  Host& one = AddHost(OptionsOf(1, {1, 2}));
  Host& two = AddHost(foreign);
  Start(one);
  Start(two);
  Introduce(one, two);
  EXPECT_TRUE(Run([&] { return !one.refusals.empty() && !two.refusals.empty(); }));
  EXPECT_EQ(one.refusals[two.self].code(), ErrorCode::kForeign);
  EXPECT_FALSE(one.IsUp(two.self));
}

// One foreign node among three is its own problem; it, whom both others refuse, is cast out. The
// first dials both others, the second is dialed by one, the third by both.
TEST_F(TcpTransportTest, CastsOutTheOneThatMostOthersFindForeign) {
  for (const std::uint64_t odd : {1U, 2U, 3U}) {
    hosts_.clear();
    for (const std::uint64_t self : {1U, 2U, 3U}) {
      TcpTransportOptions options = OptionsOf(self);
      if (self == odd) options.cluster = ClusterId(78);
      Start(AddHost(options));
    }
    for (auto& a : hosts_) {
      for (auto& b : hosts_) {
        if (a != b) a->transport->SetPeerAddress(b->self, b->transport->address());
      }
    }
    Host& foreign = *hosts_[odd - 1];
    Host& one = *hosts_[odd % 3];
    Host& two = *hosts_[(odd + 1) % 3];
    EXPECT_TRUE(Run([&] { return foreign.cast_out.has_value(); })) << odd;
    EXPECT_EQ(foreign.cast_out->code(), ErrorCode::kForeign);
    EXPECT_TRUE(RunUntilUp(one, two));
    EXPECT_TRUE(Run([&] { return !one.refusals.empty() && !two.refusals.empty(); }));
    EXPECT_FALSE(one.cast_out.has_value());
    EXPECT_FALSE(two.cast_out.has_value());
  }
}

// [N1]
TEST_F(TcpTransportTest, CastsOutADiskThatWasRolledBack) {
  const auto [one, two] = Pair();
  ASSERT_TRUE(RunUntilUp(*one, *two));
  hosts_.back().reset();
  TcpTransportOptions again = OptionsOf(2, {1, 2});
  again.start_nonce = 4711;
  Host& rolled_back = AddHost(again);
  rolled_back.durable = PersistSeq(9);
  Start(rolled_back);
  Introduce(*one, rolled_back);
  EXPECT_TRUE(Run([&] { return rolled_back.cast_out.has_value(); }));
  EXPECT_EQ(rolled_back.cast_out->code(), ErrorCode::kDamaged);
  EXPECT_TRUE(Run([&, a = one] { return a->refusals.contains(NodeId(2)); }));
  EXPECT_FALSE(one->cast_out.has_value());
}

// [N1] What was only heard from others counts as well, whoever dials.
TEST_F(TcpTransportTest, CastsOutADiskThatOthersRememberWithMore) {
  for (const std::uint64_t victim : {1U, 2U}) {
    hosts_.clear();
    Host& one = AddHost(OptionsOf(1, {1, 2}));
    Host& two = AddHost(OptionsOf(2, {1, 2}));
    Host& rolled_back = victim == 1 ? one : two;
    Host& other = victim == 1 ? two : one;
    other.heard[NodeId(victim)] = PersistSeq(11);
    Start(one);
    Start(two);
    Introduce(one, two);
    EXPECT_TRUE(Run([&] { return rolled_back.cast_out.has_value(); }));
    EXPECT_EQ(rolled_back.cast_out->code(), ErrorCode::kDamaged);
    EXPECT_FALSE(other.cast_out.has_value());
  }
}

TEST_F(TcpTransportTest, APortThatIsTakenIsAnError) {
  const auto [one, two] = Pair();
  TcpTransportOptions options = OptionsOf(3, {3});
  options.listen = one->transport->address();
  TcpTransport third(runtime_, options);
  EXPECT_EQ(third.Start(*two).code(), ErrorCode::kIo);
}

// ---- a peer that does not play by the rules

class RoguePeer : public DialEvents {
 public:
  RoguePeer(Runtime& runtime, const Address& victim, NodeId claims)
      : dial_(std::make_unique<Dial>(runtime, victim, DialOptions{},
                                     Greeting{.ours =
                                                  [claims] {
                                                    return Hello{.role = Role::kPeer,
                                                                 .cluster = kCluster,
                                                                 .node = claims,
                                                                 .start_nonce = 666,
                                                                 .durable = PersistSeq(100)};
                                                  },
                                              .check = [](const Hello&) { return Status::Ok(); },
                                              .limits = FrameLimits()},
                                     *this)) {}

  void OnConnected(std::unique_ptr<Connection> taken, const Hello& /*theirs*/) override {
    dial_.reset();
    connection = std::move(taken);
    connection->SetHandler(recorder);
  }
  void OnDialFailed(DialFailure /*how*/, const Status& why) override { failure = why; }

  std::unique_ptr<Connection> connection;
  Recorder recorder;
  std::optional<Status> failure;

 private:
  std::unique_ptr<Dial> dial_;
};

class RoguePeerTest : public TcpTransportTest {
 protected:
  RoguePeerTest() : one_(AddHost(OptionsOf(1))) { Start(one_); }

  // Whether the victim closes the connection for this frame, and goes on with the others.
  void ExpectCloses(FrameType type, std::uint32_t group, const std::string& payload) {
    RoguePeer rogue(runtime_, one_.transport->address(), NodeId(2));
    ASSERT_TRUE(Run([&] { return rogue.connection != nullptr; }));
    rogue.connection->Send(type, group, Bytes(payload));
    EXPECT_TRUE(Run([&] { return !rogue.recorder.closed.empty(); }));
    EXPECT_TRUE(one_.envelopes.empty());

    RoguePeer honest(runtime_, one_.transport->address(), NodeId(3));
    ASSERT_TRUE(Run([&] { return honest.connection != nullptr; }));
    honest.connection->Send(FrameType::kPeerMessage, 0, EnvelopeFrom(3, 1));
    EXPECT_TRUE(Run([&] { return one_.envelopes.size() == 1; }));
  }

  static Envelope EnvelopeFrom(std::uint64_t from, std::uint64_t to) {
    return {NodeId(from), NodeId(to), PersistSeq(1), Prepare{Ballot{1, NodeId(from)}}};
  }

  Host& one_;
};

TEST_F(RoguePeerTest, IsClosedWhenItSpeaksForAnother) {
  ExpectCloses(FrameType::kPeerMessage, 0, Encode(EnvelopeFrom(3, 1)));
}

TEST_F(RoguePeerTest, IsClosedWhenItSpeaksToAnother) {
  ExpectCloses(FrameType::kPeerMessage, 0, Encode(EnvelopeFrom(2, 3)));
}

TEST_F(RoguePeerTest, IsClosedWhenItSpeaksInAnotherGroup) {
  ExpectCloses(FrameType::kPeerMessage, 1, Encode(EnvelopeFrom(2, 1)));
}

TEST_F(RoguePeerTest, IsClosedForAMessageThatDoesNotDecode) {
  ExpectCloses(FrameType::kPeerMessage, 0, Encode(EnvelopeFrom(2, 1)) + "more");
}

TEST_F(RoguePeerTest, IsClosedForAClientsFrame) { ExpectCloses(FrameType::kClientRequest, 0, ""); }

TEST_F(RoguePeerTest, IsRefusedAsAStranger) {
  RoguePeer stranger(runtime_, one_.transport->address(), NodeId(4));
  EXPECT_TRUE(Run([&] { return stranger.failure.has_value(); }));
  EXPECT_EQ(stranger.failure->code(), ErrorCode::kForeign);
}

}  // namespace
}  // namespace paxos::net
