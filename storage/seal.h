// How a stored value is packed: behind its version and a checksum that covers its name as well, so
// that a value under another's name is as wrong as a damaged one.
//
//    0     1        5
//   +-----+--------+-----------------------------+
//   | ver | crc    | the value, as archive.h has |    crc: CRC-32C of name, version and value,
//   +-----+--------+-----------------------------+         little endian
//
// The name is the key in the database, or a word for what has a file of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "paxos/archive.h"
#include "paxos/result.h"

namespace paxos::storage {

// A sealed value's checksum. It also stands for the value where a log is summed up (log_state.h).
using Seal = std::uint32_t;

inline constexpr std::size_t kSealBytes = 5;

namespace seal_internal {
Seal Close(std::string_view name, std::string* sealed);
}  // namespace seal_internal

// Replaces `*sealed`.
template <class T>
Seal SealTo(std::string_view name, const T& value, std::string* sealed) {
  sealed->assign(kSealBytes, '\0');
  EncodeTo(value, sealed);
  return seal_internal::Close(name, sealed);
}

// The seal that `sealed` carries, once it is shown to be right. kDamaged if it is not, kForeign if
// a later version of the format wrote it.
Result<Seal> CheckSeal(std::string_view name, std::string_view sealed);

template <class T>
Result<T> Unseal(std::string_view name, std::string_view sealed) {
  if (auto seal = CheckSeal(name, sealed); !seal) return seal.error();
  return Decode<T>(sealed.substr(kSealBytes), static_cast<std::uint8_t>(sealed[0]));
}

}  // namespace paxos::storage
