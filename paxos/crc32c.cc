#include "paxos/crc32c.h"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace paxos {
namespace crc32c_internal {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // 0x1edc6f41 with its bits reversed
constexpr std::size_t kSlices = 8;

using Table = std::array<std::array<std::uint32_t, 256>, kSlices>;

// table[k][b] is what byte b does to the checksum when k more bytes follow it, so that eight bytes
// are eight independent look-ups ("slicing by 8", Kounavis and Berry, 2005).
constexpr Table MakeTable() {
  Table table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    table[0][byte] = crc;
  }
  for (std::size_t slice = 1; slice < kSlices; ++slice) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t crc = table[slice - 1][byte];
      table[slice][byte] = (crc >> 8) ^ table[0][crc & 0xff];
    }
  }
  return table;
}

constexpr Table kTable = MakeTable();

std::uint32_t AddByte(std::uint32_t crc, char byte) {
  return (crc >> 8) ^ kTable[0][(crc ^ static_cast<std::uint8_t>(byte)) & 0xff];
}

std::uint64_t LoadLittleEndian(const char* bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 8; i > 0; --i) word = (word << 8) | static_cast<std::uint8_t>(bytes[i - 1]);
  return word;
}

std::uint32_t AddWord(std::uint32_t crc, std::uint64_t word) {
  word ^= crc;
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < kSlices; ++i) {
    sum ^= kTable[kSlices - 1 - i][(word >> (8 * i)) & 0xff];
  }
  return sum;
}

}  // namespace

std::uint32_t ByTable(std::string_view bytes, std::uint32_t seed) {
  std::uint32_t crc = ~seed;
  while (bytes.size() >= kSlices) {
    crc = AddWord(crc, LoadLittleEndian(bytes.data()));
    bytes.remove_prefix(kSlices);
  }
  for (const char byte : bytes) crc = AddByte(crc, byte);
  return ~crc;
}

#if defined(__x86_64__)

bool HasInstruction() { return __builtin_cpu_supports("sse4.2") != 0; }

__attribute__((target("sse4.2"))) std::uint32_t ByInstruction(std::string_view bytes,
                                                              std::uint32_t seed) {
  std::uint64_t crc = static_cast<std::uint32_t>(~seed);
  while (bytes.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    crc = _mm_crc32_u64(crc, word);
    bytes.remove_prefix(sizeof word);
  }
  auto narrow = static_cast<std::uint32_t>(crc);
  for (const char byte : bytes) narrow = _mm_crc32_u8(narrow, static_cast<std::uint8_t>(byte));
  return ~narrow;
}

#else

bool HasInstruction() { return false; }

std::uint32_t ByInstruction(std::string_view bytes, std::uint32_t seed) {
  return ByTable(bytes, seed);
}

#endif

}  // namespace crc32c_internal

std::uint32_t Crc32c(std::string_view bytes, std::uint32_t seed) {
  using namespace crc32c_internal;
  static const auto compute = HasInstruction() ? ByInstruction : ByTable;
  return compute(bytes, seed);
}

}  // namespace paxos
