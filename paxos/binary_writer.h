#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "paxos/check.h"
#include "paxos/named.h"
#include "paxos/shape.h"

namespace paxos {

// The version of everything this build writes; it stands in each frame and each stored record.
inline constexpr unsigned kFormatVersion = 1;

// Appends values to a string in the format that archive.h draws. No virtual calls, no state but
// the string: what a value encodes to depends on nothing but the value and the version.
class BinaryWriter {
 public:
  using is_saving = std::true_type;
  using is_loading = std::false_type;

  // Appends to `out`, which must outlive the writer.
  explicit BinaryWriter(std::string* out, unsigned version = kFormatVersion)
      : out_(out), version_(version) {}

  template <class T>
  BinaryWriter& operator&(const NamedValue<T>& field) {
    Write(field.value);
    return *this;
  }

  template <shape::Boolean T>
  void Write(const T& value) {
    WriteByte(value ? 1 : 0);
  }

  template <shape::Integer T>
  void Write(const T& value) {
    if constexpr (std::same_as<T, std::uint8_t>) {
      WriteByte(value);
    } else if constexpr (std::signed_integral<T>) {
      WriteVarint(ZigZag(value));
    } else {
      WriteVarint(value);
    }
  }

  template <shape::Enumeration T>
  void Write(const T& value) {
    using Underlying = std::make_unsigned_t<std::underlying_type_t<T>>;
    WriteVarint(static_cast<Underlying>(value));
  }

  template <shape::Id T>
  void Write(const T& value) {
    Write(value.value());
  }

  template <shape::Bytes T>
  void Write(const T& value) {
    WriteVarint(value.size());
    out_->append(value);
  }

  template <shape::ByteArray T>
  void Write(const T& value) {
    out_->append(reinterpret_cast<const char*>(value.data()), value.size());
  }

  template <class T>
  requires shape::Sequence<T> || shape::Set<T> || shape::Map<T>
  void Write(const T& value) {
    WriteVarint(value.size());
    const std::size_t begin = out_->size();
    for (const auto& element : value) Write(element);
    // What lets the reader bound a count by the bytes that remain.
    PAXOS_CHECK("ARCHIVE", out_->size() - begin >= value.size(), value.size());
  }

  template <shape::Pair T>
  void Write(const T& value) {
    Write(value.first);
    Write(value.second);
  }

  template <shape::Optional T>
  void Write(const T& value) {
    WriteByte(value.has_value() ? 1 : 0);
    if (value.has_value()) Write(*value);
  }

  template <shape::Variant T>
  void Write(const T& value) {
    PAXOS_CHECK("ARCHIVE", !value.valueless_by_exception());
    WriteVarint(value.index());
    std::visit([&](const auto& alternative) { Write(alternative); }, value);
  }

  template <shape::Monostate T>
  void Write(const T& /*value*/) {}

  template <shape::Duration T>
  void Write(const T& value) {
    Write(value.count());
  }

  template <shape::TimePoint T>
  void Write(const T& value) {
    Write(value.time_since_epoch());
  }

  template <shape::Pointer T>
  void Write(const T& value) {
    PAXOS_CHECK("ARCHIVE", value != nullptr);
    Write(*value);
  }

  // A description takes its value mutable, since it also serves readers; a writer changes nothing.
  template <shape::Described T>
  void Write(const T& value) {
    serialize(*this, const_cast<T&>(value), version_);
  }

 private:
  void WriteByte(std::uint8_t byte) { out_->push_back(static_cast<char>(byte)); }

  void WriteVarint(std::uint64_t value) {
    if (value < 0x80) return WriteByte(static_cast<std::uint8_t>(value));
    char bytes[kVarintBytesMax];
    std::size_t size = 0;
    for (; value >= 0x80; value >>= 7) bytes[size++] = static_cast<char>(value | 0x80);
    bytes[size++] = static_cast<char>(value);
    out_->append(bytes, size);
  }

  // 0, -1, 1, -2, ... become 0, 1, 2, 3, ...: numbers near zero stay short.
  template <class T>
  static std::uint64_t ZigZag(T value) {
    const auto wide = static_cast<std::int64_t>(value);
    return (static_cast<std::uint64_t>(wide) << 1) ^ static_cast<std::uint64_t>(wide >> 63);
  }

  static constexpr std::size_t kVarintBytesMax = 10;

  std::string* out_;
  unsigned version_;
};

}  // namespace paxos
