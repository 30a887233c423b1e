#include "paxos/options.h"

#include <string>

namespace paxos {
namespace {

Status Bad(const std::string& what) { return {ErrorCode::kInvalidArgument, what}; }

Status ValidateTimes(const ReplicaOptions& o) {
  if (o.heartbeat_interval <= Duration{0}) return Bad("heartbeat_interval must be above 0");
  if (o.election_timeout_min < 2 * o.heartbeat_interval)
    return Bad("election_timeout_min must be at least twice heartbeat_interval");
  if (o.election_timeout_max <= o.election_timeout_min)
    return Bad("election_timeout_max must be above election_timeout_min");
  if (o.election_handicap < Duration{0}) return Bad("election_handicap must not be negative");
  if (o.retransmit_interval <= Duration{0}) return Bad("retransmit_interval must be above 0");
  if (o.own_disk_stall_max <= Duration{0}) return Bad("own_disk_stall_max must be above 0");
  return Status::Ok();
}

Status ValidateBounds(const ReplicaOptions& o) {
  if (o.alpha < 1 || o.alpha > 4096) return Bad("alpha must be 1..4096");
  if (o.disk_batches_max < 1) return Bad("disk_batches_max must be above 0");
  if (o.disk_bytes_max < 1) return Bad("disk_bytes_max must be above 0");
  if (o.batch_commands_max < 1) return Bad("batch_commands_max must be above 0");
  if (o.batch_bytes_max < 128) return Bad("batch_bytes_max must be at least 128");
  if (o.window_bytes_max < o.batch_bytes_max)
    return Bad("window_bytes_max must be at least batch_bytes_max");
  if (o.pending_bytes_max < o.batch_bytes_max)
    return Bad("pending_bytes_max must be at least batch_bytes_max");
  if (o.pending_commands_max < 1) return Bad("pending_commands_max must be above 0");
  if (o.reads_max < 1) return Bad("reads_max must be above 0");
  if (o.fetch_bytes_max < 1) return Bad("fetch_bytes_max must be above 0");
  return Status::Ok();
}

}  // namespace

Status ReplicaOptions::Validate() const {
  if (self == NodeId{}) return Bad("self must name a node (not 0)");
  if (life == 0) return Bad("life must be drawn at random at each start (not 0)");
  if (membership.voters().empty()) return Bad("membership must list at least one voter");
  if (Status times = ValidateTimes(*this); !times.ok()) return times;
  return ValidateBounds(*this);
}

}  // namespace paxos
