#include "paxos/binary_reader.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "paxos/random.h"
#include "tests/paxos/archive_sample.h"

// Bytes that no writer of ours wrote.
namespace paxos {
namespace {

using namespace sample;

std::string Bytes(std::initializer_list<int> bytes) {
  std::string out;
  for (const int byte : bytes) out.push_back(static_cast<char>(byte));
  return out;
}

template <class T>
std::string ErrorOf(std::string_view bytes) {
  const Result<T> result = Decode<T>(bytes);
  if (result.has_value()) return "none";
  EXPECT_EQ(result.error().code(), ErrorCode::kDamaged);
  return result.error().message();
}

// A length or count of 2^63 - 1.
std::string Huge() { return Bytes({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}); }

TEST(BinaryReaderTest, RefusesEveryTruncation) {
  const std::string whole = Encode(Sample());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(ErrorOf<Everything>(whole.substr(0, size)), "none") << size;
  }
}

TEST(BinaryReaderTest, RefusesTrailingBytes) {
  EXPECT_EQ(ErrorOf<std::uint8_t>(Bytes({1, 2, 3})), "value at byte 1: 2 bytes follow the value");
  EXPECT_NE(ErrorOf<Everything>(Encode(Sample()) + '\0'), "none");
}

// What decodes has exactly one encoding: whatever bytes are taken come out again.
TEST(BinaryReaderTest, TakesOnlyBytesThatTheWriterWrites) {
  Random random(11);
  const std::string sound = Encode(Sample());
  int taken = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = sound;
    bytes[random.Below(bytes.size())] = static_cast<char>(random.Next());
    const Result<Everything> result = Decode<Everything>(bytes);
    if (!result.has_value()) continue;
    ASSERT_EQ(Encode(*result), bytes);
    ++taken;
  }
  EXPECT_GT(taken, 1000);
}

TEST(BinaryReaderTest, SurvivesRandomBytes) {
  Random random(12);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random.Below(64), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.Next());
    const Result<Everything> result = Decode<Everything>(bytes);
    ASSERT_TRUE(!result.has_value() || Encode(*result) == bytes) << ToText(bytes);
  }
}

TEST(BinaryReaderTest, NamesTheFieldAndThePlaceOfDamage) {
  std::string bytes = Encode(std::map<Seat, std::vector<Move>>{{Seat(4), {Move{}, Move{}}}});
  bytes.pop_back();
  EXPECT_EQ((ErrorOf<std::map<Seat, std::vector<Move>>>(bytes)),
            "[0][1].to.y at byte 6: needs 1 bytes or more, 0 remain");
}

TEST(BinaryReaderTest, RefusesVarintsWithNeedlessBytes) {
  EXPECT_EQ(ErrorOf<std::uint32_t>(Bytes({0x80, 0x00})),
            "value at byte 0: number has needless bytes");
  EXPECT_NE(ErrorOf<std::uint64_t>(Bytes({0xff, 0x80, 0x00})), "none");
}

TEST(BinaryReaderTest, RefusesNumbersBeyondTheirType) {
  EXPECT_EQ(ErrorOf<std::uint16_t>(Encode(std::uint32_t{65536})),
            "value at byte 0: number 65536 exceeds 65535");
  EXPECT_NE(ErrorOf<std::int8_t>(Encode(std::int32_t{-129})), "none");
  EXPECT_EQ(ErrorOf<std::int8_t>(Encode(std::int32_t{-128})), "none");
  EXPECT_EQ(
      ErrorOf<std::uint64_t>(Bytes({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02})),
      "value at byte 0: number exceeds 64 bits");
  EXPECT_NE(ErrorOf<std::uint64_t>(std::string(20, '\xff')), "none");
}

TEST(BinaryReaderTest, RefusesFlagsThatAreNeitherZeroNorOne) {
  EXPECT_EQ(ErrorOf<bool>(Bytes({2})), "value at byte 1: flag is 2");
  EXPECT_NE(ErrorOf<std::optional<bool>>(Bytes({3, 1})), "none");
}

TEST(BinaryReaderTest, RefusesEnumsItDoesNotKnow) {
  EXPECT_EQ(ErrorOf<Colour>(Bytes({3})), "value at byte 1: unknown value 3");
  // 257 would be kRed if it were cut to the enum's byte.
  EXPECT_NE(ErrorOf<Colour>(Encode(std::uint32_t{257})), "none");
}

TEST(BinaryReaderTest, NeverHandsOutAnUnknownEnum) {
  const std::string bytes = Bytes({3});
  Colour colour = Colour::kBlue;
  BinaryReader(bytes).Read(colour);
  EXPECT_EQ(colour, Colour{});
}

TEST(BinaryReaderTest, RefusesUnknownAlternatives) {
  EXPECT_EQ(ErrorOf<Step>(Bytes({3})), "value at byte 1: unknown alternative 3");
  EXPECT_NE(ErrorOf<Step>(Huge()), "none");
}

TEST(BinaryReaderTest, RefusesKeysThatDoNotAscend) {
  using Seats = std::set<Seat>;
  EXPECT_EQ(ErrorOf<Seats>(Bytes({2, 5, 5})), "[1] at byte 3: keys do not ascend");
  EXPECT_NE(ErrorOf<Seats>(Bytes({2, 5, 4})), "none");
  EXPECT_EQ(ErrorOf<Seats>(Bytes({2, 4, 5})), "none");
  using Names = std::map<Seat, std::string>;
  EXPECT_NE(ErrorOf<Names>(Bytes({2, 5, 0, 5, 0})), "none");
  EXPECT_NE(ErrorOf<Names>(Bytes({2, 5, 0, 4, 0})), "none");
  EXPECT_EQ(ErrorOf<Names>(Bytes({2, 4, 0, 5, 0})), "none");
}

TEST(BinaryReaderTest, ChecksLengthsAndCountsAgainstTheBytesThatRemain) {
  EXPECT_EQ(ErrorOf<std::string>(Bytes({4, 'a', 'b', 'c'})),
            "value at byte 1: length 4 exceeds the 3 bytes that remain");
  EXPECT_NE(ErrorOf<std::string>(Huge()), "none");
  EXPECT_EQ(ErrorOf<std::vector<Point>>(Bytes({3, 0, 0})),
            "value at byte 1: count 3 exceeds the 2 bytes that remain");
  EXPECT_NE(ErrorOf<std::deque<Point>>(Huge()), "none");
  EXPECT_NE((ErrorOf<std::map<Seat, Point>>(Huge())), "none");
  EXPECT_NE((ErrorOf<std::array<std::uint8_t, 3>>(Bytes({1, 2}))), "none");
}

struct Big {
  std::array<std::uint8_t, 4096> bytes{};
};
template <class Archive>
void serialize(Archive& ar, Big& b, unsigned /*version*/) {
  ar& Named("bytes", b.bytes);
}

TEST(BinaryReaderTest, AllocatesNothingForACountThatCannotBeTrue) {
  std::vector<Big> values;
  const std::string bytes = Huge();
  BinaryReader reader(bytes);
  reader.Read(values);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(values.capacity(), 0U);
}

// 1000 elements are claimed and 1000 bytes remain, which is less than one of them.
TEST(BinaryReaderTest, ReservesNoMoreThanBytesHaveArrivedFor) {
  std::vector<Big> values;
  const std::string bytes = Encode(std::uint64_t{1000}) + std::string(1000, '\0');
  BinaryReader reader(bytes);
  reader.Read(values);
  EXPECT_FALSE(reader.ok());
  EXPECT_LE(values.capacity(), 16U);
}

TEST(BinaryReaderTest, ReadsDefaultsAfterItsFirstError) {
  Everything everything = Sample();
  const std::string bytes = Bytes({2}) + Encode(Sample());
  BinaryReader reader(bytes);
  reader.Read(everything);
  const Status first = reader.status();
  Everything again = Sample();
  reader.Read(again);
  reader.ExpectEnd();
  EXPECT_EQ(reader.status(), first);
  EXPECT_EQ(first.message(), "flag at byte 1: flag is 2");
  EXPECT_FALSE(again.flag);
  EXPECT_EQ(again.number, 0U);
  EXPECT_EQ(again.name, "");
  EXPECT_EQ(again.colour, Colour{});
  EXPECT_TRUE(again.points.empty() && again.steps.empty() && again.words.empty());
  EXPECT_FALSE(again.maybe.has_value());
  EXPECT_EQ(again.shared, nullptr);
}

TEST(BinaryReaderTest, TellsWhatRemains) {
  const std::string bytes = Bytes({1, 2, 3});
  BinaryReader reader(bytes);
  std::uint8_t byte = 0;
  reader.Read(byte);
  EXPECT_EQ(reader.remaining(), 2U);
  EXPECT_TRUE(reader.ok() && reader.status().ok());
}

}  // namespace
}  // namespace paxos
