#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "paxos/check.h"

// How the world's failures are reported. A Status says what was attempted, on what, and why it
// failed ("write slots 12..40: IO error: No space left"); its code says what the caller can do.
namespace paxos {

enum class ErrorCode : std::uint8_t {
  kOk,
  kInvalidArgument,  // the caller's mistake; the same call fails again
  kDamaged,          // bytes that break their format or checksum
  kNotFound,
  kIo,           // the system refused; see the message
  kForeign,      // well-formed, but of another cluster, node or format version
  kUnavailable,  // no quorum or no leader for now
  kOverloaded,   // a bound is reached: surely not done, try later
  kNotPermitted,
  kConflict,  // someone else holds it
  kTimeout,
  kInternal,
};

constexpr bool IsKnown(ErrorCode code) { return code <= ErrorCode::kInternal; }

constexpr const char* Name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kOk:
      return "ok";
    case ErrorCode::kInvalidArgument:
      return "invalid argument";
    case ErrorCode::kDamaged:
      return "damaged";
    case ErrorCode::kNotFound:
      return "not found";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kForeign:
      return "foreign";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kOverloaded:
      return "overloaded";
    case ErrorCode::kNotPermitted:
      return "not permitted";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "unknown";
}

inline std::string ShortText(ErrorCode code) { return Name(code); }

class [[nodiscard]] Status {
 public:
  Status() = default;  // ok
  Status(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  static Status Ok() { return {}; }

  bool ok() const { return code_ == ErrorCode::kOk; }
  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // "damaged: frame of 900 bytes: checksum mismatch", or "ok".
  std::string ToString() const {
    return message_.empty() ? Name(code_) : Name(code_) + (": " + message_);
  }

  // The same failure seen one level further out: "`prefix`: message". Ok stays ok.
  Status Annotate(std::string_view prefix) const {
    return ok() ? *this : Status(code_, std::string(prefix) + ": " + message_);
  }

  friend bool operator==(const Status&, const Status&) = default;
  friend std::string ShortText(const Status& status) { return status.ToString(); }

 private:
  ErrorCode code_ = ErrorCode::kOk;
  std::string message_;
};

// A T, or the Status that says why there is none. The members are std::expected's, which the
// oldest compiler we build with lacks; asking for what is not there is a failed check.
template <class T>
class [[nodiscard]] Result {
  static_assert(!std::is_same_v<std::remove_cvref_t<T>, Status> && !std::is_reference_v<T>);

 public:
  using value_type = T;
  using error_type = Status;

  template <class U = T>
  requires std::is_constructible_v<T, U&&> && std::is_convertible_v<U&&, T> &&
      (!std::is_same_v<std::remove_cvref_t<U>, Status>)&&(
          !std::is_same_v<std::remove_cvref_t<U>, Result>)Result(U&& value)
      : content_(std::in_place_index<0>, std::forward<U>(value)) {}

  Result(Status error) : content_(std::in_place_index<1>, std::move(error)) {
    PAXOS_CHECK("RESULT", !std::get<1>(content_).ok());
  }

  bool has_value() const { return content_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  const T& value() const& { return Get(*this); }
  T& value() & { return Get(*this); }
  T&& value() && { return std::move(Get(*this)); }

  const T& operator*() const& { return Get(*this); }
  T& operator*() & { return Get(*this); }
  T&& operator*() && { return std::move(Get(*this)); }

  const T* operator->() const { return &Get(*this); }
  T* operator->() { return &Get(*this); }

  const Status& error() const {
    PAXOS_CHECK("RESULT", !has_value());
    return *std::get_if<1>(&content_);
  }

  template <class U>
  T value_or(U&& otherwise) const& {
    return has_value() ? **this : static_cast<T>(std::forward<U>(otherwise));
  }

  template <class U>
  T value_or(U&& otherwise) && {
    return has_value() ? *std::move(*this) : static_cast<T>(std::forward<U>(otherwise));
  }

 private:
  template <class Self>
  static auto& Get(Self& self) {
    PAXOS_CHECK("RESULT", self.has_value(), std::get<1>(self.content_));
    return *std::get_if<0>(&self.content_);
  }

  std::variant<T, Status> content_;
};

}  // namespace paxos
