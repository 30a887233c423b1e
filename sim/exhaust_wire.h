// Every distinct message that the search has seen, by number. A state then holds numbers.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "paxos/message.h"
#include "sim/fingerprint.h"

namespace paxos::sim {

using MessageId = StrongId<struct ExhaustMessageTag, std::uint32_t>;

// The message as the search sends it; none if nothing depends on it. What peers remember of a disk
// (N1) and the numbers of heartbeats (R1) would make states differ that behave alike: no disk here
// is rolled back, and nobody reads.
std::optional<Envelope> OnTheWire(Envelope envelope);

class ExhaustWire {
 public:
  // One fingerprint of each message is kept per relabelling. Both must outlive the wire.
  ExhaustWire(const std::vector<Relabelling>& relabellings, const Membership& voters)
      : relabellings_(relabellings), voters_(voters) {}

  MessageId Intern(const Envelope& envelope);
  [[nodiscard]] const Envelope& Find(MessageId id) const { return known_[id.value()].envelope; }
  [[nodiscard]] std::uint64_t Fingerprint(MessageId id, std::size_t relabelling) const {
    return known_[id.value()].fingerprints[relabelling];
  }
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  struct Known {
    Envelope envelope{};
    std::vector<std::uint64_t> fingerprints{};
  };
  const std::vector<Relabelling>& relabellings_;
  const Membership& voters_;
  std::deque<Known> known_;
  std::map<std::string, MessageId> by_bytes_;
};

}  // namespace paxos::sim
