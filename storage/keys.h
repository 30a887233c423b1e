// Where things stand in the database. A key is 13 bytes, big endian, so that LevelDB's order of
// bytes is the order of groups, and in a group the order of slots:
//
//    0       4      5             13
//   +-------+------+-------------+
//   | group | kind | slot        |      kind 1: a slot's value.  kind 2: the meta record, slot 0.
//   +-------+------+-------------+
//
// Group 1, slot 300 is 00000001 01 000000000000012c. The meta record sorts behind the slots, since
// it is in every table file that LevelDB writes: so the key ranges of two such files share their
// upper end, where the next compaction happens anyway, and not their whole lengths.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "paxos/types.h"

namespace paxos::storage {

class Key {
 public:
  static constexpr std::size_t kBytes = 13;

  static Key OfSlot(GroupId group, Slot slot);
  static Key OfMeta(GroupId group);

  std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

 private:
  Key(GroupId group, std::uint8_t kind, Slot slot);

  std::array<char, kBytes> bytes_;
};

// The slot if `key` is what OfSlot(group, slot) gives.
std::optional<Slot> SlotOf(std::string_view key, GroupId group);

}  // namespace paxos::storage
