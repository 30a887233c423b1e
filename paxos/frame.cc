#include "paxos/frame.h"

#include <algorithm>
#include <limits>

#include "paxos/check.h"
#include "paxos/crc32c.h"

namespace paxos {
namespace {

constexpr std::string_view kMagic = "QRT1";
constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kTypeAt = 5;
constexpr std::size_t kFlagsAt = 6;
constexpr std::size_t kGroupAt = 8;
constexpr std::size_t kLengthAt = 12;
constexpr std::size_t kCrcAt = 16;

void AppendU32(std::uint32_t number, std::string* out) {
  for (int shift = 0; shift < 32; shift += 8) out->push_back(static_cast<char>(number >> shift));
}

void StoreU32(std::uint32_t number, char* at) {
  for (int shift = 0; shift < 32; shift += 8) *at++ = static_cast<char>(number >> shift);
}

std::uint8_t ByteAt(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

FrameType TypeOf(std::string_view header) {
  return static_cast<FrameType>(ByteAt(header, kTypeAt));
}

std::uint32_t LoadU32(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 4; i > 0; --i) number = (number << 8) | ByteAt(bytes, at + i - 1);
  return number;
}

// `frame` is a header and its payload, whole.
std::uint32_t FrameCrc(std::string_view frame) {
  return Crc32c(frame.substr(kFrameHeaderBytes), Crc32c(frame.substr(0, kCrcAt)));
}

Status Damaged(std::string what) { return {ErrorCode::kDamaged, "frame: " + std::move(what)}; }

Status Foreign(unsigned version) {
  return {ErrorCode::kForeign, "frame: format version " + std::to_string(version) +
                                   ", this build speaks " + std::to_string(kFormatVersion)};
}

// Judges as many of the bytes before the group as are there.
Status CheckPreamble(std::string_view buffer) {
  const std::size_t magic_size = std::min(buffer.size(), kMagic.size());
  if (buffer.substr(0, magic_size) != kMagic.substr(0, magic_size)) {
    return Damaged("does not begin with " + std::string(kMagic));
  }
  if (buffer.size() > kVersionAt && ByteAt(buffer, kVersionAt) != kFormatVersion) {
    return Foreign(ByteAt(buffer, kVersionAt));
  }
  if (buffer.size() > kTypeAt && !IsKnown(TypeOf(buffer))) {
    return Damaged("unknown type " + std::to_string(ByteAt(buffer, kTypeAt)));
  }
  for (std::size_t at = kFlagsAt; at < std::min(buffer.size(), kGroupAt); ++at) {
    if (ByteAt(buffer, at) != 0) return Damaged("reserved flags are set");
  }
  return Status::Ok();
}

// `header` is all there.
Status CheckLength(std::string_view header, const FrameLimits& limits) {
  const std::uint32_t length = LoadU32(header, kLengthAt);
  const std::uint32_t cap = limits.CapOf(TypeOf(header));
  if (length <= cap) return Status::Ok();
  return Damaged("payload of " + std::to_string(length) + " bytes, at most " + std::to_string(cap) +
                 " are taken");
}

}  // namespace

namespace frame_internal {

std::size_t BeginFrame(FrameType type, std::uint32_t group, std::string* out) {
  const std::size_t begin = out->size();
  out->append(kMagic);
  out->push_back(static_cast<char>(kFormatVersion));
  out->push_back(static_cast<char>(type));
  out->append(kGroupAt - kFlagsAt, '\0');
  AppendU32(group, out);
  out->append(kFrameHeaderBytes - kLengthAt, '\0');
  return begin;
}

void EndFrame(std::size_t begin, std::string* out) {
  const std::size_t length = out->size() - begin - kFrameHeaderBytes;
  PAXOS_CHECK("FRAME", length <= std::numeric_limits<std::uint32_t>::max(), length);
  StoreU32(static_cast<std::uint32_t>(length), out->data() + begin + kLengthAt);
  StoreU32(FrameCrc(std::string_view(*out).substr(begin)), out->data() + begin + kCrcAt);
}

}  // namespace frame_internal

Result<std::optional<Frame>> FrameReader::Next(std::string_view buffer,
                                               std::size_t* consumed) const {
  *consumed = 0;
  if (Status preamble = CheckPreamble(buffer); !preamble.ok()) return preamble;
  if (buffer.size() < kFrameHeaderBytes) return std::optional<Frame>();
  if (Status length = CheckLength(buffer, limits_); !length.ok()) return length;
  const std::size_t size = kFrameHeaderBytes + LoadU32(buffer, kLengthAt);
  if (buffer.size() < size) return std::optional<Frame>();
  const std::string_view frame = buffer.substr(0, size);
  if (FrameCrc(frame) != LoadU32(frame, kCrcAt)) return Damaged("checksum mismatch");
  *consumed = size;
  return std::optional<Frame>(Frame{.type = TypeOf(frame),
                                    .group = LoadU32(frame, kGroupAt),
                                    .payload = frame.substr(kFrameHeaderBytes)});
}

}  // namespace paxos
