// What sessions are asked and what they answer: the commands of a SessionTable in the log, and
// every reply that leaves it. One description each, the same in the log, on the wire and in traces.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "paxos/archive.h"
#include "paxos/session_id.h"

namespace paxos {

// Drawn at random by the client once per session it wants: a retried Open finds its session by it.
struct Nonce {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend constexpr auto operator<=>(const Nonce&, const Nonce&) = default;
};

// ---- commands -------------------------------------------------------------------------------

struct OpenSession {
  static constexpr const char* kName = "OpenSession";
  Nonce nonce{};
  std::chrono::milliseconds ttl{};
  friend bool operator==(const OpenSession&, const OpenSession&) = default;
};

// `answered_below`: the client has the final reply of every lower seq, except for those in
// `unanswered`, and will not ask for it again. A long wait thus holds nothing up: once the client
// knows that a call waits, it may name it in `unanswered` (ascending) and raise answered_below past
// it, for as long as its reply has not come.
struct SessionCall {
  static constexpr const char* kName = "Call";
  SessionId session{};
  std::uint64_t seq = 0;  // from 1
  std::uint64_t answered_below = 0;
  std::string payload{};
  std::vector<std::uint64_t> unanswered{};
  friend bool operator==(const SessionCall&, const SessionCall&) = default;
};

// Itself a call with a seq of its own, so a retried Cancel does nothing twice.
struct CancelCall {
  static constexpr const char* kName = "Cancel";
  SessionId session{};
  std::uint64_t seq = 0;
  std::uint64_t answered_below = 0;
  std::uint64_t target = 0;  // the earlier seq to withdraw
  std::vector<std::uint64_t> unanswered{};
  friend bool operator==(const CancelCall&, const CancelCall&) = default;
};

struct RenewSessions {
  static constexpr const char* kName = "Renew";
  std::vector<SessionId> sessions{};
  friend bool operator==(const RenewSessions&, const RenewSessions&) = default;
};

struct CloseSession {
  static constexpr const char* kName = "Close";
  SessionId session{};
  friend bool operator==(const CloseSession&, const CloseSession&) = default;
};

// Ends the sessions whose deadline the log's time has passed.
struct Tick {
  static constexpr const char* kName = "Tick";
  friend bool operator==(const Tick&, const Tick&) = default;
};

using SessionCommand =
    std::variant<OpenSession, SessionCall, CancelCall, RenewSessions, CloseSession, Tick>;

// ---- replies --------------------------------------------------------------------------------

// Only a call's final reply proves that the session was renewed after the call was first sent;
// kSeqTooFar and kAnswered prove nothing of the kind and must not extend a client's belief (S1).
enum class SessionError : std::uint8_t {
  kExpired = 1,     // the session ended or never was; nothing was done
  kSeqTooFar = 2,   // too many calls of it have a reply to fetch: nothing was done, ask again later
  kAnswered = 3,    // seq is below answered_below: its reply is gone
  kTableFull = 4,   // no more sessions; nothing was done, try later
  kCancelled = 5,   // the final reply of a call that was withdrawn
  kBadCommand = 6,  // does not decode, or cancels itself or a later call; nothing was done
};
constexpr bool IsKnown(SessionError error) {
  return error >= SessionError::kExpired && error <= SessionError::kBadCommand;
}
const char* Name(SessionError error);
inline std::string ShortText(SessionError error) { return Name(error); }

// The reply of Open: the session and the TTL it really has (the table may raise it, S17).
struct SessionOpened {
  static constexpr const char* kName = "Opened";
  SessionId session{};
  std::chrono::milliseconds ttl{};
  friend bool operator==(const SessionOpened&, const SessionOpened&) = default;
};

// What a Renew found: the sessions that live on, in the order of the request; the others of the
// request have ended.
struct SessionsRenewed {
  static constexpr const char* kName = "Renewed";
  std::vector<SessionId> alive{};
  friend bool operator==(const SessionsRenewed&, const SessionsRenewed&) = default;
};

struct SessionClosed {
  static constexpr const char* kName = "Closed";
  friend bool operator==(const SessionClosed&, const SessionClosed&) = default;
};

// The reply of Cancel: the final reply of the target, which says who won: its grant, or kCancelled.
// (kAnswered if the client had said before that it had the target's reply.)
struct CallCancelled {
  static constexpr const char* kName = "CallCancelled";
  std::string target_reply{};  // an encoded SessionResult
  friend bool operator==(const CallCancelled&, const CallCancelled&) = default;
};

// The user's own bytes.
struct CallAnswered {
  static constexpr const char* kName = "Answered";
  std::string payload{};
  friend bool operator==(const CallAnswered&, const CallAnswered&) = default;
};

// The reply of Tick: the sessions it ended, in order of (deadline, id).
struct SessionsEnded {
  static constexpr const char* kName = "Ended";
  std::vector<SessionId> ended{};
  friend bool operator==(const SessionsEnded&, const SessionsEnded&) = default;
};

// Every reply that leaves the table (Applied::reply, SessionReply::reply) is one of these, encoded.
using SessionResult = std::variant<SessionError, SessionOpened, SessionsRenewed, SessionClosed,
                                   CallCancelled, CallAnswered, SessionsEnded>;

std::string EncodeCommand(const SessionCommand& command);
std::string EncodeResult(const SessionResult& result);

// ---- descriptions ---------------------------------------------------------------------------

template <class Archive>
void serialize(Archive& ar, Nonce& n, unsigned /*version*/) {
  ar& Named("high", n.high) & Named("low", n.low);
}
template <class Archive>
void serialize(Archive& ar, OpenSession& c, unsigned /*version*/) {
  ar& Named("nonce", c.nonce) & Named("ttl", c.ttl);
}
template <class Archive>
void serialize(Archive& ar, SessionCall& c, unsigned /*version*/) {
  ar& Named("session", c.session) & Named("seq", c.seq) &
      Named("answered_below", c.answered_below) & Named("payload", c.payload) &
      Named("unanswered", c.unanswered);
}
template <class Archive>
void serialize(Archive& ar, CancelCall& c, unsigned /*version*/) {
  ar& Named("session", c.session) & Named("seq", c.seq) &
      Named("answered_below", c.answered_below) & Named("target", c.target) &
      Named("unanswered", c.unanswered);
}
template <class Archive>
void serialize(Archive& ar, RenewSessions& c, unsigned /*version*/) {
  ar& Named("sessions", c.sessions);
}
template <class Archive>
void serialize(Archive& ar, CloseSession& c, unsigned /*version*/) {
  ar& Named("session", c.session);
}
template <class Archive>
void serialize(Archive& /*ar*/, Tick& /*c*/, unsigned /*version*/) {}

template <class Archive>
void serialize(Archive& ar, SessionOpened& r, unsigned /*version*/) {
  ar& Named("session", r.session) & Named("ttl", r.ttl);
}
template <class Archive>
void serialize(Archive& ar, SessionsRenewed& r, unsigned /*version*/) {
  ar& Named("alive", r.alive);
}
template <class Archive>
void serialize(Archive& /*ar*/, SessionClosed& /*r*/, unsigned /*version*/) {}
template <class Archive>
void serialize(Archive& ar, CallCancelled& r, unsigned /*version*/) {
  ar& Named("target_reply", r.target_reply);
}
template <class Archive>
void serialize(Archive& ar, CallAnswered& r, unsigned /*version*/) {
  ar& Named("payload", r.payload);
}
template <class Archive>
void serialize(Archive& ar, SessionsEnded& r, unsigned /*version*/) {
  ar& Named("ended", r.ended);
}

}  // namespace paxos
