// Lets fmt (and spdlog) print every type that describes itself, in the words of transcripts and
// traces: fmt::format("{}", accept) is ToText(accept). The one file of paxos/ that knows fmt.
#pragma once

#include <fmt/format.h>

#include <type_traits>
#include <variant>

#include "paxos/text_writer.h"

namespace paxos {

template <class T>
concept HasDescription = std::is_class_v<T> && requires(TextWriter& writer, T& value) {
  serialize(writer, value, 0u);
};

template <class T>
concept Printable = HasShortText<T> || HasDescription<T>;

// What both formatters below share: no format specification, the text writer's words.
struct TextFormatter {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }

  template <class T, class Context>
  auto format(const T& value, Context& context) const {
    return fmt::format_to(context.out(), "{}", ToText(value));
  }
};

}  // namespace paxos

template <paxos::Printable T>
struct fmt::formatter<T, char> : paxos::TextFormatter {};

// Message, Record, Done: one of several types that print.
template <paxos::Printable... Alternatives>
struct fmt::formatter<std::variant<Alternatives...>, char> : paxos::TextFormatter {};
