#include "sim/partitions.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>

namespace paxos::sim {
namespace {

constexpr std::size_t kNodes = 5;

// Five nodes whose links are asked who reaches whom.
class PartitionsTest : public testing::Test, public NetworkEvents {
 protected:
  // "1>2 " for every pair that is cut at `at`.
  [[nodiscard]] std::string CutsOf(const Network& network) const {
    std::string cuts;
    for (std::uint64_t from = 1; from <= kNodes; ++from) {
      for (std::uint64_t to = 1; to <= kNodes; ++to) {
        if (from == to || !network.IsCut(NodeId{from}, NodeId{to})) continue;
        cuts += std::to_string(from) + ">" + std::to_string(to) + " ";
      }
    }
    return cuts;
  }
  void RunFor(Duration duration) {
    const Time end = queue_.now() + duration;
    while (queue_.RunNext(end)) {
    }
  }
  // All that a kind of fault, struck with many choices, cuts around node 1.
  template <class Strike>
  std::set<std::string> ShapesOf(Strike strike) {
    std::set<std::string> shapes;
    for (std::uint64_t choice = 0; choice < 200; ++choice) {
      Network network(queue_, Chance(1), {}, kNodes, *this);
      Partitions partitions(queue_, network, kNodes);
      strike(partitions, Fault{{}, {}, choice, seconds{1}});
      shapes.insert(CutsOf(network));
      RunFor(seconds{1});
      EXPECT_EQ(CutsOf(network), "") << "every cut is mended in the end";
    }
    return shapes;
  }

  [[nodiscard]] bool IsUp(NodeId /*node*/) const override { return true; }
  void OnMessage(const Envelope& envelope) override {
    heard_ +=
        std::to_string(envelope.from.value()) + ">" + std::to_string(envelope.to.value()) + " ";
  }
  void OnLinkUp(NodeId /*node*/, NodeId /*peer*/) override {}
  void OnLinkDown(NodeId /*node*/, NodeId /*peer*/) override {}

  EventQueue queue_{1};
  std::string heard_;
};

TEST_F(PartitionsTest, IsolateSplitBridgeAndRing) {
  const auto shapes = ShapesOf(
      [](Partitions& partitions, const Fault& fault) { partitions.Cut(fault, NodeId{1}); });
  EXPECT_EQ(shapes,
            (std::set<std::string>{"1>2 1>3 1>4 1>5 2>1 3>1 4>1 5>1 ",
                                   "1>3 1>4 1>5 2>3 2>4 2>5 3>1 3>2 4>1 4>2 5>1 5>2 ",
                                   "1>4 1>5 2>4 2>5 4>1 4>2 5>1 5>2 ",  // 3 sees both halves
                                   "1>3 1>4 2>4 2>5 3>1 3>5 4>1 4>2 5>2 5>3 "}));
}

TEST_F(PartitionsTest, ANodeThatSendsAndCannotReceiveAndTheOtherWayRound) {
  const auto shapes = ShapesOf(
      [](Partitions& partitions, const Fault& fault) { partitions.CutOneWay(fault, NodeId{1}); });
  EXPECT_EQ(shapes, (std::set<std::string>{"2>1 3>1 4>1 5>1 ", "1>2 1>3 1>4 1>5 ", "1>2 "}));
}

TEST_F(PartitionsTest, AnIsolatedNodeIsCutOffBothWays) {
  Network network(queue_, Chance(1), {}, kNodes, *this);
  Partitions(queue_, network, kNodes).Isolate(NodeId{4}, seconds{1});
  EXPECT_EQ(CutsOf(network), "1>4 2>4 3>4 4>1 4>2 4>3 4>5 5>4 ");
}

TEST_F(PartitionsTest, AClogHoldsBackAndLosesNothing) {
  int held_back = 0;
  for (std::uint64_t choice = 0; choice < 50; ++choice) {
    Network network(queue_, Chance(choice), {}, kNodes, *this);
    Partitions partitions(queue_, network, kNodes);
    partitions.Clog(Fault{{}, {}, choice, seconds{1}}, NodeId{1});
    RunFor(Duration{0});
    heard_.clear();
    network.Send(Envelope{NodeId{1}, NodeId{2}, {}, Heartbeat{}});
    RunFor(milliseconds{20});
    if (heard_.empty()) ++held_back;
    RunFor(seconds{2});
    EXPECT_EQ(heard_, "1>2 ") << choice;
  }
  EXPECT_GT(held_back, 10);
}

}  // namespace
}  // namespace paxos::sim
