// Asks one peer at a time for the chosen slots this node lacks. Liveness only.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "paxos/message.h"
#include "paxos/time.h"

namespace paxos {

class CatchUp {
 public:
  // `at` knows every slot up to `target` chosen. The newest word wins: an older source may be dead.
  void Want(Slot target, NodeId at) {
    target_ = std::max(target_, target);
    at_ = at;
  }

  // The request to send now, if any: one is outstanding at a time, and is repeated after
  // `interval`.
  std::optional<FetchChosen> NextFetch(Instant now, Slot prefix, Duration interval) {
    if (target_ <= prefix) return std::nullopt;
    const bool is_repeated = asked_from_ == prefix.next();
    if (is_repeated && now - asked_ < interval) return std::nullopt;
    tries_ = is_repeated ? tries_ + 1 : 1;
    asked_ = now;
    asked_from_ = prefix.next();
    return FetchChosen{prefix.next(), target_};
  }

  // Whom to send it: who said that it knows, and after two tries in vain every other node in turn.
  // Whoever knows may be unable to tell, or be cut off in this direction.
  [[nodiscard]] NodeId Whom(const std::vector<NodeId>& nodes, NodeId self) const {
    if (tries_ <= kTriesAtTheSource) return at_;
    const std::size_t first = tries_ - kTriesAtTheSource - 1;
    const NodeId next = nodes[first % nodes.size()];
    return next == self ? at_ : next;
  }

  [[nodiscard]] NodeId at() const { return at_; }
  [[nodiscard]] bool IsBehind(Slot prefix) const { return target_ > prefix; }
  // When to try again, if the answer does not come.
  [[nodiscard]] Instant next_retry(Slot prefix, Duration interval) const {
    return IsBehind(prefix) ? asked_ + interval : kNever;
  }

  friend bool operator==(const CatchUp&, const CatchUp&) = default;
  template <class Archive>
  friend void serialize(Archive& ar, CatchUp& c, unsigned /*version*/) {
    ar& Named("target", c.target_) & Named("at", c.at_) & Named("asked", c.asked_) &
        Named("asked_from", c.asked_from_) & Named("tries", c.tries_);
  }

 private:
  static constexpr std::size_t kTriesAtTheSource = 2;

  Slot target_;
  NodeId at_;
  Instant asked_{};
  Slot asked_from_;        // the first slot of the outstanding request; 0 = none
  std::size_t tries_ = 0;  // to get it
};

}  // namespace paxos
