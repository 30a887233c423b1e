#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "paxos/named.h"
#include "paxos/shape.h"
#include "paxos/text_writer.h"

namespace paxos {

// Appends `bytes` as a JSON string. UTF-8 stays as it is; in a string that is not UTF-8 each byte
// beyond ASCII becomes \u0080..\u00ff.
void AppendJsonString(std::string_view bytes, std::string* out);

// JSON for programs: traces, HTTP and `-o json`. Written, never read back here.
//
//   described type   {"ballot":{"round":5,"node":2},"slot":7}
//   variant          {"Accept":{...}}: by the alternative's kName, or by its index
//   enum             its short text as a string, or else its number
//   map              an object if the key is a string or a number, or else [[key,value],...]
//   byte array       lower-case hex;  pair [first,second];  no value null
//   duration, time   the count of the type's own unit
class JsonWriter {
 public:
  using is_saving = std::true_type;
  using is_loading = std::false_type;

  // Appends to `out`, which must outlive the writer.
  explicit JsonWriter(std::string* out) : out_(out) {}

  template <class T>
  JsonWriter& operator&(const NamedValue<T>& field) {
    Separate();
    AppendJsonString(field.name, out_);
    out_->push_back(':');
    Write(field.value);
    return *this;
  }

  template <shape::Boolean T>
  void Write(const T& value) {
    out_->append(value ? "true" : "false");
  }

  template <shape::Integer T>
  void Write(const T& value) {
    using Wide = std::conditional_t<std::signed_integral<T>, std::int64_t, std::uint64_t>;
    AppendNumber(static_cast<Wide>(value), out_);
  }

  template <shape::Enumeration T>
  void Write(const T& value) {
    if constexpr (HasShortText<T>) {
      AppendJsonString(ShortText(value), out_);
    } else {
      Write(static_cast<std::underlying_type_t<T>>(value));
    }
  }

  template <shape::Id T>
  void Write(const T& value) {
    Write(value.value());
  }

  template <shape::Bytes T>
  void Write(const T& value) {
    AppendJsonString(value, out_);
  }

  template <shape::ByteArray T>
  void Write(const T& value) {
    out_->push_back('"');
    AppendHex(value.data(), value.size(), out_);
    out_->push_back('"');
  }

  template <class T>
  requires shape::Sequence<T> || shape::Set<T>
  void Write(const T& value) {
    Enclose('[', ']', [&] {
      for (const auto& element : value) Item(element);
    });
  }

  template <shape::Map T>
  void Write(const T& value) {
    if constexpr (kIsKey<typename T::key_type>) {
      Enclose('{', '}', [&] {
        for (const auto& [key, mapped] : value) Member(key, mapped);
      });
    } else {
      Enclose('[', ']', [&] {
        for (const auto& entry : value) Item(entry);
      });
    }
  }

  template <shape::Pair T>
  void Write(const T& value) {
    Enclose('[', ']', [&] {
      Item(value.first);
      Item(value.second);
    });
  }

  template <shape::Optional T>
  void Write(const T& value) {
    value.has_value() ? Write(*value) : WriteNull();
  }

  template <shape::Pointer T>
  void Write(const T& value) {
    value != nullptr ? Write(*value) : WriteNull();
  }

  template <shape::Variant T>
  void Write(const T& value) {
    Enclose('{', '}', [&] {
      std::visit(
          [&](const auto& alternative) {
            Member(AlternativeName<std::remove_cvref_t<decltype(alternative)>>(value.index()),
                   alternative);
          },
          value);
    });
  }

  template <shape::Monostate T>
  void Write(const T& /*value*/) {
    WriteNull();
  }

  template <shape::Duration T>
  void Write(const T& value) {
    Write(value.count());
  }

  template <shape::TimePoint T>
  void Write(const T& value) {
    Write(value.time_since_epoch());
  }

  template <shape::Described T>
  void Write(const T& value) {
    Enclose('{', '}', [&] { serialize(*this, const_cast<T&>(value), 0U); });
  }

 private:
  template <class T>
  static constexpr bool kIsKey = shape::Bytes<T> || shape::Integer<T> || shape::Id<T>;

  template <class T>
  static std::string AlternativeName(std::size_t index) {
    if constexpr (shape::NamedType<T>) return T::kName;
    return std::to_string(index);
  }

  template <class Body>
  void Enclose(char open, char close, const Body& body) {
    out_->push_back(open);
    first_ = true;
    body();
    out_->push_back(close);
    first_ = false;
  }

  template <class T>
  void Item(const T& value) {
    Separate();
    Write(value);
  }

  template <class Key, class T>
  void Member(const Key& key, const T& value) {
    Separate();
    if constexpr (shape::Bytes<Key>) {
      Write(key);
    } else {
      out_->push_back('"');
      Write(key);
      out_->push_back('"');
    }
    out_->push_back(':');
    Write(value);
  }

  void Separate() {
    if (!first_) out_->push_back(',');
    first_ = false;
  }

  void WriteNull() { out_->append("null"); }

  std::string* out_;
  bool first_ = true;
};

}  // namespace paxos
