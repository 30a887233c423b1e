#include "storage/keys.h"

namespace paxos::storage {
namespace {

constexpr std::uint8_t kSlotKind = 1;
constexpr std::uint8_t kMetaKind = 2;
constexpr std::size_t kSlotOffset = 5;

void PutBigEndian(std::uint64_t value, char* bytes, std::size_t count) {
  for (std::size_t i = count; i > 0; --i, value >>= 8) bytes[i - 1] = static_cast<char>(value);
}

std::uint64_t GetBigEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<std::uint8_t>(byte);
  return value;
}

}  // namespace

Key::Key(GroupId group, std::uint8_t kind, Slot slot) {
  PutBigEndian(group.value(), bytes_.data(), 4);
  bytes_[4] = static_cast<char>(kind);
  PutBigEndian(slot.value(), bytes_.data() + kSlotOffset, 8);
}

Key Key::OfSlot(GroupId group, Slot slot) { return {group, kSlotKind, slot}; }

Key Key::OfMeta(GroupId group) { return {group, kMetaKind, Slot{0}}; }

std::optional<Slot> SlotOf(std::string_view key, GroupId group) {
  if (key.size() != Key::kBytes) return std::nullopt;
  const Slot slot{GetBigEndian(key.substr(kSlotOffset))};
  if (Key::OfSlot(group, slot).view() != key) return std::nullopt;
  return slot;
}

}  // namespace paxos::storage
