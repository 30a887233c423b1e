#include "paxos/json_writer.h"

#include <algorithm>

namespace paxos {
namespace {

std::uint8_t Byte(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
}

bool IsContinuation(std::uint8_t byte) { return (byte & 0xc0) == 0x80; }

// The length of the well-formed UTF-8 sequence at `text`'s start; 0 if there is none (Unicode 15,
// table 3-7: no overlong forms, no surrogates, nothing beyond U+10FFFF).
std::size_t Utf8SequenceLength(std::string_view text) {
  const std::uint8_t first = Byte(text, 0);
  const std::uint8_t second = Byte(text, 1);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4 || !IsContinuation(second)) return 0;
  if (first < 0xe0) return 2;
  if (first == 0xe0 && second < 0xa0) return 0;
  if (first == 0xed && second > 0x9f) return 0;
  if (first == 0xf0 && second < 0x90) return 0;
  if (first == 0xf4 && second > 0x8f) return 0;
  if (!IsContinuation(Byte(text, 2))) return 0;
  if (first < 0xf0) return 3;
  return IsContinuation(Byte(text, 3)) ? 4 : 0;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = Utf8SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

void AppendUnicodeEscape(std::uint8_t byte, std::string* out) {
  out->append("\\u00");
  AppendHex(&byte, 1, out);
}

}  // namespace

void AppendJsonString(std::string_view bytes, std::string* out) {
  const bool utf8 = IsUtf8(bytes);
  out->push_back('"');
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !utf8)) {
      AppendUnicodeEscape(byte, out);
    } else {
      if (c == '"' || c == '\\') out->push_back('\\');
      out->push_back(c);
    }
  }
  out->push_back('"');
}

}  // namespace paxos
