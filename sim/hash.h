// A fast hash of bytes, the same on every machine. It tells runs and replies apart; not for
// secrets.
#pragma once

#include <cstdint>
#include <string_view>

#include "paxos/random.h"

namespace paxos::sim {

class Hash {
 public:
  void Add(std::uint64_t value) {
    state_ = (state_ ^ value) * 0x9fb21c651e98df25U;
    state_ ^= state_ >> 32;
  }
  void Add(std::string_view bytes) {
    Add(bytes.size());
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) Add(Word(bytes.substr(0, 8)));
    if (!bytes.empty()) Add(Word(bytes));
  }
  [[nodiscard]] std::uint64_t value() const { return random_internal::Scramble(state_); }

 private:
  static constexpr std::uint64_t Word(std::string_view bytes) {
    std::uint64_t word = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) {
      word = word << 8 | static_cast<std::uint8_t>(bytes[i - 1]);
    }
    return word;
  }

  std::uint64_t state_ = 0x243f6a8885a308d3U;
};

inline std::uint64_t HashOf(std::string_view bytes) {
  Hash hash;
  hash.Add(bytes);
  return hash.value();
}

}  // namespace paxos::sim
