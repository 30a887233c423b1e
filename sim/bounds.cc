#include "sim/bounds.h"

#include "paxos/check.h"

namespace paxos::sim {
namespace {

// A census takes about as long as a message: one turn in so many.
constexpr std::uint64_t kTurnsPerCensus = 16;

// Duties have no bound in the queue (Urgency), but their proposers keep few in flight.
constexpr std::uint64_t kDutiesMax = 32;

// A disk that is behind gets no votes, but the ballots of campaigns, which somebody may force.
constexpr std::uint64_t kCampaignsMax = 256;

// A leader remembers the beats of two election time-outs, the last one before included.
std::uint64_t BeatsMax(const ReplicaOptions& options) {
  return 3 +
         static_cast<std::uint64_t>(2 * options.election_timeout_max / options.heartbeat_interval);
}

// What comes in one turn is looked at before any of it is counted: two windows of votes, a range of
// what is chosen, forced campaigns. Records take some bytes besides their entries.
std::uint64_t BytesPerTurn(const ReplicaOptions& options) {
  constexpr std::uint64_t kBesides = 64;
  const std::uint64_t votes = 4 * options.alpha * (options.batch_bytes_max + kBesides);
  return votes + 4 * options.fetch_bytes_max + kBesides * kCampaignsMax;
}

// Prints as it is.
struct Field {
  std::string_view name{};
  friend std::string ShortText(const Field& field) { return std::string(field.name); }
};

}  // namespace

// What acceptors, promises and rests of a deposed leader hold stands within two windows of a prefix
// [P3]. The bytes are those of the option, and what one input adds when it is all but reached.
Bounds::Bounds(std::size_t nodes, const ReplicaOptions& options) : options_(options) {
  const std::uint64_t alpha = options.alpha;
  const std::uint64_t batch = options.batch_bytes_max;
  limits_ = {
      {"accepted", 2 * alpha},
      {"recovered", nodes * 2 * alpha},
      {"window", alpha},
      {"above", 2 * alpha},
      {"orphans", 2 * alpha},
      {"queue", options.pending_commands_max + kDutiesMax},
      {"queue_bytes", options.pending_bytes_max + kDutiesMax * batch},
      {"count", options.reads_max},
      {"remote_reads", options.reads_max},
      {"indexed_reads", options.reads_max},
      {"tail_bytes", options.tail_bytes_max + batch},
      {"unfinished", options.disk_batches_max + kCampaignsMax},
      {"unfinished_bytes", options.disk_bytes_max + BytesPerTurn(options)},
      {"heard_durable", nodes},
      {"known_chosen", nodes},
      {"acked", nodes},
      {"acks", nodes},
      {"beats", BeatsMax(options)},
  };
}

void Bounds::OnTurnEnd(NodeId id, const Node& node) {
  if (const Leading* leading = node.replica().proposer().leading()) CheckWindow(id, *leading);
  if (++turns_ % kTurnsPerCensus != 0) return;
  const Census census = Census::Of(node);
  for (const auto& [name, number] : census.counts()) {
    const auto limit = limits_.find(name);
    if (limit == limits_.end()) continue;
    PAXOS_CHECK("INV-23", number <= limit->second, id, Field{name}, number, limit->second);
  }
}

// What was recovered goes out whatever it weighs; an entry that no caller waits for weighs nothing.
void Bounds::CheckWindow(NodeId id, const Leading& leading) const {
  const bool is_recovering =
      !leading.window.empty() && leading.window.begin()->first <= leading.last_recovered;
  const std::size_t bytes_max = options_.window_bytes_max + EncodedSizeBound(Entry{});
  PAXOS_CHECK("INV-23", is_recovering || leading.window_bytes <= bytes_max, id,
              leading.window_bytes, bytes_max);
}

}  // namespace paxos::sim
