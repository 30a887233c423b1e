// The history of a run under faults, as clients lived it: one JSON object per line, written by
// lockbench and judged by lockcheck. Times are CLOCK_BOOTTIME in nanoseconds.
//
//   {"History":{"version":2}}                              what `paxsim check` reads, and
//   {"Deal":{"client":3,"session":17,"lock":"hot/1",...}}   this: see sim/history.h
//   {"Belief":{"client":3,"session":17,"lock":"hot/1","token":812,"begin":...,"end":...}}
//   {"Answer":{"session":17,"seq":44,"request":"Acquire{...}","reply":"Granted{...}"}}
//   {"Strike":{"node":"n2","how":"kill-leader","at":...,"next_grant":...}}
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "lockservice/operation.h"
#include "paxos/archive.h"
#include "paxos/session_command.h"
#include "paxos/text_writer.h"
#include "paxos/time.h"
#include "sim/history.h"

namespace bench {

// A client was sure to hold a lock from `begin` until just before `end`. A validity that passed and
// came back (LOCKS S15) makes two of the same token.
struct Belief {
  static constexpr const char* kName = "Belief";
  std::uint32_t client = 0;
  paxos::SessionId session{};
  std::string lock{};
  lockservice::Token token{};
  paxos::Instant begin{};
  paxos::Instant end{};
  friend bool operator==(const Belief&, const Belief&) = default;
};

// A final reply that reached a client: from then on the command is in every replica's log, or will
// be. Request and reply in the words of paxos/text_writer.h.
struct Answer {
  static constexpr const char* kName = "Answer";
  paxos::SessionId session{};
  std::uint64_t seq = 0;
  std::string request{};
  std::string reply{};
  friend bool operator==(const Answer&, const Answer&) = default;
};

// The leader was struck at `at`. `next_grant`: the first grant that a client received over a
// connection made after that, so by another leader, or by the same one recovered.
struct Strike {
  static constexpr const char* kName = "Strike";
  std::string node{};
  std::string how{};
  paxos::Instant at{};
  paxos::Instant next_grant{};
  friend bool operator==(const Strike&, const Strike&) = default;
};

using HistoryLine = std::variant<paxos::sim::HistoryHead, paxos::sim::Deal, Belief, Answer, Strike>;

// ---- the words of requests and replies, for whoever writes and whoever compares them

inline std::string RequestText(const lockservice::Operation& operation) {
  return paxos::ToText(operation);
}
inline std::string CancelText(std::uint64_t target) { return "Cancel " + std::to_string(target); }

// Kept by the servers and the same whenever it is asked for again (X1); other replies are not.
inline bool IsFinal(const paxos::SessionResult& result) {
  const auto* error = std::get_if<paxos::SessionError>(&result);
  return std::holds_alternative<paxos::CallAnswered>(result) ||
         std::holds_alternative<paxos::CallCancelled>(result) ||
         (error != nullptr && *error == paxos::SessionError::kCancelled);
}

inline std::string ReplyText(const paxos::SessionResult& result) {
  const auto* answered = std::get_if<paxos::CallAnswered>(&result);
  if (answered == nullptr) return paxos::ToText(result);
  const auto reply = paxos::Decode<lockservice::OperationReply>(answered->payload);
  return reply.has_value() ? paxos::ToText(*reply) : "unreadable";
}

// ---- descriptions ---------------------------------------------------------------------------

template <class Archive>
void serialize(Archive& ar, Belief& b, unsigned /*version*/) {
  ar& paxos::Named("client", b.client) & paxos::Named("session", b.session) &
      paxos::Named("lock", b.lock) & paxos::Named("token", b.token) &
      paxos::Named("begin", b.begin) & paxos::Named("end", b.end);
}
template <class Archive>
void serialize(Archive& ar, Answer& a, unsigned /*version*/) {
  ar& paxos::Named("session", a.session) & paxos::Named("seq", a.seq) &
      paxos::Named("request", a.request) & paxos::Named("reply", a.reply);
}
template <class Archive>
void serialize(Archive& ar, Strike& s, unsigned /*version*/) {
  ar& paxos::Named("node", s.node) & paxos::Named("how", s.how) & paxos::Named("at", s.at) &
      paxos::Named("next_grant", s.next_grant);
}

}  // namespace bench
