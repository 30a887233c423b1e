#include "sim/damage.h"

#include "paxos/random.h"

namespace paxos::sim {

std::string Damaged(std::string frame, std::uint64_t draw) {
  Random random(draw);
  constexpr std::size_t kBurstBytes = 4;
  const bool is_cut_off = random.Chance(1, 8) || frame.size() < kBurstBytes;
  if (is_cut_off) return frame.substr(0, random.Below(frame.size()));
  const std::size_t at = random.Below(frame.size() - kBurstBytes + 1);
  const std::uint64_t burst = random.Next() | 1;  // never nothing
  for (std::size_t i = 0; i < kBurstBytes; ++i) {
    const auto flipped = static_cast<unsigned char>(burst >> (8 * i));
    frame[at + i] = static_cast<char>(static_cast<unsigned char>(frame[at + i]) ^ flipped);
  }
  return frame;
}

bool IsRefused(std::string_view bytes) {
  std::size_t consumed = 0;
  const Result<std::optional<Frame>> frame = FrameReader().Next(bytes, &consumed);
  return !frame.has_value() || !frame->has_value();
}

}  // namespace paxos::sim
