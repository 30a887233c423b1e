// Bytes that change between sender and receiver, and the frame's check that must find it: real
// frames are built, damaged and read by the real reader.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "paxos/archive.h"
#include "paxos/frame.h"

namespace paxos::sim {

// Changes up to 32 neighbouring bits of `frame`, or cuts off its end, as `draw` says. Every such
// burst is within what the checksum finds for certain.
std::string Damaged(std::string frame, std::uint64_t draw);

// Would a reader take nothing of these bytes for a frame?
bool IsRefused(std::string_view bytes);

// A checksum may lie. Is a damaged encoding of `value` refused, or read as another value: one that
// can be written and read again.
template <class Value>
bool IsReadOrRefused(const Value& value, std::uint64_t draw) {
  const Result<Value> read = Decode<Value>(Damaged(Encode(value), draw));
  if (!read.has_value()) return true;
  const Result<Value> again = Decode<Value>(Encode(*read));
  return again.has_value() && *again == *read;
}

// Does the reader take a frame as it was sent, and refuse it damaged? `payload` as for AppendFrame.
template <class Payload>
bool IsDamageFound(FrameType type, const Payload& payload, std::uint64_t draw) {
  std::string frame;
  AppendFrame(type, 0, payload, &frame);
  return !IsRefused(frame) && IsRefused(Damaged(frame, draw));
}

}  // namespace paxos::sim
