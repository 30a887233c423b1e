#pragma once

#include <compare>
#include <cstdint>

#include "paxos/check.h"
#include "paxos/named.h"

// Chance as a value. The one source of randomness in the core and the simulator: the same seed
// gives the same numbers on every machine and compiler, which the distributions of <random> do not.
// Not for secrets.
namespace paxos {

namespace random_internal {

// 2^64 / golden ratio: a step that visits all 2^64 states, whose bits look nothing like a
// counter's.
inline constexpr std::uint64_t kGamma = 0x9e3779b97f4a7c15U;

// The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): a bijection of 64 bits.
constexpr std::uint64_t Scramble(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

}  // namespace random_internal

// The number at position `counter` of stream `stream`, computed without any state: what event 7 of
// node 3 draws does not depend on who drew before. Equals draw `counter` (from 0) of
// Random(stream).
constexpr std::uint64_t Mix(std::uint64_t stream, std::uint64_t counter) {
  using random_internal::kGamma;
  using random_internal::Scramble;
  return Scramble(Scramble(stream + kGamma) + (counter + 1) * kGamma);
}

// SplitMix64: 64 bits of state, every 64-bit value exactly once per period.
class Random {
 public:
  constexpr Random() : Random(0) {}

  // Scrambled, so that seeds 1, 2, 3 do not start as neighbours in one sequence.
  constexpr explicit Random(std::uint64_t seed)
      : state_(random_internal::Scramble(seed + random_internal::kGamma)) {}

  constexpr std::uint64_t Next() {
    state_ += random_internal::kGamma;
    return random_internal::Scramble(state_);
  }

  // Uniform in [0, n), n > 0. Draws again in the last, incomplete run of n values: no bias.
  constexpr std::uint64_t Below(std::uint64_t n) {
    PAXOS_CHECK("RANDOM", n > 0);
    const std::uint64_t biased = (0 - n) % n;  // 2^64 mod n
    std::uint64_t draw = Next();
    while (draw < biased) draw = Next();
    return draw % n;
  }

  // Uniform in [lo, hi], both included, lo <= hi.
  constexpr std::uint64_t Between(std::uint64_t lo, std::uint64_t hi) {
    PAXOS_CHECK("RANDOM", lo <= hi, lo, hi);
    const std::uint64_t width = hi - lo + 1;
    return width == 0 ? Next() : lo + Below(width);
  }

  // True in `numerator` of `denominator` cases. Always takes at least one draw, so that a chance
  // turned down to zero does not shift what the draws after it mean.
  constexpr bool Chance(std::uint64_t numerator, std::uint64_t denominator) {
    return Below(denominator) < numerator;
  }

  friend constexpr auto operator<=>(const Random&, const Random&) = default;

  template <class Archive>
  friend void serialize(Archive& ar, Random& random, unsigned /*version*/) {
    ar& Named("state", random.state_);
  }

 private:
  std::uint64_t state_;
};

}  // namespace paxos
