#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "paxos/binary_writer.h"
#include "paxos/named.h"
#include "paxos/result.h"
#include "paxos/shape.h"

namespace paxos {

// Reads what BinaryWriter wrote, from bytes that may come from an enemy.
//
// Every length and every count is checked against the bytes that remain before anything is
// allocated, so memory stays within a factor (the size of an element in memory over its size in
// bytes) of the input. The first error sticks: it is kept with the path of the field and the
// offset, everything read after it is the default value, and nothing more is allocated. Never
// throws. There is exactly one encoding of a value: a varint with needless bytes, a flag that is
// neither 0 nor 1, and keys out of order are errors.
//
// Types must not contain themselves: how deep reading nests is known when it is compiled.
class BinaryReader {
 public:
  using is_saving = std::false_type;
  using is_loading = std::true_type;

  // `in` must outlive the reader; what is read does not refer to it.
  explicit BinaryReader(std::string_view in, unsigned version = kFormatVersion)
      : next_(in.data()), end_(in.data() + in.size()), begin_(in.data()), version_(version) {}

  bool ok() const { return reason_.empty(); }

  // kDamaged, as in "entry.commands[3] at byte 57: length 900 exceeds the 12 bytes that remain".
  Status status() const;

  std::size_t remaining() const { return static_cast<std::size_t>(end_ - next_); }

  // Bytes after the value are an error: a format's next version needs a version, not a guess.
  void ExpectEnd();

  template <class T>
  BinaryReader& operator&(const NamedValue<T>& field) {
    const bool was_ok = ok();
    Read(field.value);
    if (was_ok && !ok()) PrependName(field.name);
    return *this;
  }

  template <shape::Boolean T>
  void Read(T& value) {
    value = ReadFlag();
  }

  template <shape::Integer T>
  void Read(T& value) {
    if constexpr (std::same_as<T, std::uint8_t>) {
      value = ReadByte();
    } else if constexpr (std::signed_integral<T>) {
      value = UnZigZag<T>(ReadVarint(std::numeric_limits<std::make_unsigned_t<T>>::max()));
    } else {
      value = static_cast<T>(ReadVarint(std::numeric_limits<T>::max()));
    }
  }

  // A type's `IsKnown` keeps the values of a later version, or of no version, out.
  template <shape::Enumeration T>
  void Read(T& value) {
    using Underlying = std::make_unsigned_t<std::underlying_type_t<T>>;
    const std::uint64_t number = ReadVarint(std::numeric_limits<Underlying>::max());
    value = static_cast<T>(number);
    if (ok() && !IsKnown(value)) Fail("unknown value " + std::to_string(number));
    if (!ok()) value = T{};
  }

  template <shape::Id T>
  void Read(T& value) {
    typename T::rep number{};
    Read(number);
    value = T(number);
  }

  template <shape::Bytes T>
  void Read(T& value) {
    const std::size_t size = ReadSize("length");
    value.assign(next_, size);
    next_ += size;
  }

  template <shape::ByteArray T>
  void Read(T& value) {
    value = {};
    if (remaining() < value.size()) return FailShort(value.size());
    std::copy_n(next_, value.size(), reinterpret_cast<char*>(value.data()));
    next_ += value.size();
  }

  template <shape::Sequence T>
  void Read(T& value) {
    using Element = typename T::value_type;
    static_assert(!std::is_empty_v<Element>, "a count of elements without bytes has no bound");
    value.clear();
    const std::size_t count = ReadSize("count");
    if constexpr (shape::kIs<T, std::vector>) value.reserve(ReservedElements<Element>(count));
    for (std::size_t i = 0; i < count; ++i) {
      Read(value.emplace_back());
      if (!ok()) return DropElements(value, i);
    }
  }

  template <shape::Set T>
  void Read(T& value) {
    static_assert(!std::is_empty_v<typename T::value_type>, "see sequences");
    value.clear();
    const std::size_t count = ReadSize("count");
    for (std::size_t i = 0; i < count; ++i) {
      typename T::value_type element{};
      Read(element);
      CheckAscending(value, element);
      if (!ok()) return DropElements(value, i);
      value.emplace_hint(value.end(), std::move(element));
    }
  }

  template <shape::Map T>
  void Read(T& value) {
    static_assert(!std::is_empty_v<typename T::key_type>, "see sequences");
    value.clear();
    const std::size_t count = ReadSize("count");
    for (std::size_t i = 0; i < count; ++i) {
      typename T::key_type key{};
      Read(key);
      CheckAscending(value, key);
      typename T::mapped_type mapped{};
      Read(mapped);
      if (!ok()) return DropElements(value, i);
      value.emplace_hint(value.end(), std::move(key), std::move(mapped));
    }
  }

  template <shape::Pair T>
  void Read(T& value) {
    Read(value.first);
    Read(value.second);
  }

  template <shape::Optional T>
  void Read(T& value) {
    value.reset();
    if (!ReadFlag()) return;
    Read(value.emplace());
    if (!ok()) value.reset();
  }

  template <shape::Variant T>
  void Read(T& value) {
    constexpr std::size_t kSize = std::variant_size_v<T>;
    const std::uint64_t index = ReadVarint(std::numeric_limits<std::uint64_t>::max());
    if (index >= kSize) Fail("unknown alternative " + std::to_string(index));
    if (ok()) ReadAlternative(value, index, std::make_index_sequence<kSize>{});
    if (!ok()) value.template emplace<0>();
  }

  template <shape::Monostate T>
  void Read(T& /*value*/) {}

  template <shape::Duration T>
  void Read(T& value) {
    typename T::rep count{};
    Read(count);
    value = T(count);
  }

  template <shape::TimePoint T>
  void Read(T& value) {
    typename T::duration since_epoch{};
    Read(since_epoch);
    value = T(since_epoch);
  }

  template <shape::Pointer T>
  void Read(T& value) {
    using Element = std::remove_const_t<typename T::element_type>;
    value.reset();
    if (!ok()) return;
    if constexpr (shape::kIs<T, std::shared_ptr>) {
      ReadPointee(std::make_shared<Element>(), value);
    } else {
      ReadPointee(std::make_unique<Element>(), value);
    }
  }

  template <shape::Described T>
  void Read(T& value) {
    serialize(*this, value, version_);
  }

 private:
  std::uint8_t ReadByte() {
    if (next_ == end_) {
      FailShort(1);
      return 0;
    }
    return static_cast<std::uint8_t>(*next_++);
  }

  bool ReadFlag() {
    const std::uint8_t byte = ReadByte();
    if (byte > 1) Fail("flag is " + std::to_string(byte));
    return byte == 1;
  }

  // `max` is the type's; one byte of varint (0..127) is within every type's.
  std::uint64_t ReadVarint(std::uint64_t max) {
    if (next_ == end_ || (*next_ & 0x80) != 0) return ReadLongVarint(max);
    return static_cast<std::uint64_t>(*next_++);
  }

  std::uint64_t ReadLongVarint(std::uint64_t max);

  // A length or a count: both are bounded by the bytes that remain, since an element takes a byte
  // or more. 0 after an error.
  std::size_t ReadSize(const char* what);

  template <class T>
  static T UnZigZag(std::uint64_t number) {
    const auto half = static_cast<std::int64_t>(number >> 1);
    return static_cast<T>((number & 1) != 0 ? ~half : half);
  }

  // Reserving for a claimed count would let one byte ask for sizeof(Element): the first elements
  // are on trust, the others only as far as bytes for them have arrived.
  template <class Element>
  std::size_t ReservedElements(std::size_t count) const {
    return std::min(count, 16 + remaining() / sizeof(Element));
  }

  template <class Container, class Key>
  void CheckAscending(const Container& container, const Key& key) {
    if (!ok() || container.empty()) return;
    if (!container.key_comp()(KeyOf(*container.rbegin()), key)) Fail("keys do not ascend");
  }

  template <class Key>
  static const Key& KeyOf(const Key& key) {
    return key;
  }
  template <class Key, class Mapped>
  static const Key& KeyOf(const std::pair<const Key, Mapped>& entry) {
    return entry.first;
  }

  template <class Container>
  void DropElements(Container& container, std::size_t failed) {
    PrependIndex(failed);
    container.clear();
  }

  template <class T, std::size_t... Indices>
  void ReadAlternative(T& value, std::uint64_t index, std::index_sequence<Indices...>) {
    static_cast<void>(
        ((index == Indices && (Read(value.template emplace<Indices>()), true)) || ...));
  }

  template <class Owner, class T>
  void ReadPointee(Owner object, T& value) {
    Read(*object);
    if (ok()) value = std::move(object);
  }

  // After an error nothing remains, so that every read after it is a default without a branch of
  // its own.
  [[gnu::cold]] void Fail(std::string reason);
  [[gnu::cold]] void FailShort(std::size_t wanted);
  [[gnu::cold]] void PrependName(const char* name);
  [[gnu::cold]] void PrependIndex(std::size_t index);

  const char* next_;
  const char* end_;
  const char* begin_;
  unsigned version_;
  std::size_t failed_at_ = 0;
  std::string reason_;  // empty = no error yet
  std::string path_;    // built from the inside outwards as the failed read returns
};

}  // namespace paxos
