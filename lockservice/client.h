// The lock service's client without its sockets: calls, responses and time in; requests,
// completions, connection wishes and timers out. Pure and deterministic from its seed: the same
// class runs in programs (client_io.h) and in the simulator.
//
//   user: Open, Acquire, Release, ...   ->  Client  ->  TakeOutput: connect, send, done, states
//   shell: OnConnected, OnResponse, ... ->          ->  next_wakeup
//
// It holds one session at a time on one connection, which carries any number of locks and calls.
// What it promises (LOCKS):
//  S1  valid_until = first sending + TTL (1 - rho) - epsilon, the maximum over answers that prove
//      the session alive. A request that is sent again still counts from its first sending.
//  S8  every call is sent with the same (session, seq) until it has its final answer, to whichever
//      server leads, over disconnects, time-outs and leader changes.
//  S14 a timed wait ends as exactly one of granted, timed out, cancelled; when timer and grant
//      race, the grant is surfaced. Without any answer it ends as session lost at valid_until, and
//      a grant that turns up later is given back by the client itself.
//  S15 safe -> jeopardy (validity passed) -> safe again, or lost (a server said so). Lost is for
//      ever; open a new session.
//
// Each Call gets exactly one Completion. Bounded: options say what happens there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lockservice/client_calls.h"
#include "lockservice/client_link.h"
#include "lockservice/client_session.h"
#include "lockservice/protocol.h"
#include "paxos/random.h"

namespace lockservice {

struct ClientOptions {
  // Servers' client addresses, at least one; the shell knows what they mean.
  std::vector<std::string> endpoints{};

  // Nonces and back-off come from it: must differ between clients (draw it).
  std::uint64_t seed = 0;

  // The clock assumptions of S1. `epsilon` covers reading the clock coarsely.
  paxos::ClockDrift drift{};
  paxos::Duration epsilon = std::chrono::milliseconds{10};

  // A server that does not take the connection, or does not answer a call for this long, is left
  // for the next one. Smaller finds a hung server sooner, and leaves a merely slow one. A call that
  // was left without an answer gets twice the time at the next sending, up to eight times.
  paxos::Duration connect_timeout = std::chrono::seconds{1};
  paxos::Duration answer_timeout = std::chrono::seconds{1};

  // While an acquire waits, a server is asked for a sign of life at least this often: a hung one
  // would tell nobody of a grant. Costs the cluster one renewal. A wait that a server has no room
  // to watch is asked about at longer and longer intervals up to this one, a command each: so long
  // may its grant lie unnoticed.
  paxos::Duration wait_check_interval = std::chrono::seconds{10};

  // Between attempts that lead nowhere: grows by half each time, and jitters.
  paxos::Duration backoff_min = std::chrono::milliseconds{20};
  paxos::Duration backoff_max = std::chrono::seconds{1};

  // How far seqs may run ahead of the oldest unanswered call; the rest waits here in line. At most
  // SessionTableOptions::calls_per_session_max of the servers.
  std::uint64_t window = 1024;
  // Calls not completed; more complete at once as kOverloaded.
  std::size_t calls_max = 65'536;

  [[nodiscard]] paxos::Status Validate() const;
};

// ---- what may be called ---------------------------------------------------------------------

struct AcquireOptions {
  std::string name{};
  OwnerId owner{};
  AcquireMode mode = AcquireMode::kWait;
  std::string note{};
  // S14: give up after this long; none = wait for ever.
  std::optional<paxos::Duration> timeout{};
};
struct ReleaseOptions {
  std::string name{};
  OwnerId owner{};
  Token token{};
  // Completes as kUnreachable after this long, but goes on trying while the session lives. As
  // kRefused if it is one release more than the grant had acquires (S10), also while an earlier one
  // is still being tried: to ask again is not needed.
  std::optional<paxos::Duration> timeout{};
};

// ---- what comes of it -----------------------------------------------------------------------

enum class CallFailure : std::uint8_t {
  kTimedOut = 1,  // the lock was not granted in time, and is not held
  kCancelled,     // withdrawn by Cancel, and not held
  kSessionLost,   // the session ended (or may have, S14): nothing of it is held for certain
  kNoSession,     // no session is open; what became of a call that Close overtook is unknown
  kUnreachable,   // no answer (in time); the outcome is unknown
  kOverloaded,    // a bound of this client or the cluster: nothing was done, try later
  kRefused,       // malformed or not permitted; the message says what
};
constexpr bool IsKnown(CallFailure failure) {
  return CallFailure::kTimedOut <= failure && failure <= CallFailure::kRefused;
}
const char* Name(CallFailure failure);
inline std::string ShortText(CallFailure failure) { return Name(failure); }

struct CallError {
  static constexpr const char* kName = "CallError";
  CallFailure why{};
  std::string message{};
  friend bool operator==(const CallError&, const CallError&) = default;
};

// Ensure: at least this much validity was left when it completed.
struct Ensured {
  static constexpr const char* kName = "Ensured";
  paxos::Instant valid_until{};
  friend bool operator==(const Ensured&, const Ensured&) = default;
};

using CallResult =
    std::variant<CallError, paxos::SessionOpened, paxos::SessionClosed, Granted, Busy, Released,
                 Touched, LockError, ReadResult, StatusResult, Ensured>;

struct Completion {
  CallId call{};
  CallResult result{};
  friend bool operator==(const Completion&, const Completion&) = default;
};

// Everything to be done, in this order: leave, connect, send, tell.
struct ClientOutput {
  std::optional<LinkId> disconnect{};  // close it; no event follows
  std::optional<Connect> connect{};    // answer with OnConnected or OnDisconnected
  std::vector<Request> send{};         // on the connection that is up
  std::vector<StateChange> states{};
  std::vector<Completion> done{};

  [[nodiscard]] bool empty() const {
    return !disconnect && !connect && send.empty() && states.empty() && done.empty();
  }
};

class Client {
 public:
  explicit Client(const ClientOptions& options);

  // ---- calls. `now` is read before the output is carried out (S1).
  // One session at a time: kRefused while one is open or being opened.
  CallId Open(paxos::Instant now, std::chrono::milliseconds ttl,
              std::optional<paxos::Duration> timeout = std::nullopt);
  // Goes on with a session that another process opened, from `first_seq` on, which must be above
  // every seq used in it; the other process cannot make calls from then on. None: nobody is cut
  // off, and the session is kept alive (Ensure) and can be closed, but calls in it are kRefused.
  // Its validity begins with the first answer. `ttl` as Open returned it; less is safe, so if
  // nobody remembers it, the servers' floor (SessionTableOptions::ttl_min).
  void Adopt(paxos::Instant now, paxos::SessionId session, std::chrono::milliseconds ttl,
             std::optional<std::uint64_t> first_seq);
  // What the session holds is not believed held from here on.
  CallId Close(paxos::Instant now, std::optional<paxos::Duration> timeout = std::nullopt);
  CallId Acquire(paxos::Instant now, AcquireOptions acquire);
  CallId Release(paxos::Instant now, ReleaseOptions release);
  CallId Touch(paxos::Instant now, std::optional<paxos::Duration> timeout = std::nullopt);
  CallId Read(paxos::Instant now, Query query,
              std::optional<paxos::Duration> timeout = std::nullopt);
  CallId Status(paxos::Instant now, std::optional<paxos::Duration> timeout = std::nullopt);
  // S16: completes once that much validity is left; renews if needed.
  CallId Ensure(paxos::Instant now, paxos::Duration min_remaining,
                std::optional<paxos::Duration> timeout = std::nullopt);
  // The acquire completes as granted or cancelled; other calls are not affected. No completion of
  // its own.
  void Cancel(paxos::Instant now, CallId acquire);

  // ---- from the network
  void OnConnected(paxos::Instant now, LinkId link);
  // Or could not be connected.
  void OnDisconnected(paxos::Instant now, LinkId link);
  void OnResponse(paxos::Instant now, LinkId link, const Response& response);
  void OnTime(paxos::Instant now);

  [[nodiscard]] ClientOutput TakeOutput();
  // When OnTime wants to be called; earlier calls do no harm.
  [[nodiscard]] paxos::Instant next_wakeup() const;

  // ---- beliefs
  [[nodiscard]] SessionState state(paxos::Instant now) const { return session_.state(now); }
  [[nodiscard]] std::optional<paxos::SessionId> session() const { return session_.id(); }
  [[nodiscard]] std::chrono::milliseconds ttl() const { return session_.ttl(); }
  // The session is surely alive before this (S1). Long ago if there is none.
  [[nodiscard]] paxos::Instant valid_until() const { return session_.valid_until(); }
  // This owner's token of the lock, if it surely holds it now.
  [[nodiscard]] std::optional<Token> Holds(std::string_view name, OwnerId owner,
                                           paxos::Instant now) const;
  [[nodiscard]] const std::map<HoldingKey, Holding>& holdings() const {
    return session_.holdings();
  }
  [[nodiscard]] std::size_t pending() const { return calls_.size(); }

 private:
  // ---- the end of every input: what follows from it
  void Advance(paxos::Instant now);
  void LeaveServer(paxos::Instant now);
  void ForgetConnection();
  void ReportState(paxos::Instant now);
  void RenewIfDue(paxos::Instant now);
  void SendReady(paxos::Instant now);
  void SendOne(paxos::Instant now, CallId id);
  void CompleteEnsured(paxos::Instant now);
  [[nodiscard]] bool WantsServer() const;
  [[nodiscard]] paxos::Instant NextKeepAlive() const;
  [[nodiscard]] paxos::Duration PatienceFor(const Call& call) const;

  // ---- calls
  CallId Submit(paxos::Instant now, RequestBody body, std::optional<paxos::Duration> timeout);
  CallId SubmitInSession(paxos::Instant now, Operation operation,
                         std::optional<paxos::Duration> timeout);
  CallId SubmitQuietly(RequestBody body, CallStage stage);
  CallId Fail(CallFailure why, std::string message);
  CallId FailForLackOfSession(paxos::Instant now);
  void Withdraw(paxos::Instant now, CallId acquire, Withdrawal why);
  void OnAlarm(paxos::Instant now, CallId id);
  void OnDeadline(paxos::Instant now, CallId id);
  void Tell(CallId id, CallResult result);
  void Complete(CallId id, CallResult result);
  void CompleteUnsure(CallId id);
  void LoseSession();
  void EndSessionCalls(CallFailure why, const std::string& message);

  // ---- responses. A call is gone once it is completed.
  void On(paxos::Instant now, CallId id, const Result& result);
  void On(paxos::Instant now, CallId id, const Waiting& waiting);
  void On(paxos::Instant now, CallId id, const NotLeader& not_leader);
  void On(paxos::Instant now, CallId id, const RetryReason& reason);
  void On(paxos::Instant now, CallId id, const Refused& refused);
  void On(paxos::Instant now, CallId id, const ReadResult& read);
  void On(paxos::Instant now, CallId id, const StatusResult& status);
  void OnOpened(CallId id, const paxos::SessionResult& result);
  void OnRenewed(CallId id, const paxos::SessionResult& result);
  void OnCallResult(paxos::Instant now, CallId id, const paxos::SessionResult& result);
  void OnCancelResult(paxos::Instant now, CallId id, const paxos::SessionResult& result);
  void OnReply(CallId id, const OperationReply& reply);
  void OnGranted(CallId id, const Granted& granted);
  void OnSessionError(paxos::Instant now, CallId id, paxos::SessionError error);
  void NoteWaiting(CallId id);
  void OnCutOff(CallId id);
  void EndUnsureWait(std::uint64_t seq, const std::string& why);
  std::optional<CallId> FindAcquire(std::uint64_t seq);
  void Rest(paxos::Instant now, CallId id, paxos::Duration longest);

  ClientOptions options_;
  paxos::Random random_;
  Link link_;
  ClientSession session_;
  CallTable calls_;
  std::map<CallId, EnsureCall> ensures_;
  std::optional<CallId> opening_;
  std::optional<CallId> keep_alive_;       // not answered yet
  std::uint32_t keep_alive_timeouts_ = 0;  // in a row
  std::optional<CallId> renewal_;          // a Touch on behalf of ensures_
  bool may_call_ = true;                   // no other process has adopted the session
  paxos::Instant keep_alive_not_before_ = paxos::Instant::min();
  ClientOutput output_;
};

// ---- descriptions ---------------------------------------------------------------------------

template <class Archive>
void serialize(Archive& ar, CallError& e, unsigned /*version*/) {
  ar& paxos::Named("why", e.why) & paxos::Named("message", e.message);
}
template <class Archive>
void serialize(Archive& ar, Ensured& e, unsigned /*version*/) {
  ar& paxos::Named("valid_until", e.valid_until);
}
template <class Archive>
void serialize(Archive& ar, Completion& c, unsigned /*version*/) {
  ar& paxos::Named("call", c.call) & paxos::Named("result", c.result);
}

}  // namespace lockservice
