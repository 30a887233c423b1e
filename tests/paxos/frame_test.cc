#include "paxos/frame.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "paxos/random.h"

namespace paxos {
namespace {

constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kTypeAt = 5;
constexpr std::size_t kFlagsAt = 6;
constexpr std::size_t kLengthAt = 12;

std::string FrameOf(FrameType type, std::uint32_t group, const std::string& payload) {
  std::string bytes;
  AppendFrame(
      type, group, [&](std::string* out) { out->append(payload); }, &bytes);
  return bytes;
}

std::string SampleFrame() { return FrameOf(FrameType::kPeerMessage, 7, "hello"); }

// The error that `bytes` give, ok if they may yet become a frame.
Status ErrorOf(std::string_view bytes, const FrameLimits& limits = {}) {
  std::size_t consumed = 0;
  const auto next = FrameReader(limits).Next(bytes, &consumed);
  return next.has_value() ? Status::Ok() : next.error();
}

std::string WithByte(std::string bytes, std::size_t at, int value) {
  bytes[at] = static_cast<char>(value);
  return bytes;
}

TEST(FrameTest, HasThisLayout) {
  const std::string expected =
      std::string("QRT1\x01\x02\x00\x00", 8) +  // magic, version, type, flags
      std::string("\x07\x00\x00\x00", 4) +      // group
      std::string("\x05\x00\x00\x00", 4) +      // length
      std::string("\x01Q{\xf3", 4) + "hello";   // checksum, payload
  EXPECT_EQ(ToText(SampleFrame()), ToText(expected));
}

TEST(FrameTest, ComesBackAsItWasAppended) {
  const std::string bytes = SampleFrame();
  std::size_t consumed = 0;
  const auto next = FrameReader().Next(bytes, &consumed);
  ASSERT_TRUE(next.has_value() && next->has_value());
  EXPECT_EQ((**next), (Frame{FrameType::kPeerMessage, 7, "hello"}));
  EXPECT_EQ(consumed, bytes.size());
}

TEST(FrameTest, HoldsAnEncodedValueInPlace) {
  const std::vector<std::uint64_t> numbers = {1, 300};
  std::string bytes = "before";
  AppendFrame(FrameType::kHello, 0, numbers, &bytes);
  std::size_t consumed = 0;
  const auto next = FrameReader().Next(std::string_view(bytes).substr(6), &consumed);
  ASSERT_TRUE(next.has_value() && next->has_value());
  EXPECT_EQ((*next)->payload, Encode(numbers));
  EXPECT_EQ(*Decode<std::vector<std::uint64_t>>((*next)->payload), numbers);
}

TEST(FrameTest, MayBeEmpty) {
  std::size_t consumed = 0;
  const std::string bytes = FrameOf(FrameType::kHelloRefused, 0, "");
  const auto next = FrameReader().Next(bytes, &consumed);
  ASSERT_TRUE(next.has_value() && next->has_value());
  EXPECT_EQ((*next)->payload, "");
  EXPECT_EQ(consumed, kFrameHeaderBytes);
}

TEST(FrameReaderTest, WaitsForTheRestAtEveryCut) {
  const std::string bytes = SampleFrame();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    std::size_t consumed = 1;
    const auto next = FrameReader().Next(std::string_view(bytes).substr(0, size), &consumed);
    ASSERT_TRUE(next.has_value()) << size;
    EXPECT_FALSE(next->has_value()) << size;
    EXPECT_EQ(consumed, 0U) << size;
  }
}

TEST(FrameReaderTest, TakesFramesOneByOneFromAStream) {
  std::string stream = FrameOf(FrameType::kHello, 1, "a");
  AppendFrame(
      FrameType::kClientRequest, 2, [](std::string* out) { *out += "bc"; }, &stream);
  stream += SampleFrame().substr(0, 10);
  std::vector<std::string> payloads;
  std::string_view rest = stream;
  for (std::size_t consumed = 0;; rest.remove_prefix(consumed)) {
    const auto next = FrameReader().Next(rest, &consumed);
    ASSERT_TRUE(next.has_value());
    if (!next->has_value()) break;
    payloads.emplace_back((*next)->payload);
  }
  EXPECT_EQ(payloads, (std::vector<std::string>{"a", "bc"}));
  EXPECT_EQ(rest.size(), 10U);
}

TEST(FrameReaderTest, RefusesEveryFlippedBit) {
  const std::string sound = SampleFrame();
  for (std::size_t bit = 0; bit < sound.size() * 8; ++bit) {
    const std::string bytes = WithByte(sound, bit / 8, sound[bit / 8] ^ (1 << (bit % 8)));
    std::size_t consumed = 0;
    const auto next = FrameReader().Next(bytes, &consumed);
    EXPECT_FALSE(next.has_value() && next->has_value()) << bit;
  }
}

TEST(FrameReaderTest, RefusesAnotherProtocolByItsFirstByte) {
  EXPECT_EQ(ErrorOf("G").code(), ErrorCode::kDamaged);
  EXPECT_EQ(ErrorOf("QRT2").message(), "frame: does not begin with QRT1");
}

TEST(FrameReaderTest, CallsAnotherVersionForeign) {
  const Status error = ErrorOf(WithByte(SampleFrame(), kVersionAt, 2));
  EXPECT_EQ(error.code(), ErrorCode::kForeign);
  EXPECT_EQ(error.message(), "frame: format version 2, this build speaks 1");
}

TEST(FrameReaderTest, RefusesAnUnknownType) {
  EXPECT_EQ(ErrorOf(WithByte(SampleFrame(), kTypeAt, 0)).message(), "frame: unknown type 0");
  EXPECT_EQ(ErrorOf(WithByte(SampleFrame(), kTypeAt, 6)).code(), ErrorCode::kDamaged);
}

TEST(FrameReaderTest, RefusesReservedFlags) {
  EXPECT_EQ(ErrorOf(WithByte(SampleFrame(), kFlagsAt, 1)).message(),
            "frame: reserved flags are set");
  EXPECT_FALSE(ErrorOf(WithByte(SampleFrame(), kFlagsAt + 1, 128)).ok());
}

TEST(FrameReaderTest, RefusesALengthOverItsTypesCapFromTheHeaderAlone) {
  const FrameLimits limits = FrameLimits().SetCap(FrameType::kPeerMessage, 4);
  EXPECT_EQ(ErrorOf(SampleFrame().substr(0, kFrameHeaderBytes), limits).message(),
            "frame: payload of 5 bytes, at most 4 are taken");
  EXPECT_TRUE(ErrorOf(FrameOf(FrameType::kHello, 0, "hello"), limits).ok());
}

TEST(FrameReaderTest, TakesAMegabyteAndNoMoreUnlessTold) {
  std::string header = SampleFrame().substr(0, kFrameHeaderBytes);
  header = WithByte(WithByte(header, kLengthAt, 0), kLengthAt + 2, 0x10);
  EXPECT_TRUE(ErrorOf(header).ok());
  EXPECT_EQ(ErrorOf(WithByte(header, kLengthAt, 1)).code(), ErrorCode::kDamaged);
}

TEST(FrameReaderTest, SurvivesGarbage) {
  Random random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = SampleFrame();
    for (int change = 0; change < 3; ++change) {
      bytes[random.Below(bytes.size())] = static_cast<char>(random.Next());
    }
    std::size_t consumed = 0;
    const auto next = FrameReader().Next(bytes, &consumed);
    EXPECT_TRUE(bytes == SampleFrame() || !next.has_value() || !next->has_value());
  }
}

}  // namespace
}  // namespace paxos
