#include "net/frame_input.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace paxos::net {
namespace {

class Sink : public FrameSink {
 public:
  bool TakeFrame(const Frame& frame) override {
    payloads.emplace_back(frame.payload);
    if (when_frame) when_frame();
    return payloads.size() < stop_after;
  }
  std::vector<std::string> payloads{};
  std::size_t stop_after = 1000;
  std::function<void()> when_frame{};
};

std::string FrameOf(const std::string& payload, FrameType type = FrameType::kPeerMessage) {
  std::string bytes;
  AppendFrame(
      type, 0, [&](std::string* out) { out->append(payload); }, &bytes);
  return bytes;
}

TEST(FrameInputTest, CutsManyFramesOutOfOneRead) {
  FrameInput input{FrameLimits()};
  Sink sink;
  EXPECT_TRUE(input.Feed(FrameOf("a") + FrameOf("") + FrameOf("ccc"), sink).ok());
  EXPECT_EQ(sink.payloads, (std::vector<std::string>{"a", "", "ccc"}));
  EXPECT_EQ(input.buffered_bytes(), 0U);
}

TEST(FrameInputTest, PutsAFrameTogetherFromSingleBytes) {
  FrameInput input{FrameLimits()};
  Sink sink;
  const std::string bytes = FrameOf("first") + FrameOf("second");
  for (const char byte : bytes) ASSERT_TRUE(input.Feed({&byte, 1}, sink).ok());
  EXPECT_EQ(sink.payloads, (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(input.buffered_bytes(), 0U);
}

TEST(FrameInputTest, KeepsOnlyTheBeginningOfTheNextFrame) {
  FrameInput input{FrameLimits()};
  Sink sink;
  EXPECT_TRUE(input.Feed(FrameOf("whole") + FrameOf("part").substr(0, 7), sink).ok());
  EXPECT_EQ(sink.payloads, (std::vector<std::string>{"whole"}));
  EXPECT_EQ(input.buffered_bytes(), 7U);
}

TEST(FrameInputTest, RefusesALengthBeforeItsBytesCome) {
  FrameInput input{FrameLimits().SetCap(FrameType::kPeerMessage, 10)};
  Sink sink;
  const std::string header = FrameOf(std::string(11, 'x')).substr(0, kFrameHeaderBytes);
  EXPECT_EQ(input.Feed(header, sink).code(), ErrorCode::kDamaged);
  EXPECT_EQ(input.buffered_bytes(), 0U);
}

TEST(FrameInputTest, TellsGarbageByItsFirstByte) {
  FrameInput input{FrameLimits()};
  Sink sink;
  EXPECT_EQ(input.Feed("G", sink).code(), ErrorCode::kDamaged);
}

TEST(FrameInputTest, DeliversTheFramesBeforeADamagedOne) {
  FrameInput input{FrameLimits()};
  Sink sink;
  std::string damaged = FrameOf("bad");
  damaged.back() ^= 1;
  EXPECT_EQ(input.Feed(FrameOf("good") + damaged, sink).code(), ErrorCode::kDamaged);
  EXPECT_EQ(sink.payloads, (std::vector<std::string>{"good"}));
}

TEST(FrameInputTest, StopsWhenTheSinkHasEnough) {
  FrameInput input{FrameLimits()};
  Sink sink;
  sink.stop_after = 1;
  EXPECT_TRUE(input.Feed(FrameOf("a") + FrameOf("b"), sink).ok());
  EXPECT_EQ(sink.payloads.size(), 1U);
}

TEST(FrameInputTest, NewLimitsHoldFromTheNextFrameOn) {
  FrameInput input{FrameLimits().SetCap(FrameType::kPeerMessage, 1)};
  Sink sink;
  sink.when_frame = [&] { input.SetLimits(FrameLimits()); };
  EXPECT_TRUE(input.Feed(FrameOf("a") + FrameOf("longer"), sink).ok());
  EXPECT_EQ(sink.payloads, (std::vector<std::string>{"a", "longer"}));
}

}  // namespace
}  // namespace paxos::net
