#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "paxos/named.h"

namespace paxos {

// An integer that cannot be mistaken for another: `using Slot = StrongId<struct SlotTag>`.
// A Slot never converts to a NodeId or a count; arithmetic is what positions in a sequence need
// (successor, distance) and nothing else. The default is 0.
template <class Tag, class Rep = std::uint64_t>
class StrongId {
 public:
  using rep = Rep;

  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}

  constexpr Rep value() const { return value_; }

  constexpr StrongId next() const { return StrongId(static_cast<Rep>(value_ + 1)); }
  constexpr StrongId prev() const { return StrongId(static_cast<Rep>(value_ - 1)); }

  constexpr StrongId& operator++() {
    ++value_;
    return *this;
  }

  friend constexpr auto operator<=>(const StrongId&, const StrongId&) = default;

  friend constexpr StrongId operator+(StrongId id, Rep distance) {
    return StrongId(static_cast<Rep>(id.value_ + distance));
  }

  // How far `a` lies beyond `b`. Unsigned: ask only when a >= b.
  friend constexpr Rep operator-(StrongId a, StrongId b) {
    return static_cast<Rep>(a.value_ - b.value_);
  }

  friend std::string ShortText(const StrongId& id) { return std::to_string(id.value_); }

  template <class Archive>
  friend void serialize(Archive& ar, StrongId& id, unsigned /*version*/) {
    ar& Named("value", id.value_);
  }

 private:
  Rep value_ = 0;
};

}  // namespace paxos
