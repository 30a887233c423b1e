// How a replica is set up. Every bound of the core stands here, with its default and what happens
// when it is reached.
#pragma once

#include <cstdint>

#include "paxos/quorum.h"
#include "paxos/result.h"
#include "paxos/time.h"
#include "paxos/types.h"

namespace paxos {

using std::chrono::milliseconds;

struct ReplicaOptions {
  NodeId self{};
  Membership membership{};

  // Seeds the election's random time-outs. Two nodes of a cluster should differ.
  std::uint64_t seed = 0;

  // Drawn at random at each start of the process (not 0, which nobody has drawn): tells this life's
  // reads from an earlier one's. [R1]
  std::uint64_t life = 0;

  // How often a leader says that it lives. Smaller finds a dead leader sooner and costs messages.
  Duration heartbeat_interval = milliseconds{50};

  // A follower that heard nothing for a random time in between campaigns. Keep the minimum at 4
  // heartbeats or more, or a lost packet deposes a leader.
  Duration election_timeout_min = milliseconds{250};
  Duration election_timeout_max = milliseconds{500};

  // Added to this node's election time-outs: a node with 0 usually wins against one with more.
  Duration election_handicap = milliseconds{0};

  // An Accept or a fetch without an answer is sent again after this long. For an Accept the wait
  // doubles each time, up to four election time-outs: on a link that is slow rather than lossy, the
  // copies of a whole window would keep it full.
  Duration retransmit_interval = milliseconds{100};

  // A leader whose own disk has not finished a batch for this long steps down.
  Duration own_disk_stall_max = milliseconds{2000};

  // What was handed to the own disk and is not yet durable, in batches and in bytes; from there on,
  // Accepts and Prepares are ignored and nothing is fetched until the disk has caught up.
  std::uint64_t disk_batches_max = 1024;
  std::size_t disk_bytes_max = 64 * 1024 * 1024;

  // Slots in flight beyond the chosen prefix (rule M1: from the genesis record, the same on every
  // node of a cluster). A full window makes commands gather into one slot.
  std::uint32_t alpha = 64;

  // Commands of one slot: encoded bytes, and number. Larger single commands are refused
  // (kTooLarge).
  std::size_t batch_bytes_max = 256 * 1024;
  std::size_t batch_commands_max = 4096;

  // Encoded bytes of all slots in flight.
  std::size_t window_bytes_max = 768 * 1024;

  // Commands waiting for the window; more are refused (kOverloaded).
  std::size_t pending_bytes_max = 8 * 1024 * 1024;
  std::size_t pending_commands_max = 65536;

  // Reads waiting for a heartbeat round; more are refused (kOverloaded).
  std::size_t reads_max = 65536;

  // Entries in one ChosenRange.
  std::size_t fetch_bytes_max = 512 * 1024;

  // Chosen entries kept in memory to bring followers up to date without reading the disk.
  std::size_t tail_bytes_max = 4 * 1024 * 1024;

  // Entries in the log; above this, commands are refused (kOverloaded), but for a sixteenth more
  // that is kept for what gives back and for duties (Urgency).
  std::uint64_t log_bytes_max = std::uint64_t{16} << 30;

  // The first option that makes no sense, and why.
  [[nodiscard]] Status Validate() const;

  friend bool operator==(const ReplicaOptions&, const ReplicaOptions&) = default;
};

}  // namespace paxos
