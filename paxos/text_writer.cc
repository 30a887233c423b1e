#include "paxos/text_writer.h"

#include <charconv>

namespace paxos {
namespace {

constexpr std::size_t kShownBytes = 32;
constexpr char kHexDigits[] = "0123456789abcdef";

void AppendHexByte(std::uint8_t byte, std::string* out) {
  out->push_back(kHexDigits[byte >> 4]);
  out->push_back(kHexDigits[byte & 15]);
}

void AppendEscaped(char c, std::string* out) {
  const auto byte = static_cast<std::uint8_t>(c);
  if (c == '"' || c == '\\') {
    out->push_back('\\');
    out->push_back(c);
  } else if (c == '\n') {
    out->append("\\n");
  } else if (byte < 0x20 || byte >= 0x7f) {
    out->append("\\x");
    AppendHexByte(byte, out);
  } else {
    out->push_back(c);
  }
}

template <class Number>
void AppendDecimal(Number number, std::string* out) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out->append(digits, end);
}

}  // namespace

void AppendQuoted(std::string_view bytes, std::string* out) {
  out->push_back('"');
  for (const char c : bytes.substr(0, kShownBytes)) AppendEscaped(c, out);
  if (bytes.size() <= kShownBytes) {
    out->push_back('"');
    return;
  }
  out->append("...\"(");
  AppendDecimal(bytes.size(), out);
  out->append(" bytes)");
}

void AppendHex(const std::uint8_t* bytes, std::size_t size, std::string* out) {
  for (std::size_t i = 0; i < size; ++i) AppendHexByte(bytes[i], out);
}

void AppendNumber(std::int64_t number, std::string* out) { AppendDecimal(number, out); }
void AppendNumber(std::uint64_t number, std::string* out) { AppendDecimal(number, out); }

}  // namespace paxos
