#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "paxos/archive.h"
#include "paxos/result.h"

// How values travel on a stream: one frame each, behind a fixed header of 20 bytes.
//
//    0        4     5     6       8       12       16      20
//   +--------+-----+-----+-------+-------+--------+-------+-----------------+
//   | "QRT1" | ver | typ | flags | group | length | crc   | payload: length |
//   +--------+-----+-----+-------+-------+--------+-------+-----------------+
//
// Integers are little endian, flags are reserved and 0, crc is the CRC-32C of the first 16 bytes
// and the payload. A stream that breaks this at any place is damaged as a whole: there is no
// resynchronising, the connection closes.
namespace paxos {

enum class FrameType : std::uint8_t {
  kHello = 1,
  kPeerMessage = 2,
  kClientRequest = 3,
  kClientResponse = 4,
  kHelloRefused = 5,
};

constexpr bool IsKnown(FrameType type) {
  return FrameType::kHello <= type && type <= FrameType::kHelloRefused;
}

inline constexpr std::size_t kFrameHeaderBytes = 20;

// Big enough for a batch of commands (256 KiB) and a whole Promise; small enough that a hundred
// connections that each send one cannot exhaust a small machine.
inline constexpr std::uint32_t kFramePayloadBytesMax = 1U << 20;

// The most payload bytes that a reader takes, by type: a peer's Hello need not be a megabyte.
struct FrameLimits {
  constexpr FrameLimits() { cap.fill(kFramePayloadBytesMax); }

  constexpr std::uint32_t CapOf(FrameType type) const {
    return cap[static_cast<std::uint8_t>(type)];
  }
  constexpr FrameLimits& SetCap(FrameType type, std::uint32_t bytes) {
    cap[static_cast<std::uint8_t>(type)] = bytes;
    return *this;
  }

  std::array<std::uint32_t, 256> cap{};
};

struct Frame {
  FrameType type = FrameType::kHello;
  std::uint32_t group = 0;
  std::string_view payload = {};  // points into the buffer it was read from

  friend bool operator==(const Frame&, const Frame&) = default;
};

namespace frame_internal {

// Appends a header whose length and checksum are open; returns where the frame begins in `out`.
std::size_t BeginFrame(FrameType type, std::uint32_t group, std::string* out);

// Closes the frame that began at `begin` and ends where `out` ends.
void EndFrame(std::size_t begin, std::string* out);

}  // namespace frame_internal

// Appends one frame. `payload` is a value with a description, or a function that appends the
// payload's bytes to the string it is given; either way they are written in place, once. The
// caller keeps the payload within the receiver's cap.
template <class Payload>
void AppendFrame(FrameType type, std::uint32_t group, const Payload& payload, std::string* out) {
  const std::size_t begin = frame_internal::BeginFrame(type, group, out);
  if constexpr (std::is_invocable_v<const Payload&, std::string*>) {
    payload(out);
  } else {
    EncodeTo(payload, out);
  }
  frame_internal::EndFrame(begin, out);
}

// Finds frames in a buffer that the caller fills from a stream. Holds no bytes itself.
class FrameReader {
 public:
  explicit FrameReader(const FrameLimits& limits = {}) : limits_(limits) {}

  // The first frame of `buffer`, if all of it is there; `*consumed` is then its size, which the
  // caller drops from the buffer when done with the payload, or else 0.
  // kForeign: the header is of another format version. kDamaged: not our frames, a type, flag or
  // length that may not be, or a wrong checksum. A bad header is told by its first bad byte,
  // without waiting for more: a buffer never needs to hold more than a header and the type's cap.
  Result<std::optional<Frame>> Next(std::string_view buffer, std::size_t* consumed) const;

 private:
  FrameLimits limits_;
};

}  // namespace paxos
