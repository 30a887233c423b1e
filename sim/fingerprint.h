// Reduces a value to 64 bits through its own description, as an archive that only reads. Two states
// that differ in nothing that matters have one fingerprint: nodes are renamed on the way, numbers
// of batches count from the newest durable one, and what only clocks and reads look at is left out.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "paxos/catch_up.h"
#include "paxos/output.h"
#include "paxos/quorum.h"
#include "paxos/shape.h"
#include "sim/hash.h"

namespace paxos::sim {

// New names for the nodes 1..n; a node beyond keeps its own.
class Relabelling {
 public:
  // The new name of node i + 1 stands at i.
  explicit Relabelling(std::vector<NodeId> names) : names_(std::move(names)) {}
  [[nodiscard]] NodeId operator()(NodeId node) const {
    const bool is_known = node != NodeId{} && node.value() <= names_.size();
    return is_known ? names_[node.value() - 1] : node;
  }
  [[nodiscard]] std::size_t nodes() const { return names_.size(); }

 private:
  std::vector<NodeId> names_;
};

// Whose state it is, if it is a node's.
enum class Campaigns : std::uint8_t { kToCome, kOver };
struct Viewpoint {
  NodeId self{};
  PersistSeq durable{};
  Slot prefix{};  // chosen
  Campaigns campaigns = Campaigns::kToCome;
};

class Fingerprinter {
 public:
  using is_saving = std::true_type;
  using is_loading = std::false_type;

  // Both must outlive it. The voters are the nodes of the relabelling.
  Fingerprinter(const Relabelling& relabel, const Membership& voters, const Viewpoint& from = {})
      : relabel_(relabel), voters_(voters), from_(from) {}

  [[nodiscard]] std::uint64_t value() const { return hash_.value(); }

  template <class T>
  Fingerprinter& operator&(const NamedValue<T>& field) {
    if (!IsLeftOut(field.name)) Write(field.value);
    return *this;
  }

  void Write(NodeId node) { hash_.Add(relabel_(node).value()); }
  void Write(PersistSeq seq) { hash_.Add(seq.value() - from_.durable.value()); }
  void Write(const std::string& bytes) { hash_.Add(bytes); }
  void Write(const Votes& votes) {
    std::uint64_t bits = 0;
    for (const NodeId voter : voters_.voters())
      if (votes.Has(voters_, voter)) bits |= std::uint64_t{1} << relabel_(voter).value();
    hash_.Add(bits);
  }

  void Write(const CatchUp& catch_up) {
    hash_.Add(catch_up.IsBehind(from_.prefix) ? 1 : 0);
    if (catch_up.IsBehind(from_.prefix)) serialize(*this, const_cast<CatchUp&>(catch_up), 0U);
  }
  // Messages that wait for the disk. What was sent is a set, so a message that waits twice counts
  // once, at its first place, and the order of those to peers does not matter.
  void Write(const std::deque<Outgoing>& gated) {
    std::uint64_t to_peers = 0;
    for (auto it = gated.begin(); it != gated.end(); ++it) {
      const auto is_same = [it](const Outgoing& earlier) {
        return earlier.to == it->to && earlier.message == it->message;
      };
      if (std::any_of(gated.begin(), it, is_same)) continue;
      Fingerprinter part(relabel_, voters_, from_);
      part.Write(*it);
      if (it->to == from_.self)
        hash_.Add(part.value());
      else
        to_peers += part.value();
    }
    hash_.Add(to_peers);
  }

  template <class T>
  requires shape::Boolean<T> || shape::Integer<T> || shape::Enumeration<T>
  void Write(T value) { hash_.Add(static_cast<std::uint64_t>(value)); }
  template <shape::Id T>
  void Write(T value) {
    hash_.Add(static_cast<std::uint64_t>(value.value()));
  }
  template <shape::Sequence T>
  void Write(const T& value) {
    hash_.Add(value.size());
    for (const auto& element : value) Write(element);
  }
  // Keys may be nodes, whose new names order otherwise: a sum does not mind.
  template <class T>
  requires shape::Set<T> || shape::Map<T>
  void Write(const T& value) {
    std::uint64_t sum = value.size();
    for (const auto& element : value) {
      Fingerprinter part(relabel_, voters_, from_);
      part.Write(element);
      sum += part.value();
    }
    hash_.Add(sum);
  }
  template <shape::Pair T>
  void Write(const T& value) {
    Write(value.first);
    Write(value.second);
  }
  template <shape::Optional T>
  void Write(const T& value) {
    hash_.Add(value.has_value() ? 1 : 0);
    if (value.has_value()) Write(*value);
  }
  template <shape::Variant T>
  void Write(const T& value) {
    hash_.Add(value.index());
    std::visit([&](const auto& alternative) { Write(alternative); }, value);
  }
  template <shape::Duration T>
  void Write(const T& value) {
    hash_.Add(static_cast<std::uint64_t>(value.count()));
  }
  template <shape::TimePoint T>
  void Write(const T& value) {
    Write(value.time_since_epoch());
  }
  // A description takes its value mutable, since it also serves readers; this changes nothing.
  template <shape::Described T>
  void Write(const T& value) {
    serialize(*this, const_cast<T&>(value), 0U);
  }

 private:
  // Fields of Replica that decide only when somebody campaigns, what a read waits for, what callers
  // are told, when something is sent again and to whom, how much the disk may fall behind, and what
  // is remembered of the peers' disks; and which ballot comes next, if none does.
  [[nodiscard]] bool IsLeftOut(std::string_view name) const {
    constexpr std::array<std::string_view, 11> kLeftOut = {
        "election",   "vote_batch",       "reads",   "beats",  "heard_durable", "disk_busy_since",
        "unfinished", "unfinished_bytes", "orphans", "resent", "tries"};
    if (name == "highest_seen") return from_.campaigns == Campaigns::kOver;
    return std::find(kLeftOut.begin(), kLeftOut.end(), name) != kLeftOut.end();
  }

  const Relabelling& relabel_;
  const Membership& voters_;
  Viewpoint from_;
  Hash hash_;
};

template <class T>
std::uint64_t FingerprintOf(const T& value, const Relabelling& relabel, const Membership& voters) {
  Fingerprinter fingerprinter(relabel, voters);
  fingerprinter.Write(value);
  return fingerprinter.value();
}

}  // namespace paxos::sim
