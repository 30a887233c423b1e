#include "sim/exhaust_wire.h"

#include "paxos/archive.h"

namespace paxos::sim {

std::optional<Envelope> OnTheWire(Envelope envelope) {
  if (std::holds_alternative<HeartbeatAck>(envelope.message)) return std::nullopt;
  envelope.durable = PersistSeq{};
  if (auto* heartbeat = std::get_if<Heartbeat>(&envelope.message)) {
    heartbeat->round = 1;
    heartbeat->durable.clear();
  }
  return envelope;
}

MessageId ExhaustWire::Intern(const Envelope& envelope) {
  const MessageId next{static_cast<std::uint32_t>(known_.size())};
  const auto [found, is_new] = by_bytes_.emplace(Encode(envelope), next);
  if (!is_new) return found->second;
  Known known{envelope, {}};
  for (const Relabelling& relabel : relabellings_)
    known.fingerprints.push_back(FingerprintOf(envelope, relabel, voters_));
  known_.push_back(std::move(known));
  return next;
}

}  // namespace paxos::sim
