#include "paxos/check.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace paxos {
namespace {

std::atomic<CheckFailureHandler> failure_handler{nullptr};

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// The end of a literal that opens at `begin`, or of the text if it never closes.
std::size_t EndOfLiteral(std::string_view text, std::size_t begin) {
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == text[begin]) {
      return i;
    }
  }
  return text.size();
}

// Splits "a == f(b, c), b, c" at the commas that stand outside brackets and literals.
std::vector<std::string_view> SplitExpressions(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' || c == '\'') i = EndOfLiteral(text, i);
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') --depth;
    if (c == ',' && depth == 0) {
      parts.push_back(Trimmed(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  parts.push_back(Trimmed(text.substr(std::min(begin, text.size()))));
  return parts;
}

std::vector<std::string_view> SplitValues(std::string_view texts) {
  std::vector<std::string_view> values;
  while (!texts.empty()) {
    const std::size_t end = texts.find('\0');
    values.push_back(texts.substr(0, end));
    texts.remove_prefix(end + 1);
  }
  return values;
}

// "ballot=5.1 promised_=5.2". A literal needs no name; no value has one where a template's comma
// makes the split unsure.
std::string NameValues(const std::vector<std::string_view>& expressions,
                       const std::vector<std::string_view>& values) {
  const bool names_match = expressions.size() == values.size() + 1;
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ' ';
    const bool literal = names_match && expressions[i + 1].starts_with('"');
    if (names_match && !literal) out.append(expressions[i + 1]) += '=';
    out.append(values[i]);
  }
  return out;
}

}  // namespace

std::string CheckFailure::ToString() const {
  std::string out(file);
  out += ':' + std::to_string(line) + ": check [";
  out.append(tag).append("] failed: ").append(condition);
  if (!values.empty()) out += " (" + values + ")";
  return out;
}

CheckFailureHandler SetCheckFailureHandler(CheckFailureHandler handler) {
  return failure_handler.exchange(handler);
}

void CheckFailed(std::string_view tag, std::string_view expressions, std::string_view file,
                 int line, const std::string& value_texts) {
  const auto parts = SplitExpressions(expressions);
  const CheckFailure failure{.tag = tag,
                             .condition = std::string(parts.front()),
                             .file = file,
                             .line = line,
                             .values = NameValues(parts, SplitValues(value_texts))};
  if (const CheckFailureHandler handler = failure_handler.load()) {
    handler(failure);
  } else {
    std::fprintf(stderr, "%s\n", failure.ToString().c_str());
  }
  std::abort();
}

}  // namespace paxos
