#include "sim/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace paxos::sim {
namespace {

// Three nodes that note what reaches them.
class NetworkTest : public testing::Test, public NetworkEvents {
 protected:
  void Build(const NetworkOptions& options) {
    network_.emplace(queue_, Chance(1), options, 3, *this);
  }
  void Send(std::uint64_t from, std::uint64_t to, std::uint64_t round) {
    network_->Send(Envelope{NodeId{from}, NodeId{to}, {}, Heartbeat{{}, round, {}, {}}});
  }
  void RunFor(Duration duration) {
    const Time end = queue_.now() + duration;
    while (queue_.RunNext(end)) {
    }
  }
  // Starts all nodes and lets streams connect.
  void StartAll() {
    for (std::uint64_t node = 1; node <= 3; ++node) network_->OnStarted(NodeId{node});
    RunFor(seconds{2});
    links_.clear();
  }

  [[nodiscard]] bool IsUp(NodeId node) const override { return node != down_; }
  void OnMessage(const Envelope& envelope) override {
    rounds_.push_back(std::get<Heartbeat>(envelope.message).round);
  }
  void OnLinkUp(NodeId node, NodeId peer) override { Note("up", node, peer); }
  void OnLinkDown(NodeId node, NodeId peer) override { Note("down", node, peer); }
  void Note(const char* what, NodeId node, NodeId peer) {
    links_.push_back(std::string(what) + std::to_string(node.value()) +
                     std::to_string(peer.value()));
  }

  EventQueue queue_{1};
  std::optional<Network> network_;
  NodeId down_{};
  std::vector<std::uint64_t> rounds_;
  std::vector<std::string> links_;
};

TEST_F(NetworkTest, DeliversWithinItsLatency) {
  Build({});
  Send(1, 2, 7);
  RunFor(microseconds{99});
  EXPECT_TRUE(rounds_.empty());
  RunFor(milliseconds{10});
  EXPECT_EQ(rounds_, std::vector<std::uint64_t>{7});
}

TEST_F(NetworkTest, LosesAndDoublesDatagramsAsOftenAsToldTo) {
  NetworkOptions options;
  options.link.loss = 300'000;
  options.link.duplication = 100'000;
  Build(options);
  for (std::uint64_t i = 0; i < 4000; ++i) Send(1, 2, i);
  RunFor(seconds{2});
  EXPECT_NEAR(static_cast<double>(rounds_.size()), 4000 * (0.7 + 0.1), 120);
  EXPECT_NEAR(static_cast<double>(network_->totals().lost), 1200, 120);
  EXPECT_FALSE(std::is_sorted(rounds_.begin(), rounds_.end()));
}

TEST_F(NetworkTest, TurningOneTroubleOffLeavesTheOthersWhereTheyWere) {
  NetworkOptions options;
  options.link.loss = 300'000;
  Build(options);
  for (std::uint64_t i = 0; i < 100; ++i) Send(1, 2, i);
  RunFor(seconds{2});
  const auto without_copies = rounds_;
  rounds_.clear();
  options.link.tail = 0;
  options.link.duplication = 500'000;
  options.link.duplicate_after_max = options.link.latency_min;
  Build(options);
  for (std::uint64_t i = 0; i < 100; ++i) Send(1, 2, i);
  RunFor(seconds{2});
  for (const std::uint64_t round : without_copies) {
    EXPECT_NE(std::find(rounds_.begin(), rounds_.end(), round), rounds_.end());
  }
}

TEST_F(NetworkTest, ACutDirectionLosesWhatIsSentIntoIt) {
  Build({});
  Send(1, 2, 1);
  network_->Cut(NodeId{1}, NodeId{2});
  Send(1, 2, 2);
  Send(2, 1, 3);
  RunFor(seconds{1});
  network_->Mend(NodeId{1}, NodeId{2});
  Send(1, 2, 4);
  RunFor(seconds{1});
  std::sort(rounds_.begin(), rounds_.end());
  EXPECT_EQ(rounds_, (std::vector<std::uint64_t>{1, 3, 4}));
}

TEST_F(NetworkTest, CutsAreCounted) {
  Build({});
  network_->Cut(NodeId{1}, NodeId{2});
  network_->Cut(NodeId{1}, NodeId{2});
  network_->Mend(NodeId{1}, NodeId{2});
  EXPECT_TRUE(network_->IsCut(NodeId{1}, NodeId{2}));
  network_->Calm();
  EXPECT_FALSE(network_->IsCut(NodeId{1}, NodeId{2}));
}

TEST_F(NetworkTest, StreamsKeepOrder) {
  NetworkOptions options;
  options.style = LinkStyle::kStreams;
  options.link.tail = 100'000;
  Build(options);
  StartAll();
  for (std::uint64_t i = 0; i < 500; ++i) Send(1, 2, i);
  RunFor(seconds{5});
  EXPECT_EQ(rounds_.size(), 500U);
  EXPECT_TRUE(std::is_sorted(rounds_.begin(), rounds_.end()));
}

TEST_F(NetworkTest, AStreamThatLosesSomethingBreaksAndComesBack) {
  NetworkOptions options;
  options.style = LinkStyle::kStreams;
  options.link.loss = 1'000'000;
  Build(options);
  StartAll();
  Send(1, 2, 1);
  RunFor(seconds{2});
  EXPECT_TRUE(rounds_.empty());
  std::sort(links_.begin(), links_.begin() + 2);  // both ends hear of it in one instant
  EXPECT_EQ(links_, (std::vector<std::string>{"down12", "down21", "up12", "up21"}));
}

TEST_F(NetworkTest, AStreamDeliversLateWhatWasSentIntoAShortCut) {
  NetworkOptions options;
  options.style = LinkStyle::kStreams;
  Build(options);
  StartAll();
  network_->Cut(NodeId{1}, NodeId{2});
  Send(1, 2, 1);
  Send(1, 2, 2);
  RunFor(milliseconds{100});
  EXPECT_TRUE(rounds_.empty());
  network_->Mend(NodeId{1}, NodeId{2});
  RunFor(milliseconds{100});
  EXPECT_EQ(rounds_, (std::vector<std::uint64_t>{1, 2}));
}

TEST_F(NetworkTest, AStreamIsGivenUpWhenACutLasts) {
  NetworkOptions options;
  options.style = LinkStyle::kStreams;
  Build(options);
  StartAll();
  network_->Cut(NodeId{1}, NodeId{2});
  RunFor(seconds{11});
  std::sort(links_.begin(), links_.end());
  EXPECT_EQ(links_, (std::vector<std::string>{"down12", "down21"}));
}

TEST_F(NetworkTest, PeersHearOfADeathThatClosedItsSockets) {
  NetworkOptions options;
  options.style = LinkStyle::kStreams;
  Build(options);
  StartAll();
  down_ = NodeId{3};
  network_->OnDied(NodeId{3}, Network::Death::kSocketsClosed);
  RunFor(milliseconds{1});
  std::sort(links_.begin(), links_.end());
  EXPECT_EQ(links_, (std::vector<std::string>{"down13", "down23"}));
}

TEST_F(NetworkTest, AClogHoldsEverythingBackUntilItIsOver) {
  for (const LinkStyle style : {LinkStyle::kDatagrams, LinkStyle::kStreams}) {
    rounds_.clear();
    NetworkOptions options;
    options.style = style;
    Build(options);
    StartAll();
    network_->Clog(NodeId{1}, NodeId{2});
    Send(1, 2, 1);
    Send(1, 2, 2);
    RunFor(seconds{20});
    EXPECT_TRUE(rounds_.empty());
    network_->Unclog(NodeId{1}, NodeId{2});
    RunFor(seconds{1});
    EXPECT_EQ(rounds_.size(), 2U);
  }
}

TEST_F(NetworkTest, NothingIsCutOrCloggedOnceItIsCalm) {
  Build({});
  network_->Clog(NodeId{1}, NodeId{2});
  network_->Calm();
  network_->Clog(NodeId{1}, NodeId{2});
  network_->Cut(NodeId{1}, NodeId{2});
  Send(1, 2, 1);
  RunFor(seconds{1});
  EXPECT_EQ(rounds_, std::vector<std::uint64_t>{1});
}

TEST_F(NetworkTest, WhatChangesOnItsWayIsDropped) {
  NetworkOptions options;
  options.link.corruption = 500'000;
  Build(options);
  for (std::uint64_t i = 0; i < 1000; ++i) Send(1, 2, i);
  RunFor(seconds{1});
  EXPECT_NEAR(static_cast<double>(network_->totals().corrupt), 500, 60);
  EXPECT_EQ(rounds_.size() + network_->totals().corrupt, 1000U);
}

TEST_F(NetworkTest, AStreamInWhichSomethingChangedBreaks) {
  NetworkOptions options;
  options.style = LinkStyle::kStreams;
  options.link.corruption = 1'000'000;
  Build(options);
  StartAll();
  Send(1, 2, 1);
  RunFor(milliseconds{1});
  EXPECT_TRUE(rounds_.empty());
  EXPECT_EQ(links_.size(), 2U);
}

TEST_F(NetworkTest, ReplaysWhatItCarriedAcrossItsSendersRestart) {
  NetworkOptions options;
  options.replay_memory = 8;
  Build(options);
  Send(1, 2, 7);
  RunFor(seconds{100});
  network_->OnDied(NodeId{1}, Network::Death::kSilent);
  network_->OnStarted(NodeId{1});
  network_->Replay(NodeId{1}, NodeId{2}, 5);
  RunFor(seconds{1});
  EXPECT_EQ(rounds_, (std::vector<std::uint64_t>{7, 7}));
}

TEST_F(NetworkTest, AFullQueueDrops) {
  NetworkOptions options;
  options.in_flight_max = 3;
  Build(options);
  for (std::uint64_t i = 0; i < 10; ++i) Send(1, 2, i);
  RunFor(seconds{1});
  EXPECT_EQ(rounds_.size(), 3U);
}

}  // namespace
}  // namespace paxos::sim
