#include "storage/seal.h"

#include "paxos/crc32c.h"

namespace paxos::storage {
namespace {

Seal Compute(std::string_view name, std::string_view sealed) {
  const Seal of_name_and_version = Crc32c(sealed.substr(0, 1), Crc32c(name));
  return Crc32c(sealed.substr(kSealBytes), of_name_and_version);
}

Seal Stored(std::string_view sealed) {
  Seal seal = 0;
  for (std::size_t i = kSealBytes - 1; i > 0; --i) {
    seal = (seal << 8) | static_cast<std::uint8_t>(sealed[i]);
  }
  return seal;
}

}  // namespace

Seal seal_internal::Close(std::string_view name, std::string* sealed) {
  static_assert(kFormatVersion < 256);
  (*sealed)[0] = static_cast<char>(kFormatVersion);
  const Seal seal = Compute(name, *sealed);
  for (std::size_t i = 1; i < kSealBytes; ++i) {
    (*sealed)[i] = static_cast<char>(seal >> (8 * (i - 1)));
  }
  return seal;
}

Result<Seal> CheckSeal(std::string_view name, std::string_view sealed) {
  if (sealed.size() < kSealBytes) {
    return Status(ErrorCode::kDamaged, "only " + std::to_string(sealed.size()) + " bytes");
  }
  const Seal seal = Stored(sealed);
  if (Compute(name, sealed) != seal) return Status(ErrorCode::kDamaged, "checksum mismatch");
  const unsigned version = static_cast<std::uint8_t>(sealed[0]);
  if (version == 0 || version > kFormatVersion) {
    return Status(ErrorCode::kForeign, "format version " + std::to_string(version) +
                                           ", this program knows up to " +
                                           std::to_string(kFormatVersion));
  }
  return seal;
}

}  // namespace paxos::storage
