#include "storage/identity.h"

#include <charconv>
#include <cstdint>

#include "paxos/crc32c.h"

namespace paxos::storage {
namespace {

constexpr std::string_view kTitle = "quorate data directory, format ";
constexpr std::string_view kFormat = "1";

std::string Hexadecimal(std::uint32_t number) {
  std::string digits;
  for (int shift = 28; shift >= 0; shift -= 4) digits += "0123456789abcdef"[(number >> shift) & 15];
  return digits;
}

// Cuts the next line off `text` if it begins with `label`; what follows the label.
Result<std::string_view> TakeLine(std::string_view label, std::string_view* text) {
  const std::size_t end = text->find('\n');
  const std::string_view line = text->substr(0, end);
  if (end == std::string_view::npos || !line.starts_with(label)) {
    return Status(ErrorCode::kDamaged, "no line \"" + std::string(label) + "...\"");
  }
  text->remove_prefix(end + 1);
  return line.substr(label.size());
}

// The number, or 0, which is nobody's.
std::uint64_t ToNumber(std::string_view digits) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc{} && end == digits.data() + digits.size() ? number : 0;
}

std::string WithoutChecksum(const Identity& identity) {
  return std::string(kTitle).append(kFormat) + "\ncluster " + ShortText(identity.cluster) +
         "\nnode " + ShortText(identity.node) + "\nname " + identity.name + "\ngenesis " +
         ShortText(identity.genesis) + "\n";
}

std::string ChecksumLine(std::string_view lines) {
  return "checksum " + Hexadecimal(Crc32c(lines)) + "\n";
}

bool EndsInItsChecksum(std::string_view text) {
  const std::size_t size = ChecksumLine("").size();
  return text.size() > size &&
         text.substr(text.size() - size) == ChecksumLine(text.substr(0, text.size() - size));
}

}  // namespace

std::string ShortText(const Identity& identity) {
  return "node " + ShortText(identity.node) + " (" + identity.name + ") of cluster " +
         ShortText(identity.cluster);
}

std::string ToFileText(const Identity& identity) {
  const std::string text = WithoutChecksum(identity);
  return text + ChecksumLine(text);
}

Result<Identity> ParseIdentity(std::string_view text) {
  if (!EndsInItsChecksum(text)) return Status(ErrorCode::kDamaged, "checksum mismatch");
  std::string_view rest = text;
  const auto format = TakeLine(kTitle, &rest);
  if (!format) return format.error();
  if (*format != kFormat) {
    return Status(ErrorCode::kForeign, "format " + std::string(*format) + ", this program knows " +
                                           std::string(kFormat));
  }
  const auto cluster = TakeLine("cluster ", &rest);
  if (!cluster) return cluster.error();
  const auto node = TakeLine("node ", &rest);
  if (!node) return node.error();
  const auto name = TakeLine("name ", &rest);
  if (!name) return name.error();
  const auto genesis = TakeLine("genesis ", &rest);
  if (!genesis) return genesis.error();
  const Identity identity{ClusterId{ToNumber(*cluster)}, NodeId{ToNumber(*node)},
                          std::string(*name), GenesisDigest{ToNumber(*genesis)}};
  if (ToFileText(identity) != text) return Status(ErrorCode::kDamaged, "not as it is written");
  return identity;
}

}  // namespace paxos::storage
