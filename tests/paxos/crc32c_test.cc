#include "paxos/crc32c.h"

#include <gtest/gtest.h>

#include <string>

#include "paxos/random.h"

namespace paxos {
namespace {

using crc32c_internal::ByInstruction;
using crc32c_internal::ByTable;
using crc32c_internal::HasInstruction;

std::string Counting(int first, int step) {
  std::string bytes;
  for (int i = 0; i < 32; ++i) bytes.push_back(static_cast<char>(first + i * step));
  return bytes;
}

std::string RandomBytes(std::size_t size, Random* random) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random->Next());
  return bytes;
}

// RFC 3720 B.4, and the check value of the catalogue of CRC algorithms.
TEST(Crc32cTest, GivesTheKnownChecksums) {
  for (const auto compute : {Crc32c, ByTable, ByInstruction}) {
    if (compute == &ByInstruction && !HasInstruction()) continue;
    EXPECT_EQ(compute(std::string(32, '\0'), 0), 0x8a9136aaU);
    EXPECT_EQ(compute(std::string(32, '\xff'), 0), 0x62a8ab43U);
    EXPECT_EQ(compute(Counting(0, 1), 0), 0x46dd794eU);
    EXPECT_EQ(compute(Counting(31, -1), 0), 0x113fdb5cU);
    EXPECT_EQ(compute("123456789", 0), 0xe3069283U);
    EXPECT_EQ(compute("", 0), 0U);
  }
}

TEST(Crc32cTest, TableAndInstructionAgreeAtEveryLengthAndAlignment) {
  if (!HasInstruction()) GTEST_SKIP() << "this processor has no crc32 instruction";
  Random random(1);
  const std::string bytes = RandomBytes(300, &random);
  for (std::size_t begin = 0; begin < 9; ++begin) {
    for (std::size_t size = 0; begin + size <= bytes.size(); ++size) {
      const auto part = std::string_view(bytes).substr(begin, size);
      const auto seed = static_cast<std::uint32_t>(random.Next());
      ASSERT_EQ(ByTable(part, seed), ByInstruction(part, seed)) << begin << "+" << size;
    }
  }
}

TEST(Crc32cTest, ContinuesFromTheChecksumOfWhatCameBefore) {
  Random random(2);
  const std::string bytes = RandomBytes(100, &random);
  const std::string_view view(bytes);
  for (std::size_t cut = 0; cut <= view.size(); ++cut) {
    ASSERT_EQ(Crc32c(view.substr(cut), Crc32c(view.substr(0, cut))), Crc32c(view)) << cut;
  }
}

TEST(Crc32cTest, NoticesEveryFlippedBit) {
  Random random(3);
  std::string bytes = RandomBytes(64, &random);
  const std::uint32_t sound = Crc32c(bytes);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const auto mask = static_cast<char>(1 << (bit % 8));
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
    ASSERT_NE(Crc32c(bytes), sound) << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
  }
}

}  // namespace
}  // namespace paxos
