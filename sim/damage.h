// Bytes that change between sender and receiver, and the frame's check that must find it: real
// frames are built, damaged and read by the real reader.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "paxos/frame.h"

namespace paxos::sim {

// Changes up to 32 neighbouring bits of `frame`, or cuts off its end, as `draw` says. Every such
// burst is within what the checksum finds for certain.
std::string Damaged(std::string frame, std::uint64_t draw);

// Would a reader take nothing of these bytes for a frame?
bool IsRefused(std::string_view bytes);

// `payload` as for AppendFrame.
template <class Payload>
bool IsDamageFound(FrameType type, const Payload& payload, std::uint64_t draw) {
  std::string frame;
  AppendFrame(type, 0, payload, &frame);
  return IsRefused(Damaged(std::move(frame), draw));
}

}  // namespace paxos::sim
