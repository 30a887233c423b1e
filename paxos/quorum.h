// Who votes, and what counts as enough. Votes of nodes that the membership does not list count for
// nothing (N1, M1).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "paxos/archive.h"
#include "paxos/types.h"

namespace paxos {

inline constexpr std::size_t kVotersMax = 63;

// The voters of a slot. Any two majorities share a node, which is what every proof leans on.
class Membership {
 public:
  Membership() = default;
  // Ids in any order; must be distinct, non-zero and 1..kVotersMax of them (Validate of the
  // cluster file has seen to it).
  explicit Membership(std::vector<NodeId> voters);

  [[nodiscard]] const std::vector<NodeId>& voters() const { return voters_; }  // ascending
  [[nodiscard]] bool Lists(NodeId node) const;
  [[nodiscard]] std::size_t quorum_size() const { return voters_.size() / 2 + 1; }

  friend bool operator==(const Membership&, const Membership&) = default;
  template <class Archive>
  friend void serialize(Archive& ar, Membership& m, unsigned /*version*/) {
    ar& Named("voters", m.voters_);
  }

 private:
  std::vector<NodeId> voters_;
};

// Distinct voters counted so far; a repeated vote counts once.
class Votes {
 public:
  // False if the membership does not list the node (nothing is counted).
  bool Add(const Membership& membership, NodeId node);
  [[nodiscard]] bool Has(const Membership& membership, NodeId node) const;
  [[nodiscard]] bool IsQuorum(const Membership& membership) const {
    return Count() >= membership.quorum_size();
  }
  [[nodiscard]] std::size_t Count() const;

  friend bool operator==(const Votes&, const Votes&) = default;
  template <class Archive>
  friend void serialize(Archive& ar, Votes& v, unsigned /*version*/) {
    ar& Named("bits", v.bits_);
  }

 private:
  std::uint64_t bits_ = 0;  // bit i = voters()[i]
};

}  // namespace paxos
