// What a client believes of its session and of the locks it holds, and until when (LOCKS S1, S15).
//
//   valid_until = max over proofs of life of (first sending + TTL (1 - rho) - epsilon)
//
// The servers end a session no earlier than TTL (1 + rho) of log time after they received what
// proves it alive, so no clock within rho lets a belief outlive the session (S2).
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lockservice/operation.h"
#include "paxos/archive.h"
#include "paxos/session_id.h"
#include "paxos/time.h"

namespace lockservice {

enum class SessionState : std::uint8_t {
  kNone = 0,      // never opened
  kSafe = 1,      // surely alive, and so is every lock it holds
  kJeopardy = 2,  // no server confirmed it in time: it may have ended
  kLost = 3,      // a server said that it has ended; for ever
  kClosed = 4,    // by the client itself; for ever
};
constexpr bool IsKnown(SessionState state) { return state <= SessionState::kClosed; }
const char* Name(SessionState state);
inline std::string ShortText(SessionState state) { return Name(state); }

struct StateChange {
  static constexpr const char* kName = "StateChange";
  paxos::SessionId session{};
  SessionState from = SessionState::kNone;
  SessionState to = SessionState::kNone;
  friend bool operator==(const StateChange&, const StateChange&) = default;
};

template <class Archive>
void serialize(Archive& ar, StateChange& c, unsigned /*version*/) {
  ar& paxos::Named("session", c.session) & paxos::Named("from", c.from) & paxos::Named("to", c.to);
}

struct HoldingKey {
  std::string name{};
  OwnerId owner{};
  friend auto operator<=>(const HoldingKey&, const HoldingKey&) = default;
};
struct Holding {
  Token token{};
  std::uint32_t count = 0;  // acquires not yet released (S10)
  friend bool operator==(const Holding&, const Holding&) = default;
};

class ClientSession {
 public:
  ClientSession(paxos::ClockDrift drift, paxos::Duration epsilon)
      : drift_(drift), epsilon_(epsilon) {}

  // A session opened here; nothing is known of its validity before the first Acknowledge.
  void Begin(paxos::SessionId id, std::chrono::milliseconds ttl);
  // One that another process opened: what that process acquired may be released here.
  void Adopt(paxos::SessionId id, std::chrono::milliseconds ttl);
  // A server proved the session alive in answer to what was first sent then (S1).
  void Acknowledge(paxos::Instant first_sent);
  void Lose() { End(SessionState::kLost); }
  void Close() { End(SessionState::kClosed); }

  void OnGranted(const HoldingKey& key, Token token);
  // The belief ends as the release leaves, before any server can act on it.
  void OnReleasing(const HoldingKey& key, Token token);
  // A server says that nothing of the grant is left.
  void OnOver(const HoldingKey& key, Token token);
  // Every acquire of the grant that this side knows of was given back, and no server has said yet
  // that nothing is left: one release more could only free what an acquire under way re-enters.
  [[nodiscard]] bool HasGivenBack(const HoldingKey& key, Token token) const;

  [[nodiscard]] bool IsOpen() const { return end_ == SessionState::kNone && id_.has_value(); }
  [[nodiscard]] SessionState state(paxos::Instant now) const;
  // The change since the last call, if any.
  std::optional<StateChange> TakeChange(paxos::Instant now);

  [[nodiscard]] std::optional<paxos::SessionId> id() const { return id_; }
  [[nodiscard]] std::chrono::milliseconds ttl() const { return ttl_; }
  [[nodiscard]] paxos::Instant valid_until() const { return valid_until_; }
  // The validity that a proof of life first sent at `sent` gives.
  [[nodiscard]] paxos::Duration Span() const { return drift_.Shorten(ttl_) - epsilon_; }
  // The newest sending that was acknowledged.
  [[nodiscard]] paxos::Instant acknowledged() const { return acknowledged_; }
  [[nodiscard]] const std::map<HoldingKey, Holding>& holdings() const { return holdings_; }
  // When the state changes if nothing happens until then.
  [[nodiscard]] paxos::Instant next_change() const;

 private:
  void End(SessionState how);

  paxos::ClockDrift drift_;
  paxos::Duration epsilon_;
  std::optional<paxos::SessionId> id_;
  std::chrono::milliseconds ttl_{};
  SessionState end_ = SessionState::kNone;       // kLost or kClosed once it is over
  SessionState reported_ = SessionState::kNone;  // by TakeChange
  paxos::Instant acknowledged_ = paxos::Instant::min();
  paxos::Instant valid_until_ = paxos::Instant::min();
  std::map<HoldingKey, Holding> holdings_;
  std::map<HoldingKey, Token> given_back_;  // the servers may not know yet
  bool is_adopted_ = false;
};

}  // namespace lockservice
