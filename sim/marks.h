// Coverage marks: named rare events. A run that hits many of them took the code where it is
// delicate; one that is never hit in a long run means that the generator cannot reach it. The
// product carries no marks: the simulator derives them from what goes in, what comes out, what is
// written and what is applied.
//
// A group of marks is a table (what there is) and a spectator that hits them: sim/paxos_marks.h
// for consensus, sim/lock_marks.h for the lock service. Yours would be a third.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "paxos/named.h"

namespace paxos::sim {

struct Mark {
  std::string_view name{};     // words with hyphens
  std::string_view meaning{};  // one line
};

// Which marks a run has hit, by their place in some table.
class MarkSet {
 public:
  static constexpr std::size_t kMarksMax = 256;

  void Hit(std::size_t mark) { words_[mark / 64] |= BitOf(mark); }
  [[nodiscard]] bool Has(std::size_t mark) const { return (words_[mark / 64] & BitOf(mark)) != 0; }
  [[nodiscard]] std::size_t size() const;

  void Add(const MarkSet& other);
  // The marks of `group`, whose table stands behind `offset` others.
  void AddBehind(std::size_t offset, const MarkSet& group);
  // What this set has and `other` has not.
  [[nodiscard]] MarkSet Without(const MarkSet& other) const;

  friend bool operator==(const MarkSet&, const MarkSet&) = default;
  template <class Archive>
  friend void serialize(Archive& ar, MarkSet& m, unsigned /*version*/) {
    for (std::uint64_t& word : m.words_) ar& Named("word", word);
  }

 private:
  static constexpr std::uint64_t BitOf(std::size_t mark) { return std::uint64_t{1} << mark % 64; }

  std::array<std::uint64_t, kMarksMax / 64> words_{};
};

// An entry of a table that is indexed by an enum: the check that it stands at its place.
template <class Name>
struct NamedMark {
  Name id{};
  Mark mark{};
};

template <class Name, std::size_t size>
constexpr bool IsInOrder(const std::array<NamedMark<Name>, size>& table) {
  for (std::size_t i = 0; i < size; ++i) {
    if (static_cast<std::size_t>(table[i].id) != i) return false;
  }
  return true;
}

template <class Name, std::size_t size>
constexpr std::array<Mark, size> MarksOf(const std::array<NamedMark<Name>, size>& table) {
  std::array<Mark, size> marks{};
  for (std::size_t i = 0; i < size; ++i) marks[i] = table[i].mark;
  return marks;
}

}  // namespace paxos::sim
