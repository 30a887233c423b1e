// What may happen next, packed into 32 bits, so that a path costs little to remember.
#pragma once

#include <cstdint>
#include <string>

#include "sim/exhaust.h"
#include "sim/exhaust_wire.h"

namespace paxos::sim {

enum class Act : std::uint8_t { kDeliver, kCampaign, kPropose, kSync, kCrash, kBeat };

struct ExhaustStep {
  NodeId node{};  // to whom it happens; at most kExhaustNodesMax
  Act act = Act::kDeliver;
  MessageId message{};  // if it is a delivery

  [[nodiscard]] std::uint32_t Pack() const {
    const auto kind = static_cast<std::uint32_t>(act);
    return message.value() << 6 | kind << 3 | static_cast<std::uint32_t>(node.value());
  }
  static ExhaustStep Unpack(std::uint32_t bits) {
    return {NodeId{bits & 7}, static_cast<Act>(bits >> 3 & 7), MessageId{bits >> 6}};
  }
};
inline constexpr std::uint32_t kExhaustMessagesMax = std::uint32_t{1} << 26;

// A set of things that a step did.
class StepMarks {
 public:
  void Add(Sometimes what) { bits_ |= BitOf(what); }
  [[nodiscard]] bool Has(Sometimes what) const { return (bits_ & BitOf(what)) != 0; }
  [[nodiscard]] bool IsEmpty() const { return bits_ == 0; }
  [[nodiscard]] std::uint32_t bits() const { return bits_; }

 private:
  static std::uint32_t BitOf(Sometimes what) {
    return std::uint32_t{1} << static_cast<std::uint32_t>(what);
  }
  std::uint32_t bits_ = 0;
};

}  // namespace paxos::sim
