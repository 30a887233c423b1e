// 64-bit fingerprints, and what belongs to each: open addressing, nothing allocated per entry.
#pragma once

#include <cstdint>
#include <vector>

namespace paxos::sim {

struct Nothing {};

// A fingerprint of 0 is taken for 1.
template <class Value = Nothing>
class FingerprintTable {
 public:
  FingerprintTable() : entries_(std::size_t{1} << 10) {}

  // The value of a fingerprint that is there, or null.
  [[nodiscard]] const Value* Find(std::uint64_t fingerprint) const {
    const Entry& entry = entries_[SlotOf(fingerprint)];
    return entry.fingerprint == 0 ? nullptr : &entry.value;
  }

  // False if it was there before.
  bool Insert(std::uint64_t fingerprint, const Value& value = {}) {
    Entry& entry = entries_[SlotOf(fingerprint)];
    if (entry.fingerprint != 0) return false;
    entry.fingerprint = NotZero(fingerprint);
    entry.value = value;
    if (++size_ * 3 > entries_.size() * 2) Grow();
    return true;
  }

  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  struct Entry {
    std::uint64_t fingerprint = 0;
    [[no_unique_address]] Value value{};
  };

  static std::uint64_t NotZero(std::uint64_t fingerprint) {
    return fingerprint == 0 ? 1 : fingerprint;
  }

  // Where it is, or the free place where it belongs.
  [[nodiscard]] std::size_t SlotOf(std::uint64_t fingerprint) const {
    const std::size_t mask = entries_.size() - 1;
    std::size_t slot = NotZero(fingerprint) & mask;
    while (entries_[slot].fingerprint != 0 && entries_[slot].fingerprint != NotZero(fingerprint))
      slot = (slot + 1) & mask;
    return slot;
  }

  void Grow() {
    std::vector<Entry> old(entries_.size() * 2);
    old.swap(entries_);
    for (const Entry& entry : old)
      if (entry.fingerprint != 0) entries_[SlotOf(entry.fingerprint)] = entry;
  }

  std::vector<Entry> entries_;
  std::uint64_t size_ = 0;
};

}  // namespace paxos::sim
