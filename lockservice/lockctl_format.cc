#include "lockservice/lockctl_format.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace lockservice {

namespace json = boost::json;
using paxos::Duration;
using std::chrono::milliseconds;

namespace {

// Bytes of the UTF-8 sequence at the start of `text`; 0 if there is none, or one that is overlong,
// a surrogate, beyond Unicode, or a control character.
std::size_t PrintableCharacterBytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t size = first < 0xc2   ? 0
                           : first < 0xe0 ? 2
                           : first < 0xf0 ? 3
                           : first < 0xf5 ? 4
                                          : 0;
  if (size == 0 || text.size() < size) return 0;
  std::uint32_t point = first & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    point = point << 6 | (byte(i) & 0x3fU);
  }
  const bool is_overlong = (size == 3 && point < 0x800) || (size == 4 && point < 0x10000);
  const bool is_control = point < 0xa0 || point == 0x2028 || point == 0x2029;
  const bool is_surrogate = point >= 0xd800 && point < 0xe000;
  return is_overlong || is_control || is_surrogate || point > 0x10ffff ? 0 : size;
}

std::string TwoDigits(std::int64_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

// Character cells, near enough: continuation bytes take none.
std::size_t Width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = PrintableCharacterBytes(text);
    if (size == 0) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(text[0]));
      out += escaped;
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

std::string ShellQuoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::string HumanDuration(Duration duration) {
  const auto ms = std::chrono::duration_cast<milliseconds>(duration).count();
  const std::int64_t seconds = ms / 1000;
  if (seconds < 1) return std::to_string(std::max<std::int64_t>(ms, 0)) + "ms";
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return std::to_string(seconds / 60) + "m" + TwoDigits(seconds % 60) + "s";
  if (seconds < 86400)
    return std::to_string(seconds / 3600) + "h" + TwoDigits(seconds / 60 % 60) + "m";
  return std::to_string(seconds / 86400) + "d" + TwoDigits(seconds / 3600 % 24) + "h";
}

std::optional<milliseconds> ParseDuration(const std::string& text) {
  constexpr double kLongest = 1e12;  // ms: 30 years
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0) return std::nullopt;
  const std::string unit(end, text.data() + text.size());
  const double factor = unit == "ms"                  ? 1
                        : unit == "s" || unit.empty() ? 1'000
                        : unit == "m"                 ? 60'000
                        : unit == "h"                 ? 3'600'000
                                                      : 0;
  if (factor == 0 || !(number * factor <= kLongest)) return std::nullopt;
  return milliseconds(std::llround(number * factor));
}

std::string Table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      const bool is_last = i + 1 == row.size();
      if (!is_last) out += std::string(widths[i] - Width(row[i]) + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

std::string HumanHolder(const std::optional<Holder>& holder, paxos::LogTime now) {
  if (!holder) return "free";
  std::string text = "held by session " + ShortText(holder->session) + " for " +
                     HumanDuration(now - holder->since) + ", token " + ShortText(holder->token);
  if (!holder->note.empty()) text += ", note: " + Printable(holder->note);
  return text;
}

json::value HolderToJson(const std::optional<Holder>& holder, paxos::LogTime now) {
  if (!holder) return nullptr;
  const auto held_for = std::chrono::duration_cast<milliseconds>(now - holder->since);
  return json::object{{"session", holder->session.value()},
                      {"owner", holder->owner.value()},
                      {"token", holder->token.value()},
                      {"count", holder->count},
                      {"held_ms", std::max<std::int64_t>(held_for.count(), 0)},
                      {"note", Printable(holder->note)}};
}

void PrintJson(const json::value& value) { std::printf("%s\n", json::serialize(value).c_str()); }

}  // namespace lockservice
