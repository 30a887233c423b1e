#include "sim/recording.h"

#include <gtest/gtest.h>

#include <sstream>

#include "sim/ledger.h"
#include "sim/simulation.h"

namespace paxos::sim {
namespace {

Recording RecordShortly(std::uint64_t seed) {
  SwarmOptions options;
  options.noise_min = options.noise_max = seconds{3};
  LedgerWorkload workload({});
  Recorder recorder;
  Recording recording;
  recording.recipe = Recipe{"ledger", seed, options.allowed, 0, seconds{3}, {}};
  recording.hash = Simulate(DrawSwarm(seed, options), workload, {&recorder}).hash;
  recording.events = recorder.Take();
  return recording;
}

TEST(RecordingTest, ComesBackAsItWas) {
  const Recording recording = RecordShortly(3);
  ASSERT_GT(recording.events.size(), 100U);
  std::stringstream file;
  ASSERT_TRUE(Save(recording, file).ok());
  const Result<Recording> loaded = LoadRecording(file);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message();
  EXPECT_EQ(*loaded, recording);
  EXPECT_EQ(FirstDifference(loaded->events, recording.events), "");
}

TEST(RecordingTest, NamesTheFirstEventThatDiffers) {
  const Recording recording = RecordShortly(3);
  std::vector<Event> other = recording.events;
  other[7].node = NodeId{99};
  EXPECT_EQ(FirstDifference(recording.events, other).rfind("event 8 was ", 0), 0U);
  other = recording.events;
  other.pop_back();
  EXPECT_NE(FirstDifference(recording.events, other).find("(the end)"), std::string::npos);
}

TEST(RecordingTest, RefusesWhatIsNoRecording) {
  std::stringstream file("not a recording at all");
  EXPECT_EQ(LoadRecording(file).error().code(), ErrorCode::kDamaged);
}

}  // namespace
}  // namespace paxos::sim
