// What a client and a server say to each other. One connection carries any number of sessions and
// calls; `id` pairs a response with its request on that connection. Frames: paxos/frame.h,
// kClientRequest and kClientResponse.
//
//   client                      server (leader)                 cluster
//     | OpenRequest{nonce,ttl}  ->  Submit -> command  ------------> chosen
//     | <- Opened{session}          <- Applied  <-------------------- applied
//     | CallRequest{session,seq,answered_below,Operation} -> ...      a waiting acquire is answered
//     | <- Result{..}                   when granted, on the connection that asked for it last;
//     |                                 until then Waiting
//     | KeepAlive{session}      ->  gathered into one Renew           answered after it is applied
//     | Read{Query}             ->  quorum read (R1)
//
// A server that does not lead answers NotLeader with a hint; the client goes there and asks again
// with the same (session, seq) (rule X1).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lockservice/operation.h"
#include "lockservice/query.h"
#include "paxos/archive.h"
#include "paxos/session_command.h"
#include "paxos/types.h"

namespace lockservice {

// Pairs a response with its request; chosen by the client, unique on its connection.
using RequestId = paxos::StrongId<struct RequestTag>;

struct OpenRequest {
  static constexpr const char* kName = "Open";
  paxos::Nonce nonce{};
  std::chrono::milliseconds ttl{};
  friend bool operator==(const OpenRequest&, const OpenRequest&) = default;
};
// `answered_below` and `unanswered`: see paxos::SessionCall.
struct CallRequest {
  static constexpr const char* kName = "Call";
  paxos::SessionId session{};
  std::uint64_t seq = 0;
  std::uint64_t answered_below = 0;
  Operation operation{};
  std::vector<std::uint64_t> unanswered{};
  friend bool operator==(const CallRequest&, const CallRequest&) = default;
};
struct CancelRequest {
  static constexpr const char* kName = "Cancel";
  paxos::SessionId session{};
  std::uint64_t seq = 0;
  std::uint64_t answered_below = 0;
  std::uint64_t target = 0;
  std::vector<std::uint64_t> unanswered{};
  friend bool operator==(const CancelRequest&, const CancelRequest&) = default;
};
struct KeepAliveRequest {
  static constexpr const char* kName = "KeepAlive";
  paxos::SessionId session{};
  friend bool operator==(const KeepAliveRequest&, const KeepAliveRequest&) = default;
};
struct CloseRequest {
  static constexpr const char* kName = "Close";
  paxos::SessionId session{};
  friend bool operator==(const CloseRequest&, const CloseRequest&) = default;
};
struct ReadRequest {
  static constexpr const char* kName = "Read";
  Query query{};
  friend bool operator==(const ReadRequest&, const ReadRequest&) = default;
};
// About this server alone; answered by any node, leading or not.
struct StatusRequest {
  static constexpr const char* kName = "Status";
  friend bool operator==(const StatusRequest&, const StatusRequest&) = default;
};

// The largest honest request: an acquire with the longest name and note, and room for the numbers,
// those of a session's window of waiting calls among them.
inline constexpr std::uint32_t kRequestBytesMax = kNameBytesMax + kNoteBytesMax + 32 * 1024;

using RequestBody = std::variant<OpenRequest, CallRequest, CancelRequest, KeepAliveRequest,
                                 CloseRequest, ReadRequest, StatusRequest>;
struct Request {
  static constexpr const char* kName = "Request";
  RequestId id{};
  RequestBody body{};
  friend bool operator==(const Request&, const Request&) = default;
};

// Ask another node. The hint is a node id; `address` is its client address if known.
struct NotLeader {
  static constexpr const char* kName = "NotLeader";
  std::optional<paxos::NodeId> leader{};
  std::string address{};
  friend bool operator==(const NotLeader&, const NotLeader&) = default;
};
// Nothing was done, or its outcome is unknown here: ask again with the same (session, seq).
enum class RetryReason : std::uint8_t {
  kOverloaded = 1,      // a bound was reached; nothing was done
  kOutcomeUnknown = 2,  // leadership was lost with it in flight
  kSuperseded = 3,      // lost in a leader change; nothing was done
  kWaitsUnwatched = 4,  // it stands in the lock's queue, but too many wait here to be told of it
};
constexpr bool IsKnown(RetryReason reason) {
  return RetryReason::kOverloaded <= reason && reason <= RetryReason::kWaitsUnwatched;
}
const char* Name(RetryReason reason);
inline std::string ShortText(RetryReason reason) { return Name(reason); }

// Malformed, too large, or not permitted: asking again will not help.
struct Refused {
  static constexpr const char* kName = "Refused";
  std::string why{};
  friend bool operator==(const Refused&, const Refused&) = default;
};

// An Open, Call, Cancel, KeepAlive or Close that was applied. KeepAlive: SessionsRenewed that
// lists the session, or SessionError::kExpired.
struct Result {
  static constexpr const char* kName = "Result";
  paxos::SessionResult result{};
  paxos::CommandIndex index{};  // the command that gave this answer; a repeated one has its own
  friend bool operator==(const Result&, const Result&) = default;
};
// A call was applied and waits in a queue; the final Result follows with the same request id.
struct Waiting {
  static constexpr const char* kName = "Waiting";
  friend bool operator==(const Waiting&, const Waiting&) = default;
};
struct ReadResult {
  static constexpr const char* kName = "ReadResult";
  QueryReply reply{};
  paxos::CommandIndex index{};  // the state's
  // For "since when": the leader's estimate of the log's time, elsewhere the last one applied.
  paxos::LogTime log_time{};
  friend bool operator==(const ReadResult&, const ReadResult&) = default;
};
struct StatusResult {
  static constexpr const char* kName = "StatusResult";
  paxos::NodeId node{};
  std::string name{};
  std::string role{};  // leader | candidate | follower | failed
  std::optional<paxos::NodeId> leader{};
  std::string leader_address{};
  paxos::Ballot promised{};
  paxos::Slot chosen_prefix{};
  paxos::CommandIndex applied{};
  paxos::PersistSeq durable{};
  std::uint64_t log_bytes = 0;
  paxos::LogTime log_time{};
  std::uint64_t sessions = 0;
  std::uint64_t connections = 0;
  friend bool operator==(const StatusResult&, const StatusResult&) = default;
};

using ResponseBody =
    std::variant<Result, Waiting, NotLeader, RetryReason, Refused, ReadResult, StatusResult>;
struct Response {
  static constexpr const char* kName = "Response";
  RequestId id{};
  ResponseBody body{};
  friend bool operator==(const Response&, const Response&) = default;
};

// ---- descriptions ---------------------------------------------------------------------------

template <class Archive>
void serialize(Archive& ar, OpenRequest& r, unsigned /*version*/) {
  ar& paxos::Named("nonce", r.nonce) & paxos::Named("ttl", r.ttl);
}
template <class Archive>
void serialize(Archive& ar, CallRequest& r, unsigned /*version*/) {
  ar& paxos::Named("session", r.session) & paxos::Named("seq", r.seq) &
      paxos::Named("answered_below", r.answered_below) & paxos::Named("operation", r.operation) &
      paxos::Named("unanswered", r.unanswered);
}
template <class Archive>
void serialize(Archive& ar, CancelRequest& r, unsigned /*version*/) {
  ar& paxos::Named("session", r.session) & paxos::Named("seq", r.seq) &
      paxos::Named("answered_below", r.answered_below) & paxos::Named("target", r.target) &
      paxos::Named("unanswered", r.unanswered);
}
template <class Archive>
void serialize(Archive& ar, KeepAliveRequest& r, unsigned /*version*/) {
  ar& paxos::Named("session", r.session);
}
template <class Archive>
void serialize(Archive& ar, CloseRequest& r, unsigned /*version*/) {
  ar& paxos::Named("session", r.session);
}
template <class Archive>
void serialize(Archive& ar, ReadRequest& r, unsigned /*version*/) {
  ar& paxos::Named("query", r.query);
}
template <class Archive>
void serialize(Archive& /*ar*/, StatusRequest& /*r*/, unsigned /*version*/) {}
template <class Archive>
void serialize(Archive& ar, Request& r, unsigned /*version*/) {
  ar& paxos::Named("id", r.id) & paxos::Named("body", r.body);
}
template <class Archive>
void serialize(Archive& ar, NotLeader& r, unsigned /*version*/) {
  ar& paxos::Named("leader", r.leader) & paxos::Named("address", r.address);
}
template <class Archive>
void serialize(Archive& ar, Refused& r, unsigned /*version*/) {
  ar& paxos::Named("why", r.why);
}
template <class Archive>
void serialize(Archive& ar, Result& r, unsigned /*version*/) {
  ar& paxos::Named("result", r.result) & paxos::Named("index", r.index);
}
template <class Archive>
void serialize(Archive& /*ar*/, Waiting& /*r*/, unsigned /*version*/) {}
template <class Archive>
void serialize(Archive& ar, ReadResult& r, unsigned /*version*/) {
  ar& paxos::Named("reply", r.reply) & paxos::Named("index", r.index) &
      paxos::Named("log_time", r.log_time);
}
template <class Archive>
void serialize(Archive& ar, StatusResult& r, unsigned /*version*/) {
  ar& paxos::Named("node", r.node) & paxos::Named("name", r.name) & paxos::Named("role", r.role) &
      paxos::Named("leader", r.leader) & paxos::Named("leader_address", r.leader_address) &
      paxos::Named("promised", r.promised) & paxos::Named("chosen_prefix", r.chosen_prefix) &
      paxos::Named("applied", r.applied) & paxos::Named("durable", r.durable) &
      paxos::Named("log_bytes", r.log_bytes) & paxos::Named("log_time", r.log_time) &
      paxos::Named("sessions", r.sessions) & paxos::Named("connections", r.connections);
}
template <class Archive>
void serialize(Archive& ar, Response& r, unsigned /*version*/) {
  ar& paxos::Named("id", r.id) & paxos::Named("body", r.body);
}

}  // namespace lockservice
