#pragma once

#include <concepts>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "paxos/named.h"
#include "paxos/shape.h"

// Text for people: the same words in logs, check failures, transcripts and test failures.
//
//   Accept{ballot=5.2 slot=7 entry=Entry{first=5.1 commands=["set x"]}}
//
// One line, no locale, the same bytes on every machine. It is written and never read back.
namespace paxos {

// `"lock\x00"`; beyond 32 bytes the head and the length: `"aaaa..."(900 bytes)`.
void AppendQuoted(std::string_view bytes, std::string* out);
void AppendHex(const std::uint8_t* bytes, std::size_t size, std::string* out);
void AppendNumber(std::int64_t number, std::string* out);
void AppendNumber(std::uint64_t number, std::string* out);

// The type says itself how it is best written: a Ballot as `5.2`, an enum by its word.
template <class T>
concept HasShortText = (std::is_class_v<T> || std::is_enum_v<T>)&&requires(const T& value) {
  { ShortText(value) } -> std::same_as<std::string>;
};

class TextWriter {
 public:
  using is_saving = std::true_type;
  using is_loading = std::false_type;

  // Appends to `out`, which must outlive the writer.
  explicit TextWriter(std::string* out) : out_(out) {}

  template <class T>
  TextWriter& operator&(const NamedValue<T>& field) {
    Separate();
    out_->append(field.name).push_back('=');
    Write(field.value);
    return *this;
  }

  template <class T>
  void Write(const T& value) {
    if constexpr (HasShortText<T>) {
      out_->append(ShortText(value));
    } else {
      WriteShape(value);
    }
  }

 private:
  template <shape::Boolean T>
  void WriteShape(T value) {
    out_->append(value ? "true" : "false");
  }

  template <shape::Integer T>
  void WriteShape(T value) {
    using Wide = std::conditional_t<std::signed_integral<T>, std::int64_t, std::uint64_t>;
    AppendNumber(static_cast<Wide>(value), out_);
  }

  template <shape::Enumeration T>
  void WriteShape(T value) {
    WriteShape(static_cast<std::underlying_type_t<T>>(value));
  }

  void WriteShape(const std::string& value) { AppendQuoted(value, out_); }
  void WriteShape(std::string_view value) { AppendQuoted(value, out_); }
  void WriteShape(const char* value) { AppendQuoted(value, out_); }

  template <shape::ByteArray T>
  void WriteShape(const T& value) {
    AppendHex(value.data(), value.size(), out_);
  }

  template <class T>
  requires shape::Sequence<T> || shape::Set<T>
  void WriteShape(const T& value) {
    Enclose('[', ']', [&] {
      for (const auto& element : value) Item(element);
    });
  }

  template <shape::Map T>
  void WriteShape(const T& value) {
    Enclose('{', '}', [&] {
      for (const auto& [key, mapped] : value) {
        Item(key);
        out_->push_back(':');
        Write(mapped);
      }
    });
  }

  template <shape::Pair T>
  void WriteShape(const T& value) {
    Enclose('(', ')', [&] {
      Item(value.first);
      Item(value.second);
    });
  }

  template <shape::Optional T>
  void WriteShape(const T& value) {
    value.has_value() ? Write(*value) : WriteNone();
  }

  template <shape::Pointer T>
  void WriteShape(const T& value) {
    value != nullptr ? Write(*value) : WriteNone();
  }

  template <shape::Variant T>
  void WriteShape(const T& value) {
    std::visit([&](const auto& alternative) { Write(alternative); }, value);
  }

  template <shape::Duration T>
  void WriteShape(const T& value) {
    WriteShape(value.count());
    out_->append(Unit<typename T::period>());
  }

  template <shape::TimePoint T>
  void WriteShape(const T& value) {
    WriteShape(value.time_since_epoch());
  }

  template <shape::Monostate T>
  void WriteShape(const T& /*value*/) {
    WriteNone();
  }

  template <shape::Described T>
  void WriteShape(const T& value) {
    if constexpr (shape::NamedType<T>) out_->append(T::kName);
    Enclose('{', '}', [&] { serialize(*this, const_cast<T&>(value), 0U); });
  }

  template <class Period>
  static constexpr const char* Unit() {
    if constexpr (std::same_as<Period, std::nano>) return "ns";
    if constexpr (std::same_as<Period, std::micro>) return "us";
    if constexpr (std::same_as<Period, std::milli>) return "ms";
    if constexpr (std::same_as<Period, std::ratio<1>>) return "s";
    if constexpr (std::same_as<Period, std::ratio<60>>) return "min";
    if constexpr (std::same_as<Period, std::ratio<3600>>) return "h";
    return " ticks";
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

  void Separate() {
    if (!first_) out_->push_back(' ');
    first_ = false;
  }

  void WriteNone() { out_->append("none"); }

  std::string* out_;
  bool first_ = true;
};

template <class T>
std::string ToText(const T& value) {
  std::string text;
  TextWriter(&text).Write(value);
  return text;
}

// Lets streams, and with them test failures, show any described value.
template <class T>
requires shape::Described<T> || shape::Id<T> std::ostream& operator<<(std::ostream& out,
                                                                      const T& value) {
  return out << ToText(value);
}

}  // namespace paxos
