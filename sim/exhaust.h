// Every history of a small cluster, not a sample: breadth first over what n real Nodes can live
// through within bounds, so that the first violation found is one of the shortest there are.
//
// What may happen, each a step:
//   deliver   a message that was ever sent arrives. It stays on the wire: never delivering it is
//             loss, delivering it again is duplication or retransmission, also after a restart
//   campaign  a node's time-out ends in an election (whatever the pre-vote said)
//   propose   a leader gets a command
//   sync      the oldest batch that waits for the disk becomes durable, and the node hears of it
//   crash     a node restarts from what is durable; the rest is lost
//   beat      time passes at a leader: it sends a heartbeat, and again what was not answered
// Between two steps a node finishes its turn (Node::Drain). Time stands still but for beats.
//
// With instant disks, whatever a step writes is durable, and heard of, before the next one: there
// is no `sync`, nothing waits for a gate, and the steps that are left reach further.
//
// Judged in every state, with the tags of sim/README.md: INV-1 to INV-8, INV-10, INV-11, INV-18,
// INV-21, INV-23, INV-24, P3, and every check of the core. Whatever can never happen is suspicious
// as well: a list of things must happen somewhere ("sometimes").
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/violation.h"

namespace paxos::sim {

inline constexpr std::size_t kExhaustNodesMax = 5;

enum class ExhaustDisks : std::uint8_t { kOfAnySpeed, kInstant };

// How far the search goes. Crashes, ballots and beats count over the whole cluster.
struct ExhaustBounds {
  std::uint32_t nodes = 3;    // 1..kExhaustNodesMax
  std::uint32_t ballots = 2;  // campaigns
  std::uint32_t slots = 1;    // the last slot for which a command is proposed
  std::uint32_t crashes = 1;
  std::uint32_t beats = 0;
  std::uint32_t window = 0;  // alpha; 0: room for all slots
  ExhaustDisks disks = ExhaustDisks::kOfAnySpeed;

  [[nodiscard]] std::uint32_t alpha() const { return std::max(window == 0 ? slots : window, 1U); }
};

// Worlds that break what the core relies on: the search must find out.
enum class Doctored : std::uint8_t {
  kNothing,
  kForgetfulDisk,  // a crash takes the last durable batch with it
  kEchoedVotes,    // each Accepted is heard a second time, in another node's name
};

// What must happen somewhere, if the bounds allow it.
enum class Sometimes : std::uint8_t {
  kElected,             // a candidate leads
  kChosen,              // a slot is chosen
  kAnswered,            // a proposer is told that its command is chosen
  kPreempted,           // a higher ballot ends a leader or candidate
  kTwoLeaders,          // two nodes lead at once, in different ballots
  kRecovered,           // a leader takes over an entry of an earlier ballot
  kFetched,             // chosen entries are fetched
  kSuperseded,          // a deposed leader's command is certainly without effect
  kMarked,              // a follower learns from the leader's mark
  kGapFilled,           // a leader fills a gap with a no-op
  kVoid,                // a void entry is passed over
  kWriteLost,           // a crash takes an unsynced batch
  kReplayed,            // a restart replays chosen entries
  kElectedAfterCrash,   // a candidate leads after a crash anywhere
  kElectedAfterItsOwn,  // a node that crashed leads
};
inline constexpr std::size_t kSometimes = 15;
std::string ShortText(Sometimes what);
bool IsPossible(Sometimes what, const ExhaustBounds& bounds);

struct ExhaustProgress {
  std::uint64_t states = 0;
  std::uint64_t steps = 0;
  std::uint32_t depth = 0;
  std::uint64_t frontier = 0;  // states of this depth
};
enum class Search : std::uint8_t { kGoesOn, kStops };

struct ExhaustOptions {
  ExhaustBounds bounds{};
  Doctored doctored = Doctored::kNothing;
  std::uint64_t states_max = UINT64_MAX;  // then the search stops, incomplete
  // Asked every few thousand states: shows progress, knows the time.
  std::function<Search(const ExhaustProgress&)> on_progress{};
};

struct ExhaustReport {
  ExhaustProgress reached{};
  std::uint64_t node_states = 0;                      // of single nodes
  std::uint64_t messages = 0;                         // distinct ones
  std::uint32_t relabellings = 1;                     // of nodes that are told apart by nothing
  bool is_complete = false;                           // no state within the bounds is left out
  std::array<std::uint64_t, kSometimes> sometimes{};  // steps that did it
  std::optional<Violation> violation{};
  // From the start to the violation: commands of tests/README.md, and what was seen.
  std::uint32_t trace_steps = 0;
  std::string trace{};

  // What the bounds allow and the search never saw.
  [[nodiscard]] std::vector<Sometimes> Missing(const ExhaustBounds& bounds) const;
};

// Deterministic. Memory: 20 to 32 bytes per state, 24 more for each of two depths, a few KiB per
// state of a single node.
ExhaustReport Exhaust(const ExhaustOptions& options);

}  // namespace paxos::sim
