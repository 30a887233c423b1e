#include "paxos/archive.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tests/paxos/archive_sample.h"

namespace paxos {
namespace {

using namespace sample;

std::string Hex(const std::string& bytes) {
  std::string hex;
  AppendHex(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), &hex);
  return hex;
}

template <class T>
std::string HexOf(const T& value) {
  return Hex(Encode(value));
}

template <class T>
void ExpectRoundTrip(const T& value) {
  const Result<T> back = Decode<T>(Encode(value));
  ASSERT_TRUE(back.has_value()) << back.error().ToString();
  EXPECT_EQ(*back, value);
}

// The example at the top of archive.h.
struct Accept {
  std::uint64_t round = 0;
  std::string value{};
  std::optional<std::int32_t> delay{};
};

template <class Archive>
void serialize(Archive& ar, Accept& a, unsigned /*version*/) {
  ar& Named("round", a.round) & Named("value", a.value) & Named("delay", a.delay);
}

TEST(ArchiveTest, EncodesTheExampleOfItsHeader) {
  EXPECT_EQ(HexOf(Accept{.round = 300, .value = "abc", .delay = -2}), "ac02036162630103");
}

// The format is pinned: these bytes are on disks and wires.
TEST(ArchiveTest, EncodesOneOfEverythingToTheseBytes) {
  EXPECT_EQ(HexOf(Sample()),
            "01"        // flag
            "ff"        // byte
            "ac02"      // number 300
            "c801"      // colour 200
            "01"        // grade
            "07"        // seat
            "03616263"  // name
            "0102fe"    // digest
            "02"        // two points
            "0201"      //   1 -1
            "038001"    //   -2 64
            "03"        // a queue of three
            "007f8001"  //   0 127 128
            "02"        // two words
            "01610162"  //   a b
            "02"        // steps of two seats
            "0102"      //   seat 1: two steps
            "00"        //     nothing
            "010608"    //     move to 3 4
            "0901"      //   seat 9: one step
            "0202676f"  //     "go"
            "d70401"    // pair -300 true
            "010a0c"    // maybe 5 6
            "ac02"      // delay 150 ms
            "01"        // one second before the epoch
            "1012");    // shared: move to 8 9
}

TEST(ArchiveTest, EncodesIntegersInAsFewBytesAsTheyNeed) {
  EXPECT_EQ(HexOf(std::uint64_t{0}), "00");
  EXPECT_EQ(HexOf(std::uint64_t{127}), "7f");
  EXPECT_EQ(HexOf(std::uint64_t{128}), "8001");
  EXPECT_EQ(HexOf(std::numeric_limits<std::uint64_t>::max()), "ffffffffffffffffff01");
  EXPECT_EQ(HexOf(std::int64_t{-1}), "01");
  EXPECT_EQ(HexOf(std::numeric_limits<std::int64_t>::min()), "ffffffffffffffffff01");
  EXPECT_EQ(HexOf(std::numeric_limits<std::int64_t>::max()), "feffffffffffffffff01");
}

TEST(ArchiveTest, DecodesWhatItEncoded) {
  ExpectRoundTrip(Sample());
  ExpectRoundTrip(Everything{});
  for (const std::int64_t number : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                                    std::int64_t{0}, std::numeric_limits<std::int64_t>::max()}) {
    ExpectRoundTrip(number);
  }
  ExpectRoundTrip(std::numeric_limits<std::int8_t>::min());
  ExpectRoundTrip(std::numeric_limits<std::uint16_t>::max());
  ExpectRoundTrip(std::string(1000, '\0'));
}

TEST(ArchiveTest, DecodesIntoItsOwnMemory) {
  std::string bytes = Encode(std::string("kept"));
  const Result<std::string> text = Decode<std::string>(bytes);
  bytes.assign(bytes.size(), 'x');
  EXPECT_EQ(*text, "kept");
}

TEST(ArchiveTest, EncodeToAppends) {
  std::string bytes = "head";
  EncodeTo(std::uint8_t{1}, &bytes);
  EXPECT_EQ(bytes, "head\x01");
}

// A description that grew a field in version 2.
struct Grown {
  std::uint64_t old_field = 0;
  std::uint64_t new_field = 5;
};

template <class Archive>
void serialize(Archive& ar, Grown& g, unsigned version) {
  ar& Named("old_field", g.old_field);
  if (version >= 2) ar& Named("new_field", g.new_field);
}

TEST(ArchiveTest, HandsTheFormatVersionToDescriptions) {
  std::string bytes;
  BinaryWriter(&bytes, 2).Write(Grown{.old_field = 1, .new_field = 2});
  EXPECT_EQ(Hex(bytes), "0102");
  EXPECT_EQ(HexOf(Grown{.old_field = 1, .new_field = 2}), "01");
  EXPECT_EQ(Decode<Grown>(bytes, 2)->new_field, 2U);
  EXPECT_EQ(Decode<Grown>("\x01", 1)->new_field, 5U);
}

// Keeps state private and reads it in two steps, as a type with an invariant does.
class Percentage {
 public:
  Percentage() = default;
  explicit Percentage(unsigned value) : value_(value) {}

  friend bool operator==(const Percentage&, const Percentage&) = default;

  template <class Archive>
  friend void serialize(Archive& ar, Percentage& p, unsigned /*version*/) {
    std::uint32_t stored = Archive::is_saving::value ? 100 - p.value_ : 0;
    ar& Named("rest", stored);
    if constexpr (Archive::is_loading::value) p.value_ = 100 - std::min(stored, 100U);
  }

 private:
  unsigned value_ = 0;
};

TEST(ArchiveTest, LetsADescriptionTellSavingFromLoading) {
  EXPECT_EQ(HexOf(Percentage(30)), "46");
  ExpectRoundTrip(Percentage(30));
}

TEST(ArchiveTest, MovesUniquePointersIn) {
  const auto pointer = std::make_unique<const Point>(Point{.x = 1, .y = 2});
  const auto back = Decode<std::unique_ptr<const Point>>(Encode(pointer));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(**back, *pointer);
}

struct Nothing {};
template <class Archive>
void serialize(Archive& /*ar*/, Nothing& /*n*/, unsigned /*version*/) {}

TEST(ArchiveDeathTest, RefusesToWriteWhatCannotBeReadBack) {
  EXPECT_DEATH(Encode(std::shared_ptr<const Point>()), "check \\[ARCHIVE\\] failed");
  EXPECT_DEATH(Encode(std::vector<Nothing>(3)), "check \\[ARCHIVE\\] failed.*value.size\\(\\)=3");
}

}  // namespace
}  // namespace paxos
