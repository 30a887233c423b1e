#include "sim/marks.h"

#include <bit>

namespace paxos::sim {

std::size_t MarkSet::size() const {
  std::size_t count = 0;
  for (const std::uint64_t word : words_) count += static_cast<std::size_t>(std::popcount(word));
  return count;
}

void MarkSet::Add(const MarkSet& other) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
}

void MarkSet::AddBehind(std::size_t offset, const MarkSet& group) {
  for (std::size_t mark = 0; offset + mark < kMarksMax; ++mark) {
    if (group.Has(mark)) Hit(offset + mark);
  }
}

MarkSet MarkSet::Without(const MarkSet& other) const {
  MarkSet rest = *this;
  for (std::size_t i = 0; i < words_.size(); ++i) rest.words_[i] &= ~other.words_[i];
  return rest;
}

}  // namespace paxos::sim
