#include "paxos/archive.h"

namespace paxos {

std::uint64_t BinaryReader::ReadLongVarint(std::uint64_t max) {
  std::uint64_t value = 0;
  const char* next = next_;
  for (unsigned shift = 0; next != end_; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(*next++);
    const std::uint64_t bits = byte & 0x7f;
    if (shift == 63 && byte > 1) {
      Fail("number exceeds 64 bits");
      return 0;
    }
    value |= bits << shift;
    if ((byte & 0x80) != 0) continue;
    if (byte == 0 && shift > 0) {
      Fail("number has needless bytes");
      return 0;
    }
    if (value > max) {
      Fail("number " + std::to_string(value) + " exceeds " + std::to_string(max));
      return 0;
    }
    next_ = next;
    return value;
  }
  FailShort(remaining() + 1);
  return 0;
}

std::size_t BinaryReader::ReadSize(const char* what) {
  const std::uint64_t size = ReadVarint(std::numeric_limits<std::uint64_t>::max());
  if (size <= remaining()) return static_cast<std::size_t>(size);
  Fail(std::string(what) + " " + std::to_string(size) + " exceeds the " +
       std::to_string(remaining()) + " bytes that remain");
  return 0;
}

void BinaryReader::ExpectEnd() {
  if (remaining() > 0) Fail(std::to_string(remaining()) + " bytes follow the value");
}

void BinaryReader::Fail(std::string reason) {
  if (!ok()) return;
  reason_ = std::move(reason);
  failed_at_ = static_cast<std::size_t>(next_ - begin_);
  next_ = end_;
}

void BinaryReader::FailShort(std::size_t wanted) {
  Fail("needs " + std::to_string(wanted) + " bytes or more, " + std::to_string(remaining()) +
       " remain");
}

void BinaryReader::PrependName(const char* name) {
  const bool joins = !path_.empty() && path_.front() != '[';
  path_.insert(0, joins ? std::string(name) + "." : std::string(name));
}

void BinaryReader::PrependIndex(std::size_t index) {
  const bool joins = !path_.empty() && path_.front() != '[';
  path_.insert(0, "[" + std::to_string(index) + (joins ? "]." : "]"));
}

Status BinaryReader::status() const {
  if (ok()) return Status::Ok();
  const std::string where = path_.empty() ? "value" : path_;
  return {ErrorCode::kDamaged, where + " at byte " + std::to_string(failed_at_) + ": " + reason_};
}

}  // namespace paxos
