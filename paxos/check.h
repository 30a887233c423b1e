#pragma once

#include <string>
#include <string_view>

#include "paxos/text_writer.h"

// PAXOS_CHECK(tag, condition, values...) states an invariant of the code, in release builds too:
//
//   PAXOS_CHECK("A1", ballot >= promised_, ballot, promised_);
//
// A failure is a bug, never the world's fault (that is a Status). It prints one line
//
//   paxos/acceptor.cc:41: check [A1] failed: ballot >= promised_ (ballot=5.1 promised_=5.2)
//
// to stderr and aborts: a replica that has broken a rule must not say another word. `tag` is the
// rule's tag, or a word naming the contract. The values are evaluated and turned into text only on
// failure, so `it->second` after `it == end()` is fine.
#define PAXOS_CHECK(tag, ...)                                                       \
  (static_cast<bool>(PAXOS_CHECK_FIRST(__VA_ARGS__, 0))                             \
       ? static_cast<void>(0)                                                       \
       : ::paxos::CheckFailed(tag, #__VA_ARGS__, __FILE__, __LINE__,                \
                              ::paxos::check_internal::ValueTexts(PAXOS_CHECK_REST( \
                                  __VA_ARGS__, ::paxos::check_internal::EndOfValues{}))))

// Always called with one argument more than the user gave, since an empty variadic list is a
// warning in clang 14.
#define PAXOS_CHECK_FIRST(first, ...) first
#define PAXOS_CHECK_REST(first, ...) __VA_ARGS__

namespace paxos {

struct CheckFailure {
  std::string_view tag = {};
  std::string condition = {};
  std::string_view file = {};
  int line = 0;
  std::string values = {};  // "ballot=5.1 promised_=5.2"

  std::string ToString() const;
};

// Called on failure instead of printing. It may end the process with its own exit code or throw
// (the simulator records a violation); if it returns, the process aborts.
using CheckFailureHandler = void (*)(const CheckFailure&);

// Returns the handler that was set before; nullptr means print and abort, the default. It is the
// one thing in paxos/ that a process shares: a bug has no owner to report to.
CheckFailureHandler SetCheckFailureHandler(CheckFailureHandler handler);

// `expressions` is the macro's text, the condition first; `value_texts` holds the other
// expressions' values, each ended by a zero byte.
[[noreturn]] void CheckFailed(std::string_view tag, std::string_view expressions,
                              std::string_view file, int line, const std::string& value_texts);

namespace check_internal {

struct EndOfValues {};

inline void AppendValueText(const EndOfValues& /*end*/, std::string* /*out*/) {}

template <class T>
void AppendValueText(const T& value, std::string* out) {
  TextWriter(out).Write(value);
  out->push_back('\0');
}

template <class... Values>
[[gnu::cold, gnu::noinline]] std::string ValueTexts(const Values&... values) {
  std::string out;
  (AppendValueText(values, &out), ...);
  return out;
}

}  // namespace check_internal
}  // namespace paxos
