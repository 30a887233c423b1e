#include "sim/traffic.h"

#include <gtest/gtest.h>

#include "sim/violation.h"

namespace paxos::sim {
namespace {

constexpr NodeId kOne{1};
constexpr NodeId kTwo{2};
const Ballot kBallot{4, kOne};

// Three nodes, and one clock for all.
class TrafficTest : public testing::Test, public NodeViews {
 protected:
  TrafficTest() { traffic_.OnStart(kOne, image_); }

  [[nodiscard]] Time now() const override { return Time{clock_.time_since_epoch()}; }
  [[nodiscard]] const DiskImage& image(NodeId /*node*/) const override { return image_; }
  [[nodiscard]] Instant clock(NodeId /*node*/) const override { return clock_; }
  [[nodiscard]] Told told_before(NodeId /*node*/) const override { return {clock_, now()}; }

  static ReplicaOptions Options() {
    ReplicaOptions options;
    options.alpha = 2;
    options.retransmit_interval = milliseconds{100};
    return options;
  }
  void Say(const Message& message) { traffic_.OnSend(Envelope{kOne, kTwo, {}, message}); }
  void Hear(const Message& message) { traffic_.OnArrive(Envelope{kTwo, kOne, {}, message}); }
  // How often may it be said in a row?
  int Patience(const Message& message) {
    for (int said = 0; said < 100; ++said) {
      try {
        Say(message);
      } catch (const Violation& violation) {
        EXPECT_EQ(violation.tag, "INV-23");
        return said;
      }
    }
    return 100;
  }

  const ThrowingChecks throwing_;
  DiskImage image_;
  Instant clock_{std::chrono::seconds{10}};
  Traffic traffic_{3, Options(), *this};
};

TEST_F(TrafficTest, AnAnswerHasItsQuestion) {
  Hear(Accept{{4, kTwo}, Slot{1}, {}, {}});
  EXPECT_EQ(Patience(Accepted{{4, kTwo}, Slot{1}}), 1);
}

TEST_F(TrafficTest, ARestartForgetsWhatWasAsked) {
  Hear(FetchChosen{Slot{1}, Slot{1}});
  traffic_.OnStart(kOne, image_);
  EXPECT_EQ(Patience(ChosenRange{}), 0);
}

TEST_F(TrafficTest, ARefusalAnswersWhatHasNoOtherAnswer) {
  Hear(Accept{{4, kTwo}, Slot{1}, {}, {}});
  Hear(Heartbeat{{4, kTwo}, 1, {}, {}});
  Say(HeartbeatAck{{4, kTwo}, 1, {}});
  EXPECT_EQ(Patience(Preempted{{4, kTwo}, {5, kOne}}), 1);
}

TEST_F(TrafficTest, APrepareIsNotRepeated) { EXPECT_EQ(Patience(Prepare{kBallot}), 1); }

TEST_F(TrafficTest, AnAcceptIsRepeatedOncePerWaitAndPerConnection) {
  const Accept accept{kBallot, Slot{1}, {}, {}};
  const int at_once = Patience(accept);
  EXPECT_LE(at_once, 3);
  clock_ += milliseconds{500};
  EXPECT_LE(Patience(accept), 5);
  traffic_.OnConnected(kOne, kTwo);
  EXPECT_LE(Patience(accept), 1);
}

TEST_F(TrafficTest, ATimedHeartbeatWaitsForItsTime) {
  std::uint64_t round = 0;
  const auto beat = [&] { Say(Heartbeat{kBallot, ++round, {}, {{kOne, PersistSeq{1}}}}); };
  for (int i = 0; i < 20; ++i) {
    clock_ += Options().heartbeat_interval;
    beat();
  }
  beat(), beat();
  EXPECT_THROW(beat(), Violation);
}

TEST_F(TrafficTest, APromiseReportsTwoWindowsAtMost) {
  Promise promise{{4, kTwo}, {}, {}, {}};
  for (std::uint64_t slot = 1; slot <= 5; ++slot)
    promise.accepted.push_back({Slot{slot}, kBallot, {}});
  Hear(Prepare{{4, kTwo}});
  EXPECT_EQ(Patience(promise), 0);
}

}  // namespace
}  // namespace paxos::sim
