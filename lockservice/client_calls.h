// A client's calls that are not completed, their sequence numbers (rule X1) and alarms.
//
//   queued -> sent -> (waiting in a lock's queue) -> answered
//     ^         |            |
//     '---------'------------'   connection lost, or a rest after RetryReason
//
// A call takes its seq when it is first sent and keeps it. Calls that are known to wait may do so
// for days and must not hold others up: a command may name them in `unanswered`, and its
// `answered_below` is then the lowest seq of the other calls without a final answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "lockservice/protocol.h"
#include "paxos/time.h"

namespace lockservice {

// Names a call of one client, and its request on every connection. Never reused.
using CallId = paxos::StrongId<struct CallTag>;

enum class CallStage : std::uint8_t {
  kHeld,     // not sent yet: no session, or no room in the window
  kReady,    // to be sent as soon as a server is connected
  kSent,     // no answer yet
  kWaiting,  // applied, without its final answer
  kResting,  // to be sent again after a while
};

// Why an acquire is being withdrawn.
enum class Withdrawal : std::uint8_t { kNone, kTimedOut, kCancelled };

// Who is told when the call completes.
enum class Audience : std::uint8_t { kUser, kNobody };

struct Call {
  RequestBody body{};
  CallStage stage = CallStage::kHeld;
  std::optional<paxos::Instant> first_sent{};
  paxos::Instant act_at = paxos::kNever;    // sent: give the server up; resting: send again
  paxos::Instant deadline = paxos::kNever;  // the user's
  Withdrawal withdrawal = Withdrawal::kNone;
  Audience audience = Audience::kUser;
  std::uint32_t rests = 0;    // in a row, for one reason
  bool is_unwatched = false;  // the reason: it waits, and the server has no room to watch it
  std::uint32_t sendings = 0;
  std::uint32_t timeouts = 0;  // how often it was sent to a server that was then left in vain

  [[nodiscard]] const Acquire* acquire() const;
  [[nodiscard]] const Release* release() const;
  [[nodiscard]] std::uint64_t seq() const;  // 0: none (yet)
};

// Waits for validity, not for a server.
struct EnsureCall {
  paxos::Duration min_remaining{};
  paxos::Instant deadline = paxos::kNever;
};

class CallTable {
 public:
  CallId NextId() { return ++last_id_; }
  void Add(CallId id, Call call);
  [[nodiscard]] Call* Find(CallId id);
  void Remove(CallId id);
  [[nodiscard]] std::size_t size() const { return calls_.size(); }
  [[nodiscard]] std::map<CallId, Call>& all() { return calls_; }

  // ---- stages. Indexed: change them only here.
  void SetStage(CallId id, CallStage stage, paxos::Instant act_at = paxos::kNever);
  void SetDeadline(CallId id, paxos::Instant deadline);
  // The lowest that is ready; held ones in order of their coming.
  [[nodiscard]] std::optional<CallId> FirstReady() const;
  [[nodiscard]] std::optional<CallId> FirstHeld() const;
  // The connection is lost: what was sent must be sent again. So must a wait that rests because
  // nobody watched it: the next server may have room, or its grant.
  void SendAllAgain();
  // It is left because a server took too long.
  void NoteTimeouts();

  // ---- sequence numbers
  // A new session: seqs from `first_seq` on. No call of an earlier session may be left.
  void Restart(std::uint64_t first_seq);
  std::uint64_t TakeSeq();
  // The server said so; for as long as its final answer has not come.
  void NoteWaiting(std::uint64_t seq);
  [[nodiscard]] std::uint64_t next_seq() const { return next_seq_; }
  // The lowest seq of a call that has no final answer and is not known to wait.
  [[nodiscard]] std::uint64_t answered_below() const;
  [[nodiscard]] bool HasWaits() const { return !waiting_.empty(); }
  // What the command `seq` says of the calls before it. Many waits are named only when the servers'
  // window of `window` calls has to move on: a low `answered_below` names none, and drops nothing.
  struct Answered {
    std::uint64_t below = 0;
    std::vector<std::uint64_t> but{};  // `unanswered`
  };
  Answered TakeAnswered(std::uint64_t seq, std::uint64_t window);
  // The servers' window is not where this side thinks.
  void TellAnsweredAgain() { must_tell_ = true; }

  // ---- alarms
  // A call whose act_at or deadline has come.
  [[nodiscard]] std::optional<CallId> FirstDue(paxos::Instant now) const;
  [[nodiscard]] paxos::Instant next_alarm() const;

 private:
  void Index(CallId id, const Call& call);
  void Unindex(CallId id, const Call& call);
  static paxos::Instant AlarmOf(const Call& call);

  CallId last_id_{};
  std::map<CallId, Call> calls_;
  std::set<CallId> ready_;
  std::set<CallId> held_;
  std::set<std::pair<paxos::Instant, CallId>> alarms_;
  std::uint64_t next_seq_ = 1;
  std::set<std::uint64_t> pending_;  // without a final answer, and not known to wait
  std::set<std::uint64_t> waiting_;
  std::uint64_t told_below_ = 0;  // the last `answered_below` that named every wait
  bool must_tell_ = false;        // it did not arrive
};

}  // namespace lockservice
