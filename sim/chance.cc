#include "sim/chance.h"

#include <algorithm>
#include <bit>

#include "paxos/check.h"

namespace paxos::sim {

bool Chance::Hits(Time now, FaultClass what, std::uint64_t draw, PerMillion probability) const {
  if (strikes_ == nullptr) return Happens(draw, probability);
  return strikes_->Happens(now, what, draw, probability);
}

Duration DurationBetween(Random& random, Duration low, Duration high) {
  const auto width = static_cast<std::uint64_t>((high - low).count());
  return low + Duration{static_cast<std::int64_t>(random.Between(0, width))};
}

// -ln(u) = ln 2 * -log2(u), u = draw / 2^64. With z leading zeros and m the 16 bits behind the
// first one, -log2(u) lies near z + 1 - m / 2^16, whose mean is 3/2: so 2/3 takes the place of
// ln 2.
Duration Exponential(std::uint64_t draw, Duration mean) {
  constexpr int kFractionBits = 16;
  constexpr std::int64_t kTwoThirds = (2 << kFractionBits) / 3;
  const int zeros = std::countl_zero(draw | 1);
  const std::uint64_t mantissa = draw << zeros << 1 >> (64 - kFractionBits);
  const std::int64_t log =
      (std::int64_t{zeros + 1} << kFractionBits) - static_cast<std::int64_t>(mantissa);
  const std::int64_t means = log * kTwoThirds >> kFractionBits;  // in 2^-16 of a mean
  // Split so that a mean of hours times 44 does not overflow.
  const std::int64_t unit = std::int64_t{1} << kFractionBits;
  return Duration{mean.count() / unit * means + mean.count() % unit * means / unit};
}

std::uint64_t LogUniform(Random& random, std::uint64_t low, std::uint64_t high) {
  PAXOS_CHECK("CHANCE", 0 < low && low <= high, low, high);
  const auto octaves = static_cast<std::uint64_t>(std::bit_width(high / low) - 1);
  const std::uint64_t octave = random.Between(0, octaves);
  const std::uint64_t from = low << octave;
  const std::uint64_t to = octave == octaves ? high : from * 2 - 1;
  return random.Between(from, to);
}

Duration LogUniform(Random& random, Duration low, Duration high) {
  return Duration{static_cast<std::int64_t>(LogUniform(
      random, static_cast<std::uint64_t>(low.count()), static_cast<std::uint64_t>(high.count())))};
}

}  // namespace paxos::sim
